"""From noise by way of styles to pictures: what both versions share (Karras et al. 2019 and 2020)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

TRACKING = 0.005  # weight of the newest batch in the mean style
NOWHERE: Mapping[str, float] = MappingProxyType({})


class Generator(nn.Module):
    """Noise to pictures by way of styles: [N, latent] to [N, C, S, S], around [-1, 1] and not bounded to it.

    Every layer has its own style; they differ only where two are mixed. ``mean_style`` follows the styles seen in
    training. In training every picture gets fresh noise, in evaluation all get the same.
    """

    def __init__(self, mapping: nn.Module, synthesis: nn.Module, style: int):
        super().__init__()
        self.mapping, self.synthesis = mapping, synthesis
        self.register_buffer("mean_style", torch.zeros(style))

    def forward(
        self,
        z: Tensor,
        label: Tensor | None = None,
        *,
        noise: str = "",
        at: Mapping[str, float] = NOWHERE,
        **blend: Any,
    ) -> Tensor:
        """``noise``: "fresh" for every picture, the same "constant" one for all, or "none".

        ``blend`` goes to `styles`, and ``at`` to the synthesis: its ``lod``, where it grows.
        """
        noise = noise or ("fresh" if self.training else "constant")
        return self.synthesis(self.styles(z, label, **blend), noise, **at)

    def styles(
        self,
        z: Tensor,
        label: Tensor | None = None,
        *,
        second: Tensor | None = None,
        cut: Tensor | None = None,
        truncation: float | Tensor = 1.0,
        layers: int | None = None,
    ) -> Tensor:
        """The styles of all layers, [N, layers, style].

        With noise ``second`` like z, layers from ``cut`` on (one for all, or one a picture) take its style instead.
        ``truncation`` (one for all, or one a picture) pulls the first ``layers`` styles, or all, towards the mean.
        """
        w = self.mapping(z, label)
        if self.training:
            self.mean_style.lerp_(w.detach().float().mean(0), TRACKING)
        ws = w[:, None].expand(-1, self.synthesis.layers, -1)
        place = torch.arange(self.synthesis.layers, device=w.device)[:, None]  # layers x 1
        if second is not None:
            ws = torch.where(place < cut.view(-1, 1, 1), ws, self.mapping(second, label)[:, None])
        if isinstance(truncation, Tensor) or truncation != 1:
            psi = torch.as_tensor(truncation, device=w.device, dtype=w.dtype).view(-1, 1, 1)
            pulled = torch.lerp(self.mean_style.type_as(ws), ws, psi)
            ws = pulled if layers is None else torch.where(place < layers, pulled, ws)
        return ws

"""From noise to style: the mapping network of both versions (Karras et al. 2019, section 2)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganzoo.game.nn import EqualizedLinear, PixelNorm
from ganzoo_stylegan.activated import SLOPE, ActivatedLinear

SLOWER = 0.01  # share of the learning rate that the papers let the mapping learn at


class Mapping(nn.Module):
    """Noise [N, latent], a label int64 [N], or both, to styles [N, style].

    Each of the two is brought to unit mean square first; the label by way of a learned vector a class. ``lr_mul`` is
    the share of the learning rate that all but the label learn at. ``layer`` makes a dense layer with its activation:
    version 1 has its own, `plain`.
    """

    def __init__(
        self,
        latent: int,
        style: int,
        layers: int,
        classes: int = 0,
        lr_mul: float = SLOWER,
        layer: Callable[..., nn.Module] = ActivatedLinear,
    ):
        super().__init__()
        self.classes = classes
        self.norm = PixelNorm()
        self.label = EqualizedLinear(classes, style, gain=1) if classes else None
        inputs = [latent + (style if classes else 0)] + [style] * (layers - 1)
        self.layers = nn.Sequential(*[layer(each, style, lr_mul=lr_mul) for each in inputs])

    def forward(self, z: Tensor | None, label: Tensor | None = None) -> Tensor:
        parts = [] if z is None else [self.norm(z)]
        if self.label is not None:
            parts.append(self.norm(self.label(F.one_hot(label, self.classes).float())))
        return self.layers(torch.cat(parts, 1))


def plain(inputs: int, outputs: int, **scaling: float) -> nn.Sequential:
    """A dense layer as version 1 has it: He's gain is in the weights alone, and leaves the bias as it is."""
    return nn.Sequential(EqualizedLinear(inputs, outputs, **scaling), nn.LeakyReLU(SLOPE))

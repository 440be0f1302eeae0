"""Exponential moving averages of networks, with a half-life counted in images (Karras et al. 2018, section 6).

Counting in images makes the average independent of the batch size. Early on the half-life is held to a
twentieth of the images shown, so that a short run is not averaged with its random beginning.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn

RAMP = 0.05  # of the images shown so far


class Average:
    """An averaged twin of one network: parameters averaged, buffers (batch norm statistics) copied."""

    def __init__(self, live: nn.Module, halflife: float):
        self.live, self.halflife = live, halflife
        self.net = copy.deepcopy(live).eval().requires_grad_(False)
        self._pairs = _same_kind(list(self.net.parameters()), list(live.parameters()))
        self._buffers = list(zip(self.net.buffers(), live.buffers(), strict=True))

    @torch.no_grad()
    def update(self, shown: int, images: int) -> None:
        """Take in the live weights after ``shown`` more images, ``images`` in all."""
        halflife = min(self.halflife, images * RAMP)
        keep = 0.5 ** (shown / halflife)
        for mine, theirs in self._pairs:
            torch._foreach_lerp_(mine, theirs, 1 - keep)
        for mine, theirs in self._buffers:
            mine.copy_(theirs)


def averages(nets: Mapping[str, nn.Module], names: tuple[str, ...], halflife: float) -> dict[str, Average]:
    """One average for each of ``names``; none at all when the half-life is 0."""
    return {name: Average(nets[name], halflife) for name in names} if halflife else {}


def _same_kind(mine: list[Tensor], theirs: list[Tensor]) -> list[tuple[list[Tensor], list[Tensor]]]:
    # One foreach call takes tensors of one type only.
    kinds: dict[torch.dtype, tuple[list[Tensor], list[Tensor]]] = {}
    for a, b in zip(mine, theirs, strict=True):
        pair = kinds.setdefault(a.dtype, ([], []))
        pair[0].append(a)
        pair[1].append(b)
    return list(kinds.values())

"""Modes found, where they are known: points around known centres, or pictures of known classes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

FOUND = 0.1  # of the examples a mode would have if all were drawn alike: with so many it counts as found


@dataclass(frozen=True)
class Modes:
    """What was found of the modes there are."""

    found: int
    there: int
    quality: float  # share of examples that are of some mode at all
    reverse_kl: float  # of modes drawn to modes as they are, in nats; 0 is best


def modes_of_points(points: Tensor, centres: Tensor, sigma: float) -> Modes:
    """Points [n, d] within three standard deviations of a centre [k, d] are of its mode (Lin et al. 2018)."""
    gaps, which = torch.cdist(points.double(), centres.double()).min(1)
    return modes_of_labels(which[gaps <= 3 * sigma], len(centres), len(points))


def modes_of_labels(labels: Tensor, there: int, drawn: int, shares: Tensor | None = None) -> Modes:
    """``labels`` int64 [m] of those of ``drawn`` examples that are of some mode; ``shares`` [there] of the modes."""
    counts = torch.bincount(labels, minlength=there).double()
    truth = torch.full((there,), 1 / there, dtype=torch.float64) if shares is None else shares.double()
    told = counts / counts.sum().clamp(min=1)
    present = told > 0
    divergence = (told[present] * (told[present] / truth[present]).log()).sum().item()
    return Modes(
        found=int((counts >= FOUND * drawn * truth).logical_and(counts > 0).sum()),
        there=there,
        quality=len(labels) / max(drawn, 1),
        reverse_kl=divergence if len(labels) else float("inf"),
    )

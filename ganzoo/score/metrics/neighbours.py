"""Scores from nearest neighbours: precision and recall, density and coverage, what was learned by heart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

ROWS = 4_096  # of distances that are held at a time


@dataclass(frozen=True)
class Neighbourhood:
    """Four shares of one comparison, each best at 1."""

    precision: float  # of fakes inside some real one's ball (Kynkaanniemi et al. 2019)
    recall: float  # of reals inside some fake's ball
    density: float  # real balls around a fake, as a share of those expected (Naeem et al. 2020); may pass 1
    coverage: float  # of reals with a fake in their ball (Naeem et al. 2020)


def neighbourhood(
    real: Tensor, fake: Tensor, k: int = 3, k_density: int = 5, known: Callable[[int], Tensor] | None = None
) -> Neighbourhood:
    """Compare features [n, d] and [m, d].

    A real example's ball reaches to its k-th nearest other real one, a fake's to its k-th nearest other fake: k is 3
    for precision and recall, 5 for density and coverage, as in their papers. ``known`` gives `reaches` of the real
    ones, where they are compared with more than one set of fakes.
    """
    real, fake = real.double(), fake.double()
    reach = {each: known(each) if known else reaches(real, each) for each in (k, k_density)}
    reach_fake = reaches(fake, k)
    inside, around = torch.zeros(len(fake), dtype=torch.bool), 0.0
    nearest, recalled = [], []
    for start in range(0, len(real), ROWS):
        rows = slice(start, start + ROWS)
        gaps = torch.cdist(real[rows], fake)  # rows x m
        inside |= (gaps <= reach[k][rows, None]).any(0)
        around += (gaps < reach[k_density][rows, None]).sum().item()
        nearest.append(gaps.min(1).values)
        recalled.append((gaps <= reach_fake).any(1))
    return Neighbourhood(
        precision=inside.double().mean().item(),
        recall=torch.cat(recalled).double().mean().item(),
        density=around / (k_density * len(fake)),
        coverage=(torch.cat(nearest) < reach[k_density]).double().mean().item(),
    )


def reaches(x: Tensor, k: int) -> Tensor:
    """Distance of each example [n, d] to its k-th nearest other one, [n]."""
    found, x = [], x.double()
    for start in range(0, len(x), ROWS):
        gaps = torch.cdist(x[start : start + ROWS], x)
        found.append(gaps.topk(k + 1, dim=1, largest=False).values[:, -1])  # the nearest of all is the example itself
    return torch.cat(found)


def nearest(x: Tensor, among: Tensor) -> tuple[Tensor, Tensor]:
    """Distance to, and index of, each one's nearest neighbour in another set: [n] and int64 [n]."""
    x, among = x.double(), among.double()
    found = [torch.cdist(x[start : start + ROWS], among).min(1) for start in range(0, len(x), ROWS)]
    return torch.cat([each.values for each in found]), torch.cat([each.indices for each in found])

"""Scores from nearest neighbours: precision and recall, density and coverage, what was learned by heart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

HELD = 2**21  # distances at a time: few enough that they stay near the processor between one look and the next


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
    if known is None:
        ladder = ladders(real, max(k, k_density))
    reach = {each: known(each) if known else ladder[:, each - 1] for each in (k, k_density)}
    reach_fake = reaches(fake, k)
    inside, around = torch.zeros(len(fake), dtype=torch.bool), 0
    nearest, recalled = [], []
    for rows, squares in distances(real, fake):
        gaps = squares.sqrt_()
        inside |= (gaps <= reach[k][rows, None]).any(0)
        around += torch.count_nonzero(gaps < reach[k_density][rows, None]).item()
        nearest.append(gaps.amin(1))
        recalled.append((gaps <= reach_fake).any(1))
    return Neighbourhood(
        precision=inside.double().mean().item(),
        recall=torch.cat(recalled).double().mean().item(),
        density=around / (k_density * len(fake)),
        coverage=(torch.cat(nearest) < reach[k_density]).double().mean().item(),
    )


def reaches(x: Tensor, k: int) -> Tensor:
    """Distance of each example [n, d] to its k-th nearest other one, float64 [n]."""
    return ladders(x, k)[:, -1]


def ladders(x: Tensor, k: int) -> Tensor:
    """Distances of each example [n, d] to its k nearest other ones, the nearest first: float64 [n, k].

    Where there are not so many others, to all of them.
    """
    k = min(k, len(x) - 1)
    found = [squares.topk(k + 1, dim=1, largest=False).values for _, squares in distances(x, x)]
    return torch.cat(found)[:, 1:].sqrt()  # the nearest of all is the example itself


def nearest(x: Tensor, among: Tensor) -> tuple[Tensor, Tensor]:
    """Distance to, and index of, each one's nearest neighbour in another set: float64 [n] and int64 [n]."""
    found = [squares.min(1) for _, squares in distances(x, among)]
    return torch.cat([each.values for each in found]).sqrt(), torch.cat([each.indices for each in found])


def distances(x: Tensor, y: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Rows of the squared distances between [n, d] and [m, d], float64, with which they are; valid until the next ones.

    |x|^2 + |y|^2 - 2 x.y in one product of matrices, written over and over into one place: fresh memory for every block
    costs more than to fill it.
    """
    x, y = x.double(), y.double()
    own, others = x.square().sum(1, keepdim=True), y.square().sum(1)
    size = max(1, min(len(x), HELD // max(1, len(y))))
    place = x.new_empty(size, len(y))
    for start in range(0, len(x), size):
        rows = slice(start, min(start + size, len(x)))
        gaps = torch.addmm(others, x[rows], y.T, alpha=-2, out=place[: rows.stop - start])
        yield rows, gaps.add_(own[rows]).clamp_(min=0)

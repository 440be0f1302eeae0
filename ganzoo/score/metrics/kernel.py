"""The kernel distance of two sets: squared maximum mean discrepancy (Gretton et al. 2012), unbiased."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

ROWS = 256  # of similarities at a time: few enough that they stay near the processor until they are summed

Kernel = Callable[[Tensor, Tensor], Tensor]  # [n, d] and [m, d] to [n, m]


def polynomial(x: Tensor, y: Tensor) -> Tensor:
    """(x.y / d + 1)^3, the kernel of KID (Binkowski et al. 2018, section 4)."""
    return (x @ y.T / x.shape[1] + 1) ** 3


def gaussian(widths: tuple[float, ...]) -> Kernel:
    """The mean of Gaussian kernels of several widths: one of them fits, however far apart things lie."""

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        squares = torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist").square()
        return sum(torch.exp(-squares / (2 * width**2)) for width in widths) / len(widths)

    return kernel


def discrepancy(x: Tensor, y: Tensor, kernel: Kernel) -> float:
    """Of samples [n, d] and [m, d]; 0 in the mean where both have one law, so that single values may be below."""
    x, y = x.double(), y.double()
    return (_among(x, kernel) + _among(y, kernel) - 2 * kernel(x, y).mean()).item()


def kid(real: Tensor, fake: Tensor, *, subsets: int = 100, size: int = 1_000, seed: int = 2020) -> tuple[float, float]:
    """Kernel inception distance of features [n, d] and [m, d]: mean and standard deviation over random subsets.

    The subsets are those of torch-fidelity, so that its numbers are met: from either set, ``size`` without replacement.
    """
    size = min(size, len(real), len(fake))
    ours, theirs = _subsets(len(real), len(fake), subsets, size, seed)
    real, fake = real.double(), fake.double()
    own = (_similarity(real, real, ours, ours) + _similarity(fake, fake, theirs, theirs)) / (size * (size - 1))
    drawn = own - 2 * _similarity(real, fake, ours, theirs) / size**2
    return drawn.mean().item(), drawn.std(correction=0).item()


def _subsets(real: int, fake: int, subsets: int, size: int, seed: int) -> tuple[Tensor, Tensor]:
    """Which examples of either set: int64 [subsets, size], twice."""
    import numpy as np

    chance = np.random.RandomState(seed)
    drawn = [chance.choice(count, size, replace=False) for _ in range(subsets) for count in (real, fake)]
    rows = torch.from_numpy(np.stack(drawn)).view(subsets, 2, size)
    return rows[:, 0], rows[:, 1]


def _similarity(x: Tensor, y: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Sum of the polynomial kernel over each subset's pairs of examples [n, d] and [m, d], float64 [subsets].

    Pairs of an example with itself are left out. Subsets overlap: where together they have more pairs than there are,
    each is looked at once, for all of them.
    """
    subsets, size = rows.shape
    if subsets * size**2 > len(x) * len(y):
        return _weighted(x, y, _members(rows, len(x)), _members(columns, len(y)), x is y)
    whole = x.new_ones(1, size)
    parts = zip(rows, columns, strict=True)
    return torch.cat([_weighted(x[i], y[j], whole, whole, x is y) for i, j in parts])


def _weighted(x: Tensor, y: Tensor, left: Tensor, right: Tensor, are_one: bool) -> Tensor:
    """Sums of the polynomial kernel over pairs, each weighed by its rows of ``left`` [s, n] and ``right`` [s, m]: [s].

    Where both sets are one, half of the pairs are computed, and an example is no pair with itself.
    """
    total, place = x.new_zeros(len(left)), x.new_empty(ROWS * len(y))
    for start in range(0, len(x), ROWS):
        some = x[start : start + ROWS]
        seen = start + len(some) if are_one else len(y)
        block = place[: len(some) * seen].view(len(some), seen)
        torch.addmm(x.new_ones(()), some, y[:seen].T, alpha=1 / x.shape[1], out=block).pow_(3)
        if are_one:
            block[:, :start] *= 2  # and those that will not be looked at from the other side
            block[:, start:].fill_diagonal_(0)
        total += (left[:, start : start + ROWS] @ block * right[:, :seen]).sum(1)
    return total


def _members(rows: Tensor, count: int) -> Tensor:
    """1 where an example is in a subset, else 0: float64 [subsets, count] of int64 [subsets, size]."""
    return torch.zeros(len(rows), count, dtype=torch.float64).scatter_(1, rows, 1)


def _among(x: Tensor, kernel: Kernel) -> Tensor:
    """Mean similarity of two different examples of one set."""
    similar = kernel(x, x)
    return (similar.sum() - similar.trace()) / (len(x) * (len(x) - 1))

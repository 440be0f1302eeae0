"""The Frechet distance of two sets of features, each taken for a Gaussian (Heusel et al. 2017, equation 6).

|m1 - m2|^2 + tr(C1) + tr(C2) - 2 tr((C1 C2)^1/2). With any A of which A A^T = C1, the last trace is that of
(A^T C2 A)^1/2, which is symmetric: its eigenvalues are enough, and nobody needs the root of a matrix, neither its time
nor its imaginary leftovers. Of fewer examples than features A is they themselves; else it is triangular, and with the
symmetry three fifths of the products fall away.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

SIDE = 256  # of the blocks in which a half of a matrix is left out


@dataclass(frozen=True)
class Moments:
    """Mean [d] and covariance [d, d] of ``count`` features, in float64."""

    count: int
    mean: Tensor
    covariance: Tensor | None  # None of fewer examples than features ...
    rows: Tensor | None = None  # ... which are then here themselves, centred and scaled [count, d]

    @property
    def trace(self) -> Tensor:
        return self.covariance.trace() if self.rows is None else self.rows.square().sum()

    @cached_property
    def factor(self) -> Tensor:
        """A lower triangular [d, d] with A A^T the covariance; where that is not quite positive, any such A."""
        lower, failed = torch.linalg.cholesky_ex(self.covariance)
        if not failed:
            return lower
        values, axes = torch.linalg.eigh(self.covariance)
        return axes * values.clamp(min=0).sqrt()  # what rounding made negative counts as nothing


def moments(features: Tensor) -> Moments:
    """Mean and unbiased covariance of features [n, d], n at least 2."""
    exact = features.double()
    count, width = exact.shape
    mean = exact.mean(0)
    rows = (exact - mean).div_((count - 1) ** 0.5)
    return Moments(count, mean, None, rows) if count < width else Moments(count, mean, _square(rows))


def distance(a: Moments, b: Moments) -> float:
    """The Frechet distance, from 0."""
    overlap = torch.linalg.eigvalsh(_between(a, b)).clamp(min=0).sqrt().sum()
    shift = (a.mean - b.mean).square().sum()
    return (shift + a.trace + b.trace - 2 * overlap).clamp(min=0).item()


def _between(a: Moments, b: Moments) -> Tensor:
    """A^T C2 A, or a matrix with the same eigenvalues but for zeros; its lower half is to be read."""
    if a.rows is not None and b.rows is not None:
        products = a.rows @ b.rows.T
        return products.T @ products if a.count > b.count else products @ products.T
    if a.rows is None and b.rows is None:
        return _sandwich(a.factor, b.covariance)
    few, many = (a, b) if a.rows is not None else (b, a)
    return few.rows @ many.covariance @ few.rows.T


def _square(rows: Tensor) -> Tensor:
    """X^T X of [n, d]: the half that is below the diagonal, and again above it."""
    width = rows.shape[1]
    whole = rows.new_empty(width, width)
    for start in range(0, width, SIDE):
        own = slice(start, start + SIDE)
        whole[own, : own.stop] = rows[:, own].T @ rows[:, : own.stop]
        whole[:start, own] = whole[own, :start].T
    return whole


def _sandwich(factor: Tensor, inner: Tensor) -> Tensor:
    """A^T C A of A [d, d] and a symmetric C, right below its diagonal; of a triangular A no zeros are multiplied."""
    width = len(inner)
    is_lower = not factor.triu(1).any()
    half, whole = torch.empty_like(inner), torch.zeros_like(inner)
    for start in range(0, width, SIDE):
        own, below = slice(start, start + SIDE), slice(start if is_lower else 0, None)
        half[:, own] = inner[:, below] @ factor[below, own]
    for start in range(0, width, SIDE):
        own, below = slice(start, start + SIDE), slice(start if is_lower else 0, None)
        whole[own, : own.stop] = factor[below, own].T @ half[below, : own.stop]
    return whole

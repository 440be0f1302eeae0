"""The Frechet distance of two sets of features, each taken for a Gaussian (Heusel et al. 2017, equation 6).

|m1 - m2|^2 + tr(C1) + tr(C2) - 2 tr((C1 C2)^1/2). With any A of which A A^T = C1, the last trace is that of
(A^T C2 A)^1/2, which is symmetric: its eigenvalues are enough, and nobody needs the root of a matrix, neither its time
nor its imaginary leftovers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True)
class Moments:
    """Mean [d] and covariance [d, d] of ``count`` features, in float64."""

    count: int
    mean: Tensor
    covariance: Tensor
    rows: Tensor | None = None  # of fewer examples than features: they themselves, centred and scaled [count, d]

    @cached_property
    def factor(self) -> Tensor:
        """A [d, k] with A A^T the covariance, as narrow as it is known without work."""
        if self.rows is not None:
            return self.rows.T
        values, axes = torch.linalg.eigh(self.covariance)
        return axes * values.clamp(min=0).sqrt()  # what rounding made negative counts as nothing


def moments(features: Tensor) -> Moments:
    """Mean and unbiased covariance of features [n, d], n at least 2."""
    exact = features.double()
    count, width = exact.shape
    mean = exact.mean(0)
    rows = (exact - mean) / (count - 1) ** 0.5
    return Moments(count, mean, rows.T @ rows, rows if count < width else None)


def distance(a: Moments, b: Moments) -> float:
    """The Frechet distance, from 0."""
    if b.rows is not None and (a.rows is None or b.count < a.count):
        a, b = b, a  # the smaller product of the two
    product = a.factor.T @ b.covariance @ a.factor
    overlap = torch.linalg.eigvalsh((product + product.T) / 2).clamp(min=0).sqrt().sum()
    shift = (a.mean - b.mean).square().sum()
    return (shift + a.covariance.trace() + b.covariance.trace() - 2 * overlap).clamp(min=0).item()

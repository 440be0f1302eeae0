"""A judge of what pictures show: ridge regression from features to classes, solved in closed form.

It learns from real pictures alone. What it is worth is told by real pictures it has not seen.
"""

from __future__ import annotations

import torch
from torch import Tensor

RIDGE = 1e-3  # of the number of examples: features are standardised, and many of them say nearly the same
MOST = 10_000  # examples it learns from


class Probe:
    """Linear scores of several yes-or-no questions about features."""

    def __init__(self, features: Tensor, answers: Tensor):
        """Learn from features [n, d] and answers [n, q] of 0 and 1."""
        few = order(len(features))[:MOST]
        x, y = features[few].double(), answers[few].double()
        self.mean, self.spread, self.usual = x.mean(0), x.std(0).clamp(min=1e-8), y.mean(0)
        x = (x - self.mean) / self.spread
        gram = x.T @ x
        gram.diagonal().add_(RIDGE * len(x))
        self.weight = torch.cholesky_solve(x.T @ (y - self.usual), torch.linalg.cholesky(gram))  # [d, q]

    def __call__(self, features: Tensor) -> Tensor:
        """Scores float64 [n, q]: above 0.5 for yes; of exclusive answers the largest is the one."""
        return (features.double() - self.mean) / self.spread @ self.weight + self.usual


def halves(count: int) -> tuple[Tensor, Tensor]:
    """Examples to learn from and examples to be judged by, which share none: int64 [n] and [m]."""
    shuffled = order(count)
    split = min(MOST, count * 9 // 10)
    return shuffled[:split], shuffled[split : 2 * split]


def order(count: int) -> Tensor:
    """A fixed shuffle: data may be sorted by class."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(0))


def one_hot(labels: Tensor, classes: int) -> Tensor:
    """Labels int64 [n] as answers [n, classes]."""
    return torch.nn.functional.one_hot(labels, classes)

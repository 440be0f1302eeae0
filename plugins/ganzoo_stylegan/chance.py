"""What geometry and colour draw by: a change now and then, and matrices for every picture by itself."""

from __future__ import annotations

from math import log

import torch
from torch import Tensor


def sometimes(p: Tensor, value: Tensor, rest: float = 0.0) -> Tensor:
    """``value`` [N] with probability ``p`` each, else ``rest``, the number that changes nothing."""
    return torch.where(torch.rand_like(value) < p, value, rest)


def together(p: Tensor, *values: Tensor) -> list[Tensor]:
    """As `sometimes` with 0 for the rest, all of a picture's ``values`` at once or none."""
    chosen = torch.rand_like(values[0]) < p
    return [torch.where(chosen, value, 0.0) for value in values]


def bell(like: Tensor, spread: float) -> Tensor:
    """Normal numbers of standard deviation ``spread``, as many as ``like`` [N]."""
    return spread * torch.randn_like(like)


def factor(like: Tensor, octaves: float) -> Tensor:
    """Positive numbers around 1 whose base-2 logarithm has standard deviation ``octaves``, as many as ``like`` [N]."""
    return torch.exp(bell(like, octaves * log(2)))


def within(like: Tensor, low: float, high: float) -> Tensor:
    """Uniform numbers in [low, high), as many as ``like`` [N]."""
    return low + (high - low) * torch.rand_like(like)


def one_of(like: Tensor, count: int) -> Tensor:
    """Whole numbers 0 to ``count`` - 1, as many as ``like`` [N]."""
    return torch.floor(count * torch.rand_like(like))


def matrix(*rows: tuple[Tensor | float, ...]) -> Tensor:
    """A matrix for every picture, [N, rows, columns], from tensors [N] and plain numbers."""
    like = next(each for row in rows for each in row if isinstance(each, Tensor))
    filled = [[each if isinstance(each, Tensor) else torch.full_like(like, each) for each in row] for row in rows]
    return torch.stack([torch.stack(row, 1) for row in filled], 1)


def product(a: Tensor, b: Tensor) -> Tensor:
    """Matrix products [N, i, j] x [N, j, k]; not ``@``, which autocast would compute in half precision."""
    return (a.unsqueeze(3) * b.unsqueeze(1)).sum(2)

"""Maxout units (Goodfellow et al. 2013)."""

from __future__ import annotations

from torch import Tensor, nn

from ganzoo.game.nn.linear import Linear


class Maxout(nn.Module):
    """Each unit is the largest of its own affine pieces: [N, inputs] to [N, units].

    The pieces of a unit stand together in the weight: rows ``unit * pieces`` to ``(unit + 1) * pieces - 1``.
    """

    def __init__(self, inputs: int, units: int, pieces: int):
        super().__init__()
        self.pieces = pieces
        self.linear = Linear(inputs, units * pieces)

    def forward(self, x: Tensor) -> Tensor:
        # Not amax, which shares the slope out among equals and compares all pieces once more to find them.
        return self.linear(x).unflatten(1, (-1, self.pieces)).max(2).values

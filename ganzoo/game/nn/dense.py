"""A plain multi-layer perceptron body."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from ganzoo.game.nn.linear import Linear


class Dense(nn.Sequential):
    """Linear layers with ReLU between them and none after the last: [N, sizes[0]] to [N, sizes[-1]]."""

    def __init__(self, *sizes: int):
        layers: list[nn.Module] = []
        for i, o in pairwise(sizes):
            layers += [Linear(i, o), nn.ReLU()]
        super().__init__(*layers[:-1])

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.flatten(1))

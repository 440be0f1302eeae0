"""Perceptrons: for points in the plane, and to show that a Wasserstein game needs no convolutions."""

from __future__ import annotations

from math import prod, sqrt

from torch import Tensor, nn

from ganzoo import Facts
from ganzoo.game.nn import Dense
from ganzoo_wgan.layers import started


class MLPGenerator(nn.Module):
    """Noise to data through ``hidden`` ReLU layers: [N, latent] to points [N, D], or pictures [N, C, H, W].

    Pictures end in tanh, to lie in [-1, 1]; Arjovsky et al. 2017 leave them without bounds.
    """

    def __init__(self, facts: Facts, latent: int, width: int, *, hidden: int):
        super().__init__()
        self.shape = facts.shape
        self.body = start(Dense(latent, *[width] * hidden, prod(facts.shape)))

    def forward(self, z: Tensor) -> Tensor:
        x = self.body(z).view(-1, *self.shape)
        return x.tanh() if len(self.shape) == 3 else x


class MLPCritic(nn.Module):
    """Data to scores through three ReLU layers: [N, ...] to [N]."""

    def __init__(self, facts: Facts, width: int):
        super().__init__()
        self.body = start(Dense(prod(facts.shape), width, width, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x).flatten()


def start(body: Dense) -> Dense:
    """He's start before a ReLU, Glorot's at the end."""
    for layer in body[:-1]:
        if isinstance(layer, nn.Linear):
            started(layer, sqrt(2 / layer.in_features))
    started(body[-1])
    return body

"""The perceptrons of the first GAN (Goodfellow et al. 2014, section 5), and those used on points in the plane.

The paper's data live in [0, 1] behind a sigmoid; here pictures are in [-1, 1] everywhere, so the generator's last
line and the discriminator's first translate. No normalisation layer anywhere.
"""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor, nn

from ganzoo import Facts
from ganzoo.game.nn import Dense, Dropout, Maxout

PIECES = 5  # affine pieces of a maxout unit, as in the released configuration


class Generator(nn.Module):
    """Noise to data: [N, latent] to pictures [N, C, H, W] in [-1, 1], or to points [N, D] without bounds."""

    def __init__(self, facts: Facts, latent: int, width: int):
        super().__init__()
        self.shape = facts.shape
        hidden = (width,) * (3 if facts.is_points else 2)
        self.body = Dense(latent, *hidden, prod(facts.shape))
        if not facts.is_points:
            self.start_from(facts)

    def start_from(self, facts: Facts) -> None:
        """The released initialisation: small uniform weights, and pictures that start at the data's mean."""
        for layer in self.body:
            if isinstance(layer, nn.Linear):
                nn.init.uniform_(layer.weight, -0.05, 0.05)
                nn.init.zeros_(layer.bias)
        if facts.mean is not None:
            mean = torch.as_tensor(facts.mean, dtype=torch.float32).flatten().add(1).div(2)
            with torch.no_grad():
                # A pixel that is always black would put its bias at minus infinity.
                self.body[-1].bias.copy_(mean.clamp(0.01, 0.99).logit())

    def forward(self, z: Tensor) -> Tensor:
        x = self.body(z)
        if len(self.shape) == 3:
            x = 2 * torch.sigmoid(x) - 1
        return x.view(-1, *self.shape)


class MaxoutDiscriminator(nn.Module):
    """Data to logits through two maxout layers (Goodfellow et al. 2013) with dropout: [N, ...] to [N]."""

    def __init__(self, shape: tuple[int, ...], width: int):
        super().__init__()
        self.is_picture = len(shape) == 3
        units = max(1, width // PIECES)
        self.body = nn.Sequential(
            Dropout(0.2),
            Maxout(prod(shape), units, PIECES),
            Dropout(0.5),
            Maxout(units, units, PIECES),
            Dropout(0.5),
            nn.Linear(units, 1),
            nn.Flatten(0),
        )
        for layer in self.body.modules():
            if isinstance(layer, nn.Linear):
                nn.init.uniform_(layer.weight, -0.005, 0.005)
                nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        return self.body((x + 1) / 2 if self.is_picture else x)


class MLPDiscriminator(nn.Module):
    """Data to logits through three hidden ReLU layers: [N, ...] to [N]."""

    def __init__(self, shape: tuple[int, ...], width: int):
        super().__init__()
        self.body = Dense(prod(shape), width, width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x).flatten()

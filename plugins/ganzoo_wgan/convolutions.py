"""Strided convolutions: those of DCGAN with other norms, and the 5x5 ones that the gradient penalty was tried on.

Gulrajani et al. 2017 use three of the latter: for 64 px (batch norm; layer norm in the critic), for CIFAR-10 (the
first batch norm over every number by itself; no norm in the critic) and for MNIST (no norm at all).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganzoo import Facts
from ganzoo.game.nn.sides import square
from ganzoo_wgan.layers import POINTS, LayerNorm, SameConv2d, SameConvTranspose2d, picture, started

Norm = Callable[[int], nn.Module]
NORMS: dict[str, Norm] = {"batch": nn.BatchNorm2d, "layer": LayerNorm, "none": lambda _channels: nn.Identity()}


class Conv4Generator(nn.Sequential):
    """DCGAN's generator with its batch norm or without a norm: [N, latent] to [N, C, S, S] in [-1, 1].

    Without a norm it is the one of Arjovsky et al. 2017, figure 5. Where there are classes, labels [N] are needed:
    they join the noise, one coordinate a class.
    """

    def __init__(self, facts: Facts, latent: int, width: int, *, norm: str):
        channels, side = picture(facts.shape)
        classes, outputs = len(facts.classes), width * side // 8
        layers = [nn.ConvTranspose2d(latent + classes, outputs, 4, bias=False), NORMS[norm](outputs), nn.ReLU()]
        while outputs > width:
            inputs, outputs = outputs, outputs // 2
            layers += [nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False), NORMS[norm](outputs), nn.ReLU()]
        super().__init__(*layers, nn.ConvTranspose2d(width, channels, 4, 2, 1, bias=False), nn.Tanh())
        self.classes = classes
        self.apply(start_small)

    def forward(self, z: Tensor, **cond: Tensor) -> Tensor:
        if self.classes:
            told = F.one_hot(cond["label"], self.classes) * self.classes**0.5  # as large as the noise in the mean
            z = torch.cat([z, told.type_as(z)], dim=1)
        return super().forward(z[:, :, None, None])


class Conv4Critic(nn.Module):
    """DCGAN's discriminator with another norm or none: [N, C, S, S] to [N]; with classes it can also name them."""

    def __init__(self, facts: Facts, width: int, *, norm: str):
        super().__init__()
        channels, side = picture(facts.shape)
        layers: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
        outputs = width
        while outputs < width * side // 8:
            inputs, outputs = outputs, 2 * outputs
            layers += [nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), NORMS[norm](outputs), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers)  # (width S/8) x 4 x 4
        self.score = nn.Conv2d(outputs, 1, 4, bias=False)
        self.classes = len(facts.classes)
        if self.classes:
            self.name = nn.Conv2d(outputs, self.classes, 4)
        self.apply(start_small)

    def forward(self, x: Tensor, *, naming: bool = False) -> Tensor | tuple[Tensor, Tensor]:
        """Scores [N]; when ``naming``, with them the logits of the classes [N, classes]."""
        h = self.body(x)
        score = self.score(h).flatten()
        return (score, self.name(h).flatten(1)) if naming else score


class Conv5Generator(nn.Sequential):
    """[N, latent] to [N, C, S, S] in [-1, 1], any side from 8.

    Norms are as in `NORMS`; with "element" the first is batch norm of every number by itself, not by channel.
    """

    def __init__(self, facts: Facts, latent: int, width: int, *, norm: str):
        channels, sides = halvings(facts.shape)
        outputs = width * 2 ** (len(sides) - 2)
        small, normalised = sides[-1], NORMS["batch" if norm == "element" else norm]
        dense = nn.Linear(latent, outputs * small**2)
        shaped = nn.Unflatten(1, (outputs, small, small))
        if norm == "element":
            layers = [dense, nn.BatchNorm1d(outputs * small**2), nn.ReLU(), shaped]
        else:
            layers = [dense, shaped, normalised(outputs), nn.ReLU()]
        for side in sides[-2:0:-1]:
            inputs, outputs = outputs, outputs // 2
            layers += [SameConvTranspose2d(inputs, outputs, 5), normalised(outputs), nn.ReLU(), Corner(side)]
        super().__init__(*layers, SameConvTranspose2d(width, channels, 5), Corner(sides[0]), nn.Tanh())
        start(self, 0.02 if norm == "batch" else 0.0)


class Conv5Critic(nn.Sequential):
    """[N, C, S, S] to [N], any side from 8; the norm as in `NORMS`, never behind the first layer."""

    def __init__(self, facts: Facts, width: int, *, norm: str):
        channels, sides = halvings(facts.shape)
        layers: list[nn.Module] = [SameConv2d(channels, width, 5, 2), nn.LeakyReLU(0.2)]
        outputs = width
        for _ in sides[2:]:
            inputs, outputs = outputs, 2 * outputs
            layers += [SameConv2d(inputs, outputs, 5, 2), NORMS[norm](outputs), nn.LeakyReLU(0.2)]
        super().__init__(*layers, nn.Flatten(), nn.Linear(outputs * sides[-1] ** 2, 1), nn.Flatten(0))
        start(self, 0.02 if norm == "layer" else 0.0)


class Corner(nn.Module):
    """The upper left of a picture, where doubling gave more than a side that is not even: [N, C, side, side]."""

    def __init__(self, side: int):
        super().__init__()
        self.side = side

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, : self.side, : self.side]


def halvings(shape: tuple[int, ...]) -> tuple[int, list[int]]:
    """Channels, and every side from the full one down to the first that is 4 or less, rounded up on the way."""
    channels, side = square(shape, "wgan", "of 8 pixels a side or more", lambda side: max(8, side), POINTS)
    sides = [side]
    while sides[-1] > 4:
        sides.append(-(-sides[-1] // 2))
    return channels, sides


def start(net: nn.Module, std: float) -> None:
    """The released start of the 5x5 networks: ``std`` for the ones of 64 px, by fan in and out for the others."""
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            started(layer, std, gain=2**0.5)
        elif isinstance(layer, nn.Linear):
            started(layer, std)


def start_small(layer: nn.Module) -> None:
    """DCGAN's start: weights from N(0, 0.02)."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)

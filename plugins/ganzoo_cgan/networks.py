"""Networks that are told a class: perceptrons (Mirza and Osindero 2014) and convolutions with the label at every layer.

The convolutions are those released with Radford et al. 2015 for MNIST. Both lived in [0, 1] behind a sigmoid; here
pictures are in [-1, 1] everywhere, so a generator's last line and a discriminator's first translate.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from math import prod

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganzoo import Facts
from ganzoo.game.nn import Dropout, Linear, Maxout
from ganzoo.game.nn.sides import square


class Perceptron(nn.Module):
    """Noise and class to pictures, a hidden layer of each and one of both: [N, latent], [N] to [N, C, H, W]."""

    def __init__(self, facts: Facts, latent: int, width: int):
        super().__init__()
        self.shape, self.classes = facts.shape, len(facts.classes)
        of_noise = max(1, width // 6)  # 200 of 1200
        self.of_noise = hidden(latent, of_noise)
        self.of_label = hidden(self.classes, width - of_noise)
        self.joint = nn.Sequential(*hidden(width, width), Linear(width, prod(facts.shape)))
        self.apply(partial(start_uniform, bound=0.05))

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        each = self.of_noise(z), self.of_label(one_hot(label, self.classes))
        return to_picture(self.joint(torch.cat(each, 1))).view(-1, *self.shape)


class MaxoutPerceptron(nn.Module):
    """Picture and class to a logit, a maxout layer of each and one of both: [N, C, H, W], [N] to [N]."""

    def __init__(self, facts: Facts, width: int):
        super().__init__()
        self.classes = len(facts.classes)
        of_picture, of_label = max(1, width // 5), max(1, width // 24)  # 240 and 50 of 1200
        self.of_picture = nn.Sequential(Maxout(prod(facts.shape), of_picture, 5), Dropout(0.5))
        self.of_label = nn.Sequential(Maxout(self.classes, of_label, 5), Dropout(0.5))
        joint = Maxout(of_picture + of_label, of_picture, 4)
        self.joint = nn.Sequential(joint, Dropout(0.5), nn.Linear(of_picture, 1), nn.Flatten(0))
        self.apply(partial(start_uniform, bound=0.005))

    def forward(self, x: Tensor, label: Tensor) -> Tensor:
        each = self.of_picture(from_picture(x).flatten(1)), self.of_label(one_hot(label, self.classes))
        return self.joint(torch.cat(each, 1))


class Generator(nn.Module):
    """Noise to pictures by doublings, told the class before every layer: [N, latent], [N] to [N, C, S, S]."""

    def __init__(self, facts: Facts, latent: int, width: int):
        super().__init__()
        channels, bottom, doublings = ladder(facts.shape)
        self.classes = told = len(facts.classes)
        widths = [width * 2**i for i in reversed(range(doublings))]
        grid = nn.Unflatten(1, (widths[0], bottom, bottom))
        layers = [
            block(dense(latent + told, 16 * width), nn.ReLU()),
            block(dense(16 * width + told, widths[0] * bottom**2), nn.ReLU()).append(grid),
            *(block(doubling(i + told, o), nn.ReLU()) for i, o in pairwise(widths)),  # halve channels, double sides
            doubling(width + told, channels),  # C x S x S, no batch norm
        ]
        self.layers = nn.ModuleList(layers)
        self.apply(start_normal)

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        told = one_hot(label, self.classes)
        for layer in self.layers:
            z = layer(beside(z, told))
        return to_picture(z)


class Discriminator(nn.Module):
    """Pictures to logits by halvings, told the class before every layer: [N, C, S, S], [N] to [N]."""

    def __init__(self, facts: Facts, width: int):
        super().__init__()
        channels, bottom, halvings = ladder(facts.shape)
        self.classes = told = len(facts.classes)
        widths = [width * 2**i for i in range(halvings)]
        layers = [
            # width x S/2 x S/2; no batch norm where the data come in
            nn.Sequential(halving(channels + told, width), nn.LeakyReLU(0.2)),
            *(block(halving(i + told, o), nn.LeakyReLU(0.2)) for i, o in pairwise(widths)),  # double channels
            block(dense(widths[-1] * bottom**2 + told, 16 * width), nn.LeakyReLU(0.2)),
            nn.Sequential(dense(16 * width + told, 1), nn.Flatten(0)),
        ]
        layers[halvings - 1].append(nn.Flatten())
        self.layers = nn.ModuleList(layers)
        self.apply(start_normal)

    def forward(self, x: Tensor, label: Tensor) -> Tensor:
        told = one_hot(label, self.classes)
        x = from_picture(x)
        for layer in self.layers:
            x = layer(beside(x, told))
        return x


# Parts of both


def hidden(inputs: int, units: int) -> nn.Sequential:
    return nn.Sequential(Linear(inputs, units), nn.ReLU(), Dropout(0.5))


def dense(inputs: int, outputs: int) -> nn.Linear:
    return Linear(inputs, outputs, bias=False)


def doubling(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(inputs, outputs, 5, 2, 2, output_padding=1, bias=False)


def halving(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 5, 2, 2, bias=False)


def block(layer: nn.Linear | nn.Conv2d | nn.ConvTranspose2d, activation: nn.Module) -> nn.Sequential:
    """A layer, batch norm without gain or bias, an activation."""
    # The released code's epsilon: what is said by hundredths of a shade must survive it.
    if isinstance(layer, nn.Linear):
        norm = nn.BatchNorm1d(layer.out_features, eps=1e-8, affine=False)
    else:
        norm = nn.BatchNorm2d(layer.out_channels, eps=1e-8, affine=False)
    return nn.Sequential(layer, norm, activation)


def one_hot(label: Tensor, classes: int) -> Tensor:
    """Labels [N] to [N, classes] of zeros and ones."""
    return F.one_hot(label, classes).float()


def beside(x: Tensor, told: Tensor) -> Tensor:
    """``told`` [N, K] as K further features of x, the same everywhere on a grid [N, C, H, W]."""
    if x.dim() == 4:
        told = told[:, :, None, None].expand(-1, -1, *x.shape[2:])
    return torch.cat((x, told), 1)


def to_picture(x: Tensor) -> Tensor:
    """The paper's sigmoid, stretched from [0, 1] to [-1, 1]."""
    return 2 * torch.sigmoid(x) - 1


def from_picture(x: Tensor) -> Tensor:
    return (x + 1) / 2


def start_uniform(layer: nn.Module, bound: float) -> None:
    if isinstance(layer, nn.Linear):
        nn.init.uniform_(layer.weight, -bound, bound)
        nn.init.zeros_(layer.bias)


def start_normal(layer: nn.Module) -> None:
    if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)


def ladder(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Channels, the side of the smallest grid, and the doublings from there to the picture's side.

    Raises:
        RequestError: naming the nearest side that is 4, 5, 6 or 7 times a power of two, and a multiple of 4.
    """
    sides = "whose side is a power of two from 8, or 5, 6 or 7 times one (12, 20, 24, 28, 40, ...)"
    channels, side = square(shape, "cgan", sides, nearest)
    return channels, side >> doublings(side), doublings(side)


def doublings(side: int) -> int:
    """How often a grid of 4 to 7 must double to reach ``side``."""
    return (side // 4).bit_length() - 1


def nearest(side: int) -> int:
    """The closest side that `ladder` takes."""
    return min(filter(is_legal, range(8, 2 * max(side, 8))), key=lambda other: abs(other - side))


def is_legal(side: int) -> bool:
    return side >= 8 and side % 4 == 0 and side % 2 ** doublings(side) == 0

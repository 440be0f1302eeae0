"""Residual networks that are told a class (Miyato and Koyama 2018; tables 3 and 4 of Miyato et al. 2018).

The generator's batch norm takes its gain and bias from the class; the discriminator adds to its opinion the inner
product of what it saw with a vector of the class. Up to 56 pixels all layers are equally wide, beyond they widen
towards the smallest grid, as in the released code for CIFAR and ImageNet.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganzoo import Facts
from ganzoo.game.nn import SpectralConv2d, SpectralEmbedding, SpectralLinear
from ganzoo_cgan.networks import beside, ladder

EVEN = 3  # doublings up to which all layers are equally wide
WIDEST = 16  # times the width


class ConditionalBatchNorm2d(nn.Module):
    """Batch norm whose gain and bias [classes, C] are chosen by the label of each example; without classes, plain."""

    def __init__(self, channels: int, classes: int):
        super().__init__()
        self.classes = classes
        self.norm = nn.BatchNorm2d(channels, eps=2e-5, affine=False)
        # Centred at one: a gain that starts at zero spoils the training without a word.
        self.gain = nn.Parameter(torch.ones(max(classes, 1), channels))
        self.bias = nn.Parameter(torch.zeros(max(classes, 1), channels))

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        gain, bias = self.gain, self.bias
        if self.classes:
            gain, bias = F.embedding(label, gain), F.embedding(label, bias)
        return torch.addcmul(bias[:, :, None, None], self.norm(x), gain[:, :, None, None])


class Rise(nn.Module):
    """Residual block that doubles the side: [N, inputs, S, S] to [N, outputs, 2S, 2S]."""

    def __init__(self, inputs: int, outputs: int, classes: int):
        super().__init__()
        self.norm1, self.norm2 = ConditionalBatchNorm2d(inputs, classes), ConditionalBatchNorm2d(outputs, classes)
        self.conv1, self.conv2 = nn.Conv2d(inputs, outputs, 3, 1, 1), nn.Conv2d(outputs, outputs, 3, 1, 1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor, label: Tensor | None) -> Tensor:
        h = self.conv1(doubled(F.relu(self.norm1(x, label))))
        h = self.conv2(F.relu(self.norm2(h, label)))
        # The paper doubles before the shortcut's convolution; one pixel wide, it gives the same for a quarter of it.
        return h + doubled(self.shortcut(x))


class Fall(nn.Module):
    """Residual block under spectral norm, halving the side where asked to: [N, inputs, S, S] to [N, outputs, ...].

    The first block of a network leaves out the opening ReLU, which would cut the data, and is as wide as its output.
    """

    def __init__(self, inputs: int, outputs: int, *, halves: bool = True, first: bool = False):
        super().__init__()
        self.halves, self.first, self.outputs = halves, first, outputs
        between = outputs if first else inputs
        self.conv1 = SpectralConv2d(inputs, between, 3, 1, 1)
        self.conv2 = SpectralConv2d(between, outputs, 3, 1, 1)
        self.shortcut = SpectralConv2d(inputs, outputs, 1) if halves or inputs != outputs else None

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv2(F.relu(self.conv1(x if self.first else F.relu(x))))
        if self.halves:  # after the convolutions of both ways, where the shortcut's may as well come last
            h, x = F.avg_pool2d(h, 2), F.avg_pool2d(x, 2)
        return h + (x if self.shortcut is None else self.shortcut(x))


class ResidualGenerator(nn.Module):
    """Noise to pictures, every batch norm but the last told the class: [N, latent], [N] to [N, C, S, S]."""

    def __init__(self, facts: Facts, latent: int, width: int):
        super().__init__()
        channels, bottom, doublings = ladder(facts.shape)
        widths = [width * factor for factor in reversed(factors(doublings))]
        self.grid = nn.Sequential(
            nn.Linear(latent, widths[0] * bottom**2), nn.Unflatten(1, (widths[0], bottom, bottom))
        )
        self.blocks = nn.ModuleList(Rise(i, o, len(facts.classes)) for i, o in pairwise(widths))
        self.norm = nn.BatchNorm2d(width, eps=2e-5)
        self.picture = nn.Conv2d(width, channels, 3, 1, 1)  # C x S x S
        self.apply(start)

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        x = self.grid(z)
        for block in self.blocks:
            x = block(x, label)
        return torch.tanh(self.picture(F.relu(self.norm(x))))


class Projection(nn.Module):
    """Pictures to psi(phi(x)) + v_y . phi(x), equation 3 of Miyato and Koyama: [N, C, S, S], [N] to [N].

    Without classes, or without labels, only the first term is there.
    """

    def __init__(self, facts: Facts, width: int):
        super().__init__()
        _, _, halvings = ladder(facts.shape)
        self.blocks = falls(facts.shape, width)
        features, classes = self.blocks[-1].outputs, len(facts.classes)
        self.score = SpectralLinear(features, 1, bias=halvings > EVEN)
        self.vectors = SpectralEmbedding(classes, features) if classes else None
        self.apply(start)

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        for block in self.blocks:
            x = block(x)
        seen = F.relu(x).sum((2, 3))  # phi(x), N x features: a sum, so that logits grow with the grid
        logit = self.score(seen).flatten()
        if label is None or self.vectors is None:
            return logit
        return logit + (self.vectors(label) * seen).sum(1)


class Concatenation(nn.Module):
    """The same network told the class by further channels before its fourth block: [N, C, S, S], [N] to [N]."""

    TOLD = 128  # coordinates of a class
    AT = 3  # the block that hears it

    def __init__(self, facts: Facts, width: int):
        super().__init__()
        _, _, halvings = ladder(facts.shape)
        self.blocks = falls(facts.shape, width, {self.AT: self.TOLD})
        self.score = SpectralLinear(self.blocks[-1].outputs, 1, bias=halvings > EVEN)
        self.vectors = SpectralEmbedding(len(facts.classes), self.TOLD)
        self.apply(start)

    def forward(self, x: Tensor, label: Tensor) -> Tensor:
        for place, block in enumerate(self.blocks):
            x = block(beside(x, self.vectors(label)) if place == self.AT else x)
        return self.score(F.relu(x).sum((2, 3))).flatten()


def falls(shape: tuple[int, ...], width: int, more: Mapping[int, int] | None = None) -> nn.ModuleList:
    """The discriminator's blocks; ``more`` is how many further channels a block has to hear."""
    channels, bottom, doublings = ladder(shape)
    if doublings <= EVEN:  # S, S/2, S/4 and two blocks at S/4
        outputs, halves = [width] * 4, [True, True, False, False]
    else:  # down to the smallest grid and a last block, which in the code for 64 pixels halves once more
        outputs = [width * factor for factor in factors(doublings)]
        halves = [True] * doublings + [doublings == EVEN + 1 and bottom % 2 == 0]
    inputs = [channels, *outputs[:-1]]
    for place, extra in (more or {}).items():
        inputs[place] += extra
    plan = enumerate(zip(inputs, outputs, halves, strict=True))
    return nn.ModuleList(Fall(i, o, halves=half, first=place == 0) for place, (i, o, half) in plan)


def factors(doublings: int) -> list[int]:
    """How many times the width each grid of a network has, from the picture's side down."""
    return [1 if doublings <= EVEN else min(2**i, WIDEST) for i in range(doublings + 1)]


def doubled(x: Tensor) -> Tensor:
    """Every pixel four times: nearest, not interpolated."""
    return F.interpolate(x, scale_factor=2, mode="nearest")


def start(layer: nn.Module) -> None:
    """Glorot's uniform start, sqrt(2) larger in the two convolutions of a block; no bias."""
    if isinstance(layer, nn.Conv2d | nn.Linear | nn.Embedding):
        nn.init.xavier_uniform_(layer.weight)
        if getattr(layer, "bias", None) is not None:
            nn.init.zeros_(layer.bias)
    if isinstance(layer, Rise | Fall):
        for conv in (layer.conv1, layer.conv2):
            nn.init.xavier_uniform_(conv.weight, 2**0.5)

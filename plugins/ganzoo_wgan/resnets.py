"""The residual networks of Gulrajani et al. 2017: "Good" for 64 px (appendix C), and the one for CIFAR-10 (appendix F).

Both at any power-of-two side from 8. A 1x1 convolution and a nearest doubling, or a mean over 2x2, may change places
without changing the result, so shortcuts always convolve at the smaller side.
"""

from __future__ import annotations

from itertools import pairwise
from math import sqrt

from torch import Tensor, nn
from torch.nn import functional as F

from ganzoo import Facts
from ganzoo.game.nn import DownConv2d, UpConv2d
from ganzoo_wgan.layers import ClassBatchNorm, LayerNorm, picture, started

HE = sqrt(2)  # the gain of a convolution that follows a ReLU


class UpBlock(nn.Module):
    """[N, inputs, H, W] to [N, outputs, 2H, 2W]: batch norm by class where there are classes."""

    def __init__(self, inputs: int, outputs: int, classes: int = 0, *, bias: bool = True):
        super().__init__()
        norms = (ClassBatchNorm(c, classes) if classes else nn.BatchNorm2d(c) for c in (inputs, outputs))
        self.norm1, self.norm2 = norms
        self.conv1 = started(UpConv2d(inputs, outputs, 3, bias=bias), gain=HE)
        self.conv2 = started(nn.Conv2d(outputs, outputs, 3, 1, 1), gain=HE)
        self.shortcut = started(nn.Conv2d(inputs, outputs, 1))

    def forward(self, x: Tensor, *label: Tensor) -> Tensor:
        h = self.conv1(F.relu(self.norm1(x, *label)))
        h = self.conv2(F.relu(self.norm2(h, *label)))
        return F.interpolate(self.shortcut(x), scale_factor=2) + h


class DownBlock(nn.Module):
    """[N, inputs, H, W] to [N, outputs, H/2, W/2], normalised example by example or not at all."""

    def __init__(self, inputs: int, outputs: int, *, normalised: bool, first: bool = False):
        super().__init__()
        inner = outputs if first else inputs  # the data has too few channels to work in
        self.first = first
        self.norm1, self.norm2 = (LayerNorm(c) if normalised else nn.Identity() for c in (inputs, inner))
        self.conv1 = started(nn.Conv2d(inputs, inner, 3, 1, 1, bias=not normalised), gain=HE)
        self.conv2 = started(DownConv2d(inner, outputs, 3), gain=HE)
        self.shortcut = started(nn.Conv2d(inputs, outputs, 1))

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(x if self.first else F.relu(self.norm1(x)))
        h = self.conv2(F.relu(self.norm2(h)))
        return self.shortcut(F.avg_pool2d(x, 2)) + h


class PlainBlock(nn.Module):
    """[N, C, H, W] to the same, without any norm."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv1, self.conv2 = (started(nn.Conv2d(channels, channels, 3, 1, 1), gain=HE) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(F.relu(self.conv1(F.relu(x))))


class Generator(nn.Module):
    """Noise to pictures through blocks of the given widths: [N, latent] to [N, C, S, S] in [-1, 1].

    Where there are ``classes``, the blocks' batch norms have gains and offsets for each, and labels [N] are needed.
    """

    def __init__(self, latent: int, widths: list[int], channels: int, classes: int, *, bias: bool, gain: float):
        super().__init__()
        self.classes = classes
        self.dense = started(nn.Linear(latent, 16 * widths[0]))
        self.blocks = nn.ModuleList(UpBlock(i, o, classes, bias=bias) for i, o in pairwise(widths))
        self.norm = nn.BatchNorm2d(widths[-1])  # never by class
        self.out = started(nn.Conv2d(widths[-1], channels, 3, 1, 1), gain=gain)

    def forward(self, z: Tensor, **cond: Tensor) -> Tensor:
        x = self.dense(z).unflatten(1, (-1, 4, 4))
        for block in self.blocks:
            x = block(x, *cond.values())
        return self.out(F.relu(self.norm(x))).tanh()


class GoodGenerator(Generator):
    """``width`` channels at the full side, twice as many at each halving, and no more in the first block."""

    def __init__(self, facts: Facts, latent: int, width: int):
        channels, side = picture(facts.shape)
        widths = [width * side // 8]
        while 4 << len(widths) - 1 < side:
            widths.append(width * side // (4 << len(widths)))
        super().__init__(latent, widths, channels, len(facts.classes), bias=False, gain=HE)


class GoodCritic(nn.Sequential):
    """Pictures to scores: [N, C, S, S] to [N], normalised example by example, nothing before the last layer."""

    def __init__(self, facts: Facts, width: int):
        channels, side = picture(facts.shape)
        widths = [width]
        while side >> len(widths) - 1 > 4:
            widths.append(min(2 * widths[-1], width * side // 8))
        super().__init__(
            started(nn.Conv2d(channels, width, 3, 1, 1)),
            *(DownBlock(i, o, normalised=True) for i, o in pairwise(widths)),  # side / 2 each, down to 4
            nn.Flatten(),
            started(nn.Linear(16 * widths[-1], 1)),
            nn.Flatten(0),
        )


class CifarGenerator(Generator):
    """The same ``width`` at every side."""

    def __init__(self, facts: Facts, latent: int, width: int):
        channels, side = picture(facts.shape)
        doublings = (side // 4).bit_length() - 1
        super().__init__(latent, [width] * (doublings + 1), channels, len(facts.classes), bias=True, gain=1)


class CifarCritic(nn.Module):
    """Pictures to scores without any norm: [N, C, S, S] to [N]; with classes it can also name them."""

    def __init__(self, facts: Facts, width: int):
        super().__init__()
        channels, side = picture(facts.shape)
        blocks: list[nn.Module] = [DownBlock(channels, width, normalised=False, first=True)]
        while side >> len(blocks) > 8:
            blocks.append(DownBlock(width, width, normalised=False))
        self.body = nn.Sequential(*blocks, PlainBlock(width), PlainBlock(width), nn.ReLU())  # width x 8 x 8
        self.score = started(nn.Linear(width, 1))
        self.classes = len(facts.classes)
        if self.classes:
            self.name = started(nn.Linear(width, self.classes))

    def forward(self, x: Tensor, *, naming: bool = False) -> Tensor | tuple[Tensor, Tensor]:
        """Scores [N]; when ``naming``, with them the logits of the classes [N, classes]."""
        h = self.body(x).mean((2, 3))
        score = self.score(h).flatten()
        return (score, self.name(h)) if naming else score

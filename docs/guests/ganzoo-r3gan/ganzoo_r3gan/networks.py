"""The two networks of R3GAN, configuration E (section 4): the same stages, upwards and downwards.

A stage is a change of side and then residual blocks, or in the discriminator blocks and then the change. Nothing is
normalised: weights start small enough that a deep network begins as a shallow one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import gcd, prod, sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganzoo.game.nn import picture

SLOPE = 0.2  # of the leaky ReLU
GAIN = sqrt(2 / (1 + SLOPE**2))  # He et al. 2015: keeps the variance through a leaky ReLU
EXPANSION = 2  # inner feature maps of a block for each outer one: the inverted bottleneck


class Generator(nn.Sequential):
    """Noise to pictures by doublings: [N, latent] to [N, C, S, S]. The last layer is linear: no tanh."""

    def __init__(self, shape: tuple[int, ...], latent: int, plan: Plan):
        channels, size = picture(shape, "r3gan")
        maps = plan.widths(size)  # at 4x4, 8x8, ... S x S
        layers: list[nn.Module] = [Basis(latent, maps[0]), *plan.stage(0, size)]
        for level, (coarse, fine) in enumerate(pairwise(maps)):
            layers += [convolved(coarse, fine), Doubled(), *plan.stage(level + 1, size)]
        super().__init__(*layers, started(Pointwise(maps[-1], channels, bias=False)))


class Discriminator(nn.Sequential):
    """Pictures to logits by halvings: [N, C, S, S] to [N]."""

    def __init__(self, shape: tuple[int, ...], plan: Plan):
        channels, size = picture(shape, "r3gan")
        maps = plan.widths(size)
        layers: list[nn.Module] = [started(Pointwise(channels, maps[-1], bias=False))]
        for level in reversed(range(1, len(maps))):
            layers += [*plan.stage(level, size), Halved(), convolved(maps[level], maps[level - 1])]
        super().__init__(*layers, *plan.stage(0, size), Head(maps[0]))


@dataclass(frozen=True)
class Plan:
    """What both networks are made of, side by side."""

    maps: tuple[int, ...]  # feature maps at 4x4, 8x8, ...; every side beyond has half of those before it
    blocks: tuple[int, ...]  # residual blocks at 4x4, 8x8, ...; every side beyond has as many as the last
    group: int  # feature maps that a 3x3 convolution mixes

    def widths(self, size: int) -> list[int]:
        """Feature maps at 4x4, 8x8, ... up to ``size``."""
        beyond = count(size) - len(self.maps)
        return [*self.maps[: count(size)], *(max(1, self.maps[-1] >> more + 1) for more in range(beyond))]

    def depths(self, size: int) -> list[int]:
        """Residual blocks at 4x4, 8x8, ... up to ``size``."""
        return [self.blocks[min(level, len(self.blocks) - 1)] for level in range(count(size))]

    def stage(self, level: int, size: int) -> list[Residual]:
        """The blocks of a side: 0 is 4x4."""
        width, depths = self.widths(size)[level], self.depths(size)
        return [Residual(width, self.group, depth=sum(depths)) for _ in range(depths[level])]


def count(size: int) -> int:
    """Sides from 4 up to ``size``."""
    return size.bit_length() - 2


class Residual(nn.Module):
    """[N, width, H, W] to the same: 1x1 to twice the maps, 3x3 in groups, 1x1 back, added to what came in.

    Starts by fix-up (Zhang et al. 2019): the last convolution from zeros, so that the block is the identity, the
    others smaller by depth^(-1 / (2m - 2)), with m = 3 convolutions a block. Convolutions mix ``group`` maps, or as
    many of them as divide what there is.
    """

    def __init__(self, width: int, group: int, depth: int):
        super().__init__()
        inner, gain = EXPANSION * width, GAIN * depth**-0.25
        self.branch = nn.Sequential(
            started(Pointwise(width, inner), gain),
            nn.LeakyReLU(SLOPE),
            started(nn.Conv2d(inner, inner, 3, padding=1, groups=inner // gcd(inner, group)), gain),
            nn.LeakyReLU(SLOPE),
            started(Pointwise(inner, width, bias=False), 0.0),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.branch(x)


class Pointwise(nn.Linear):
    """A 1x1 convolution as a product of matrices, [N, inputs, H, W] to [N, outputs, H, W].

    The penalties differentiate it twice, and torch does that faster to a product than to a convolution.
    """

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class Basis(nn.Module):
    """Noise to where growth begins: [N, latent] to [N, width, 4, 4], learned pictures weighted by the noise."""

    def __init__(self, latent: int, width: int):
        super().__init__()
        self.pictures = nn.Parameter(torch.randn(width, 4, 4))
        self.weights = started(nn.Linear(latent, width, bias=False))

    def forward(self, z: Tensor) -> Tensor:
        return self.pictures * self.weights(z)[..., None, None]


class Head(nn.Sequential):
    """What is left at 4x4 to logits, each map by itself first: [N, width, 4, 4] to [N]."""

    def __init__(self, width: int):
        depthwise = started(nn.Conv2d(width, width, 4, groups=width, bias=False))
        super().__init__(depthwise, nn.Flatten(), started(nn.Linear(width, 1, bias=False)), nn.Flatten(0))


class Doubled(nn.Module):
    """[N, C, H, W] to [N, C, 2H, 2W], bilinear: no side is learned, and so none can be learned wrongly."""

    def forward(self, x: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=2, mode="bilinear")


class Halved(nn.Module):
    """[N, C, H, W] to [N, C, H/2, W/2], bilinear, which at half the side is the mean of 2x2."""

    def forward(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 2)


def convolved(inputs: int, outputs: int) -> nn.Module:
    """A 1x1 convolution where the number of feature maps changes, and nothing where it does not.

    It may change places with bilinear resampling; here it stands on the smaller side.
    """
    return nn.Identity() if inputs == outputs else started(Pointwise(inputs, outputs, bias=False))


def started(layer: nn.Conv2d | nn.Linear, gain: float = 1.0) -> nn.Module:
    """Weights from a normal law that multiplies a variance by the square of ``gain``; no bias at first."""
    fan_in = prod(layer.weight.shape[1:])
    nn.init.normal_(layer.weight, 0.0, gain / sqrt(fan_in))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer

"""The 101 layers of Gulrajani et al. 2017, section 5.2: what the gradient penalty trains and clipping cannot.

Between the ends stand bottleneck blocks, six at a side and five at the largest, each adding 0.3 of what it computes.
"""

from __future__ import annotations

from itertools import pairwise
from math import sqrt

from torch import Tensor, nn
from torch.nn import functional as F

from ganzoo import Facts, RequestError
from ganzoo_wgan.layers import LayerNorm, SameConv2d, SameConvTranspose2d, picture, started

HE = sqrt(2)


class Bottleneck(nn.Module):
    """[N, inputs, H, W] to [N, outputs, H', W'], the side kept, halved or doubled by the 3x3 layer it is given."""

    def __init__(self, inputs: int, outputs: int, middle: nn.Module, shortcut: nn.Module, norm: nn.Module):
        super().__init__()
        self.shortcut, self.norm = shortcut, norm
        self.conv1 = started(nn.Conv2d(inputs, inputs // 2, 1), gain=HE)
        self.middle = started(middle, gain=HE)
        self.conv2 = started(nn.Conv2d(outputs // 2, outputs, 1, bias=False), gain=HE)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv2(F.relu(self.middle(F.relu(self.conv1(F.relu(x))))))
        return self.shortcut(x) + 0.3 * self.norm(h)


def keep(channels: int, norm: type[nn.Module]) -> Bottleneck:
    """A block that changes neither side nor channels."""
    return Bottleneck(
        channels, channels, nn.Conv2d(channels // 2, channels // 2, 3, 1, 1), nn.Identity(), norm(channels)
    )


def grow(inputs: int, outputs: int) -> Bottleneck:
    """A block that doubles the side; its shortcut draws the four new pixels from four times the channels."""
    shortcut = nn.Sequential(started(nn.Conv2d(inputs, 4 * outputs, 1)), nn.PixelShuffle(2))
    middle = SameConvTranspose2d(inputs // 2, outputs // 2, 3)
    return Bottleneck(inputs, outputs, middle, shortcut, nn.BatchNorm2d(outputs))


def shrink(inputs: int, outputs: int) -> Bottleneck:
    """A block that halves the side."""
    shortcut = started(nn.Conv2d(inputs, outputs, 1, 2))
    return Bottleneck(inputs, outputs, SameConv2d(inputs // 2, outputs // 2, 3, 2), shortcut, LayerNorm(outputs))


class DeepGenerator(nn.Sequential):
    """Noise to pictures: [N, latent] to [N, C, S, S] in [-1, 1]; half of ``width`` channels at the full side."""

    def __init__(self, facts: Facts, latent: int, width: int):
        channels, widths = ladder(facts.shape, width)
        widths = widths[::-1]  # 4 x 4 first
        layers: list[nn.Module] = [started(nn.Linear(latent, 16 * widths[0])), nn.Unflatten(1, (widths[0], 4, 4))]
        for i, o in pairwise(widths):
            layers += [*(keep(i, nn.BatchNorm2d) for _ in range(6)), grow(i, o)]
        layers += [keep(widths[-1], nn.BatchNorm2d) for _ in range(5)]
        super().__init__(*layers, started(nn.Conv2d(widths[-1], channels, 1)))

    def forward(self, z: Tensor) -> Tensor:
        return (super().forward(z) / 5).tanh()


class DeepCritic(nn.Sequential):
    """Pictures to scores: [N, C, S, S] to [N], normalised example by example."""

    def __init__(self, facts: Facts, width: int):
        channels, widths = ladder(facts.shape, width)
        layers: list[nn.Module] = [started(nn.Conv2d(channels, widths[0], 1))]
        layers += [keep(widths[0], LayerNorm) for _ in range(5)]
        for i, o in pairwise(widths):
            layers += [shrink(i, o), *(keep(o, LayerNorm) for _ in range(6))]
        super().__init__(*layers, nn.Flatten(), started(nn.Linear(16 * widths[-1], 1)), nn.Flatten(0))

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) / 5


def ladder(shape: tuple[int, ...], width: int) -> tuple[int, list[int]]:
    """Channels of the data, and of the network at every side from the full one down to 4."""
    channels, side = picture(shape)
    if width < 4 or width % 4:
        raise RequestError(f"width={width}: bottlenecks halve a layer twice; use a multiple of 4.")
    return channels, [width * 2**k // 2 for k in range((side // 4).bit_length())]

"""The discriminator of version 1, that of progressive growing (Karras et al. 2017) with smoothed halvings."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganzoo.game.growth import stage
from ganzoo.game.nn import EqualizedConv2d, EqualizedLinear, MinibatchStd
from ganzoo.game.nn.pyramid import features, picture, reduced
from ganzoo_stylegan.activated import SLOPE


class Blur(nn.Module):
    """Smooths every feature map by [1, 2, 1] in both directions: [N, C, H, W] to the same shape."""

    def __init__(self):
        super().__init__()
        taps = torch.tensor([1.0, 2.0, 1.0]) / 4
        self.register_buffer("kernel", torch.outer(taps, taps)[None, None], persistent=False)  # sum 1

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.kernel.expand(x.shape[1], -1, -1, -1), padding=1, groups=x.shape[1])


class GrowingDiscriminator(nn.Module):
    """Pictures to logits [N] by halvings; they come at the size that ``lod`` calls for."""

    def __init__(self, shape: tuple[int, ...], *, base: int, width: int, group: int = 4):
        super().__init__()
        channels, size = picture(shape, "stylegan")
        maps, dense = features(size, base, width), min(base // 2, width)
        self.from_picture = nn.ModuleList(
            nn.Sequential(EqualizedConv2d(channels, each, 1), nn.LeakyReLU(SLOPE)) for each in maps
        )
        self.levels = nn.ModuleList(Halving(fine, coarse) for coarse, fine in pairwise(maps))
        self.root = nn.Sequential(
            MinibatchStd(group),
            EqualizedConv2d(maps[0] + 1, maps[0], 3),
            nn.LeakyReLU(SLOPE),
            nn.Flatten(),
            EqualizedLinear(16 * maps[0], dense),
            nn.LeakyReLU(SLOPE),
            EqualizedLinear(dense, 1, gain=1),
        )

    def forward(self, x: Tensor, *, lod: float = 0.0) -> Tensor:
        top, old = stage(len(self.from_picture), lod)
        y = self.from_picture[top](x)
        for number in range(top, 0, -1):
            y = self.levels[number - 1](y)
            if old and number == top:
                y = torch.lerp(y, self.from_picture[top - 1](reduced(x, 2)), old)
        return self.root(y).float()[:, 0]


class Halving(nn.Module):
    """Two convolutions; the second is smoothed in front and pooled behind, before its bias and activation."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.conv = EqualizedConv2d(inputs, inputs, 3)
        self.blur = Blur()
        self.down = EqualizedConv2d(inputs, outputs, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blur(F.leaky_relu(self.conv(x), SLOPE))
        weight, bias = self.down.used()
        x = F.avg_pool2d(F.conv2d(x, weight, padding=1), 2)
        return F.leaky_relu(x + bias.type_as(x)[:, None, None], SLOPE)

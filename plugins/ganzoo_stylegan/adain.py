"""The synthesis network of version 1 (Karras et al. 2019, section 2): styles set the statistics of feature maps."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganzoo.game.growth import stage
from ganzoo.game.nn import EqualizedConv2d, EqualizedLinear
from ganzoo.game.nn.pyramid import enlarged, features, picture
from ganzoo_stylegan.activated import SLOPE
from ganzoo_stylegan.growing import Blur

EPSILON = 1e-8


class Styling(nn.Module):
    """What follows every convolution: noise, bias, leaky ReLU, and the style's own mean and spread for every map.

    [N, maps, side, side] and styles [N, style] to the same shape. Instance normalisation takes out the statistics
    that the maps had; the style's scale is a difference from 1.
    """

    def __init__(self, maps: int, style: int, side: int):
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(maps))  # of the noise
        self.bias = nn.Parameter(torch.zeros(maps))
        self.style = EqualizedLinear(style, 2 * maps, gain=1)
        self.register_buffer("noise", torch.randn(side, side))  # what sampling adds: the same for every picture

    def forward(self, x: Tensor, w: Tensor, noise: str) -> Tensor:
        if noise != "none":
            drawn = self.noise if noise == "constant" else torch.randn_like(x[:, :1])
            x = x + self.strength.type_as(x)[:, None, None] * drawn.type_as(x)
        x = F.leaky_relu(x + self.bias.type_as(x)[:, None, None], SLOPE)
        scale, shift = self.style(w)[:, :, None, None].chunk(2, 1)
        return F.instance_norm(x, eps=EPSILON) * (scale + 1) + shift


class Level(nn.Module):
    """Two styled convolutions at one size, the first of which doubles the sides of what it is given."""

    def __init__(self, inputs: int, outputs: int, style: int, side: int):
        super().__init__()
        self.grow = EqualizedConv2d(inputs, outputs, 3, bias=False)
        self.blur = Blur()
        self.first = Styling(outputs, style, side)
        self.refine = EqualizedConv2d(outputs, outputs, 3, bias=False)
        self.second = Styling(outputs, style, side)

    def forward(self, x: Tensor, w: tuple[Tensor, Tensor], noise: str) -> Tensor:
        x = self.first(self.blur(self.grow(enlarged(x, 2))), w[0], noise)
        return self.second(self.refine(x), w[1], noise)


class Root(nn.Module):
    """Where every picture begins: a learned constant, styled, and a convolution, styled."""

    def __init__(self, maps: int, style: int):
        super().__init__()
        self.start = nn.Parameter(torch.ones(maps, 4, 4))
        self.first = Styling(maps, style, 4)
        self.refine = EqualizedConv2d(maps, maps, 3, bias=False)
        self.second = Styling(maps, style, 4)

    def forward(self, w: tuple[Tensor, Tensor], noise: str) -> Tensor:
        x = self.first(self.start.expand(w[0].shape[0], -1, -1, -1), w[0], noise)
        return self.second(self.refine(x), w[1], noise)


class GrowingSynthesis(nn.Module):
    """Styles [N, layers, style] to pictures [N, C, s, s] with s = size / 2^floor(lod), as ``lod`` asks for."""

    def __init__(self, shape: tuple[int, ...], style: int, base: int, width: int):
        super().__init__()
        channels, size = picture(shape, "stylegan")
        maps = features(size, base, width)
        self.layers = 2 * len(maps)
        self.root = Root(maps[0], style)
        self.levels = nn.ModuleList(
            Level(coarse, fine, style, 8 << level) for level, (coarse, fine) in enumerate(pairwise(maps))
        )
        self.to_picture = nn.ModuleList([EqualizedConv2d(each, channels, 1, gain=1) for each in maps])

    def forward(self, ws: Tensor, noise: str = "fresh", lod: float = 0.0) -> Tensor:
        top, old = stage(len(self.to_picture), lod)
        w = ws.unbind(1)
        x = before = self.root(w[:2], noise)
        for number, level in enumerate(self.levels[:top], 1):
            before, x = x, level(x, w[2 * number : 2 * number + 2], noise)
        image = self.to_picture[top](x)
        if old:
            image = torch.lerp(image, enlarged(self.to_picture[top - 1](before), 2), old)
        return image.float()

"""From styles to pictures: the skip generator of version 2 (Karras et al. 2020, section 4 and figure 7b)."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from ganzoo.game.nn.pyramid import features, picture
from ganzoo_stylegan.filter import Filter
from ganzoo_stylegan.modulated import StyledConv2d, ToPicture


class Synthesis(nn.Module):
    """Styles [N, layers, style] to pictures [N, C, S, S]: each size adds its own to the smaller one, enlarged."""

    def __init__(self, shape: tuple[int, ...], style: int, base: int, width: int):
        super().__init__()
        channels, size = picture(shape, "stylegan")
        maps = features(size, base, width)
        self.layers = 2 * len(maps)
        self.start = nn.Parameter(torch.randn(maps[0], 4, 4))
        self.first = StyledConv2d(maps[0], maps[0], style, 4)
        self.grow = nn.ModuleList()
        self.refine = nn.ModuleList()
        for level, (coarse, fine) in enumerate(pairwise(maps), 1):
            self.grow.append(StyledConv2d(coarse, fine, style, 4 << level, up=True))
            self.refine.append(StyledConv2d(fine, fine, style, 4 << level))
        self.to_picture = nn.ModuleList([ToPicture(each, channels, style) for each in maps])
        self.filter = Filter()

    def forward(self, ws: Tensor, noise: str = "fresh") -> Tensor:
        w = ws.unbind(1)
        x = self.first(self.start.expand(ws.shape[0], -1, -1, -1), w[0], noise)
        image = self.to_picture[0](x, w[1])
        for level, (grow, refine) in enumerate(zip(self.grow, self.refine, strict=True), 1):
            x = refine(grow(x, w[2 * level - 1], noise), w[2 * level], noise)
            # The picture of a size shares its style with the first layer of the next.
            image = self.filter.doubled(image) + self.to_picture[level](x, w[2 * level + 1])
        return image.float()

"""The two networks of progressive growing (Karras et al. 2017, table 2), at any power-of-two size from 4.

``lod``, the level of detail, says how far from fully grown they are: 0 works at the full size, k at 2^-k of it, and
between two whole numbers the finer of the two sizes is being faded in. A network always holds every layer it will ever
need; ``lod`` chooses those that take part.
"""

from __future__ import annotations

from itertools import pairwise
from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganzoo.game.growth import stage
from ganzoo.game.nn import EqualizedConv2d, EqualizedLinear, MinibatchStd, PixelNorm
from ganzoo.game.nn.pyramid import enlarged, features, picture, reduced
from ganzoo.game.nn.resampling import doubled_and_convolved


class Generator(nn.Module):
    """Noise to pictures: [N, latent] to [N, C, s, s] with s = size / 2^floor(lod). The last layer is linear: no tanh.

    With ``classes``, ``label`` int64 [N] joins the noise.
    """

    def __init__(self, shape: tuple[int, ...], latent: int, *, base: int, width: int, classes: int = 0):
        super().__init__()
        channels, size = picture(shape, "progan", least=4)
        maps = features(size, 2 * base, width)
        self.classes = classes
        self.blocks = nn.ModuleList([Root(latent + classes, maps[0])])
        for coarse, fine in pairwise(maps):
            convs = Doubled(coarse, fine, 3), nn.LeakyReLU(0.2), PixelNorm(), convolved(fine, fine)
            self.blocks.append(nn.Sequential(*convs, nn.LeakyReLU(0.2), PixelNorm()))
        self.to_picture = nn.ModuleList([EqualizedConv2d(each, channels, 1, gain=1) for each in maps])

    def forward(self, z: Tensor, lod: float = 0.0, label: Tensor | None = None) -> Tensor:
        if self.classes:
            z = torch.cat([z, F.one_hot(label, self.classes)], 1)
        top, old = stage(len(self.blocks), lod)
        x = before = self.blocks[0](z)
        for block in self.blocks[1 : top + 1]:
            before, x = x, block(x)
        picture = self.to_picture[top](x)
        if old:
            picture = torch.lerp(picture, enlarged(self.to_picture[top - 1](before), 2), old)
        return picture


class Root(nn.Module):
    """Where growth begins: noise [N, latent] to features [N, maps, 4, 4]."""

    def __init__(self, latent: int, maps: int):
        super().__init__()
        # A dense layer into 4x4 is a convolution that sees 16 times its inputs; hence the quarter. One bias a map.
        self.dense = EqualizedLinear(latent, 16 * maps, gain=sqrt(2) / 4, bias=False)
        self.bias = nn.Parameter(torch.zeros(maps))
        self.conv = convolved(maps, maps)
        self.norm = PixelNorm()

    def forward(self, z: Tensor) -> Tensor:
        x = self.dense(self.norm(z)).unflatten(1, (-1, 4, 4)) + self.bias.view(-1, 1, 1)
        x = self.norm(F.leaky_relu(x, 0.2))
        return self.norm(F.leaky_relu(self.conv(x), 0.2))


class Discriminator(nn.Module):
    """Pictures to scores [N], by a mirror image of the generator.

    Pictures may come at the size that ``lod`` calls for or larger: they are averaged down to it. ``fused`` pools before
    the activation, as the released code does by default; the paper pools after it, and the two are not equal.
    With ``classes`` it also names what it sees, in `judge`.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        *,
        base: int,
        width: int,
        group: int = 4,
        fused: bool = False,
        classes: int = 0,
    ):
        super().__init__()
        channels, size = picture(shape, "progan", least=4)
        maps = features(size, 2 * base, width)
        self.from_picture = nn.ModuleList(
            nn.Sequential(EqualizedConv2d(channels, each, 1), nn.LeakyReLU(0.2)) for each in maps
        )
        dense = min(base, width)
        root = nn.Sequential(
            MinibatchStd(group),
            convolved(maps[0] + 1, maps[0]),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            EqualizedLinear(16 * maps[0], dense),
            nn.LeakyReLU(0.2),
            EqualizedLinear(dense, 1 + classes, gain=1),
        )
        self.blocks = nn.ModuleList([root])
        for coarse, fine in pairwise(maps):
            last = [nn.LeakyReLU(0.2), nn.AvgPool2d(2)]
            if fused:
                last.reverse()
            convs = convolved(fine, fine), nn.LeakyReLU(0.2), convolved(fine, coarse)
            self.blocks.append(nn.Sequential(*convs, *last))

    def forward(self, x: Tensor, lod: float = 0.0) -> Tensor:
        return self.judge(x, lod)[:, 0]

    def judge(self, x: Tensor, lod: float = 0.0) -> Tensor:
        """Score and the logits of the classes: [N, 1 + classes]."""
        top, old = stage(len(self.blocks), lod)
        x = reduced(x, x.shape[-1] // (4 << top))
        y = self.from_picture[top](x)
        for level in range(top, 0, -1):
            y = self.blocks[level](y)
            if old and level == top:
                y = torch.lerp(y, self.from_picture[top - 1](reduced(x, 2)), old)
        return self.blocks[0](y)


class Doubled(EqualizedConv2d):
    """Nearest doubling, then the convolution: [N, inputs, H, W] to [N, outputs, 2H, 2W]."""

    def forward(self, x: Tensor) -> Tensor:
        return doubled_and_convolved(x, *self.used())


def convolved(inputs: int, outputs: int) -> EqualizedConv2d:
    return EqualizedConv2d(inputs, outputs, 3)

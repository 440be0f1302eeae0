"""The tree (Zhang et al. 2017, section 4; layers as released): one trunk of features, a picture at every branch."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ganzoo.game import full_precision
from ganzoo.game.nn import UpConv2d
from ganzoo.game.nn.pyramid import picture
from ganzoo_stackgan.networks import LEAST, Conditioning, conv, doublings


class Grown(NamedTuple):
    """What a tree hands over: pictures [N, C, s, s], each of twice the side of the one before; and a law, or None."""

    pictures: list[Tensor]
    mu: Tensor | None  # [N, condition]
    logvar: Tensor | None  # [N, condition]


class Tree(nn.Module):
    """Noise and text to pictures at several scales: [N, latent], [N, T] to [N, C, s, s], [N, C, 2s, 2s], ...

    All branches share one condition. With ``text=0`` there is none, and the noise takes its place at every branch.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        *,
        text: int,
        condition: int,
        latent: int,
        width: int,
        residuals: int,
        branches: int = 3,
    ):
        super().__init__()
        channels, side = picture(shape, "stackgan", LEAST << (branches - 1))
        self.conditioning = Conditioning(text, condition, gated=True) if text else None
        told, inputs = (condition, condition + latent) if text else (latent, latent)
        rises = doublings(side >> (branches - 1))
        most = width << rises  # 16 widths for a first picture of 64 pixels
        maps = [most >> level for level in range(rises + 1)]
        root = nn.Linear(inputs, 32 * most, bias=False), nn.BatchNorm1d(32 * most), nn.GLU(1)
        trunk = nn.Sequential(*root, nn.Unflatten(1, (most, 4, 4)), *(doubled(i, o) for i, o in pairwise(maps)))
        self.branches = nn.ModuleList([trunk])
        widths = [width >> level for level in range(branches)]
        for i, o in pairwise(widths):
            joint = gated(i + told, i)
            self.branches.append(nn.Sequential(*joint, *(Residual(i) for _ in range(residuals)), doubled(i, o)))
        self.to_picture = nn.ModuleList(nn.Sequential(conv(each, channels), nn.Tanh()) for each in widths)
        self.apply(start_orthogonal)

    def forward(self, z: Tensor, text: Tensor | None = None, eps: Tensor | None = None) -> Grown:
        c, mu, logvar = self.conditioning(text, eps) if self.conditioning else (z, None, None)
        x = self.branches[0](torch.cat([c, z], 1) if self.conditioning else z)
        pictures = [self.to_picture[0](x)]
        for branch, to_picture in zip(self.branches[1:], self.to_picture[1:], strict=True):
            everywhere = c[:, :, None, None].expand(-1, -1, *x.shape[2:])
            x = branch(torch.cat([everywhere, x], 1))
            pictures.append(to_picture(x))
        return Grown(pictures, mu, logvar)


class Residual(nn.Module):
    """Two convolutions, the first one gated, beside a way around them: [N, M, H, W] to the same shape."""

    def __init__(self, maps: int):
        super().__init__()
        self.layers = nn.Sequential(*gated(maps, maps), conv(maps, maps), nn.BatchNorm2d(maps))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


def gated(inputs: int, outputs: int, kind: type[nn.Conv2d] = nn.Conv2d) -> tuple[nn.Module, ...]:
    """A convolution whose second half of features says how much passes of the first (Dauphin et al. 2017)."""
    return kind(inputs, 2 * outputs, 3, padding=1, bias=False), nn.BatchNorm2d(2 * outputs), nn.GLU(1)


def doubled(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(*gated(inputs, outputs, UpConv2d))


def start_orthogonal(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d | nn.Linear):
        nn.init.orthogonal_(layer.weight)
    elif isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)
    if getattr(layer, "bias", None) is not None:
        nn.init.zeros_(layer.bias)


def inconsistency(fine: Tensor, coarse: Tensor, weight: float) -> Tensor:
    """How much the colours of a scale differ from those of the scale below it (section 4.3), a scalar.

    Their means and covariances are compared, the latter at five times the weight; the scale below is not to follow.
    """
    mean, spread = colours(fine)
    aim, aim_spread = colours(coarse.detach())
    return weight * ((mean - aim).square().mean() + 5 * (spread - aim_spread).square().mean())


def colours(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean [N, C] and covariance [N, C, C] of the colours of each picture [N, C, H, W]."""
    pixels = x.float().flatten(2)
    mean = pixels.mean(2)
    apart = pixels - mean[:, :, None]
    with full_precision(x.device):
        return mean, apart @ apart.mT / pixels.shape[2]

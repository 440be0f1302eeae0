"""Ways to spoil pictures uint8 [n, C, H, W] by degrees, as Heusel et al. 2017 judge distances (figure 3)."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor
from torch.nn.functional import conv2d, grid_sample, pad


def noise(images: Tensor, spread: float, chance: Generator) -> Tensor:
    """Gaussian noise, independent in every number; its standard deviation as a share of the whole range."""
    return _bytes(images + 255 * spread * torch.randn(images.shape, generator=chance))


def blur(images: Tensor, radius: float, chance: Generator) -> Tensor:
    """Gaussian blur; its standard deviation as a share of the side."""
    side = images.shape[-1]
    reach = min(math.ceil(3 * radius * side), side - 1)
    taps = torch.exp(-(torch.arange(-reach, reach + 1.0) ** 2) / (2 * (radius * side) ** 2))
    taps /= taps.sum()
    planes = pad(images.float().flatten(0, 1)[:, None], (reach,) * 4, mode="replicate")
    return _bytes(conv2d(conv2d(planes, taps.view(1, 1, 1, -1)), taps.view(1, 1, -1, 1)).view(images.shape))


def swirl(images: Tensor, turn: float, chance: Generator) -> Tensor:
    """Turned around the middle by an angle in radians, less and less towards the edge."""
    side = images.shape[-1]
    line = (torch.arange(side) + 0.5) / side * 2 - 1
    y, x = torch.meshgrid(line, line, indexing="ij")
    angle = turn * torch.exp(-2 * (x**2 + y**2))
    where = torch.stack((angle.cos() * x - angle.sin() * y, angle.sin() * x + angle.cos() * y), -1)
    where = where.expand(len(images), -1, -1, -1)
    return _bytes(grid_sample(images.float(), where, mode="bicubic", align_corners=False, padding_mode="border"))


def salt_and_pepper(images: Tensor, share: float, chance: Generator) -> Tensor:
    """Some pixels black, as many white; ``share`` of all are either."""
    drawn = torch.rand(len(images), 1, *images.shape[2:], generator=chance)
    return images.masked_fill(drawn < share / 2, 0).masked_fill(drawn > 1 - share / 2, 255)


def dropped(labels: Tensor, kept: list[int], chance: Generator) -> Tensor:
    """Rows of as many pictures as there are labels [n], all of the classes ``kept``; they repeat where they must."""
    rows = torch.isin(labels, torch.tensor(kept)).nonzero()[:, 0]
    rounds = [rows[torch.randperm(len(rows), generator=chance)] for _ in range(math.ceil(len(labels) / len(rows)))]
    return torch.cat(rounds)[: len(labels)]


# By name: how it is done and to what degrees, mildest first.
DAMAGES = {
    "noise": (noise, (0.04, 0.08, 0.16, 0.32)),
    "blur": (blur, (0.02, 0.04, 0.08, 0.16)),
    "swirl": (swirl, (0.2, 0.4, 0.8, 1.6)),
    "salt and pepper": (salt_and_pepper, (0.01, 0.03, 0.1, 0.3)),
}


def _bytes(images: Tensor) -> Tensor:
    return images.round().clamp(0, 255).to(torch.uint8)

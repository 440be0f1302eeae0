"""The two stages and their discriminators (Zhang et al. 2016, section 3; layers as released), at any power of two.

Both stages are told a caption as the embedding of its text; each makes a law of conditions of it and draws one.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganzoo.game.nn import UpConv2d
from ganzoo.game.nn.pyramid import picture

LEAST = 8  # side of the smallest pictures


class Drawn(NamedTuple):
    """What a generator hands over: pictures [N, C, S, S], and the law of the conditions they were drawn under."""

    picture: Tensor
    mu: Tensor  # [N, condition]
    logvar: Tensor  # [N, condition]


class Conditioning(nn.Module):
    """Conditioning augmentation (section 3.2): text [N, T] to a Gaussian law, and a condition c drawn from it.

    ``slope`` is that of the leaky ReLU behind its layer: 0.2 in the first release. The second has 0, under which no
    deviation is below 1. GLU takes its place where ``gated`` (Zhang et al. 2017).
    """

    def __init__(self, text: int, condition: int, slope: float = 0.2, *, gated: bool = False):
        super().__init__()
        self.dense = nn.Linear(text, (4 if gated else 2) * condition)
        self.activation = nn.GLU(1) if gated else nn.LeakyReLU(slope)

    def forward(self, text: Tensor, eps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """``eps`` is standard normal [N, condition]; gives c, mu, logvar, each of that shape."""
        mu, logvar = self.activation(self.dense(text)).chunk(2, 1)
        return mu + (logvar / 2).exp() * eps, mu, logvar


def divergence(mu: Tensor, logvar: Tensor) -> Tensor:
    """Kullback-Leibler divergence of N(mu, exp logvar) from N(0, 1), mean over batch and coordinates."""
    mu, logvar = mu.float(), logvar.float()
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar).mean()


class StageOne(nn.Module):
    """Noise and text to small pictures: [N, latent], [N, T] to [N, C, s, s]."""

    def __init__(
        self, shape: tuple[int, ...], *, text: int, condition: int, latent: int, width: int, slope: float = 0.2
    ):
        super().__init__()
        channels, side = picture(shape, "stackgan")
        most = (width << doublings(side)) // 2  # 8 widths for 64 pixels
        self.conditioning = Conditioning(text, condition, slope)
        root = nn.Linear(latent + condition, 16 * most, bias=False)
        self.root = nn.Sequential(root, nn.BatchNorm1d(16 * most), nn.ReLU(), nn.Unflatten(1, (most, 4, 4)))
        maps = [most >> level for level in range(doublings(side) + 1)]
        self.up = nn.Sequential(*(doubled(i, o) for i, o in pairwise(maps)))
        self.to_picture = nn.Sequential(conv(maps[-1], channels), nn.Tanh())
        self.apply(start_normal)

    def forward(self, z: Tensor, text: Tensor, eps: Tensor) -> Drawn:
        c, mu, logvar = self.conditioning(text, eps)
        return Drawn(self.to_picture(self.up(self.root(torch.cat([z, c], 1)))), mu, logvar)


class StageTwo(nn.Module):
    """Pictures of stage one and their text to pictures ``enlarge`` times the side, drawn once more and in detail.

    It has a conditioning of its own, and so hears what stage one left out. ``shape`` is that of what it draws.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        *,
        text: int,
        condition: int,
        width: int,
        residuals: int,
        enlarge: int = 4,
        slope: float = 0.2,
    ):
        super().__init__()
        channels, _ = picture(shape, "stackgan", LEAST * enlarge)
        self.conditioning = Conditioning(text, condition, slope)
        self.down = nn.Sequential(
            conv(channels, width),
            nn.ReLU(),
            *(layer for i in (1, 2) for layer in (*halving(i * width, 2 * i * width), nn.ReLU())),
        )  # 4 width x s/4 x s/4
        joint = conv(4 * width + condition, 4 * width), nn.BatchNorm2d(4 * width), nn.ReLU()
        self.joint = nn.Sequential(*joint, *(Residual(4 * width) for _ in range(residuals)))
        maps = [4 * width >> level for level in range(doublings(4 * enlarge) + 3)]
        self.up = nn.Sequential(*(doubled(i, o) for i, o in pairwise(maps)))
        self.to_picture = nn.Sequential(conv(maps[-1], channels), nn.Tanh())
        self.apply(start_normal)

    def forward(self, small: Tensor, text: Tensor, eps: Tensor) -> Drawn:
        c, mu, logvar = self.conditioning(text, eps)
        seen = self.down(small)
        return Drawn(self.to_picture(self.up(self.joint(beside(seen, c)))), mu, logvar)


class Discriminator(nn.Module):
    """What a picture shows [N, C, S, S] to [N, M, 4, 4]; and two heads that judge it: with a caption, and without.

    Separate, so that one look at a picture serves any number of captions. ``condition`` is the size of what the first
    head is told, 0 for none; ``alone`` says whether there is the second.
    """

    def __init__(self, shape: tuple[int, ...], *, width: int, condition: int, alone: bool):
        super().__init__()
        channels, side = picture(shape, "stackgan")
        layers, most = looking(channels, side, width)
        while most > 8 * width:  # pictures above 64 pixels: back to as many features as those have
            layers += matched(most, most // 2)
            most //= 2
        self.look = nn.Sequential(*layers)
        self.joint = nn.Sequential(*matched(most + condition, most), head(most)) if condition else None
        self.alone = head(most) if alone else None
        self.apply(start_normal)

    def forward(self, x: Tensor) -> Tensor:
        return self.look(x)

    def match(self, seen: Tensor, condition: Tensor) -> Tensor:
        """Logits [N] of "real, and of this caption"."""
        return self.joint(beside(seen, condition))

    def judge(self, seen: Tensor) -> Tensor:
        """Logits [N] of "real", whatever the caption."""
        return self.alone(seen)


class Residual(nn.Module):
    """Two convolutions beside a way around them: [N, M, H, W] to the same shape."""

    def __init__(self, maps: int):
        super().__init__()
        self.layers = nn.Sequential(
            conv(maps, maps), nn.BatchNorm2d(maps), nn.ReLU(), conv(maps, maps), nn.BatchNorm2d(maps)
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.layers(x))


# Parts of all


def conv(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False)


def doubled(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(UpConv2d(inputs, outputs, 3, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


def halving(inputs: int, outputs: int) -> tuple[nn.Module, nn.Module]:
    return nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs)


def matched(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    return conv(inputs, outputs), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2)


def looking(channels: int, side: int, width: int) -> tuple[list[nn.Module], int]:
    """Halvings of a picture down to 4x4, the features doubling from ``width``; and how many there are in the end."""
    maps = [width << level for level in range(doublings(side))]
    layers: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for i, o in pairwise(maps):
        layers += [*halving(i, o), nn.LeakyReLU(0.2)]
    return layers, maps[-1]


def head(maps: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(maps, 1, 4, 4), nn.Flatten(0))


def beside(seen: Tensor, condition: Tensor) -> Tensor:
    """``condition`` [N, K] as K further features of ``seen`` [N, M, H, W], the same everywhere."""
    return torch.cat([seen, condition[:, :, None, None].expand(-1, -1, *seen.shape[2:])], 1)


def start_normal(layer: nn.Module) -> None:
    if isinstance(layer, Conditioning):
        # 0.02 where a text has the paper's 1024 coordinates; shorter ones are to be heard as clearly from the start.
        nn.init.normal_(layer.dense.weight, 0.0, 0.02 * (1024 / layer.dense.in_features) ** 0.5)
    elif isinstance(layer, nn.Conv2d | nn.Linear):
        nn.init.normal_(layer.weight, 0.0, 0.02)
    elif isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)
    if getattr(layer, "bias", None) is not None:
        nn.init.zeros_(layer.bias)


def doublings(side: int) -> int:
    """How often a grid of 4 must double to reach ``side``."""
    return side.bit_length() - 3

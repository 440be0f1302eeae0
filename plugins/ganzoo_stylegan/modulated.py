"""Convolutions whose input channels a style scales (Karras et al. 2020, section 2.2)."""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganzoo.game import full_precision
from ganzoo.game.nn import EqualizedLinear
from ganzoo_stylegan.activated import SLOPE
from ganzoo_stylegan.filter import Filter

EPSILON = 1e-8


class Modulation(EqualizedLinear):
    """A style [N, style] to one scale for each of ``maps`` feature maps; all are 1 at first, give or take the style."""

    def __init__(self, style: int, maps: int):
        super().__init__(style, maps, gain=1)
        nn.init.ones_(self.bias)


class StyledConv2d(nn.Module):
    """Modulated 3x3 convolution, noise, bias, leaky ReLU: [N, inputs, H, W] and a style to [N, outputs, H', W'].

    The style s_i multiplies the weights of input map i; each output map is then divided by the norm of the weights
    it came from, so that every output has unit variance whatever the style: that is the demodulation. Scaling the
    features in front and behind is the same as scaling the weights of every sample by themselves, and stays one
    plain convolution for the whole batch.

    ``up`` doubles the sides by a transposed convolution, smoothed behind. ``side`` is that of the result.
    """

    def __init__(self, inputs: int, outputs: int, style: int, side: int, up: bool = False):
        super().__init__()
        self.modulation = Modulation(style, inputs)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))  # no scale: demodulation takes any out again
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.strength = nn.Parameter(torch.zeros(()))  # of the noise
        self.register_buffer("noise", torch.randn(side, side))  # what sampling adds: the same for every picture
        self.filter = Filter() if up else None

    def forward(self, x: Tensor, w: Tensor, noise: str = "fresh") -> Tensor:
        """``noise``: "fresh" for every picture, the same "constant" one for all, or "none"."""
        scale = self.modulation(w)  # N x inputs
        x = self.convolved(x * scale.type_as(x)[:, :, None, None])
        # sqrt(2) keeps the mean square through the leaky ReLU, which lets it pass from any summand in front of it.
        norm = sqrt(2) * self.demodulation(scale)
        x = torch.addcmul((sqrt(2) * self.bias).type_as(x)[:, None, None], x, norm.type_as(x)[:, :, None, None])
        if noise != "none":
            x = x + (sqrt(2) * self.strength * self.drawn(noise, x)).type_as(x)
        return F.leaky_relu(x, SLOPE)

    def convolved(self, x: Tensor) -> Tensor:
        if self.filter is None:
            return F.conv2d(x, self.weight, padding=1)
        weight = 4 * self.weight.transpose(0, 1)  # for the three of four pixels that are zeros
        return self.filter(F.conv_transpose2d(x, weight, stride=2), padding=1)  # 2H + 1 a side, then 2H

    def demodulation(self, scale: Tensor) -> Tensor:
        """One over the norm of the weights that each output map is made with, [N, outputs]."""
        with full_precision(scale.device):  # a sum of hundreds of squares
            square = self.weight.square().sum((2, 3))  # outputs x inputs
            return torch.rsqrt(F.linear(scale.float().square(), square) + EPSILON)

    def drawn(self, noise: str, x: Tensor) -> Tensor:
        if noise == "constant":
            return self.noise
        return torch.randn(x.shape[0], 1, *x.shape[2:], device=x.device, dtype=x.dtype)


class ToPicture(nn.Module):
    """Modulated 1x1 convolution to colours, without demodulation: [N, inputs, H, W] and a style to [N, C, H, W]."""

    def __init__(self, inputs: int, channels: int, style: int):
        super().__init__()
        self.modulation = Modulation(style, inputs)
        self.weight = nn.Parameter(torch.randn(channels, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        scale = self.modulation(w) / sqrt(self.weight.shape[1])  # N x inputs
        return F.conv2d(x * scale.type_as(x)[:, :, None, None], self.weight, self.bias)

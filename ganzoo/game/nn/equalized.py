"""Equalised learning rate and what goes with it (Karras et al. 2017, sections 3 and 4).

Weights are stored from N(0, 1) and multiplied at run time by He's constant. Adam moves every stored number by about
the learning rate, so that every layer, wide or narrow, changes by the same fraction of itself.
"""

from __future__ import annotations

from math import prod, sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Equalized(nn.Module):
    """Weight of ``shape`` [outputs, inputs, ...] and bias [outputs], stored large and scaled when used.

    ``lr_mul`` below 1 slows a layer down: what is stored is 1 / lr_mul as large, so that steps of the same length
    matter less. ``gain`` is the standard deviation of an output for inputs of unit variance; sqrt(2) makes up for
    a ReLU that follows.
    """

    def __init__(self, *shape: int, gain: float = sqrt(2), lr_mul: float = 1.0, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(shape) / lr_mul)
        self.bias = nn.Parameter(torch.zeros(shape[0])) if bias else None
        self.scale, self.lr_mul = gain / sqrt(prod(shape[1:])) * lr_mul, lr_mul

    def used(self) -> tuple[Tensor, Tensor | None]:
        """Weight and bias as the layer computes with them."""
        if self.bias is None or self.lr_mul == 1:
            return self.weight * self.scale, self.bias
        return self.weight * self.scale, self.bias * self.lr_mul

    def extra_repr(self) -> str:
        return f"{tuple(self.weight.shape)}, scale={self.scale:.4g}, bias={self.bias is not None}"


class EqualizedLinear(Equalized):
    """A dense layer: [N, inputs] to [N, outputs]."""

    def __init__(self, inputs: int, outputs: int, **scaling):
        super().__init__(outputs, inputs, **scaling)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, *self.used())


class EqualizedConv2d(Equalized):
    """A convolution that keeps the sides: [N, inputs, H, W] to [N, outputs, H, W], ``kernel`` odd."""

    def __init__(self, inputs: int, outputs: int, kernel: int, **scaling):
        super().__init__(outputs, inputs, kernel, kernel, **scaling)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, *self.used(), padding=self.weight.shape[-1] // 2)


class PixelNorm(nn.Module):
    """Feature vectors of unit mean square, each pixel by itself: [N, C, ...] to the same."""

    def forward(self, x: Tensor) -> Tensor:
        # In float32: bfloat16 would round the mean of the squares to three digits.
        return x * torch.rsqrt(x.float().square().mean(1, keepdim=True) + 1e-8).to(x.dtype)


class MinibatchStd(nn.Module):
    """How much a batch varies, appended as ``channels`` constant maps: [N, C, H, W] to [N, C + channels, H, W].

    Standard deviations (biased, 1e-8 added to the variance) are taken over groups of ``group`` samples that stand
    N / group apart in the batch, then averaged over pixels and over each of ``channels`` equal shares of the feature
    maps. Where ``group`` does not divide the batch, the largest smaller number that does takes its place.
    """

    def __init__(self, group: int = 4, channels: int = 1):
        super().__init__()
        self.group, self.channels = group, channels

    def forward(self, x: Tensor) -> Tensor:
        n, _, h, w = x.shape
        group = next(size for size in range(min(self.group, n), 0, -1) if n % size == 0)
        y = x.float().view(group, n // group, self.channels, -1, h, w)  # group x groups x maps x share x H x W
        std = (y.var(0, correction=0) + 1e-8).sqrt().mean((2, 3, 4))  # groups x maps
        maps = std.to(x.dtype).repeat(group, 1).view(n, self.channels, 1, 1).expand(-1, -1, h, w)
        return torch.cat([x, maps], 1)

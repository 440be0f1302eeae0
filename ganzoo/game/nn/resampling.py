"""A 3x3 convolution beside a change of size, as one with the 4x4 kernel of both: 4/9 of the multiplications."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


class UpConv2d(nn.Conv2d):
    """Nearest doubling, then a 3x3 convolution: [N, C, H, W] to [N, C', 2H, 2W]."""

    def forward(self, x: Tensor) -> Tensor:
        return doubled_and_convolved(x, self.weight, self.bias)


class DownConv2d(nn.Conv2d):
    """A 3x3 convolution, then the mean of 2x2: [N, C, H, W] to [N, C', H/2, W/2]."""

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, spread(self.weight) / 4, self.bias, 2, 1)


def doubled_and_convolved(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Every pixel four times, then a convolution by ``weight`` [C', C, 3, 3] that keeps the sides."""
    return F.conv_transpose2d(x, spread(weight).flip(2, 3).transpose(0, 1), bias, 2, 1)


def spread(weight: Tensor) -> Tensor:
    """A 3x3 kernel blurred by a 2x2 one: [O, I, 3, 3] to [O, I, 4, 4], the sum of four shifted copies."""
    wide = F.pad(weight, (0, 1)) + F.pad(weight, (1, 0))
    return F.pad(wide, (0, 0, 0, 1)) + F.pad(wide, (0, 0, 1, 0))

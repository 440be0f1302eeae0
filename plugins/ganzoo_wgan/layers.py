"""Layers of the networks of Gulrajani et al. 2017, started as their released code starts them."""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganzoo.game.nn import pyramid

# For data that holds points, where only pictures will do.
POINTS = "Use --preset points, or --set generator=wgan-mlp --set discriminator=wgan-mlp."


class LayerNorm(nn.GroupNorm):
    """Each example by its own mean and variance over (C, H, W), with one gain and one offset a channel."""

    def __init__(self, channels: int):
        super().__init__(1, channels)


class ClassBatchNorm(nn.Module):
    """Batch norm whose gain and offset belong to the label (Dumoulin et al. 2017): [N, C, H, W] and [N]."""

    def __init__(self, channels: int, classes: int):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain = nn.Parameter(torch.ones(classes, channels))
        self.bias = nn.Parameter(torch.zeros(classes, channels))

    def forward(self, x: Tensor, label: Tensor) -> Tensor:
        gain, bias = self.gain[label], self.bias[label]  # N x C
        return self.norm(x) * gain[:, :, None, None] + bias[:, :, None, None]


class SameConv2d(nn.Conv2d):
    """A convolution of stride 2 that pads as TensorFlow does: any side S to ceil(S / 2), the odd zero behind."""

    def forward(self, x: Tensor) -> Tensor:
        kernel = self.kernel_size[0]
        missing = [max((-(-side // 2) - 1) * 2 + kernel - side, 0) for side in (x.shape[3], x.shape[2])]
        before_after = [half for total in missing for half in (total // 2, total - total // 2)]
        return super().forward(F.pad(x, before_after))


class SameConvTranspose2d(nn.ConvTranspose2d):
    """The transpose of `SameConv2d` on even sides: [N, C, H, W] to [N, C', 2H, 2W]."""

    def __init__(self, inputs: int, outputs: int, kernel: int):
        super().__init__(inputs, outputs, kernel, 2, (kernel - 2) // 2)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x)[:, :, : 2 * x.shape[2], : 2 * x.shape[3]]


def started(layer: nn.Module, std: float = 0.0, *, gain: float = 1.0) -> nn.Module:
    """Give a layer uniform weights of standard deviation ``std`` and no bias.

    Without ``std`` it is Glorot's, sqrt(2 / (fan in + fan out)), times ``gain``: sqrt(2) makes up for a ReLU.
    """
    weight = layer.weight
    stride = layer.stride[0] ** 2 if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) else 1
    # Outputs stand first, and in a transposed convolution inputs: the side that the stride thins out, either way.
    fans = (weight.shape[0] / stride + weight.shape[1]) * weight[0, 0].numel()
    bound = sqrt(3) * (std or gain * sqrt(2 / fans))
    nn.init.uniform_(weight, -bound, bound)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def picture(shape: tuple[int, ...]) -> tuple[int, int]:
    """Channels and side of square pictures whose side is a power of two from 8; RequestError naming the nearest."""
    return pyramid.picture(shape, "wgan", points=POINTS)

"""Layers with their activation: leaky ReLU, then a gain, all learning at an equalised rate."""

from __future__ import annotations

from math import sqrt

from torch import Tensor
from torch.nn import functional as F

from ganzoo.game.nn.equalized import Equalized

SLOPE = 0.2


class Activated(Equalized):
    """What the layers below share: output = gain * leaky_relu(weights x / sqrt(fan-in) + bias).

    sqrt(2) as ``gain`` keeps the mean square of the features. A leaky ReLU lets any positive factor through, so the
    gain goes into weights and bias, which are small, and costs no pass over the features.
    """

    def __init__(self, *shape: int, gain: float = sqrt(2), lr_mul: float = 1.0):
        super().__init__(*shape, gain=gain, lr_mul=lr_mul)
        self.gain = gain

    def used(self) -> tuple[Tensor, Tensor]:
        weight, bias = super().used()
        return weight, bias * self.gain


class ActivatedLinear(Activated):
    """A dense layer and its activation: [N, inputs] to [N, outputs]."""

    def __init__(self, inputs: int, outputs: int, **scaling):
        super().__init__(outputs, inputs, **scaling)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(F.linear(x, *self.used()), SLOPE)


class ActivatedConv2d(Activated):
    """A convolution that keeps the sides, and its activation: [N, inputs, H, W] to [N, outputs, H, W]."""

    def __init__(self, inputs: int, outputs: int, kernel: int, **scaling):
        super().__init__(outputs, inputs, kernel, kernel, **scaling)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(F.conv2d(x, *self.used(), padding=self.weight.shape[-1] // 2), SLOPE)

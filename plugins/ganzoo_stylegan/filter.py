"""The one low-pass filter of version 2 (Karras et al. 2020, appendix B): binomial [1, 3, 3, 1] in both directions."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Filter(nn.Module):
    """Smooths every feature map by itself, and while at it doubles or halves the sides.

    One convolution with as many groups as maps: over twice as fast on a CPU as two passes, or as sums of shifts.
    """

    def __init__(self):
        super().__init__()
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
        self.register_buffer("kernel", torch.outer(taps, taps)[None, None], persistent=False)  # sum 1

    def forward(self, x: Tensor, padding: int, stride: int = 1) -> Tensor:
        """[N, C, H, W] to [N, C, (H + 2 padding - 4) // stride + 1, ...], zeros around."""
        return F.conv2d(x, self._for(x), stride=stride, padding=padding, groups=x.shape[1])

    def doubled(self, x: Tensor) -> Tensor:
        """[N, C, H, W] to [N, C, 2H, 2W]: zeros between the pixels, then the filter, four times as strong."""
        return F.conv_transpose2d(x, 4 * self._for(x), stride=2, padding=1, groups=x.shape[1])

    def halved(self, x: Tensor) -> Tensor:
        """[N, C, H, W] to [N, C, H/2, W/2]: the filter, evaluated at every second pixel."""
        return self(x, padding=1, stride=2)

    def _for(self, x: Tensor) -> Tensor:
        return self.kernel.expand(x.shape[1], 1, 4, 4)

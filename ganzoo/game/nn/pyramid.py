"""What doubles from 4x4 up to the picture, or halves down to it: the sides there are, the widths, the pictures."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from ganzoo.game.nn.sides import ELSEWHERE, power_of_two, square


def picture(shape: tuple[int, ...], family: str, least: int = 8, points: str = ELSEWHERE) -> tuple[int, int]:
    """Channels and side of square pictures whose side is a power of two from ``least``; RequestError as in `square`."""
    sides = f"whose side is a power of two from {least}"
    return square(shape, family, sides, lambda side: power_of_two(side, least), points)


def features(size: int, base: int, width: int) -> list[int]:
    """Feature maps at 4, 8, 16, ... up to ``size``: ``base`` over the side, never above ``width``."""
    return [max(1, min(base // side, width)) for side in (4 << level for level in range(size.bit_length() - 2))]


def enlarged(x: Tensor, times: int) -> Tensor:
    """Every pixel as a square of ``times`` by ``times``: [N, C, H, W] to [N, C, times H, times W]."""
    return x if times == 1 else F.interpolate(x, scale_factor=times, mode="nearest")


def reduced(x: Tensor, times: int) -> Tensor:
    """The mean of every square of ``times`` by ``times``: [N, C, H, W] to [N, C, H / times, W / times]."""
    return x if times == 1 else F.avg_pool2d(x, times)

"""Which pictures these networks can have, and how many feature maps at each size."""

from __future__ import annotations

from ganzoo import RequestError


def features(size: int, base: int, width: int) -> list[int]:
    """Feature maps at 4, 8, 16, ... up to ``size``: ``base`` over the side, never above ``width``."""
    return [max(1, min(base // side, width)) for side in (4 << level for level in range(size.bit_length() - 2))]


def picture(shape: tuple[int, ...]) -> tuple[int, int]:
    """Channels and side of the pictures, or an error that names the nearest side these networks can have."""
    if len(shape) != 3:
        raise RequestError("stylegan's networks draw pictures, and this data holds points. Try: ganzoo train vanilla")
    channels, height, width = shape
    if height != width or height < 8 or height & (height - 1):
        lower = max(8, 1 << (height.bit_length() - 1))
        nearest = lower if height - lower <= 2 * lower - height else 2 * lower
        raise RequestError(
            f"stylegan's networks need square pictures whose side is a power of two from 8, not {height}x{width}. "
            f"Use --size {nearest}."
        )
    return channels, height

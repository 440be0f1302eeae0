"""The pictures that networks can be built for, and the nearest ones where they cannot."""

from __future__ import annotations

from collections.abc import Callable

from ganzoo.errors import RequestError

Nearest = Callable[[int], int]  # a side to the one closest to it that networks can have: to itself, where they can

ELSEWHERE = "See ganzoo list for families that take them."


def square(
    shape: tuple[int, ...], family: str, sides: str, nearest: Nearest, points: str = ELSEWHERE
) -> tuple[int, int]:
    """Channels and side of square pictures that ``family``'s networks can have; ``sides`` says which those are.

    Raises:
        RequestError: other pictures, naming the nearest side; or points, with what to do about ``points``.
    """
    if len(shape) != 3:
        raise RequestError(f"{family}'s networks work on pictures, and this data holds points.\n{points}")
    channels, height, width = shape
    if height != width or height != nearest(height):
        raise RequestError(
            f"{family}'s networks need square pictures {sides}, not {height}x{width}. Use --size {nearest(height)}."
        )
    return channels, height


def power_of_two(side: int, least: int) -> int:
    """The power of two closest to a side, from ``least`` on; of two as close, the smaller."""
    lower = max(least, 1 << (side.bit_length() - 1))
    return lower if side - lower <= 2 * lower - side else 2 * lower

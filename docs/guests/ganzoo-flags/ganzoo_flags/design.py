"""What flags there are, how one is drawn, and how a picture is read as one."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np

COLOURS = {
    "red": (200, 30, 40),
    "blue": (30, 60, 160),
    "green": (20, 130, 70),
    "yellow": (250, 205, 40),
    "white": (245, 245, 245),
    "black": (25, 25, 25),
}
LAYOUTS = ("horizontal", "vertical")
DEPTH = 0.15  # of the folds: how much darker cloth gets where it turns away
READABLE = 24.0  # grey values a picture may be off, root mean square, and still be read


class Flag(NamedTuple):
    """Three stripes from the top or from the left, neighbours of different colours."""

    layout: str
    stripes: tuple[str, str, str]

    def __str__(self) -> str:
        return f"{self.layout} {'-'.join(self.stripes)}"


FLAGS = tuple(
    Flag(layout, stripes)
    for layout in LAYOUTS
    for stripes in product(COLOURS, repeat=3)
    if stripes[0] != stripes[1] != stripes[2]
)  # 2 * 6 * 5 * 5


def plain(size: int) -> np.ndarray:
    """Every flag as it hangs in still air, float64 [300, 3, size, size] in grey values."""
    stripe = np.arange(size) * 3 // size  # of each row: 0, 1 or 2
    drawn = []
    for flag in FLAGS:
        colours = np.array([COLOURS[name] for name in flag.stripes], dtype=np.float64)  # 3 stripes, RGB
        rows = np.broadcast_to(colours[stripe].T[:, :, None], (3, size, size))
        drawn.append(rows if flag.layout == "horizontal" else rows.transpose(0, 2, 1))
    return np.stack(drawn)


def draw(which: np.ndarray, phase: np.ndarray, size: int) -> np.ndarray:
    """Flags that wave: ``which`` int64 [n] of `FLAGS`, ``phase`` float64 [n] in turns; uint8 [n, 3, size, size]."""
    along = np.arange(size) / size
    folds = np.sin(2 * np.pi * (along + phase[:, None]))  # n x size, one fold in the width
    light = 1 - DEPTH * (1 + folds) / 2
    return np.rint(plain(size)[which] * light[:, None, None, :]).astype(np.uint8)


def nearest(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The flag each picture is nearest to, int64 [n], and how far off it is, in grey values: uint8 [n, 3, S, S].

    Root mean squares, from the flag in the mean light of cloth that waves: the folds alone make up to 14, and two flags
    are at least 33 apart.
    """
    size = images.shape[-1]
    seen = images.reshape(len(images), -1).astype(np.float64)
    known = (plain(size) * (1 - DEPTH / 2)).reshape(len(FLAGS), -1)
    squares = (seen**2).sum(1)[:, None] - 2 * seen @ known.T + (known**2).sum(1)  # n x 300
    return squares.argmin(1), np.sqrt(np.maximum(squares.min(1), 0) / seen.shape[1])


def read(images: np.ndarray) -> np.ndarray:
    """Which flag each picture shows, int64 [n], -1 where none is near: uint8 [n, 3, S, S]."""
    which, off = nearest(images)
    return np.where(off <= READABLE, which, -1)

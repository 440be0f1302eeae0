"""A batch of pictures drawn at once, anti-aliased by the share of each pixel that a shape covers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields

import numpy as np

from ganzoo.data.drawn.colour import encode

Chosen = slice | np.ndarray  # which pictures of a batch
Box = tuple[float, float, float, float]  # left, top, right, bottom in the units of a frame
EVERYTHING = slice(None)
BATCH_PIXELS = 1 << 16  # drawn at once: the fields of so many stay in a core's cache


@dataclass(frozen=True)
class Frame:
    """Where each picture's drawing lies: u = right x + down y + start of the unit square; all float32 [n, 1, 1]."""

    x_right: np.ndarray
    x_down: np.ndarray
    x_start: np.ndarray
    y_right: np.ndarray
    y_down: np.ndarray
    y_start: np.ndarray
    scale: np.ndarray  # of a drawing's unit, as a share of the picture's side

    @classmethod
    def place(
        cls, centre: tuple[np.ndarray, np.ndarray], scale: np.ndarray, cos: np.ndarray, sin: np.ndarray, pivot: float
    ) -> Frame:
        """The origin at `centre` of the unit square, then turned around the drawing's point (0, pivot); each [n]."""
        across, down = -centre[0] / scale, -centre[1] / scale - pivot
        values = (
            cos / scale,
            sin / scale,
            cos * across + sin * down,
            -sin / scale,
            cos / scale,
            -sin * across + cos * down + pivot,
            scale,
        )
        return cls(*(value.astype(np.float32)[:, None, None] for value in values))

    def __getitem__(self, chosen: Chosen) -> Frame:
        """The frames of some of the pictures."""
        return Frame(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def window(self, box: Box, size: int) -> tuple[slice, slice]:
        """Rows and columns of the picture that hold `box` in every picture, with a pixel to spare."""
        x, y = np.array(box[0::2])[:, None] + np.zeros(2), np.array(box[1::2])[None, :] + np.zeros((2, 1))
        x, y = x.reshape(1, -1, 1) - self.x_start, y.reshape(1, -1, 1) - self.y_start
        area = self.x_right * self.y_down - self.x_down * self.y_right
        column = (x * self.y_down - y * self.x_down) / area * size
        row = (y * self.x_right - x * self.y_right) / area * size
        return _span(row, size), _span(column, size)


class Look:
    """What is drawn in each picture: arrays and frames by name, all with the batch first."""

    def __init__(self, **parts) -> None:
        vars(self).update(parts)

    def __getitem__(self, chosen: Chosen) -> Look:
        """The look of some of the pictures."""
        return Look(**{name: part[chosen] for name, part in vars(self).items()})


class Canvas:
    """Pictures in linear light, float32 [n, 3, h, w], or a window of them."""

    def __init__(self, pixels: np.ndarray, size: int, rows: slice = EVERYTHING, columns: slice = EVERYTHING) -> None:
        self.pixels, self.size = pixels, size
        centres = (np.arange(size, dtype=np.float32) + np.float32(0.5)) / np.float32(size)
        self.across, self.down = centres[columns], centres[rows][:, None]

    @classmethod
    def blank(cls, n: int, size: int) -> Canvas:
        """Black pictures."""
        return cls(np.zeros((n, 3, size, size), dtype=np.float32), size)

    def coordinates(self, frame: Frame) -> tuple[np.ndarray, np.ndarray]:
        """x and y of every pixel's centre in the units of a frame, float32 [n, h, w]."""
        x = (frame.x_right * self.across + frame.x_start) + frame.x_down * self.down
        y = (frame.y_right * self.across + frame.y_start) + frame.y_down * self.down
        return x, y

    def cover(self, distance: np.ndarray, frame: Frame) -> np.ndarray:
        """The share of each pixel inside a shape, float32 [n, h, w] in [0, 1]."""
        share = distance * (frame.scale * np.float32(-self.size))
        share += np.float32(0.5)
        return np.clip(share, 0, 1, out=share)

    def line(self, distance: np.ndarray, half: np.ndarray | float, frame: Frame) -> np.ndarray:
        """The share of each pixel within `half` of a shape's edge: right for lines thinner than a pixel too."""
        share = self.cover(distance - half, frame)
        share -= self.cover(distance + half, frame)
        return share

    def paint(self, share: np.ndarray, colour: np.ndarray) -> None:
        """Lay a colour [n, 3, 1, 1] over the share of each pixel."""
        for channel in range(3):
            plane = self.pixels[:, channel]
            change = colour[:, channel] - plane
            change *= share
            plane += change

    @contextmanager
    def part(self, frame: Frame, box: Box, chosen: Chosen = EVERYTHING) -> Iterator[Canvas]:
        """A canvas of some pictures and of the window that holds `box`, laid back when done.

        `frame` is that of the chosen pictures. Worth its two copies where the box is small.
        """
        rows, columns = frame.window(box, self.size)
        part = Canvas(np.ascontiguousarray(self.pixels[chosen, :, rows, columns]), self.size, rows, columns)
        yield part
        self.pixels[chosen, :, rows, columns] = part.pixels

    def develop(self) -> np.ndarray:
        """The pictures as sRGB uint8 [n, 3, h, w]."""
        return encode(self.pixels)


def painted(look: Look, size: int, alike: Sequence[np.ndarray], layers: Callable[[Canvas, Look], None]) -> np.ndarray:
    """The pictures of a look, uint8 [n, 3, size, size], each a function of its own row: ``layers`` paints some at once.

    Pictures of equal values ``alike``, arrays [n] of which the last counts most, are painted together: what differs
    with those values is then the same for whole batches.
    """
    order = np.lexsort(alike)
    pictures = np.empty((len(order), 3, size, size), dtype=np.uint8)
    step = max(1, BATCH_PIXELS // (size * size))
    for start in range(0, len(order), step):
        rows = order[start : start + step]
        canvas = Canvas.blank(len(rows), size)
        layers(canvas, look[rows])
        pictures[rows] = canvas.develop()
    return pictures


def groups(values: np.ndarray) -> Iterator[tuple[int, Chosen]]:
    """Each value that occurs, with the pictures that have it."""
    present = np.unique(values)
    for value in present:
        yield int(value), EVERYTHING if len(present) == 1 else np.nonzero(values == value)[0]


def _span(position: np.ndarray, size: int) -> slice:
    """The pixels between the least and the greatest position, with one to spare, at least one wide."""
    start = min(max(math.floor(position.min()) - 1, 0), size - 1)
    return slice(start, max(min(math.ceil(position.max()) + 1, size), start + 1))

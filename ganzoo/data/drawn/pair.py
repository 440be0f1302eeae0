"""An unpaired pair of domains whose translation is known: red shapes and blue ones before a grey background.

A picture of b is one of a with red and blue exchanged. To train on, the sides hold different pictures; of those held
out, picture i of b is what picture i of a should become, with the same attributes, so that the error of a translation
is a number: of one that changes nothing 0.155, where pictures are in [-1, 1].
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from ganzoo.data.drawn.canvas import Canvas, Frame
from ganzoo.data.drawn.chance import between, choice
from ganzoo.data.drawn.shapes import box, ellipse
from ganzoo.data.drawn.source import LICENCE, MadePictures, grey
from ganzoo.data.source import Chunk, PairSource

NAME, VERSION = "swap", "1"
COUNTS = {"train": 10_000, "test": 1_000}
SHAPES = ("disc", "square")
TINTS = {"a": (1, -1, -1), "b": (-1, -1, 1)}  # of the foreground, times its shade
SMALLEST, LARGEST, MARGIN = 0.16, 0.252, 0.02  # radius, and distance to the edge, as shares of the side


class SwapSide(MadePictures):
    """One domain: a disc or a square (the label) of one colour, wholly inside the picture."""

    gives = ("image", "label")
    classes = SHAPES

    def __init__(self, side: Literal["a", "b"], seed: int = 0) -> None:
        super().__init__(f"{NAME}-{side}", VERSION, COUNTS, seed)
        self.side = side

    def labels(self, indices: np.ndarray) -> np.ndarray:
        """Return the shape in some pictures, int64 [n]."""
        return choice(indices, self.seed, f"{self._stream} shape", len(SHAPES))

    def make(self, indices: np.ndarray, size: int, channels: int) -> Chunk:
        """Draw some pictures; ``channels`` 1 turns them grey."""
        known = self.attributes(indices)
        images = self.draw(known, size)
        return Chunk(
            images=grey(images) if channels == 1 else images,
            labels=known["shape"],
            attributes=known,
        )

    def attributes(self, indices: np.ndarray) -> dict[str, np.ndarray]:
        """Choose the truth of each example: ``background`` and ``shade`` in [-1, 1], the rest in shares of a side."""

        def drawn(name: str, low: float, high: float) -> np.ndarray:
            return between(indices, self.seed, f"{self._stream} {name}", low, high)

        radius = drawn("radius", SMALLEST, LARGEST)
        room = 1 - 2 * (radius + MARGIN)
        return {
            "shape": self.labels(indices),
            "background": drawn("background", -0.6, 0.2),
            "shade": drawn("shade", 0.5, 1.0),
            "radius": radius,
            "x": radius + MARGIN + room * drawn("x", 0, 1),
            "y": radius + MARGIN + room * drawn("y", 0, 1),
        }

    def draw(self, known: dict[str, np.ndarray], size: int) -> np.ndarray:
        """Draw pictures of the given attributes in this side's colour, uint8 [n, 3, size, size]."""
        upright = np.ones_like(known["radius"])
        frame = Frame.place((known["x"], known["y"]), known["radius"], cos=upright, sin=0 * upright, pivot=0.0)
        # Values are blended as they are stored, not in linear light: the floors of the error then do too.
        canvas = Canvas(_planes(known["background"], (1, 1, 1)) * np.ones((size, size), np.float32), size)
        x, y = canvas.coordinates(frame)
        is_square = (known["shape"] == SHAPES.index("square"))[:, None, None]
        outline = np.where(is_square, box(x, y, 1.0, 1.0, 0.0), ellipse(x, y, 1.0, 1.0))
        canvas.paint(canvas.cover(outline, frame), _planes(known["shade"], TINTS[self.side]))
        return np.rint((canvas.pixels + 1) * np.float32(127.5)).astype(np.uint8)

    @property
    def _stream(self) -> str:
        """What chance is drawn for: each side by itself, or both at once."""
        return self.side if self.part == "train" else "both"


def swap_source(seed: int = 0) -> PairSource:
    """Both domains."""
    return PairSource(NAME, SwapSide("a", seed), SwapSide("b", seed), LICENCE, is_paired=True)


def _planes(values: np.ndarray, tint: tuple[int, int, int]) -> np.ndarray:
    """Colours float32 [n, 3, 1, 1] from a value each."""
    return (values[:, None] * tint).astype(np.float32)[..., None, None]

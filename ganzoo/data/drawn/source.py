"""Sources whose examples are made from their index, so that nothing is ever read or downloaded."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Protocol

import numpy as np

from ganzoo.data.captions import vocabulary
from ganzoo.data.source import Chunk, Source, Survey, require_split

LICENCE = "CC0-1.0, drawn by ganzoo"
STRETCH = 1 << 20  # pixels, or points, in a chunk
STARTS = {"train": 0, "test": 1 << 32}  # index of the first example: the parts never share one
LUMA = (19595, 38470, 7471)  # of red, green and blue in 65536 (ITU-R BT.601, as Pillow rounds it)


class MadeSource(Source):
    """Examples that are a function of (seed, index): the same on every machine and in whatever chunks.

    The ``test`` part starts at index 2**32 and so is disjoint from ``train``.
    """

    licence = LICENCE

    def __init__(self, name: str, version: str, counts: Mapping[str, int], seed: int) -> None:
        self.name, self.version, self.counts, self.seed = name, version, dict(counts), seed
        self.splits = tuple(self.counts)
        self.part = self.splits[0]

    def __len__(self) -> int:
        """Count the examples of this part."""
        return self.counts[self.part]

    def identity(self) -> str:
        """Name the drawing, its version and which of its examples these are."""
        return f"drawn {self.name} {self.version}, {len(self)} from {STARTS[self.part]}, seed {self.seed}"

    def split(self, name: str) -> MadeSource:
        """Return the part called ``name``: ``train`` or ``test``."""
        require_split(self, name)
        part = copy.copy(self)
        part.part = name
        return part

    def survey(self) -> Survey:
        """Count what there is; pictures have no size of their own."""
        per_class = np.bincount(self.labels(self._indices(0, len(self))), minlength=len(self.classes))
        return Survey(
            count=len(self),
            sizes={},
            modes=self.modes(),
            channels=self.channels(),
            classes=self.classes,
            per_class=tuple(int(count) for count in per_class),
            captions=len(self) if "text" in self.gives else 0,
        )

    def chunks(self, size: int, channels: int) -> Iterator[Chunk]:
        """Make every example, in the order of the indices."""
        return self.chunks_after(size, channels, 0)

    def chunks_after(self, size: int, channels: int, mark: int) -> Iterator[Chunk]:
        """Make the rest: a mark is the number of examples made."""
        step = self.stretch(size)
        for start in range(mark, len(self), step):
            stop = min(start + step, len(self))
            yield replace(self.make(self._indices(start, stop), size, channels), mark=stop)

    @abstractmethod
    def modes(self) -> Mapping[str, int]:
        """Count the formats of the originals, as in `Survey`."""

    @abstractmethod
    def channels(self) -> int:
        """Count the channels of a picture or the dimensions of a point."""

    @abstractmethod
    def stretch(self, size: int) -> int:
        """Count the examples of a chunk."""

    @abstractmethod
    def labels(self, indices: np.ndarray) -> np.ndarray:
        """Return the class of some examples, int64 [n], without making them."""

    @abstractmethod
    def make(self, indices: np.ndarray, size: int, channels: int) -> Chunk:
        """Make some examples."""

    def _indices(self, start: int, stop: int) -> np.ndarray:
        """Indices of the examples from ``start`` to ``stop`` of this part, int64 [n]."""
        return np.arange(start, stop, dtype=np.int64) + STARTS[self.part]


class Drawing(Protocol):
    """What a module of pictures drawn by code provides: `ganzoo.data.drawn.faces` is one."""

    NAME: str
    VERSION: str  # goes up whenever a pixel, an attribute or a caption changes
    COUNTS: Mapping[str, int]  # examples of each part
    CLASSES: tuple[str, ...]

    def attributes(self, indices: np.ndarray, seed: int) -> dict[str, np.ndarray]:
        """Choose what is true of each example: one row an example."""

    def labels(self, known: dict[str, np.ndarray]) -> np.ndarray:
        """Read the class of each example off its attributes, int64 [n]."""

    def draw(self, known: dict[str, np.ndarray], size: int) -> np.ndarray:
        """Draw the examples, uint8 [n, 3, size, size]."""

    def captions(self, known: dict[str, np.ndarray]) -> list[list[str]]:
        """Describe each example in one caption or more, always the same number."""

    def every_word(self) -> list[list[str]]:
        """Write captions that between them hold all words there are."""


class MadePictures(MadeSource):
    """Pictures made by code, in colour."""

    def modes(self) -> Mapping[str, int]:
        """All are drawn in colour."""
        return {"RGB": len(self)}

    def channels(self) -> int:
        """Red, green and blue."""
        return 3

    def stretch(self, size: int) -> int:
        """As many pictures as come to `STRETCH` pixels."""
        return max(1, STRETCH // (size * size))


class DrawnSource(MadePictures):
    """Pictures of one drawing, with labels, captions and all attributes."""

    gives = ("image", "label", "text")

    def __init__(self, drawing: Drawing, seed: int = 0) -> None:
        super().__init__(drawing.NAME, drawing.VERSION, drawing.COUNTS, seed)
        self.drawing = drawing
        self.classes = drawing.CLASSES
        self.words = vocabulary(drawing.every_word())

    def labels(self, indices: np.ndarray) -> np.ndarray:
        """Return the classes of some pictures, int64 [n]."""
        return self.drawing.labels(self.drawing.attributes(indices, self.seed))

    def make(self, indices: np.ndarray, size: int, channels: int) -> Chunk:
        """Draw some pictures; ``channels`` 1 turns them grey."""
        known = self.drawing.attributes(indices, self.seed)
        images = self.drawing.draw(known, size)
        return Chunk(
            images=grey(images) if channels == 1 else images,
            labels=self.drawing.labels(known),
            captions=self.drawing.captions(known),
            attributes=known,
        )


def grey(images: np.ndarray) -> np.ndarray:
    """Luma uint8 [n, 1, h, w] of sRGB uint8 [n, 3, h, w]."""
    red, green, blue = (images[:, channel].astype(np.uint32) * weight for channel, weight in enumerate(LUMA))
    return ((red + green + blue + 32768) >> 16).astype(np.uint8)[:, None]

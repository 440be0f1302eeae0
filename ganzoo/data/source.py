"""A source: examples that can be counted, identified and read in chunks, wherever they come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ganzoo.errors import RequestError

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Fault:
    """A file that was left out, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class Survey:
    """What a source holds, found without building anything."""

    count: int  # usable examples
    sizes: Mapping[tuple[int, int], int]  # (width, height) of the originals: how many; empty for points
    modes: Mapping[str, int]  # Pillow's names of pixel formats ("RGB", "LA", "I;16"): how many
    channels: int  # 1 or 3: what a pack would choose; the dimensions of points
    classes: tuple[str, ...] = ()
    per_class: tuple[int, ...] = ()  # examples of each class
    captions: int = 0  # examples that have at least one
    faults: tuple[Fault, ...] = ()


@dataclass
class Chunk:
    """A stretch of decoded examples; what could not be decoded is in ``faults`` instead."""

    images: np.ndarray  # uint8 [n, C, H, W], or float32 [n, D] for points
    labels: np.ndarray | None = None  # int64 [n]
    captions: list[list[str]] | None = None  # any number of captions an example
    attributes: dict[str, np.ndarray] | None = None  # known truth of drawn sets, one row an example
    faults: tuple[Fault, ...] = ()
    mark: Any = None  # where the source stands behind this chunk, in JSON's types: what `chunks_after` goes on from


class Source(ABC):
    """Examples from one place, always in the same order."""

    name: str
    licence: str = ""
    gives: tuple[str, ...] = ("image",)  # "image" or "points"; with them "label", "text"
    classes: tuple[str, ...] = ()  # label k is classes[k], the same in every split
    words: tuple[str, ...] = ()  # vocabulary shared by all splits; empty: that of the captions read
    splits: tuple[str, ...] = ("train",)
    place: str = ""  # where it lies, whatever it holds now: a pack half made of an older state of it is no more wanted

    @abstractmethod
    def __len__(self) -> int:
        """Count the examples there are at most; cheap, so faults are not yet known."""

    @abstractmethod
    def identity(self) -> str:
        """Return a text that changes whenever the content may have changed; part of the cache's key."""

    @abstractmethod
    def survey(self) -> Survey:
        """Look at every example without keeping any."""

    @abstractmethod
    def chunks(self, size: int, channels: int) -> Iterator[Chunk]:
        """Decode every example at ``size`` pixels a side; ``channels`` 0 chooses 1 if all are grey, else 3.

        Both are ignored by sources of points.
        """

    def chunks_after(self, size: int, channels: int, mark: Any) -> Iterator[Chunk]:
        """Decode what follows the chunk that bore a mark, as if all before it had just been decoded.

        Only asked of sources whose chunks bear one; the others are packed in one go or not at all.
        """
        raise NotImplementedError(f"{type(self).__name__} sets marks, and does not say how to go on from one")

    def glance(self, count: int, size: int, channels: int = 0) -> Chunk:
        """Decode a few examples to look at: the first ones, where their order tells nothing."""
        import numpy as np  # here: those who only name a source need no arrays

        images, captions = [], []
        for chunk in self.chunks(size, channels):
            images.append(chunk.images)
            captions += chunk.captions or [[] for _ in chunk.images]
            if len(captions) >= count:
                break
        return Chunk(np.concatenate(images)[:count], captions=captions[:count])

    def split(self, name: str) -> Source:
        """Return the part called ``name``, one of ``splits``; a source opens as its ``train`` part."""
        require_split(self, name)
        return self


@dataclass(frozen=True)
class PairSource:
    """Two unpaired domains, a and b.

    Training knows of no pairs. ``is_paired``: in the part that is held out, example k of a and of b are one truth.
    """

    name: str
    a: Source
    b: Source
    licence: str = ""
    is_paired: bool = False

    gives = ("a", "b")

    @property
    def splits(self) -> tuple[str, ...]:
        """The parts both domains have."""
        return tuple(name for name in self.a.splits if name in self.b.splits)

    def split(self, name: str) -> PairSource:
        """Return the part called ``name`` of both domains."""
        require_split(self, name)
        return replace(self, a=self.a.split(name), b=self.b.split(name))


def require_split(source: Source | PairSource, name: str) -> None:
    """Refuse a part the source does not have."""
    if name not in source.splits:
        raise RequestError(f"Data '{source.name}' has no part '{name}'; it has {', '.join(source.splits)}.")

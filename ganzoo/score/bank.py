"""The bank: what one extractor says of pictures, and what is known of real data, looked at once and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ganzoo.data.pack import Pack
from ganzoo.score import shelf
from ganzoo.score.extractors import Extractor, Features
from ganzoo.score.metrics.frechet import Moments, moments
from ganzoo.score.metrics.neighbours import reaches
from ganzoo.score.reader import Reader, reader_of

MOST_REAL = 50_000  # examples of the data that are compared with
STRETCH = 1_024  # pictures between two reports of progress

Report = Callable[[int, int], None]  # (pictures done, pictures there are)


class Bank:
    """Features by one extractor, which is loaded when the first are asked for."""

    def __init__(self, load: Callable[[], Extractor]):
        self._load = load
        self._data: dict[str, Features] = {}  # by what they were computed from
        self._moments: dict[str, Moments] = {}
        self._reaches: dict[tuple[str, int], Tensor] = {}
        self._readers: dict[str, Reader] = {}  # by the hash of what they read

    @cached_property
    def extractor(self) -> Extractor:
        return self._load()

    def look(self, images: np.ndarray, report: Report | None = None) -> Features:
        """Features of pictures uint8 [n, C, H, W]."""
        parts = []
        for start in range(0, len(images), STRETCH):
            block = torch.from_numpy(np.array(images[start : start + STRETCH]))
            parts.append(self.extractor(block))
            if report:
                report(min(start + STRETCH, len(images)), len(images))
        logits = None if parts[0].logits is None else torch.cat([part.logits for part in parts])
        return Features(torch.cat([part.values for part in parts]), logits)

    def of_data(self, pack: Pack, report: Report | None = None) -> Features:
        """Features of the `chosen` examples of a pack.

        They are found again by what they are: the hash of the packed pictures, which holds their size, and that of
        the extractor.
        """
        key, file = self._place(pack)
        if key not in self._data:
            kept = shelf.read(file)
            if kept is None:
                looked = self.look(pack.images if len(pack) <= MOST_REAL else pack.images[chosen(pack)], report)
                kept = {"values": looked.values} | ({} if looked.logits is None else {"logits": looked.logits})
                shelf.keep(kept, file)
            self._data[key] = Features(kept["values"], kept.get("logits"))
        return self._data[key]

    def moments_of_data(self, pack: Pack, report: Report | None = None) -> Moments:
        """Mean and covariance of the same."""
        key, _ = self._place(pack)
        if key not in self._moments:
            self._moments[key] = moments(self.of_data(pack, report).values)
        return self._moments[key]

    def reaches_of_data(self, pack: Pack, k: int, report: Report | None = None) -> Tensor:
        """Distance of each of the same to its k-th nearest other one, float64 [n]."""
        key, _ = self._place(pack)
        if (key, k) not in self._reaches:
            self._reaches[key, k] = reaches(self.of_data(pack, report).values, k)
        return self._reaches[key, k]

    def reader(self, pack: Pack, report: Report | None = None) -> Reader:
        """A reader of a pack."""
        if pack.hash not in self._readers:
            self._readers[pack.hash] = reader_of(pack, report)
        return self._readers[pack.hash]

    def _place(self, pack: Pack) -> tuple[str, Path]:
        key = hashlib.sha256(f"{pack.hash} {self.extractor.hash} {MOST_REAL}".encode()).hexdigest()[:32]
        return key, shelf.place("features", key)


def chosen(pack: Pack, most: int = MOST_REAL) -> np.ndarray:
    """Which examples of a pack are compared with, int64 [n]: all, or ``most``, evenly from the first to the last.

    Folders are sorted by class: the first ones would be of some classes alone.
    """
    count = min(len(pack), most)
    return np.arange(count) * len(pack) // count

"""The bank: what one extractor says of pictures, and what is known of real data, looked at once and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ganzoo.data.pack import Pack
from ganzoo.score import shelf
from ganzoo.score.extractors import Extractor, Features
from ganzoo.score.metrics.frechet import Moments, moments
from ganzoo.score.metrics.neighbours import ladders
from ganzoo.score.reader import Reader, reader_of
from ganzoo.train.ranks.world import ALONE, World

MOST_REAL = 50_000  # examples of the data that are compared with
STRETCH = 1_024  # pictures between two reports of progress
NEIGHBOURS = 5  # of every example of the data, whose distances are kept: as many as any metric here asks for

Report = Callable[[int, int], None]  # (pictures done, pictures there are)


class Bank:
    """Features by one extractor, which is loaded when the first are asked for.

    Several ranks share the work and have all of what comes of it; they are to ask for the same in the same order.
    """

    def __init__(self, load: Callable[[], Extractor], world: World = ALONE):
        self._load, self.world = load, world
        self._data: dict[str, Features] = {}  # by what they were computed from
        self._moments: dict[str, Moments] = {}
        self._ladders: dict[str, Tensor] = {}
        self._readers: dict[str, Reader] = {}  # by the hash of what they read

    @cached_property
    def extractor(self) -> Extractor:
        return self._load()

    def look(self, images: np.ndarray, report: Report | None = None) -> Features:
        """Features of pictures uint8 [n, C, H, W]."""
        world = self.world if len(images) >= self.world.size else ALONE  # of fewer than ranks each looks at all
        parts, images = [], images[world.rows(len(images))]
        for start in range(0, len(images), STRETCH):
            block = torch.from_numpy(np.array(images[start : start + STRETCH]))
            parts.append(self.extractor(block))
            if report:
                report(min(start + STRETCH, len(images)), len(images))
        parts = [part for those in world.everyones(parts) for part in those]
        logits = None if parts[0].logits is None else torch.cat([part.logits for part in parts])
        return Features(torch.cat([part.values for part in parts]), logits)

    def of_data(self, pack: Pack, report: Report | None = None) -> Features:
        """Features of the `chosen` examples of a pack.

        They and all that is known of them are found again by what they are: the hash of the packed pictures, which
        holds their size, and that of the extractor.
        """

        def made() -> dict[str, Tensor]:
            looked = self.look(pack.images if len(pack) <= MOST_REAL else pack.images[chosen(pack)], report)
            return {"values": looked.values} | ({} if looked.logits is None else {"logits": looked.logits})

        key = self._key(pack)
        if key not in self._data:
            kept = self._kept("features", key, made)
            self._data[key] = Features(kept["values"], kept.get("logits"))
        return self._data[key]

    def moments_of_data(self, pack: Pack, report: Report | None = None) -> Moments:
        """Mean and covariance of the same, without a look at them where those are known."""

        def made() -> dict[str, Tensor]:
            found = moments(self.of_data(pack, report).values)
            told = {"mean": found.mean, "covariance": found.covariance, "rows": found.rows}
            return {name: tensor for name, tensor in told.items() if tensor is not None}

        key = self._key(pack)
        if key not in self._moments:
            kept = self._kept("moments", key, made)
            count = min(len(pack), MOST_REAL)
            self._moments[key] = Moments(count, kept["mean"], kept.get("covariance"), kept.get("rows"))
        return self._moments[key]

    def reaches_of_data(self, pack: Pack, k: int, report: Report | None = None) -> Tensor:
        """Distance of each of the same to its k-th nearest other one, float64 [n]."""
        most = max(k, NEIGHBOURS)
        key = f"{self._key(pack)}-{most}"
        if key not in self._ladders:
            kept = self._kept("reaches", key, lambda: {"reaches": ladders(self.of_data(pack, report).values, most)})
            self._ladders[key] = kept["reaches"]
        return self._ladders[key][:, k - 1]

    def reader(self, pack: Pack, report: Report | None = None) -> Reader:
        """A reader of a pack."""
        if pack.hash not in self._readers:
            self._readers[pack.hash] = reader_of(pack, report)
        return self._readers[pack.hash]

    def _key(self, pack: Pack) -> str:
        return hashlib.sha256(f"{pack.hash} {self.extractor.hash} {MOST_REAL}".encode()).hexdigest()[:32]

    def _kept(self, kind: str, key: str, make: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
        """What lies on the first rank's shelf, or is made now and put there."""
        file = shelf.place(kind, key)
        kept = self.world.told(shelf.read(file) if self.world.is_first else None)
        if kept is None:
            kept = make()
            if self.world.is_first:
                kept = shelf.keep(kept, file)
        return kept


def chosen(pack: Pack, most: int = MOST_REAL) -> np.ndarray:
    """Which examples of a pack are compared with, int64 [n]: all, or ``most``, evenly from the first to the last.

    Folders are sorted by class: the first ones would be of some classes alone.
    """
    count = min(len(pack), most)
    return np.arange(count) * len(pack) // count

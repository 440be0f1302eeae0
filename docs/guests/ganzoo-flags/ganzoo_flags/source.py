"""Flags as a source of data: the same pictures on every machine, made when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ganzoo.data import Chunk, Source, Survey, require_split
from ganzoo_flags.design import FLAGS, LAYOUTS, draw

COUNTS = {"train": 12_000, "test": 2_000}
AT_ONCE = 1_000
VERSION = "1"  # goes up whenever a pixel changes: packs made of the old ones are then made anew


class Flags(Source):
    """Flags drawn by chance, each as likely as the others; label 0 lies, 1 stands."""

    name = "flags"
    licence = "CC0-1.0, drawn by ganzoo-flags"
    gives = ("image", "label")
    classes = LAYOUTS
    splits = tuple(COUNTS)

    def __init__(self, part: str = "train"):
        chance = np.random.Generator(np.random.PCG64(self.splits.index(part)))
        self.part = part
        self.which = chance.integers(len(FLAGS), size=COUNTS[part])  # int64 [n], of FLAGS
        self.phase = chance.random(COUNTS[part])  # float64 [n], where the fold is
        self.labels = np.array([LAYOUTS.index(FLAGS[each].layout) for each in self.which])

    def __len__(self) -> int:
        return COUNTS[self.part]

    def identity(self) -> str:
        return f"flags {VERSION}, {self.part}"

    def split(self, name: str) -> Flags:
        require_split(self, name)
        return Flags(name)

    def survey(self) -> Survey:
        per_class = tuple(int(count) for count in np.bincount(self.labels, minlength=len(LAYOUTS)))
        return Survey(len(self), sizes={}, modes={"RGB": len(self)}, channels=3, classes=LAYOUTS, per_class=per_class)

    def chunks(self, size: int, channels: int) -> Iterator[Chunk]:
        for start in range(0, len(self), AT_ONCE):
            rows = slice(start, start + AT_ONCE)
            images = draw(self.which[rows], self.phase[rows], size)
            if channels == 1:
                images = np.rint(images.mean(1, keepdims=True)).astype(np.uint8)
            yield Chunk(images, labels=self.labels[rows], attributes={"flag": self.which[rows]})

"""What a metric is shown: made-up data, and a generator that draws something like them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ganzoo.data.pack import Pack, Pair
from ganzoo.data.packing import pack
from ganzoo.data.source import Chunk, PairSource, Source, Survey
from ganzoo.game import Batch, Progress, Recipe, normal
from ganzoo.score.bank import Bank
from ganzoo.score.exhibit import Exhibit
from ganzoo.score.extractors import find_extractor
from ganzoo.train.device import Backend
from ganzoo.train.trained import Trained
from ganzoo.zoo.cards import Family
from ganzoo.zoo.config import Config

SIDE = 16  # pixels
COUNTS = {"train": 192, "test": 96}
SAMPLES = 96
CLASSES = ("dark", "light")
KINDS = ("plain", "fine", "rough")  # words of captions that nothing can be seen of
LEVELS = (-0.5, 0.5)  # mean brightness of a class, in [-1, 1]
SPREAD = 0.3  # of its pixels
GIVES = {"pictures": ("image", "label", "text"), "points": ("points", "label"), "pairs": ("a", "b")}


class MadeUp(Source):
    """Noise about the brightness of its class: pictures with captions, or points in the plane."""

    licence = "CC0-1.0"
    splits = ("train", "test")

    def __init__(self, gives: tuple[str, ...], part: str = "train", stream: int = 0):
        self.name, self.gives, self.part, self.stream = "made-up", gives, part, stream
        self.classes = CLASSES if "label" in gives else ()

    def __len__(self) -> int:
        return COUNTS[self.part]

    def identity(self) -> str:
        return f"made up 1 {self.gives} {self.part} {self.stream}"

    def survey(self) -> Survey:
        sizes = {} if "points" in self.gives else {(SIDE, SIDE): len(self)}
        return Survey(count=len(self), sizes=sizes, modes={}, channels=2 if "points" in self.gives else 3)

    def chunks(self, size: int, channels: int) -> Iterator[Chunk]:
        chance = np.random.default_rng((self.stream, self.splits.index(self.part)))
        labels = np.arange(len(self)) % len(CLASSES)
        shape = (2,) if "points" in self.gives else (channels or 3, size, size)
        noise = chance.standard_normal((len(self), *shape), np.float32)
        values = SPREAD * noise + np.asarray(LEVELS, np.float32)[labels].reshape(-1, *[1] * len(shape))
        yield Chunk(
            images=values if "points" in self.gives else ((values.clip(-1, 1) + 1) * 127.5).round().astype(np.uint8),
            labels=labels if "label" in self.gives else None,
            captions=list(map(caption, range(len(self)))) if "text" in self.gives else None,
        )

    def split(self, name: str) -> MadeUp:
        return MadeUp(self.gives, name, self.stream)


def caption(place: int) -> list[str]:
    """What is said of an example."""
    return [f"a {CLASSES[place % len(CLASSES)]} {KINDS[place % len(KINDS)]} one"]


class Player(Recipe):
    """Draws like the data, reconstructs, and translates by turning dark into light; a bad one does it all wrong."""

    def __init__(self, takes: tuple[str, ...], shape: tuple[int, ...], bad: bool):
        self.nets, self.opts = {"g": nn.Identity()}, {}
        self.takes, self.shape = takes, shape
        self.spread, self.sign = (0.1 * SPREAD, -1) if bad else (SPREAD, 1)

    def sample(self, nets: Mapping[str, nn.Module], n: int, cond: Batch) -> Tensor:
        for given, sign in (("a", -1), ("b", -1), ("image", 1)):
            if given in cond:
                return 0.9 * sign * self.sign * cond[given]
        drawn = self.spread * normal(n, *self.shape, seeds=cond["seed"])
        label = cond.get("label", torch.zeros(n, dtype=torch.int64))
        return drawn + self.sign * torch.tensor(LEVELS)[label].view(n, *[1] * len(self.shape))


@dataclass(frozen=True)
class Stage:
    """One kind of data, "pictures", "points" or "pairs", and the banks of features that look at it."""

    kind: str
    bank: Bank

    @classmethod
    def all(cls) -> list[Stage]:
        bank = Bank(lambda: find_extractor("bundled"))
        return [cls(kind, bank) for kind in GIVES]

    @property
    def source(self) -> Source | PairSource:
        if self.kind == "pairs":
            return PairSource("made-up", *(MadeUp(("image",), stream=stream) for stream in (0, 1)), is_paired=True)
        return MadeUp(GIVES[self.kind])

    def exhibit(self, bad: bool = False) -> Exhibit:
        """A generator beside these data, with nothing computed yet."""
        shape = (2,) if self.kind == "points" else (3, SIDE, SIDE)
        takes = tuple(word for word in GIVES[self.kind] if word != "points")
        player = Player(takes, shape, bad)
        return Staged(self.source, _trained(player, self.source), self.bank)


class Staged(Exhibit):
    """An exhibit whose data have no name to be found by."""

    def __init__(self, source: Source | PairSource, trained: Trained, bank: Bank):
        self.__dict__["source"] = source  # before the data are opened
        super().__init__(trained, source.name, bank, samples=SAMPLES)

    def _opened(self, part: str) -> Pack | Pair:
        source = self.source.split(part)
        if isinstance(source, PairSource):
            return Pair(source.name, pack(source.a, size=SIDE, channels=3), pack(source.b, size=SIDE, channels=3))
        return pack(source, size=SIDE, channels=3)


def _trained(player: Player, source: Source | PairSource) -> Trained:
    family = Family(name="made-up", summary="", build=lambda config, facts: player, config=Config)
    first = source.a if isinstance(source, PairSource) else source
    facts = pack(first, size=SIDE, channels=3).facts
    where, request = Path("made-up"), {"data": source.name}
    backend = Backend.choose("cpu", "fp32")
    return Trained(
        "made-up", where, family, Config(size=SIDE), facts, player, Progress(), 1.0, "live", backend, request
    )

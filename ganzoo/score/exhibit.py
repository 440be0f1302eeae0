"""A generator under examination: what it draws, what it is to resemble, and features of both, each made when needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganzoo.data.catalogue import find_source, open_data
from ganzoo.data.feed import Order
from ganzoo.data.pack import Pack, Pair
from ganzoo.data.source import PairSource, Source
from ganzoo.errors import RequestError, WorkError
from ganzoo.score.bank import Bank
from ganzoo.score.bank import Report as Looking
from ganzoo.score.extractors import Extractor, Features
from ganzoo.score.metrics.frechet import Moments, moments
from ganzoo.score.metrics.neighbours import Neighbourhood, nearest, neighbourhood
from ganzoo.score.reader import Reader
from ganzoo.train.sampling import translate
from ganzoo.train.sheet import to_uint8
from ganzoo.train.trained import Trained

AT_ONCE = 256  # samples drawn between two reports of progress

Report = Callable[[str, int, int], None]  # (what is being done, how far, of how many)


class Refused(WorkError):
    """A score that this family or these data cannot have; the message says why."""


@dataclass(frozen=True)
class Drawn:
    """Samples and what they were asked to be."""

    examples: np.ndarray  # uint8 [n, C, H, W], or points float32 [n, d]
    cond: dict[str, Tensor]  # "label" int64 [n], "text" int64 [n, L]


class Exhibit:
    """One checkpoint beside one set of data. Everything is computed once, whatever scores ask for it.

    A family that translates is examined as a generator of its second domain: its samples are translations of the
    first, of pictures that training never saw where there are any.

    Args:
        trained: the generator.
        name: of the data its samples are compared with, as after ``--data``.
        bank: of features.
        samples: how many to draw; of a translator, at most as many as there are pictures to translate.
        seed: of the first sample; the others follow.
        truncation: of the noise, for families that have it; 1 takes all of it.
        report: called with what is being done and how far.

    Raises:
        RequestError: the data are not there, or are of another shape than the samples.
    """

    def __init__(
        self,
        trained: Trained,
        name: str,
        bank: Bank,
        *,
        samples: int,
        seed: int = 0,
        truncation: float = 1.0,
        report: Report | None = None,
    ):
        self.trained, self.name, self.seed, self.truncation = trained, name, seed, truncation
        self._samples, self._bank, self._report = samples, bank, report
        self.data = self._opened("train")

    @cached_property
    def extractor(self) -> Extractor:
        """What features are seen with."""
        return self._bank.extractor

    @property
    def used(self) -> Extractor | None:
        """The same, where a score has looked at features."""
        return self.__dict__.get("extractor")

    @cached_property
    def held_out(self) -> Pack | Pair | None:
        """The part of the data that training never saw, where there is one."""
        return self._opened("test") if "test" in self.source.splits else None

    @cached_property
    def source(self) -> Source | PairSource:
        """Where the data come from, and what is known of them."""
        return find_source(self.name)

    @property
    def target(self) -> Pack:
        """What samples are to resemble: the data, or their second domain."""
        return self.data.b if isinstance(self.data, Pair) else self.data

    @property
    def unseen_target(self) -> Pack | None:
        """The same of the part that training never saw."""
        return self.held_out.b if isinstance(self.held_out, Pair) else self.held_out

    @property
    def takes(self) -> tuple[str, ...]:
        """What the generator can be asked for."""
        return self.trained.recipe.takes

    @property
    def samples(self) -> int:
        """How many are drawn."""
        return self._samples if self._sources is None else min(self._samples, len(self._sources))

    # what a score may ask for

    def pictures(self) -> Pack:
        """What samples are to resemble, where that is pictures; Refused for points."""
        if self.target.facts.is_points:
            raise Refused("points are no pictures: use modes.")
        return self.target

    def classed(self) -> Pack:
        """The same, where every picture has a class."""
        if self.pictures().labels is None:
            raise Refused(f"{self.data.name} has no classes.")
        return self.target

    def pair(self) -> Pair:
        """The data, where they are two domains; Refused for one."""
        if not isinstance(self.data, Pair):
            raise Refused(f"{self.trained.family.name} does not translate.")
        return self.data

    @cached_property
    def drawn(self) -> Drawn:
        """The samples; labels and captions are asked for as often as the data have them."""
        cond, world = self._asked(), self._bank.world
        blocks, starts = [], range(0, self.samples, AT_ONCE)
        for start in starts[world.rows(len(starts))]:
            rows = slice(start, min(start + AT_ONCE, self.samples))
            blocks.append(self._made(rows, {key: value[rows] for key, value in cond.items()}))
            self._tell("drawing", rows.stop, self.samples)
        examples = np.concatenate([block for those in world.everyones(blocks) for block in those])
        return Drawn(examples if self.target.facts.is_points else to_uint8(examples), cond)

    @cached_property
    def fake(self) -> Features:
        """Features of the samples."""
        self._look()
        return self._bank.look(self.drawn.examples, self._telling("looking at samples"))

    @cached_property
    def real(self) -> Features:
        """Features of the data."""
        self._look()
        return self._bank.of_data(self.target, self._telling("looking at the data"))

    @cached_property
    def unseen(self) -> Features | None:
        """Features of data that training never saw."""
        self._look()
        if self.unseen_target is None:
            return None
        return self._bank.of_data(self.unseen_target, self._telling("looking at held-out data"))

    @cached_property
    def reader(self) -> Reader:
        """Tells what single pictures show; for data that are known something of."""
        return self._bank.reader(self.pictures(), self._telling("learning to read the data"))

    @cached_property
    def moments(self) -> tuple[Moments, Moments]:
        """Of the features of data and samples."""
        self._look()
        real = self._bank.moments_of_data(self.target, self._telling("looking at the data"))
        return real, moments(self.fake.values)

    @cached_property
    def neighbourhood(self) -> Neighbourhood:
        """What nearest neighbours say of data and samples."""
        self._has_neighbours(self.samples, 3)
        return neighbourhood(self.real.values, self.fake.values, known=self.reaches)

    @cached_property
    def nearest(self) -> tuple[Tensor, Tensor]:
        """Of each sample, how far the data are and which of them is nearest: float64 [m] and int64 [m]."""
        return nearest(self.fake.values, self.real.values)

    def reaches(self, k: int) -> Tensor:
        """How far it is from each of the data to its k-th nearest other one, float64 [n]."""
        self._look()
        self._has_neighbours(len(self.target), k)
        return self._bank.reaches_of_data(self.target, k)

    def asked_alone(self, count: int) -> dict[str, Tensor]:
        """What one sample is told, ``count`` times: the rest of what differs between samples is their noise."""
        return {key: value[:1].expand(count, *value.shape[1:]) for key, value in self._asked().items()}

    def translated(self, pictures: Tensor, to: str) -> tuple[Tensor, Tensor]:
        """Pictures float32 [n, C, H, W] in [-1, 1] in the other domain, ``to``, and from there back."""
        trained = self.trained
        with torch.no_grad():
            there, back = translate(trained.recipe, trained.nets, pictures, to, trained.backend.device)
        return torch.from_numpy(there), torch.from_numpy(back)

    @cached_property
    def _sources(self) -> Pack | None:
        """The pictures that a translator is given."""
        if not isinstance(self.data, Pair):
            return None
        return self.held_out.a if isinstance(self.held_out, Pair) else self.data.a

    def _look(self) -> Extractor:
        """Before features are asked for: of pictures, and no longer without the extractor."""
        self.pictures()
        return self.extractor

    def _has_neighbours(self, count: int, k: int) -> None:
        if count <= k:
            raise Refused(f"{k} neighbours of each are wanted, and there are {count} pictures in all.")

    def _opened(self, part: str) -> Pack | Pair:
        facts = self.trained.facts
        channels = 0 if facts.is_points else facts.shape[0]
        data = open_data(self.name, size=self.trained.config.size, channels=channels, split=part)
        if data.facts.shape != facts.shape:
            drawn, there = ("x".join(map(str, shape)) for shape in (facts.shape, data.facts.shape))
            raise RequestError(f"{self.trained.name} draws {drawn}, and {self.name} is {there}.")
        return data

    def _made(self, rows: slice, cond: dict[str, Tensor]) -> np.ndarray:
        if self._sources is not None:
            return self.translated(brightness(self._sources.images[rows]), "b")[0].numpy()
        return self.trained.draw(range(self.seed + rows.start, self.seed + rows.stop), cond)

    def _asked(self) -> dict[str, Tensor]:
        if self._sources is not None:
            return {}
        pack, count = self.target, self.samples
        rows = Order(len(pack), (self.seed, 1)).indices(0, count)
        cond: dict[str, Any] = {}
        if "truncation" in self.takes:
            cond["truncation"] = torch.full((count,), self.truncation)
        if "label" in self.takes and pack.labels is not None:
            cond["label"] = torch.from_numpy(pack.labels)[rows]
        if "text" in self.takes and pack.tokens is not None:
            cond["text"] = torch.from_numpy(np.array(pack.tokens[rows.numpy(), 0]))
        return cond

    def _tell(self, what: str, done: int, there: int) -> None:
        if self._report:
            self._report(what, done, there)

    def _telling(self, what: str) -> Looking:
        return lambda done, there: self._tell(what, done, there)


def brightness(pictures: np.ndarray) -> Tensor:
    """Pictures uint8 to float32 in [-1, 1], as networks take them."""
    return torch.from_numpy(np.array(pictures)).float() / 127.5 - 1

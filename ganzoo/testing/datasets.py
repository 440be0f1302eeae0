"""A data set on trial: read twice from its first example to its last."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ganzoo.data.source import Chunk, PairSource, Source
from ganzoo.testing.chance import chance_kept
from ganzoo.testing.finding import Broken
from ganzoo.zoo.cards import Dataset

SIZE = 16  # pixels a side at which all of it is read
OTHER = 24  # at which its first examples are
CHANNELS = (1, 3)


@dataclass
class Reading:
    """What came of reading a source to its end."""

    count: int = 0
    digest: str = ""  # of all examples in their order, and what is said of them
    labels: Counter[int] = field(default_factory=Counter)
    captioned: int = 0  # examples that have a caption
    faults: int = 0


class DatasetTrial:
    """The data set under examination."""

    def __init__(self, card: Dataset, preset: str = "", change: Callable[[], object] | None = None):
        self.card, self.change = card, change

    def sides(self) -> dict[str, Source]:
        """Built anew: the sources in it by how to speak of them, "" where there is one, and each part by its name."""
        source = self.card.build()
        pair = {"a": source.a, "b": source.b} if isinstance(source, PairSource) else {"": source}
        return {f"{side} {part}".strip(): each.split(part) for side, each in pair.items() for part in each.splits}

    @cached_property
    def readings(self) -> dict[str, Reading]:
        """All of it read once."""
        return {name: read(source) for name, source in self.sides().items()}


def gives_what_its_card_says(trial: DatasetTrial) -> str:
    """Card and source agree on what an example has."""
    source = trial.card.build()
    if not isinstance(source, Source | PairSource):
        raise Broken(f"build() gives a {type(source).__name__}, not a ganzoo.data.Source")
    if set(source.gives) != set(trial.card.gives):
        raise Broken(
            f"the card gives {' and '.join(trial.card.gives)}, the source {' and '.join(source.gives)}: "
            "say the same at both places"
        )
    for each in trial.sides().values():
        if ("label" in each.gives) != bool(each.classes):
            raise Broken(
                f"gives {' and '.join(each.gives)}, and names {len(each.classes)} classes: label k is classes[k]"
            )
    return " and ".join(source.gives)


def examples_are_of_their_kind(trial: DatasetTrial) -> str:
    """Chunks hold pictures or points of the types and sizes asked for."""
    for name, source in trial.sides().items():
        for size, channels in ((SIZE, each) for each in CHANNELS):
            check_chunk(next(iter(source.chunks(size, channels))), source, size, channels)
        check_chunk(next(iter(source.chunks(OTHER, 0))), source, OTHER, 0)
        if not trial.readings[name].count:
            raise Broken(f"{name or 'it'} has no example")
    return f"{sum(each.count for each in trial.readings.values()):,} examples"


def check_chunk(chunk: Chunk, source: Source, size: int, channels: int) -> None:
    """Refuse a stretch of examples that a pack could not be made of."""
    images = chunk.images
    if "points" in source.gives:
        if images.dtype != np.float32 or images.ndim != 2 or not np.isfinite(images).all():
            raise Broken(f"points are {images.dtype} {images.shape}: give float32 [n, d], finite")
    elif images.dtype != np.uint8 or images.ndim != 4 or images.shape[2:] != (size, size):
        raise Broken(
            f"pictures are {images.dtype} {images.shape}: give uint8 [n, C, {size}, {size}] where {size} is asked"
        )
    elif images.shape[1] not in ((channels,) if channels else (1, 3, 4)):
        raise Broken(f"pictures have {images.shape[1]} channels where {channels or '1 or 3'} are asked for")
    for word, rows in (("label", chunk.labels), ("text", chunk.captions)):
        if (rows is not None) != (word in source.gives) or (rows is not None and len(rows) != len(images)):
            told = "none" if rows is None else len(rows)
            raise Broken(f"{len(images)} examples come with {told} of {word}, and gives is {', '.join(source.gives)}")
    if chunk.labels is not None:
        wrong = (chunk.labels < 0) | (chunk.labels >= len(source.classes))
        if not np.issubdtype(chunk.labels.dtype, np.integer) or wrong.any():
            first = chunk.labels[int(wrong.argmax())]
            raise Broken(f"label {first} is out of range: {len(source.classes)} classes go from 0 to one less")


def counts_are_true(trial: DatasetTrial) -> str:
    """The survey and len() count what chunks() gives."""
    for name, source in trial.sides().items():
        found, survey, where = trial.readings[name], source.survey(), f" of {name}" if name else ""
        if survey.count != found.count:
            raise Broken(f"survey().count{where} is {survey.count}, and chunks() give {found.count} examples")
        if not found.count <= len(source) <= found.count + max(found.faults, len(survey.faults)):
            raise Broken(
                f"len(){where} is {len(source)}, and chunks() give {found.count} examples, {found.faults} left out"
            )
        by_class = tuple(found.labels[k] for k in range(len(source.classes)))
        if survey.per_class and tuple(survey.per_class) != by_class:
            raise Broken(
                f"survey().per_class{where} is {tuple(survey.per_class)[:5]}..., and there are {by_class[:5]}..."
            )
        if survey.captions != found.captioned:
            raise Broken(f"survey().captions{where} is {survey.captions}, and {found.captioned} examples have one")
    return ", ".join(f"{each.count:,} {name}".strip() for name, each in trial.readings.items())


def order_stays(trial: DatasetTrial) -> str:
    """Read again, it is the same examples in the same order: chance has a seed of its own."""
    with chance_kept():
        random.seed(12)
        np.random.seed(34)
        for name, source in trial.sides().items():
            if read(source).digest != trial.readings[name].digest:
                raise Broken(
                    f"{name or 'it'} differs when it is read again: sort what a folder lists, and draw by chance with "
                    "numpy.random.default_rng(SEED), so that a place in the order is an example"
                )
    return "the same twice, to the byte"


def identity_follows_content(trial: DatasetTrial) -> str:
    """One content has one identity, other content another: packs are found again by it."""
    first, again = ({name: each.identity() for name, each in trial.sides().items()} for _ in range(2))
    if first != again:
        raise Broken("identity() is another each time: it would be packed anew for every run. Derive it from content")
    owner: dict[str, str] = {}  # by identity
    for name, identity in first.items():
        other = owner.setdefault(identity, name)
        if trial.readings[other].digest != trial.readings[name].digest:
            raise Broken(f"{other} and {name} have one identity, and are not the same: put the part into identity()")
    if trial.change is None:
        return f"{len(owner)} of {len(first)} parts; change was not tried"
    trial.change()
    changed = trial.sides()
    if all(read(each).digest == trial.readings[name].digest for name, each in changed.items()):
        raise Broken("the change that was to be tried changes nothing")
    if all(each.identity() == first[name] for name, each in changed.items()):
        raise Broken(
            "identity() is the same though the content has changed: old pictures would be trained on. Put into it what "
            "changes with content: a version, or the names, sizes and times of the files"
        )
    return f"{len(owner)} of {len(first)} parts; another one after a change"


CHECKS = {
    "what it gives": gives_what_its_card_says,
    "examples": examples_are_of_their_kind,
    "counts": counts_are_true,
    "order": order_stays,
    "identity": identity_follows_content,
}


def read(source: Source) -> Reading:
    """Read a source to its end."""
    found = Reading()
    images, labels, captions = hashlib.sha256(), hashlib.sha256(), hashlib.sha256()  # apart: chunks end where they like
    for chunk in checked(source):
        found.count += len(chunk.images)
        found.faults += len(chunk.faults)
        images.update(np.ascontiguousarray(chunk.images).tobytes())
        if chunk.labels is not None:
            found.labels.update(chunk.labels.tolist())
            labels.update(np.asarray(chunk.labels, np.int64).tobytes())
        if chunk.captions is not None:
            found.captioned += sum(map(bool, chunk.captions))
            captions.update("".join(map(repr, chunk.captions)).encode())
    found.digest = " ".join(each.hexdigest() for each in (images, labels, captions))
    return found


def checked(source: Source) -> Iterator[Chunk]:
    """Its chunks, each looked at."""
    for chunk in source.chunks(SIZE, CHANNELS[-1]):
        check_chunk(chunk, source, SIZE, CHANNELS[-1])
        yield chunk

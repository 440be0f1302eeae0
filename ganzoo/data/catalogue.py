"""The catalogue: what a name or a path after ``--data`` stands for."""

from __future__ import annotations

import copy
import logging
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ganzoo.data.pack import Pack, Pair
from ganzoo.data.packing import Progress, pack
from ganzoo.data.pictures import open_pictures
from ganzoo.data.shards import are_shards, open_shards
from ganzoo.data.source import Fault, PairSource, Source
from ganzoo.data.tree import Archive, Folder
from ganzoo.errors import RequestError, did_you_mean
from ganzoo.zoo.facts import Facts
from ganzoo.zoo.project import NamedSource, project
from ganzoo.zoo.registry import folded, zoo

GLANCE = 8  # pixels a side of a picture that is only looked at
LARGEST_SIDE = 4096  # pixels; a pack of larger pictures is a typing error

SLOW = 1.0  # seconds that the listing of a folder takes for it to be remembered
RECENT = 60.0  # and for how many

_recent: dict[Path, tuple[float, Source | PairSource]] = {}

log = logging.getLogger(__name__)


def open_data(
    name: str, *, size: int, channels: int = 0, split: str = "train", progress: Progress | None = None
) -> Pack | Pair:
    """Open a data set as packed pictures of ``size`` pixels a side, packing it first where that was not yet done.

    Args:
        name: a registered data set, a name in zoo.toml, a folder, a zip, shards, or hub:owner/name.
        size: pixels a side; points have none.
        channels: 1, 3 or 4; 0 takes 1 where all pictures are grey, else 3.
        split: "train", or a part that was held out.
        progress: called with (examples done, examples there are) while packing.

    Raises:
        RequestError: there is no such data, or nothing in it is usable.
        WorkError: the pack cannot be written.
    """
    _check(size, channels)
    source = find_source(name).split(split)
    opened = (
        _pack_pair(source, size, channels, progress)
        if isinstance(source, PairSource)
        else pack(source, size=size, channels=channels, progress=progress)
    )
    if opened.faults:
        log.warning("%s", told(source.name, opened.faults))
    return opened


def facts_of(name: str, *, size: int, channels: int = 0) -> Facts:
    """What is known of a data set without packing it: its count is of all there is, faulty files among them.

    Arguments and errors are those of `open_data`.
    """
    _check(size, channels)
    source = find_source(name).split("train")
    sides = (source.a, source.b) if isinstance(source, PairSource) else (source,)
    seen = [side.glance(1, GLANCE, channels).images for side in sides]
    if not all(map(len, seen)):  # the first pictures are faulty: only a look at all of them can tell
        return open_data(name, size=size, channels=channels).facts
    depth = max(images.shape[1] for images in seen)
    return Facts(
        shape=(depth,) if "points" in sides[0].gives else (depth, size, size),
        count=max(map(len, sides)),
        classes=sides[0].classes,
        words=sides[0].words,
    )


def find_source(name: str) -> Source | PairSource:
    """Find what a name or path stands for, without decoding anything. Raises RequestError where there is nothing."""
    return _find(name, ())


def _check(size: int, channels: int) -> None:
    if not 1 <= size <= LARGEST_SIDE:
        raise RequestError(f"size={size}: expected a number of pixels from 1 to {LARGEST_SIDE}.")
    if channels not in (0, 1, 3, 4):
        raise RequestError(f"channels={channels}: expected 1, 3 or 4, or 0 to take what the data has.")


def told(name: str, faults: Sequence[Fault]) -> str:
    """Say in a line what was left out: how many files, and the first of them with their reasons."""
    first = ", ".join(f"{fault.file} ({fault.reason})" for fault in faults[:3])
    more = f" and {len(faults) - 3} more; see ganzoo data inspect" if len(faults) > 3 else ""
    return f"{name}: {len(faults)} left out: {first}{more}."


def _find(name: str, via: tuple[str, ...]) -> Source | PairSource:
    card = next((card for card in zoo().all("datasets") if folded(card.name) == folded(name)), None)
    if card is not None:
        return card.build()
    if name.startswith("hub:"):
        from ganzoo.data.hub import open_hub  # here, for the sake of those who open something else

        return open_hub(name)
    named = project().source(name)
    if named is not None:
        return _open_named(name, named, via)
    return _open_path(Path(name).expanduser(), name)


def _open_named(name: str, named: NamedSource, via: tuple[str, ...]) -> Source | PairSource:
    if folded(name) in via:
        raise RequestError(f"[data.{name}] in zoo.toml leads back to itself. Give a folder, a zip or a data set.")
    source = _find(named.source, (*via, folded(name)))
    licence = named.licence or source.licence
    if isinstance(source, PairSource):
        return replace(source, name=name, licence=licence)
    source.name, source.licence = name, licence
    return source


def _open_path(path: Path, name: str) -> Source | PairSource:
    if are_shards(path, name):
        return open_shards(path)
    if name and path.is_dir():
        return _open_folder(path.absolute())
    if path.is_file():
        if path.suffix.lower() != ".zip":
            raise RequestError(f"'{name}' is a file, but no zip. Give the folder it lies in, or a zip of pictures.")
        return open_pictures(Archive(path))
    if re.search(r"[\\/~]|\.zip$", name):
        beside = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
        near = did_you_mean(path.name, beside) if beside else f" Nor is there anything in '{path.parent}'."
        raise RequestError(f"No folder or zip at '{name}'.{near} Give the folder of your pictures, or a zip of them.")
    known = {card.name for card in zoo().all("datasets")} | set(project().data)
    raise RequestError(
        f"No data '{name}': no data set, no entry of zoo.toml, no folder and no zip is called that."
        f"{did_you_mean(name, known)} See ganzoo data list."
    )


def _open_folder(path: Path) -> Source | PairSource:
    """List a folder; a large one not again and again for what one command asks of it."""
    found, source = _recent.get(path, (0.0, None))
    if source is None or time.monotonic() - found > RECENT:
        _recent.clear()
        began = time.monotonic()
        source = open_pictures(Folder(path))
        if time.monotonic() - began > SLOW:
            _recent[path] = (time.monotonic(), source)
    return copy.copy(source)


def _pack_pair(pair: PairSource, size: int, channels: int, progress: Progress | None) -> Pair:
    a, b = (pack(side, size=size, channels=channels, progress=progress) for side in (pair.a, pair.b))
    if a.facts.shape != b.facts.shape:  # one side is all grey, the other not: both in colour
        a, b = (pack(side, size=size, channels=3, progress=progress) for side in (pair.a, pair.b))
    return Pair(pair.name, a, b)

"""Reading: the files of a tree through a decoder, on all processors, in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from ganzoo.data.crew import Crew, processors
from ganzoo.data.decode import Unreadable, decode, is_grey, look, quiet
from ganzoo.data.tree import Lot, Tree

SHARE = 8  # files a thread takes at a time
LONG = 2.0  # seconds that the rest has to take here for a crew to be worth its start


class Found(NamedTuple):
    """What became of some files."""

    values: Any  # of those that could be read: a list, or pictures uint8 [n, C, H, W]
    bad: dict[int, str]  # place among the files: why that one could not


Work = Callable[[Lot], Found]


def read_all(tree: Tree, names: Sequence[str], work: Work, stretch: int) -> Iterator[Found]:
    """Yield what became of the files, stretch after stretch.

    The first stretches are read in threads of this process; where they show that the rest will take long, processes
    take over. Small pictures are mostly Python, so threads are in each other's way: two processes read PNG of 32 px
    about twice as fast as two threads do. Large JPEG are mostly C, and both read them alike.
    """
    hands = processors()
    spent, done = 0.0, 0
    with ThreadPoolExecutor(hands) as pool:
        while done < len(names) and (hands == 1 or not done or spent * (len(names) - done) / done < LONG):
            began = time.perf_counter()
            part = names[done : done + stretch]
            found = _merged(pool.map(work, (Lot(tree, part[at : at + SHARE]) for at in range(0, len(part), SHARE))))
            spent += time.perf_counter() - began
            done += len(part)
            yield found
    if done < len(names):
        with Crew() as crew:
            lots = ((tree.lot(names[at : at + stretch]),) for at in range(done, len(names), stretch))
            yield from crew.map(work, lots)


def decode_all(lot: Lot, size: int, channels: int) -> Found:
    """Decode every file of a lot to uint8 [channels, size, size]."""
    images, bad = _each(lot, lambda file: decode(file.read(), size, channels))
    return Found(np.stack(images) if images else np.empty((0, channels, size, size), np.uint8), bad)


def look_at_all(lot: Lot) -> Found:
    """Read every file of a lot to its end, for its `Look`."""
    return _each(lot, lambda file: look(file.read()))


def grey_all(lot: Lot) -> Found:
    """Whether one channel holds each of the pictures, from their headers."""
    return _each(lot, is_grey)


def _each(lot: Lot, read: Callable[[BinaryIO], Any]) -> Found:
    values, bad = [], {}
    with quiet:
        for place, item in enumerate(lot.items):
            try:
                with lot.reader.open(item) as file:
                    values.append(read(file))
            except Unreadable as error:
                bad[place] = str(error)
            except OSError as error:
                bad[place] = f"cannot be read: {error.strerror or error}"
    return Found(values, bad)


def _merged(founds: Iterable[Found]) -> Found:
    values, bad, before = [], {}, 0
    for found in founds:
        values.append(found.values)
        bad |= {before + place: reason for place, reason in found.bad.items()}
        before += len(found.values) + len(found.bad)
    together = np.concatenate(values) if isinstance(values[0], np.ndarray) else list(chain.from_iterable(values))
    return Found(together, bad)

"""Reading ahead: a pack larger than memory is asked of the disk before its rows are wanted."""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

BATCHES = 8  # asked for ahead of the one that is wanted
LARGE = 0.5  # of the memory: a smaller pack stays in the system's cache once it was read
LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


class Ahead:
    """Tells the system which rows of a mapped array come next: which they are is known, in whatever order.

    Without it every row that is not in memory stops the batch until the disk has found it, and the system reads what
    lies around it too, which in a shuffled order nobody wants. Only advice: what is read is the same.
    """

    def __init__(self, rows: np.memmap) -> None:
        self._map: mmap.mmap = rows.base
        self._start, self._row = rows.offset, rows[:1].nbytes
        self._last, self._step = 0, 0  # position of the batch before, and how far it was from its own
        self._asked = 0  # position up to which rows were asked for
        self._map.madvise(mmap.MADV_RANDOM)  # nothing beside what is asked for

    def want(self, position: int, n: int, indices: Callable[[int, int], np.ndarray]) -> None:
        """Ask for the rows of the batch of n at a position, and of those that follow in the same steps."""
        step = position - self._last
        if not 0 < step <= BATCHES * n:
            step = n
        if step != self._step or not position <= self._asked <= position + (1 + BATCHES) * step:
            self._asked = position  # from the beginning, or somewhere else
        self._last, self._step = position, step
        while self._asked <= position + BATCHES * step:
            self._ask(indices(self._asked, n))
            self._asked += step

    def _ask(self, index: np.ndarray) -> None:
        for first in (self._start + index * self._row).tolist():
            page = first // mmap.PAGESIZE * mmap.PAGESIZE
            self._map.madvise(mmap.MADV_WILLNEED, page, first + self._row - page)


def ahead_of(rows: np.ndarray) -> Ahead | None:
    """What reads ahead of a mapped array, where that is of use and the system can."""
    mapped = isinstance(rows, np.memmap) and isinstance(rows.base, mmap.mmap)
    if not mapped or not hasattr(mmap, "MADV_WILLNEED") or rows.nbytes < LARGE * memory():
        return None
    return Ahead(rows)


def memory() -> int:
    """Bytes of memory this process may use: of the machine, or of the container it is in."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for file in LIMITS:
        try:
            total = min(total, int(file.read_text()))
        except (OSError, ValueError):  # no such limit, or "max"
            continue
    return total

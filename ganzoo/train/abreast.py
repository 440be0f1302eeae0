"""Several runs at a time on one device, each in a process of its own, as many as there is room for."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from multiprocessing.connection import wait
from pathlib import Path

import torch

from ganzoo.errors import GanzooError
from ganzoo.train.apart import OFTEN, Apart, News
from ganzoo.train.memory.fitting import RESERVE
from ganzoo.train.memory.room import free_memory
from ganzoo.train.plan import Asked


class Abreast:
    """Runs in training, by the name that whoever started them has for them.

    Args:
        folder: of all runs.
        jobs: how many at most.
        threads: that each computes with on a CPU; 0 takes what torch takes.
        device: that all of them share.
    """

    def __init__(self, folder: Path, jobs: int, threads: int, device: torch.device):
        self.folder, self.jobs, self.threads, self.device = folder, jobs, threads, device
        self._runs: dict[Hashable, Apart] = {}
        self._needs: dict[Hashable, int | None] = {}
        self._free: int | None = None  # before any of those that train now had begun

    def __len__(self) -> int:
        return len(self._runs)

    @property
    def is_full(self) -> bool:
        return len(self) >= self.jobs

    def has_room(self, need: int | None) -> bool:
        """Whether a run that needs so many bytes may begin. One of which nobody knows trains alone.

        What runs will need counts from their beginning, whatever they have taken by then; what others have taken since
        is seen in what is free now.
        """
        if not self._runs:
            return True
        needs = [need, *self._needs.values()]
        if self.is_full or None in needs:
            return False
        now = free_memory(self.device)
        if now is None or self._free is None:
            return True
        return sum(needs) <= (1 - RESERVE) * self._free and need <= (1 - RESERVE) * now

    def start(self, key: Hashable, asked: Asked, need: int | None) -> None:
        """Begin a run, or go on with it."""
        if not self._runs:
            self._free = free_memory(self.device)
        self._runs[key], self._needs[key] = Apart(asked, self.folder, self.threads), need

    def news(self) -> Iterator[tuple[Hashable, News]]:
        """What any of them says, waiting a moment for it."""
        wait([run.here for run in self._runs.values()], OFTEN)
        for key, run in self._runs.items():
            for said in run.news():
                yield key, said

    def ended(self) -> list[tuple[Hashable, GanzooError | None]]:
        """Those that are over since this was last asked, and how they failed."""
        over = [(key, run.failure) for key, run in self._runs.items() if run.is_over]
        for key, _ in over:
            del self._runs[key], self._needs[key]
        return over

    def stop(self) -> None:
        """Tell all of them to save themselves and end."""
        for run in self._runs.values():
            run.stop()

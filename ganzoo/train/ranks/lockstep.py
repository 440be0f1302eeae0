"""What a clock or a signal calls for: one rank decides, and all of them hear of it before the same step."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from ganzoo.train.ranks.world import World

PERIOD = 0.25  # seconds between two sittings, where steps are shorter
MOST = 4  # times as many steps until the next sitting than until this one, at most


@dataclass(frozen=True)
class Orders:
    """What is to be done between two steps."""

    stop: int = 0  # for the signal of this number
    tick: bool = False  # with the next step
    save: bool = False  # now
    over: bool = False


NONE = Orders()


class Lockstep:
    """Sits after a step, or after so many as fill a quarter of a second: no rank waits for another in every step.

    A signal counts on whichever rank it comes; what depends on the clock is the first rank's to say. The lone process
    sits after every step and asks nobody.
    """

    def __init__(self, world: World):
        self.world = world
        self._next = self._stride = 1  # step of the next sitting, and how many there are between two
        self._sat: float | None = None

    def sit(self, step: int, stop: int, clock: Callable[[], Orders]) -> Orders:
        """The orders after ``step`` steps; ``stop`` is the number of the signal that this rank has had, or 0."""
        if self.world.size == 1:
            return replace(clock(), stop=stop)
        if step < self._next:
            return NONE
        own = clock() if self.world.is_first else NONE
        ahead = self._ahead() if self.world.is_first else 0
        said, tick, save, over, stride = self.world.most([stop, own.tick, own.save, own.over, ahead])
        self._stride = int(stride)
        self._next = step + self._stride
        return Orders(int(said), bool(tick), bool(save), bool(over))

    def _ahead(self) -> int:
        """Steps that will take about as long as there is between two sittings."""
        now, before = time.perf_counter(), self._sat
        self._sat = now
        if before is None:
            return 1
        return max(1, min(int(PERIOD * self._stride / max(now - before, 1e-6)), MOST * self._stride))

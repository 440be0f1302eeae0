"""The contest: rounds in which the engine, a step of one's own and the machine's ceiling take turns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle

from ganzoo.bench.ceiling import Ceiling
from ganzoo.bench.course import Course, Kind, name_of
from ganzoo.bench.elsewhere import Elsewhere
from ganzoo.bench.opponent import Opponent
from ganzoo.bench.stopwatch import Reading, stopwatch_for

TURN = 0.2  # seconds that a turn should last: one step, where a step takes longer
LONGEST = 50  # steps in a turn, however short they are
WARM = 2  # steps of each kind before anything is timed


@dataclass(frozen=True)
class Round:
    """Seconds of one step, each the mean of all kinds by how often they come."""

    step: float
    parts: dict[str, float]  # "begin", "loader", phases by name, "averages"; together no more than the step
    opponent: float | None
    ceiling: dict[str, float]  # GFLOP/s


class Contest:
    """Everybody takes turns, so that a machine that is slower for a while is slower for all.

    A turn is some steps of one kind in a row; the device is waited for before the first and after the last alone.
    """

    def __init__(self, course: Course, ceiling: Ceiling, opponent: Opponent | Elsewhere | None = None) -> None:
        self.course, self.ceiling, self.opponent = course, ceiling, opponent
        self.watch = stopwatch_for(course.engine.backend.device)
        self.images = 0.0  # real images in a step, the mean of all kinds; known once warm
        self._numbers: dict[tuple[str, Kind], Iterator[int]] = {}
        self._lengths: dict[tuple[str, Kind], int] = {}

    def warm(self) -> None:
        """Take the first steps, which are never the fastest, and see how many make a turn."""
        for kind in self.course.kinds:
            for name, step in self._contenders():
                numbers = self._numbers[name, kind] = cycle(kind.numbers)
                shown = [step(next(numbers)) for _ in range(WARM)]
                if name == "engine":
                    self.images += kind.share * shown[-1]
                self._lengths[name, kind] = 1
                seconds = self._turn(name, kind, step).whole
                self._lengths[name, kind] = max(1, min(LONGEST, round(TURN / max(seconds, 1e-9))))

    def round(self, number: int) -> Round:
        """One turn of everybody for each kind of step; who begins changes from round to round."""
        whole, parts = {"engine": 0.0, "opponent": 0.0}, {}
        for kind in self.course.kinds:
            contenders = self._contenders()
            for name, step in contenders if number % 2 == 0 else contenders[::-1]:
                reading = self._turn(name, kind, step)
                whole[name] += kind.share * reading.whole
                for part, seconds in reading.parts.items():
                    parts[part] = parts.get(part, 0.0) + kind.share * seconds
        other = whole["opponent"] if self.opponent else None
        return Round(whole["engine"], parts, other, self.ceiling.measure())

    def _contenders(self) -> list[tuple[str, Callable[[int], int | None]]]:
        other = [("opponent", self.opponent.step)] if self.opponent else []
        return [("engine", self.course.step), *other]

    def _turn(self, name: str, kind: Kind, step: Callable[[int], int | None]) -> Reading:
        """The mean step of a turn."""
        length, numbers = self._lengths[name, kind], self._numbers[name, kind]
        with self._timed_parts():
            self.watch.start()
            for _ in range(length):
                step(next(numbers))
            reading = self.watch.stop()
        self.course.engine.read()  # as at a tick: what was logged goes, and a loss that is no number is told
        return Reading(reading.whole / length, {part: s / length for part, s in reading.parts.items()})

    @contextmanager
    def _timed_parts(self) -> Iterator[None]:
        engine = self.course.engine
        usual, engine.lap = engine.lap, lambda part: self.watch.lap(name_of(part))
        try:
            yield
        finally:
            engine.lap = usual

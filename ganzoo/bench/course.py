"""The course: an engine held at one place of its run, and the kinds of step that it takes there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import lcm

from ganzoo.bench.stopwatch import waiting_for
from ganzoo.bench.tally import Tally, Work
from ganzoo.data.pack import Pack, Pair
from ganzoo.game import Batch, Phase
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine, Part
from ganzoo.train.launch import ready
from ganzoo.train.request import Request


@dataclass(frozen=True)
class Kind:
    """Steps in which the same phases are due."""

    due: tuple[str, ...]  # the phases, in order
    numbers: tuple[int, ...]  # which steps of a cycle these are
    share: float  # of all steps


class Course:
    """Steps of a real engine at one place of its run, as often as one likes.

    Data go on from step to step as they do in training; schedules, growth and stages stand still.

    Args:
        engine: one that has not stepped.
        at: how much of the run is done, in [0, 1].
    """

    def __init__(self, engine: Engine, at: float) -> None:
        self.engine = engine
        recipe, start = engine.recipe, engine.now
        place = replace(start, images=int(at * start.total))
        recipe.begin(place)
        self.phases: tuple[Phase, ...] = tuple(recipe.phases())
        cycle = cycle_of(self.phases)
        batch = recipe.batch or start.batch
        # Step numbers of a whole number of cycles, so that a kind's numbers can be added to them.
        step = place.images // batch // cycle * cycle
        self.place = engine.now = replace(place, batch=batch, step=step)
        self.kinds = kinds_of(self.phases, self.place.step)
        self._draw, engine.draw = engine.draw, self._further
        self._shown = 0

    def step(self, number: int) -> int:
        """Take step ``number``, and say how many real images it showed."""
        engine = self.engine
        engine.now = replace(self.place, step=number)
        engine.step()
        shown = engine.now.images - self.place.images
        self._shown += shown
        return shown

    def count(self, kind: Kind) -> dict[str, Work]:
        """What is computed in each part of a step of a kind, by taking one."""
        tally = Tally(waiting_for(self.engine.backend.device))
        usual, self.engine.lap = self.engine.lap, lambda part: tally.lap(name_of(part))
        try:
            with tally:
                self.step(kind.numbers[0])
        finally:
            self.engine.lap = usual
        return tally.parts

    def _further(self, position: int, n: int) -> Batch:
        return self._draw(position + self._shown, n)


def course_for(request: Request, data: Pack | Pair, backend: Backend, at: float) -> Course:
    """The course of a request, on the data path of training."""
    engine, _ = ready(request, data, backend)
    return Course(engine, at)


def name_of(part: Part) -> str:
    """What a part of a step is called."""
    return part.name if isinstance(part, Phase) else part


def cycle_of(phases: Sequence[Phase]) -> int:
    """Steps after which the same phases are due again."""
    return lcm(*(phase.every for phase in phases))


def kinds_of(phases: Sequence[Phase], start: int = 0) -> tuple[Kind, ...]:
    """The kinds of step in a cycle that begins at step ``start``, a multiple of it; the richest first."""
    cycle = cycle_of(phases)
    numbers: dict[tuple[str, ...], list[int]] = {}
    for number in range(cycle):
        due = tuple(phase.name for phase in phases if number % phase.every == 0)
        numbers.setdefault(due, []).append(start + number)
    return tuple(Kind(due, tuple(those), len(those) / cycle) for due, those in numbers.items())

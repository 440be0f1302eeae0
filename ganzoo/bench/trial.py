"""The trial: one family timed, from a request to its result."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime

import torch

from ganzoo.bench.ceiling import Ceiling
from ganzoo.bench.contest import Contest
from ganzoo.bench.course import Course, Kind, course_for
from ganzoo.bench.elsewhere import Elsewhere
from ganzoo.bench.machine import commit, forget_peak, hardware
from ganzoo.bench.opponent import Opponent
from ganzoo.bench.result import Result, Setting
from ganzoo.bench.subject import subject_of
from ganzoo.bench.summary import summed_up
from ganzoo.bench.tally import Work
from ganzoo.data.pack import Pack, Pair
from ganzoo.errors import WorkError
from ganzoo.train.device import Backend, uncompiled
from ganzoo.train.request import Request, versions

COUNTS = 5  # of what is computed in a step
LONG = 1.0  # seconds
Report = Callable[[str, int, int], None]  # (what is being done, how far, of how many)
Note = Callable[[str], None]


class Trial:
    """How a family is to be timed.

    Args:
        at: place in the run, in [0, 1].
        rounds: how often everybody takes a turn; numbers are medians over them.
        opponent: a step of one's own to be timed beside it.
        report: is told how far it is.
        note: is told what a person should know.
    """

    def __init__(
        self, at: float, rounds: int, opponent: Opponent | Elsewhere | None = None, *, report: Report, note: Note
    ) -> None:
        self.at, self.rounds, self.opponent = at, rounds, opponent
        self.report, self.note = report, note

    def hold(self, request: Request, data: Pack | Pair) -> Result:
        """Time a family on data that are packed.

        Raises:
            WorkError: the step fails, or is too large for the memory.
        """
        try:
            return self._held(request, data)
        except torch.OutOfMemoryError as error:
            batch = request.config.batch
            raise WorkError(
                f"{request.family.name}: out of memory with batch {batch}.\n"
                f"Try --batch {max(1, batch // 2)}, or --set accumulate=2."
            ) from error

    def _held(self, request: Request, data: Pack | Pair) -> Result:
        name, rounds = request.family.name, self.rounds
        self.report(f"{name}: getting ready", 0, rounds)
        backend = Backend.choose(request.device, request.precision)
        if self.opponent and not self.opponent.needs_subject:
            self.opponent.meet()  # what is busy getting ready elsewhere is busy here, too
        forget_peak(backend.device)
        course = course_for(request, data, backend, self.at)
        compiled = request.compile and self._compiled(name, course)
        for kind in course.kinds:
            course.step(kind.numbers[0])
        peak = backend.peak_memory()  # before anybody else is here
        work = work_of(course)
        if self.opponent and self.opponent.needs_subject:
            # The first networks once more: those that have stepped are no longer everybody's beginning.
            self.opponent.meet(subject_of(course_for(request, data, backend, self.at).engine, request.config, data))
        contest = Contest(course, Ceiling(backend), self.opponent)
        contest.warm()
        held = []
        for number in range(rounds):
            self.report(f"{name}: timing", number, rounds)
            held.append(contest.round(number))
        setting = self._setting(request, course, backend, compiled)
        against = self.opponent.target if self.opponent else ""
        return summed_up(setting, held, course.phases, work, contest.images, peak, against)

    def _compiled(self, name: str, course: Course) -> bool:
        if reason := course.engine.compile():
            self.note(f"{name}: not compiled, timed without: {reason}")
        return not reason

    def _setting(self, request: Request, course: Course, backend: Backend, compiled: bool) -> Setting:
        place = course.place
        return Setting(
            family=request.family.name,
            preset=request.preset,
            data=request.data,
            size=request.config.size,
            batch=place.batch,
            at=self.at,
            images=place.images,
            total=place.total,
            device=str(backend.device),
            hardware=hardware(backend.device),
            precision=backend.precision,
            compiled=compiled,
            threads=torch.get_num_threads(),
            cores=cores(),
            commit=commit(),
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            versions=versions(),
        )


def work_of(course: Course) -> dict[str, Work]:
    """What is computed in each part of the mean step, as the networks are written."""
    work: dict[str, Work] = {}
    with uncompiled(course.engine.recipe.nets):
        for kind in course.kinds:
            for part, done in _counted(course, kind).items():
                work[part] = work.get(part, Work()) + done * kind.share
    return work


def _counted(course: Course, kind: Kind) -> dict[str, Work]:
    """The quickest of several counts of a kind; of one where a count takes so long that nothing can hide in it."""
    counts = []
    while len(counts) < COUNTS:
        counts.append(course.count(kind))
        if _seconds(counts[-1]) > LONG:
            break
    return min(counts, key=_seconds)


def _seconds(parts: dict[str, Work]) -> float:
    return sum(work.seconds for work in parts.values())


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

"""One run from where it stands to its end: ticks, sheets, checkpoints, signals."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import torch

from ganzoo.errors import Interrupted, Said, WorkError
from ganzoo.game import Progress
from ganzoo.train import checkpoint
from ganzoo.train.card import write_card
from ganzoo.train.engine import Diverged, Engine
from ganzoo.train.gallery import Gallery
from ganzoo.train.health import Health
from ganzoo.train.ranks.lockstep import Lockstep, Orders
from ganzoo.train.request import Request
from ganzoo.train.run import Run
from ganzoo.train.signals import stop_signals
from ganzoo.train.verdict import BALANCED, remedy

SHEETS = 40  # sample sheets in a run
CHECKPOINTS = 20  # in a run; every fourth is kept for good
KEPT_FOR_GOOD = 5
SAFETY = 300.0  # seconds of work at most that a power cut may cost
FIRST_TICK, LAST_TICK = 1.0, 30.0  # seconds between two readings: short at first, longer in a long run


class Display(Protocol):
    """What a session shows of itself while it works."""

    def advance(self, now: Progress, seconds: float) -> None:
        """A step is done; called after each, so it must cost next to nothing."""

    def tick(self, line: dict[str, Any]) -> None:
        """A line of the log: averages since the one before."""

    def note(self, text: str) -> None:
        """Something a person should know, in one line."""


@dataclass(frozen=True)
class Result:
    """What `ganzoo train --json` prints."""

    run: str
    family: str
    data: str
    step: int
    images: int
    seconds: float
    images_per_second: float
    losses: dict[str, float]


class Session:
    """Takes steps until the request is met, and leaves a folder from which any of them can be taken again.

    Of several ranks each has a session, and all of them do the same at the same step; the first one alone reads and
    writes the folder, draws, and says what a person is to know.
    """

    def __init__(
        self,
        request: Request,
        run: Run,
        engine: Engine,
        gallery: Gallery,
        health: Health,
        about: dict[str, Any],  # what a checkpoint says of itself
        display: Display,
    ):
        self.request, self.run, self.engine, self.gallery = request, run, engine, gallery
        self.health, self.about, self.display = health, about, display
        self.world, self._lockstep, self._orders = engine.world, Lockstep(engine.world), Orders()
        self.seconds = 0.0  # of training, over every process that took part
        self.latest: dict[str, Any] = {}  # line of the log
        self._said: set[str] = set()  # alarms of this run, over every process that took part
        self._ticked = self._saved = time.perf_counter()
        self._ticked_at = (0, 0.0)  # images and seconds at the last tick
        self._stride = 0  # images of the last step, and most likely of the next

    # from the beginning, or from a checkpoint

    def resume(self) -> Path | None:
        """Load the newest checkpoint that is whole, naming each damaged one; None starts from the beginning."""
        path, state, about, lines = self.world.first(self._newest)
        if path is None:
            return None
        self.engine.load(state)
        self.seconds = about["seconds"]
        self._orders = Orders(over=self._is_spent)
        self._foresee()
        self.latest = lines[-1] if lines else {}
        self._said = {text for line in lines for text in line.get("alarms", ())}
        self.health.recall(lines)
        self._ticked_at = (self.engine.now.images, self.seconds)
        return path

    def _newest(self) -> tuple[Path | None, dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
        """Where to go on from, with what is in it, and the log up to there; None where nothing is whole."""
        self.run.sweep()
        for path in self.run.saved():
            try:
                state, about = checkpoint.load(path)
            except checkpoint.Damaged as damaged:
                self.display.note(f"skipping a damaged checkpoint: {damaged}")
                self.run.set_aside(path)
                continue
            self.run.rewind(state["progress"]["images"])
            return path, state, about, self.run.lines()
        self.run.rewind(-1)
        return None, {}, {}, []

    def work(self) -> Result:
        """Train to the end; Interrupted after a checkpoint on SIGINT or SIGTERM, WorkError when training diverges."""
        with stop_signals(self.world.size > 1) as stop, self._disasters():
            if self.world.told(not self.run.sheets()):
                self.hang()
            while not self.finished:
                self._step(stop)
                if self._orders.stop:
                    self.save()
                    self._present()
                    raise Interrupted(
                        f"stopped by {signal.Signals(self._orders.stop).name} at {self.engine.now.images:,} images; "
                        f"{self.run.path} is saved. The same command goes on.",
                        self._orders.stop,
                    )
            return self._finish()

    @property
    def finished(self) -> bool:
        return self._is_over(self.engine.now)

    def _is_over(self, now: Progress) -> bool:
        request = self.request
        if request.steps is not None:
            return now.step >= request.steps
        if request.budget is not None:
            return self._orders.over
        return now.images >= now.total

    @property
    def _is_spent(self) -> bool:
        return self.request.budget is not None and self.seconds >= self.request.budget

    def _clock(self) -> Orders:
        """What it is time for."""
        now = time.perf_counter()
        due = now - self._ticked > min(max(FIRST_TICK, self.seconds / 200), LAST_TICK)
        return Orders(tick=due, save=now - self._saved > SAFETY, over=self._is_spent)

    def _step(self, stop: Sequence[int]) -> None:
        began, before = time.perf_counter(), self.engine.now
        # The first step is read by itself: what grows later is compared with where it began.
        due = not before.step or self._orders.tick
        ahead = replace(before, step=before.step + 1, images=before.images + self._stride)
        self.engine.step(watched=due or passed(before, ahead, SHEETS) or self._is_over(ahead))
        ended, now = time.perf_counter(), self.engine.now
        self.seconds += ended - began
        self._stride = now.images - before.images
        self.display.advance(now, self.seconds)
        if due:
            self.tick()
        # The sheet first: whoever finds a checkpoint finds its sheet beside it.
        if passed(before, now, SHEETS):
            self.hang()
        self._orders = self._lockstep.sit(now.step, stop[0] if stop else 0, self._clock)
        if passed(before, now, CHECKPOINTS) or self._orders.save:
            self.save()

    def _finish(self) -> Result:
        now = self.engine.now
        if self.world.told(self.run.progress != (now.images, True)):  # a run that was made longer was done before
            self.hang()
            self.save()
            self._present(done=True)
            # Last of all, so that a run that says it is done has everything.
            peak = {"peak_memory": self.engine.backend.peak_memory(), "done": True}
            if self.world.is_first:
                self.run.append({"step": now.step, "images": now.images, **self.latest, **peak})
        last = self.run.lines()[-1] if self.world.is_first else {}
        losses = {key: value for key, value in last.items() if key.endswith("/loss")}
        seconds = round(self.seconds, 3)
        speed = now.images / seconds if seconds else 0.0  # of the seconds told, so that the two agree
        return Result(self.run.name, self.request.family.name, self.request.data, now.step, now.images,
                      seconds, round(speed, 3), losses)  # fmt: skip

    # what is written on the way

    def tick(self) -> None:
        """Read the device once, write a line of the log, and look whether the numbers are still numbers."""
        began = time.perf_counter()
        values, now = self.engine.read(), self.engine.now
        self._ticked = time.perf_counter()
        self.seconds += self._ticked - began  # an accelerator catches up here with steps that were only asked for
        (self.seconds,) = self.world.most([self.seconds if self.world.is_first else 0.0])
        images, seconds = now.images - self._ticked_at[0], self.seconds - self._ticked_at[1]
        if values and self.world.is_first:
            self.latest = {
                "step": now.step,
                "images": now.images,
                "seconds": round(self.seconds, 3),
                "images_per_second": round(images / seconds, 3),
                **{key: round(value, 6) for key, value in values.items()},
            }
            before = self.health.judge.verdict
            self.latest["health"] = self.health.examine(self.engine, self.latest)
            alarms = self._alarms()
            self.run.append({**self.latest, "alarms": alarms} if alarms else self.latest)
            self.display.tick(self.latest)
            for text in [*alarms, *self._verdict(before)]:
                self.display.note(text)
        self._ticked_at = (now.images, self.seconds)
        self._foresee()

    def _alarms(self) -> list[str]:
        """What the recipe wants to be heard about the newest line and nobody was told yet."""
        alarms = [each for each in self.engine.recipe.alarms if self.latest.get(each.value, each.above) > each.above]
        fresh = [each.text for each in alarms if each.text not in self._said]
        self._said.update(fresh)
        return fresh

    def _verdict(self, before: str) -> list[str]:
        """What a person is to hear of a verdict that is another one than before."""
        verdict = self.latest["health"]["verdict"]
        if verdict == before:
            return []
        says = remedy(verdict, asdict(self.request.config)) or "What was wrong is over."
        return [f"{verdict}{' again' if verdict == BALANCED else ''}, at {self.engine.now.images:,} images. {says}"]

    def hang(self) -> None:
        """Draw a sheet, but never of a run that has diverged."""
        self.tick()
        if self.world.is_first:
            self.gallery.hang(self.engine)

    def save(self) -> None:
        """Write a checkpoint, but never of a run that has diverged: the one before it is worth more."""
        self.tick()
        state, now = self.engine.state(), self.engine.now
        if self.world.is_first:
            path = self.run.checkpoint_path(now.images)
            checkpoint.save(path, state, {**self.about, "seconds": self.seconds, **asdict(now)})
            self.run.prune(max(1, now.total // KEPT_FOR_GOOD))
        self._saved = time.perf_counter()

    def _present(self, done: bool = False) -> None:
        """The animation and the card: what a person opens first."""
        if not self.world.is_first:
            return
        self.gallery.animate()
        write_card(self.run, self.request.family, done)

    def _foresee(self) -> None:
        """How many images a run of so many seconds will be, which only its speed so far can tell."""
        if self.request.budget is not None and self.seconds:
            total = int(self.engine.now.images * self.request.budget / self.seconds)
            self.engine.now = replace(self.engine.now, total=max(total, 1))

    @contextmanager
    def _disasters(self) -> Iterator[None]:
        try:
            yield
        except Interrupted as interrupted:
            if self.world.is_first:
                raise
            raise Said(interrupted.exit_status) from None
        except Diverged as diverged:
            state = self.engine.state()
            if not self.world.is_first:
                raise Said(diverged.exit_status) from None
            wreck = self.run.path / "diverged.safetensors"
            checkpoint.save(wreck, state, {**self.about, **asdict(self.engine.now)})
            raise WorkError(
                f"{diverged}. The state is in {wreck} for inspection.\n"
                "Try a lower learning rate (--set lr=...) or another loss."
            ) from diverged
        except torch.OutOfMemoryError as error:
            half = max(1, self.request.config.batch // 2)
            raise WorkError(
                f"out of memory on {self.engine.backend.device} with batch {self.request.config.batch}.\n"
                f"Try --batch auto (the same batch, in parts that fit) or --batch {half}."
            ) from error
        except OSError as error:
            raise WorkError(
                f"could not write to {self.run.path}: {error.strerror or error}.\n"
                "Make room and run the same command again: it goes on from the newest checkpoint."
            ) from error


def passed(before: Progress, now: Progress, marks: int) -> bool:
    """Whether a step crossed one of ``marks`` evenly spaced places of the run, its end left out."""
    return int(before.fraction * marks) < int(now.fraction * marks) < marks

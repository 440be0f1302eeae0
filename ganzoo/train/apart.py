"""A run in a process of its own: its memory is its own, and its end costs nobody else."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic
from typing import Any

from ganzoo.errors import GanzooError, Interrupted, WorkError
from ganzoo.train.plan import Asked

OFTEN = 0.2  # seconds between two reports
GRACE = 120.0  # seconds to save itself when it is told to stop


@dataclass(frozen=True)
class News:
    """What a run says of itself while it trains."""

    images: int
    seconds: float
    fraction: float  # of what was asked for
    note: str = ""


def train_apart(asked: Asked, folder: Path, watch: Callable[[News], None]) -> None:
    """Train a run in another process, or train it on.

    Raises:
        Interrupted: SIGINT or SIGTERM came; the run has saved itself.
        WorkError: it diverged, or its process was killed.
    """
    from ganzoo.train.session import stop_signals

    here, there = multiprocessing.get_context("spawn").Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=_train, args=(asked, folder, there), daemon=True)
    with stop_signals() as stop:
        _start(process)
        there.close()
        failure = _listen(here, process, stop, watch)
        process.join()
    if stop:
        raise Interrupted(str(failure or f"stopped by {stop[0]}"))
    if failure:
        raise failure
    if process.exitcode:
        raise WorkError(f"its process ended with status {process.exitcode}: killed, or out of memory")


def _start(process: Any) -> None:
    """Start it deaf to Ctrl-C, which a terminal sends to both: until it can save itself, only we tell it to stop."""
    try:
        usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not the main thread
        process.start()
        return
    try:
        process.start()
    finally:
        signal.signal(signal.SIGINT, usual)


def _listen(here: Connection, process: Any, stop: list[str], watch: Callable[[News], None]) -> GanzooError | None:
    """Pass on what it says until it ends; give back how it failed."""
    failure, deadline = None, None
    while True:
        if stop and deadline is None:
            process.terminate()
            deadline = monotonic() + GRACE
        if deadline is not None and monotonic() > deadline:
            process.kill()
        try:
            said = here.recv() if here.poll(OFTEN) else None
        except (EOFError, OSError):
            return failure
        if isinstance(said, News):
            watch(said)
        elif said is not None:
            failure = said
        elif not process.is_alive():
            return failure


def _train(asked: Asked, folder: Path, there: Connection) -> None:
    """What the process does."""
    from ganzoo.data.catalogue import open_data
    from ganzoo.train.launch import open_session
    from ganzoo.train.plan import plan
    from ganzoo.train.runs import Runs

    try:
        request = plan(asked)
        data = open_data(request.data, size=request.config.size, channels=request.config.channels)
        shown = Telling(there, request.budget, request.steps)
        with open_session(request, data, Runs(folder), shown) as session:
            session.work()
    except GanzooError as error:
        there.send(error)


class Telling:
    """The display of a run that somebody else shows."""

    def __init__(self, there: Connection, budget: float | None, steps: int | None):
        from ganzoo.train.display import End

        self.there, self.end = there, End(budget, steps)
        self.told = 0.0
        self.news = News(0, 0.0, 0.0)

    def advance(self, now: Any, seconds: float) -> None:
        if monotonic() - self.told > OFTEN:
            self.told = monotonic()
            self.news = News(now.images, seconds, self.end.fraction(now, seconds))
            self.there.send(self.news)  # where nobody listens any more this raises OSError, and the run ends

    def tick(self, line: dict[str, Any]) -> None:
        """Nothing: `advance` says enough."""

    def note(self, text: str) -> None:
        self.there.send(News(self.news.images, self.news.seconds, self.news.fraction, text))

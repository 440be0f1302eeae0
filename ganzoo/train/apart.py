"""A run in a process of its own: its memory is its own, and its end costs nobody else."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic
from typing import Any

from ganzoo.errors import GanzooError, WorkError
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


class Apart:
    """A run that is being trained in another process, or trained on.

    Args:
        asked: the run.
        folder: of all runs.
        threads: that it computes with on a CPU; 0 takes what torch takes.
    """

    def __init__(self, asked: Asked, folder: Path, threads: int = 0):
        context = multiprocessing.get_context("spawn")
        self.here, there = context.Pipe(duplex=False)
        self.failure: GanzooError | None = None
        self._process = context.Process(target=_train, args=(asked, folder, threads, there), daemon=True)
        self._deadline: float | None = None  # once it was told to stop
        _start(self._process)
        there.close()  # the other process has it now: when that ends, nobody will

    def news(self) -> Iterator[News]:
        """What it has said since; the last time when it `is_over`."""
        if self._deadline is not None and monotonic() > self._deadline:
            self._process.kill()
        try:
            while self.here.poll():
                said = self.here.recv()
                if isinstance(said, News):
                    yield said
                else:
                    self.failure = said
        except (EOFError, OSError):
            self._end()

    @property
    def is_over(self) -> bool:
        """Whether it has ended, well or with a ``failure``."""
        return self.here.closed

    def stop(self) -> None:
        """Tell it to save itself and end; it is killed where it does not."""
        if self._deadline is None:
            self._deadline = monotonic() + GRACE
            self._process.terminate()

    def _end(self) -> None:
        self.here.close()
        self._process.join()
        status = self._process.exitcode
        if status and not self.failure and self._deadline is None:
            why = "killed, or out of memory" if status < 0 else "it says why above"
            self.failure = WorkError(f"its process ended with status {status}: {why}")


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


def _train(asked: Asked, folder: Path, threads: int, there: Connection) -> None:
    """What the process does."""
    import torch

    from ganzoo.data.catalogue import open_data
    from ganzoo.train.launch import open_session
    from ganzoo.train.plan import plan
    from ganzoo.train.runs import Runs

    if threads:
        torch.set_num_threads(threads)
    try:
        request = plan(asked)
        data = open_data(request.data, size=request.config.size, channels=request.config.channels)
        shown = Telling(there, request.budget, request.steps)
        with open_session(request, data, Runs(folder), shown) as session:
            session.work()
    except GanzooError as error:
        with suppress(OSError):  # nobody listens any more
            there.send(error)


class Telling:
    """The display of a run that somebody else shows."""

    def __init__(self, there: Connection, budget: float | None, steps: int | None):
        from ganzoo.train.display import End

        self.there, self.end = there, End(budget, steps)
        self.told, self.is_alone = 0.0, False
        self.news = News(0, 0.0, 0.0)

    def advance(self, now: Any, seconds: float) -> None:
        if monotonic() - self.told > OFTEN:
            self.told = monotonic()
            self.news = News(now.images, seconds, self.end.fraction(now, seconds))
            self._say(self.news)

    def tick(self, line: dict[str, Any]) -> None:
        """Nothing: `advance` says enough."""

    def note(self, text: str) -> None:
        self._say(News(self.news.images, self.news.seconds, self.news.fraction, text))

    def _say(self, news: News) -> None:
        try:
            self.there.send(news)
        except OSError:  # whoever started this was killed: it is to save itself and end
            if not self.is_alone:
                self.is_alone = True
                signal.raise_signal(signal.SIGTERM)

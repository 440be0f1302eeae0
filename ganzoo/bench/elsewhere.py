"""An opponent in a process of its own, which has nothing of what ganzoo does for the process it trains in."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from ganzoo.bench.course import course_for
from ganzoo.bench.opponent import Opponent
from ganzoo.bench.stopwatch import waiting_for
from ganzoo.bench.subject import Subject, subject_of
from ganzoo.errors import GanzooError, WorkError
from ganzoo.train.plan import Asked

USUAL = {"GANZOO_RETURN_MEMORY": "1", "OMP_WAIT_POLICY": None, "GOMP_SPINCOUNT": None}  # None: not set


class Elsewhere:
    """A step of one's own as it would run without ganzoo: freed memory goes back, threads wait as torch has them wait.

    The same names as those of `Opponent`; what it costs to be asked from outside, a tenth of a millisecond a step, is
    in its time.

    Raises:
        RequestError: there is no such file, or no such function in it.
        WorkError: the file cannot be imported.
    """

    needs_subject = False  # its process makes one

    def __init__(self, target: str, asked: Asked, at: float) -> None:
        Opponent(target)  # what is wrong with it is told before anything is begun
        self.target = target
        context = multiprocessing.get_context("spawn")
        self._line, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(target, asked, at, there), daemon=True)
        with _as_usual():
            self._process.start()
        there.close()

    def meet(self, subject: Subject | None = None) -> None:
        """Wait until its process is ready."""
        self._hear()

    def step(self, number: int) -> None:
        """Have it take one step, and wait for its end. Raises WorkError where the function's own code fails."""
        self._line.send(number)
        self._hear()

    def _hear(self) -> None:
        try:
            answer = self._line.recv()
        except (EOFError, OSError):
            self._process.join()
            status = self._process.exitcode
            raise WorkError(
                f"{self.target}: its process ended with status {status}: killed, or out of memory"
            ) from None
        if answer is not None:
            raise answer


def _serve(target: str, asked: Asked, at: float, line: Connection) -> None:
    """What the process does: a step whenever a number comes, until whoever asks is gone."""
    from ganzoo.data.catalogue import open_data
    from ganzoo.train.device import Backend
    from ganzoo.train.plan import plan

    try:
        request = plan(asked)
        data = open_data(request.data, size=request.config.size, channels=request.config.channels)
        backend = Backend.choose(request.device, request.precision)
        opponent = Opponent(target)
        opponent.meet(subject_of(course_for(request, data, backend, at).engine, request.config, data))
        wait = waiting_for(backend.device)
        line.send(None)
        while True:
            opponent.step(line.recv())
            wait()
            line.send(None)
    except GanzooError as error:
        line.send(error)
    except (EOFError, KeyboardInterrupt):
        pass


@contextmanager
def _as_usual() -> Iterator[None]:
    """The environment that a process of torch has by itself."""
    before = {name: os.environ.get(name) for name in USUAL}
    _set(USUAL)
    try:
        yield
    finally:
        _set(before)


def _set(values: dict[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value

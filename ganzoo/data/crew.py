"""The crew: processes that decode pictures beside this one, where there are enough pictures for that to pay."""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any

from ganzoo.errors import WorkError

MOST = 32  # processes; more than one can hand pictures on to is of no use
# Not multiprocessing: its children import the caller's script again, and a script without a guard would run twice.
START = "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); from ganzoo.data.crew import toil; toil()"


def processors() -> int:
    """Count the processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Crew:
    """Processes that apply a function of ganzoo to one task after another.

    They hear no Ctrl-C and end with the process that started them, however that ends.
    """

    def __init__(self, hands: int = 0) -> None:
        self._hands = hands or min(processors(), MOST)

    def __enter__(self) -> Crew:
        self._workers = [_Worker() for _ in range(self._hands)]
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._pool = ThreadPoolExecutor(self._hands)  # a thread for each, that waits for it
        return self

    def map(self, work: Callable[..., Any], tasks: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        """Yield ``work(*task)`` for every task, in their order, a few ahead of whoever asks.

        Raises WorkError where a process died: a decoder that crashed, or too little memory.
        """
        ahead: deque[Future[Any]] = deque()
        for task in tasks:
            ahead.append(self._pool.submit(self._ask, work, task))
            if len(ahead) > 2 * self._hands:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        for worker in self._workers:
            worker.end()
        self._pool.shutdown(cancel_futures=True)

    def _ask(self, work: Callable[..., Any], task: tuple[Any, ...]) -> Any:
        worker = self._idle.get()
        try:
            return worker.ask(work, task)
        finally:
            self._idle.put(worker)


class _Worker:
    """One process, spoken to through pipes."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", START], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        pickle.dump(sys.path, self._process.stdin)

    def ask(self, work: Callable[..., Any], task: tuple[Any, ...]) -> Any:
        """Have a task done. Raises what the work raised."""
        try:
            pickle.dump((work, task), self._process.stdin, pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()
            done, answer = pickle.load(self._process.stdout)
        except (OSError, EOFError, ValueError, pickle.UnpicklingError):
            status = self._process.wait()
            raise WorkError(
                f"A process that decodes pictures ended with status {status}: killed, or out of memory.\n"
                "The same command goes on where it stood."
            ) from None
        if not done:
            raise answer
        return answer

    def end(self) -> None:
        """Stop it at once, whatever it does."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                pipe.close()
            except OSError:
                continue  # what was still to be said to it


def toil() -> None:
    """Do one task after another, until nobody asks any more: what a process of the crew runs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not fall between the answers
    while True:
        try:
            work, task = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            answer = True, work(*task)
        except Exception as error:
            answer = False, error
        try:
            pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()
        except BrokenPipeError:
            os._exit(0)  # nobody waits; closing the pipe in order would complain of it once more

"""Signals that ask a run to stop: heard at any time, obeyed between two steps."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

STOPS = [signal.SIGINT, signal.SIGTERM]
if hasattr(signal, "SIGUSR2"):
    STOPS.append(signal.SIGUSR2)  # SLURM's warning that a job's time is nearly up, as submitit asks for it


@contextmanager
def stop_signals(is_echoed: bool = False) -> Iterator[list[signal.Signals]]:
    """Collect `STOPS`, to be obeyed between two steps; a second one kills at once.

    Not so where it ``is_echoed``: a terminal sends a signal to all ranks, and who launched them sends it on.
    """
    caught: list[signal.Signals] = []
    usual = {}

    def catch(number: int, _frame: Any) -> None:
        caught.append(signal.Signals(number))
        if not is_echoed:
            signal.signal(number, usual[number])

    try:
        for number in STOPS:
            usual[number] = signal.signal(number, catch)
    except ValueError:  # not the main thread: whoever owns it decides
        pass
    try:
        yield caught
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)

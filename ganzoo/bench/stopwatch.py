"""The stopwatch: how long each part of a piece of work took, without holding the device up."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch

Mark = Any  # a moment: seconds, or an event in a device's queue


@dataclass(frozen=True)
class Reading:
    """What a stopwatch showed, in seconds."""

    whole: float  # from start to stop
    parts: dict[Hashable, float]  # what was told at the end of each lap; together no more than the whole


class Stopwatch:
    """Laps by the clock of the host, which on the CPU is where the work is done.

    Args:
        wait: waits for a device that only queues what it is told; each lap does.
        clock: seconds since whenever.
    """

    def __init__(self, wait: Callable[[], None] | None = None, clock: Callable[[], float] = time.perf_counter) -> None:
        self._wait, self._clock = wait or _go_on, clock
        self._marks: list[tuple[Hashable, Mark]] = []

    def start(self) -> None:
        """Begin anew, when the device has nothing left to do."""
        self._wait()
        self._began = self._clock()
        self._marks = [(None, self._mark())]

    def lap(self, part: Hashable) -> None:
        """Count what happened since the last lap as time of ``part``."""
        self._marks.append((part, self._mark()))

    def stop(self) -> Reading:
        """What it came to, when the device is done with it."""
        self._wait()
        whole = self._clock() - self._began
        parts: dict[Hashable, float] = {}
        for (_, before), (part, after) in pairwise(self._marks):
            parts[part] = parts.get(part, 0.0) + self._between(before, after)
        return Reading(whole, parts)

    def _mark(self) -> Mark:
        self._wait()
        return self._clock()

    def _between(self, before: Mark, after: Mark) -> float:
        return after - before


class QueueStopwatch(Stopwatch):
    """Laps by events in the device's own queue (CUDA): the host is not stopped, and runs ahead as it always does.

    Time in which the device has nothing to do counts as time of the part that it waits for.
    """

    def __init__(self, wait: Callable[[], None], record: Callable[[], Any]) -> None:
        super().__init__(wait)
        self._record = record  # puts an event into the queue

    def _mark(self) -> Mark:
        return self._record()

    def _between(self, before: Mark, after: Mark) -> float:
        return before.elapsed_time(after) / 1000


def stopwatch_for(device: torch.device) -> Stopwatch:
    """The one that disturbs a device least."""
    wait = waiting_for(device)
    if device.type == "cuda":
        return QueueStopwatch(wait, lambda: _recorded(device))
    return Stopwatch(wait)


def _recorded(device: torch.device) -> torch.cuda.Event:
    event = torch.cuda.Event(enable_timing=True)
    event.record(torch.cuda.current_stream(device))  # of this device, which need not be the current one
    return event


def waiting_for(device: torch.device) -> Callable[[], None]:
    """What waits until a device has done all that it was told."""
    if device.type == "cuda":
        return lambda: torch.cuda.synchronize(device)
    return torch.mps.synchronize if device.type == "mps" else _go_on


def _go_on() -> None:
    """On the CPU what was called is done."""

"""Laps of a stopwatch."""

from __future__ import annotations

import pytest
import torch

from ganzoo.bench.stopwatch import QueueStopwatch, Stopwatch, stopwatch_for


class Clock:
    """A clock that goes when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Queue:
    """A device that has done nothing of what it was told until it is waited for."""

    def __init__(self):
        self.waited, self.asked = 0, 0.0

    def wait(self) -> None:
        self.waited += 1

    def record(self) -> Event:
        return Event(self)


class Event:
    def __init__(self, queue: Queue):
        self.queue, self.at = queue, queue.asked

    def elapsed_time(self, other: Event) -> float:
        assert self.queue.waited >= 2, "read before the device was waited for"
        return 1000 * (other.at - self.at)


def test_laps_of_one_name_are_added_and_what_nobody_claims_is_left():
    clock = Clock()
    watch = Stopwatch(clock=clock)
    watch.start()
    for part, seconds in (("d", 2), ("g", 3), ("d", 5)):
        clock.now += seconds
        watch.lap(part)
    clock.now += 7
    reading = watch.stop()
    assert reading.parts == {"d": 7, "g": 3}
    assert reading.whole == 17


def test_starting_anew_forgets():
    clock = Clock()
    watch = Stopwatch(clock=clock)
    watch.start()
    watch.lap("d")
    clock.now = 4
    watch.start()
    clock.now = 5
    watch.lap("g")
    assert watch.stop().parts == {"g": 1}


def test_a_device_that_queues_is_waited_for_at_every_lap():
    queue = Queue()
    watch = Stopwatch(queue.wait)
    watch.start()
    before = queue.waited
    watch.lap("d")
    watch.lap("g")
    assert queue.waited == before + 2


def test_events_time_a_queue_without_waiting_in_between():
    queue = Queue()
    watch = QueueStopwatch(queue.wait, queue.record)
    watch.start()
    begun = queue.waited
    for part, seconds in (("d", 2), ("g", 3), ("d", 5)):
        queue.asked += seconds
        watch.lap(part)
    assert queue.waited == begun
    reading = watch.stop()
    assert queue.waited == begun + 1
    assert reading.parts == pytest.approx({"d": 7, "g": 3})


def test_on_the_cpu_laps_are_no_more_than_the_whole():
    watch = stopwatch_for(torch.device("cpu"))
    watch.start()
    for _ in range(3):
        sum(range(1000))
        watch.lap("sums")
    reading = watch.stop()
    assert 0 < sum(reading.parts.values()) <= reading.whole

"""Rounds: who takes which steps, and what is made of their times. Time is a number that steps move on."""

from __future__ import annotations

import pytest
from menagerie import Lazy, critic

from ganzoo.bench.ceiling import Ceiling
from ganzoo.bench.contest import Contest, Round
from ganzoo.bench.course import Course
from ganzoo.bench.stopwatch import Stopwatch
from ganzoo.train.device import Backend

SECONDS = {"g": 1.0, "d": 2.0, "d_r1": 12.0}  # of the phases of Lazy


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Sparring:
    """A step of one's own that takes a time of its own, and writes down when it was its turn."""

    def __init__(self, clock: Clock, seconds: float, diary: list):
        self.clock, self.seconds, self.diary = clock, seconds, diary

    def step(self, number: int) -> None:
        self.diary.append(("opponent", number))
        self.clock.now += self.seconds


@pytest.fixture
def contest(start):
    """A contest of Lazy by a clock that phases and the opponent's steps move on, and the diary of all steps."""

    def make(seconds: float | None = None, recipe=None):
        clock, diary = Clock(), []
        course = Course(start(recipe or Lazy()), 0.0)
        for phase in course.phases:
            slowed(course.engine.recipe, phase.loss.__name__, SECONDS.get(phase.name, 1.0), clock)
        took = course.step
        course.step = lambda number: (diary.append(("engine", number)), took(number))[1]
        opponent = None if seconds is None else Sparring(clock, seconds, diary)
        held = Contest(course, Ceiling(Backend.choose("cpu", "fp32")), opponent)
        held.watch = Stopwatch(clock=clock)
        held.warm()
        diary.clear()
        return held, diary

    return make


def slowed(recipe, loss: str, seconds: float, clock: Clock) -> None:
    usual = getattr(recipe, loss)

    def slower(batch):
        clock.now += seconds
        return usual(batch)

    slower.__name__ = loss
    setattr(recipe, loss, slower)


def test_a_step_is_the_mean_of_its_kinds_by_how_often_they_come(contest):
    held, _ = contest()
    taken = held.round(0)
    assert taken.step == pytest.approx(1 + 2 + 12 / 3)
    assert {name: s for name, s in taken.parts.items() if s} == pytest.approx({"g": 1, "d": 2, "d_r1": 4})
    assert taken.opponent is None
    assert set(taken.ceiling) == {"products", "convolutions"}


def test_repeated_phases_count_each_time_and_show_images_of_their_own(contest):
    held, _ = contest(recipe=critic())
    taken = held.round(0)
    assert taken.parts["d"] == pytest.approx(5 * SECONDS["d"])
    assert taken.parts["g"] == pytest.approx(SECONDS["g"])
    assert held.images == 5 * 8


def test_both_take_every_kind_in_every_round_and_take_turns_to_begin(contest):
    held, diary = contest(3.5)
    kinds = [set(kind.numbers) for kind in held.course.kinds]

    def turns(number: int) -> list[tuple[str, int]]:
        diary.clear()
        held.round(number)
        return [(name, next(at for at, kind in enumerate(kinds) if step in kind)) for name, step in diary]

    assert turns(0) == [("engine", 0), ("opponent", 0), ("engine", 1), ("opponent", 1)]
    assert turns(1) == [("opponent", 0), ("engine", 0), ("opponent", 1), ("engine", 1)]


@pytest.mark.parametrize(("seconds", "ratio"), [(3.5, 0.5), (7.0, 1.0), (14.0, 2.0)])
def test_the_opponent_has_its_own_time(contest, seconds, ratio):
    taken = contest(seconds)[0].round(0)
    assert taken.opponent / taken.step == pytest.approx(ratio)


def test_the_steps_of_a_kind_are_gone_through(contest):
    held, diary = contest()
    for number in range(4):
        held.round(number)
    usual = [number for _, number in diary if number in held.course.kinds[1].numbers]
    assert set(usual) == set(held.course.kinds[1].numbers) == {1, 2}


def test_short_steps_are_taken_several_at_a_time(contest, monkeypatch):
    monkeypatch.setattr("ganzoo.bench.contest.TURN", 9.0)
    held, diary = contest(0.0)
    held.round(0)
    names = [name for name, _ in diary]
    # 15 s a full step and 3 s another; the opponent takes no time at all
    assert names == ["engine"] * 1 + ["opponent"] * 50 + ["engine"] * 3 + ["opponent"] * 50
    assert held.round(1).step == pytest.approx(7)


def test_nothing_is_left_behind_in_the_engine(contest):
    held, _ = contest()
    before = held.course.engine.lap
    held.round(0)
    assert held.course.engine.lap is before
    assert held.course.engine.read() == {}


def test_a_real_round_adds_up(start):
    held = Contest(Course(start(Lazy()), 0.0), Ceiling(Backend.choose("cpu", "fp32")))
    held.warm()
    taken = held.round(0)
    assert isinstance(taken, Round)
    assert set(taken.parts) == {"begin", "loader", "g", "d", "d_r1", "averages"}
    assert 0 < sum(taken.parts.values()) <= taken.step

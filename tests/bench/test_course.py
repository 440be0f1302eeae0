"""Steps at one place of a run, and the kinds there are of them."""

from __future__ import annotations

import pytest
from menagerie import Lazy, Staged, critic, plain

from ganzoo.bench.course import Course, cycle_of, kinds_of
from ganzoo.game import Phase


def phases(**every: int) -> list[Phase]:
    return [Phase(name, lambda batch: None, name, every=number) for name, number in every.items()]


def test_kinds_come_as_often_as_their_phases():
    kinds = kinds_of(phases(g=1, path=4, d=1, r1=16))
    assert [(kind.due, kind.share) for kind in kinds] == [
        (("g", "path", "d", "r1"), 1 / 16),
        (("g", "d"), 12 / 16),
        (("g", "path", "d"), 3 / 16),
    ]
    assert kinds[2].numbers == (4, 8, 12)


@pytest.mark.parametrize("every", [{"a": 1}, {"a": 2, "b": 3}, {"a": 1, "b": 4, "c": 6}, {"a": 5}])
def test_every_step_is_of_one_kind(every):
    kinds = kinds_of(phases(**every), 60)
    cycle = cycle_of(phases(**every))
    assert sorted(number for kind in kinds for number in kind.numbers) == list(range(60, 60 + cycle))
    assert sum(kind.share for kind in kinds) == pytest.approx(1)
    for kind in kinds:
        for number in kind.numbers:
            assert kind.due == tuple(name for name, n in every.items() if number % n == 0)
    for name, n in every.items():
        assert sum(kind.share for kind in kinds if name in kind.due) == pytest.approx(1 / n)


def test_data_go_on_and_the_schedule_stands_still(start, drawn):
    recipe, seen = plain(), []
    engine = start(recipe)
    recipe.begin = lambda now: seen.append((now.step, now.images))
    course = Course(engine, 0.5)
    for number in (62, 62, 63):
        assert course.step(number) == 8
    assert drawn == [(500, 8), (508, 8), (516, 8)]
    assert {images for _, images in seen} == {500}
    assert [step for step, _ in seen[1:]] == [62, 62, 63]


def test_only_what_is_due_is_done(start):
    course = Course(start(Lazy()), 0.9)
    assert [kind.due for kind in course.kinds] == [("g", "d", "d_r1"), ("g", "d")]
    for kind in course.kinds:
        course.step(kind.numbers[0])
        logged = {key.partition("/")[0] for key in course.engine.read()}
        assert logged == set(kind.due)


def test_repeated_phases_show_images_of_their_own(start):
    course = Course(start(critic()), 0.0)
    assert course.step(course.kinds[0].numbers[0]) == 5 * 8


@pytest.mark.parametrize(("at", "stage"), [(0.0, "one"), (0.4, "one"), (0.6, "two"), (1.0, "two")])
def test_the_place_decides_about_stages(start, at, stage):
    course = Course(start(Staged()), at)
    assert [phase.name for phase in course.phases] == [stage]
    assert course.place.images == int(1000 * at)


def test_the_batch_is_that_of_the_place(start, drawn):
    recipe = plain()
    recipe.begin = lambda now: setattr(recipe, "batch", 4 if now.fraction > 0.5 else None)
    course = Course(start(recipe), 0.9)
    assert course.place.batch == 4
    assert course.step(0) == 4
    assert drawn == [(900, 4)]


def test_work_is_counted_by_part(start):
    course = Course(start(Lazy()), 0.0)
    whole, usual = (course.count(kind) for kind in course.kinds)
    assert set(whole) == {"begin", "loader", "g", "d", "d_r1", "averages"}
    assert set(usual) == set(whole) - {"d_r1"}
    assert usual["g"].products == whole["g"].products > 0
    assert whole["d_r1"].products > 0
    assert whole["loader"].flops == whole["averages"].flops == 0
    assert whole["averages"].operations > 0

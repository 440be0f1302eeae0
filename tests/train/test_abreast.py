"""Several runs at a time: who has room, how they end, and what they say."""

from __future__ import annotations

import os
import signal
import time

import pytest
import torch

from ganzoo.errors import Interrupted, RequestError, WorkError
from ganzoo.train.abreast import Abreast
from ganzoo.train.plan import Asked

PATIENCE = 120.0  # seconds until a process that says nothing is a failure


@pytest.fixture
def crew(tmp_path):
    """Room for three, and nobody left behind."""
    crew = Abreast(tmp_path / "runs", jobs=3, threads=1, device=torch.device("cpu"))
    yield crew
    crew.stop()
    until(lambda: not len(crew), crew)


def until(is_reached, crew: Abreast) -> list:
    """Listen; gives what was said, and how runs ended."""
    said, latest = [], time.monotonic() + PATIENCE
    while not is_reached():
        assert time.monotonic() < latest
        said += [*crew.news(), *crew.ended()]
    return said


def asked(data: object, images: str = "10m") -> Asked:
    return Asked("vanilla", data=str(data), preset="points", images=images)


def test_nobody_begins_that_has_no_room_beside_those_who_train(crew):
    assert crew.has_room(None)
    assert crew.has_room(10**15)  # alone, whatever it needs
    crew.start("one", asked("ring"), 2**20)
    assert crew.has_room(2**20)
    assert not crew.has_room(10**15)
    assert not crew.has_room(None)  # nobody knows what it needs
    assert not crew.is_full


def test_a_run_of_which_nobody_knows_its_need_has_the_device_alone(crew):
    crew.start("one", asked("ring"), None)
    assert not crew.has_room(2**20)


def test_runs_that_cannot_be_or_are_killed_cost_nobody_else_anything(crew, tmp_path):
    crew.start("impossible", asked(tmp_path / "nowhere"), 0)
    crew.start("killed", asked("ring"), 0)
    crew.start("small", asked("ring", "64"), 0)
    assert crew.is_full
    os.kill(crew._runs["killed"]._process.pid, signal.SIGKILL)
    ended = dict(each for each in until(lambda: not len(crew), crew) if not hasattr(each[1], "images"))
    assert isinstance(ended["impossible"], RequestError)
    assert isinstance(ended["killed"], WorkError)
    assert "status -9" in str(ended["killed"])
    assert ended["small"] is None


def test_who_is_told_to_stop_saves_itself(crew, tmp_path):
    crew.start("one", asked("ring"), 0)
    said = []
    until(lambda: said.extend(crew.news()) or any(news.images for _, news in said), crew)
    crew.stop()
    ((name, failure),) = [each for each in until(lambda: not len(crew), crew) if not hasattr(each[1], "images")]
    assert (name, type(failure)) == ("one", Interrupted)
    assert list((tmp_path / "runs").glob("*/checkpoints/*.safetensors"))

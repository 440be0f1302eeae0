"""A step of one's own in a process of its own."""

from __future__ import annotations

import os

import pytest

from ganzoo.bench.elsewhere import Elsewhere
from ganzoo.errors import RequestError, WorkError
from ganzoo.train.plan import Asked

ASKED = Asked("vanilla", preset="tiny", options={"device": "cpu", "precision": "fp32"})
STEPS = """
import os

def watched(subject):
    def step(number):
        with open(os.environ["SEEN"], "a") as file:
            names = ("GANZOO_RETURN_MEMORY", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
            print(os.getpid(), number, len(subject.images), *(os.environ.get(name) for name in names), file=file)
    return step

def weak(subject):
    def step(number):
        raise ArithmeticError("too weak")
    return step

def gone(subject):
    return lambda number: os._exit(9)
"""


@pytest.fixture
def steps(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    monkeypatch.setenv("GOMP_SPINCOUNT", "1000")
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    (tmp_path / "steps.py").write_text(STEPS)
    return tmp_path / "steps.py"


def test_it_takes_the_steps_it_is_told_where_nothing_of_ours_is_set(steps, tmp_path):
    opponent = Elsewhere(f"{steps}:watched", ASKED, 0.5)
    opponent.meet()
    for number in (3, 4):
        opponent.step(number)
    seen = [line.split() for line in (tmp_path / "seen").read_text().splitlines()]
    assert [int(line[1]) for line in seen] == [3, 4]
    assert {int(line[0]) for line in seen} != {os.getpid()}
    assert [line[3:] for line in seen] == [["1", "None", "None"]] * 2
    assert int(seen[0][2]) > 0
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
    assert "GANZOO_RETURN_MEMORY" not in os.environ


def test_what_goes_wrong_there_is_told_here(steps):
    with pytest.raises(RequestError, match="no function 'week'"):
        Elsewhere(f"{steps}:week", ASKED, 0.5)
    opponent = Elsewhere(f"{steps}:weak", ASKED, 0.5)
    opponent.meet()
    with pytest.raises(WorkError, match="line 13: ArithmeticError: too weak"):
        opponent.step(0)


def test_a_process_that_is_gone_is_told(steps):
    opponent = Elsewhere(f"{steps}:gone", ASKED, 0.5)
    opponent.meet()
    with pytest.raises(WorkError, match="its process ended with status 9"):
        opponent.step(0)

"""Steps of one's own, and what can be wrong with them."""

from __future__ import annotations

import pytest
import torch

from ganzoo.bench.opponent import Opponent
from ganzoo.errors import GanzooError, RequestError, WorkError


@pytest.fixture
def written(tmp_path):
    def write(code: str, name: str = "steps.py"):
        path = tmp_path / name
        path.write_text(code, encoding="utf-8")
        return path

    return write


PLAIN = """
taken = []
def plain(subject):
    return lambda number: taken.append((subject, number))
"""
ANSWERS = """
from __future__ import annotations
from dataclasses import dataclass
from beside_the_steps import ANSWER
@dataclass
class Plain:
    subject: int
    def __call__(self, number: int) -> int:
        return ANSWER
"""


def test_a_function_makes_a_step_of_its_subject(written):
    opponent = Opponent(f"{written(PLAIN)}:plain")
    opponent.meet("a subject")
    opponent.step(3)
    assert opponent._make.__globals__["taken"] == [("a subject", 3)]


def test_what_lies_beside_the_file_can_be_imported_and_dataclasses_work(written):
    written("ANSWER = 42", "beside_the_steps.py")
    opponent = Opponent(f"{written(ANSWERS)}:Plain")
    opponent.meet(1)
    assert opponent.step(0) is None


WRONG = {
    "no-colon": ("steps.py", RequestError, "expected PATH.py:function"),
    "no-file": ("nowhere.py:plain", RequestError, "no file nowhere.py"),
    "no-function": ("{path}:plan", RequestError, "no function 'plan'. Did you mean plain?"),
    "no-name": ("{path}:", RequestError, "expected PATH.py:function"),
    "a-number": ("{path}:NUMBER", RequestError, "no function 'NUMBER'"),
}


@pytest.mark.parametrize(("target", "error", "says"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_found_is_said(written, target, error, says):
    path = written("NUMBER = 1\ndef plain(subject): ...\n")
    with pytest.raises(error) as caught:
        Opponent(target.format(path=path))
    assert says in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 2


def test_a_file_that_is_no_python_is_refused(written):
    with pytest.raises(RequestError, match="no Python file"):
        Opponent(f"{written('hello', 'steps.txt')}:plain")


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("1 / 0\ndef plain(subject): ...", 1),
        ("def plain(subject):\n    1 / 0", 2),
        ("def plain(subject):\n    def step(number):\n        1 / 0\n    return step", 3),
    ],
    ids=["imported", "meeting", "stepping"],
)
def test_code_that_fails_is_said_with_its_line(written, code, line):
    path = written(code)

    def use():
        opponent = Opponent(f"{path}:plain")
        opponent.meet(None)
        opponent.step(0)

    with pytest.raises(WorkError, match=f"steps.py, line {line}: ZeroDivisionError: division by zero") as caught:
        use()
    assert len(str(caught.value).splitlines()) == 2


def test_a_function_that_makes_no_step_is_refused(written):
    opponent = Opponent(f"{written('def plain(subject): return 3')}:plain")
    with pytest.raises(RequestError, match="returned int, and no step"):
        opponent.meet(None)


@pytest.mark.parametrize("raised", ["KeyboardInterrupt()", "torch.OutOfMemoryError()", "RequestError('so')"])
def test_what_others_know_better_passes_through(written, raised):
    path = written(f"import torch\nfrom ganzoo import RequestError\ndef plain(subject): raise {raised}")
    opponent = Opponent(f"{path}:plain")
    with pytest.raises((KeyboardInterrupt, torch.OutOfMemoryError, GanzooError)) as caught:
        opponent.meet(None)
    assert caught.type is not WorkError

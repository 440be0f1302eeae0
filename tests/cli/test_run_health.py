"""What a person is told of a run's health: while it trains, in its log, on its card, and in `ganzoo runs show`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

RUN = Path("runs/run")


@pytest.fixture
def train(ganzoo, pictures):
    """Train a tiny DCGAN on a few pictures."""
    pictures("pics")

    def run(steps: int, *more: object):
        return ganzoo("train", "dcgan", "--preset", "tiny", "--data", "pics", "--steps", steps, "--name", "run", *more)

    return run


def verdicts() -> list[str]:
    """That of every line of the log."""
    return [json.loads(line)["health"]["verdict"] for line in (RUN / "log.jsonl").read_text().splitlines()]


def test_a_run_that_diverges_is_told_of_everywhere(train, ganzoo):
    done = train(30, "--set", "lr=10")
    assert done.status == 0
    assert verdicts()[0] == "balanced"
    assert verdicts()[-1] == "diverging"
    (note,) = [line for line in done.err.splitlines() if line.startswith("diverging, at ")]
    assert "--set lr=1" in note
    card = (RUN / "README.md").read_text()
    (row,) = [line for line in card.splitlines() if line.startswith("| health |")]
    assert row.startswith("| health | diverging. ")
    assert "--set lr=1" in row
    told = ganzoo("runs", "show", "run")
    assert "diverging" in told.out
    assert "--set lr=1" in told.err
    shown = ganzoo("runs", "show", "run", "--json").json
    (change,) = shown["verdicts"]
    assert change["verdict"] == "diverging"
    assert f"diverging from {change['images']:,} images on" in row


def test_whoever_goes_on_knows_the_verdict(train):
    train(30, "--set", "lr=10")
    more = train(36, "--set", "lr=10", "--resume")
    assert more.status == 0
    assert "diverging, at" not in more.err
    assert set(verdicts()[-5:]) == {"diverging"}


def test_a_run_that_does_well_is_balanced(train, ganzoo):
    done = train(8)
    assert set(verdicts()) == {"balanced"}
    assert "balanced" in done.err
    assert "| health | balanced. |" in (RUN / "README.md").read_text()
    told = ganzoo("runs", "show", "run")
    assert "Try" not in told.err
    assert ganzoo("runs", "show", "run", "--json").json["verdicts"] == []
    for words in ("health", "accuracy d/real", "gradients g"):
        assert words in told.out


def test_every_line_has_the_signals_of_its_time(train):
    train(8)
    lines = [json.loads(line) for line in (RUN / "log.jsonl").read_text().splitlines()]
    for line in lines:
        assert line["health"]["accuracy"].keys() == {"d/real", "d/fake"}
        assert all(0 <= share <= 1 for share in line["health"]["accuracy"].values())
    for line in lines:
        assert line["health"]["gradients"].keys() == {"d", "g"}

"""What a family wants a person to hear of while it trains: told once, and kept in the log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.fixture
def train(ganzoo, pictures):
    """Train StyleGAN2 for a few steps on pictures that are changed before they are judged, each time with chance p."""
    pictures("pics")
    small = ["--preset", "tiny", "--data", "pics", "--size", 8, "--batch", 4, "--set", "augment=fixed"]

    def run(p: float, steps: int, *more: object):
        return ganzoo("train", "stylegan", *small, "--set", f"augment_p={p}", "--steps", steps, "--name", "run", *more)

    return run


def told() -> list[tuple[int, list[str]]]:
    """Step and texts of every line of the log that has alarms."""
    lines = [json.loads(line) for line in Path("runs/run/log.jsonl").read_text().splitlines()]
    return [(line["step"], line["alarms"]) for line in lines if "alarms" in line]


def test_an_alarm_is_told_once_in_a_run_whoever_goes_on_with_it(train):
    first = train(0.81, 3)
    assert first.status == 0
    assert first.err.count("augment_p above 0.8") == 1
    ((step, (text,)),) = told()
    assert 0 < step <= 3
    assert text in first.err
    second = train(0.81, 6, "--resume")
    assert second.status == 0
    assert "augment_p" not in second.err
    assert told() == [(step, [text])]


def test_no_alarm_below_its_limit(train):
    done = train(0.79, 3)
    assert done.status == 0
    assert "augment_p" not in done.err
    assert told() == []

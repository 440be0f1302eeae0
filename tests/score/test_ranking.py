"""Rankings, and how they are laid out: what counts, what is set apart, what fits."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import replace

import pytest

from ganzoo.cli import standings
from ganzoo.score.protocol import Protocol
from ganzoo.score.ranking import Point, Row, Scored, ranked

PROTOCOL = Protocol(
    "anime", "a" * 64, "train", 20_000, 5_000, 32, 3, "bundled", "b" * 16, "", "averaged", 1.0, 0, "fp32"
)


def row(name: str, *ends: float, protocol: Protocol | None = PROTOCOL, **more) -> Row:
    """A contender whose runs were at 50 half-way, a run for each end."""
    runs = tuple(
        Scored(f"{name}-{seed}", seed, (Point(500, 5.0, 50.0), Point(1_000, 10.0, end)), 100.0, 2**20, {"fid": end})
        for seed, end in enumerate(ends)
    )
    return Row(name, "dcgan", "anime", runs, 1_000, protocol if ends else None, **more)


def test_means_over_seeds():
    told = row("x", 10, 20, 60)
    assert (told.value, told.last, told.images, told.peak_memory) == (30, 30, 1_000, 2**20)
    assert told.std == pytest.approx(math.sqrt(700))
    assert told.best == (10 + 20 + 50) / 3  # the third was better half-way
    assert replace(told, by="best").value == told.best
    assert row("y", 10).std is None


def test_a_run_that_ended_in_ruins_is_not_ranked_by_its_best_moment():
    ruined, modest = row("ruined", 400), row("modest", 45)
    (ranking,) = ranked("fid", "lower", [ruined, modest])
    assert [each.name for each in ranking.rows] == ["modest", "ruined"]
    (ranking,) = ranked("fid", "lower", [replace(each, by="best") for each in (ruined, modest)])
    assert ranking.rows[0].best == 45


@pytest.mark.parametrize(("better", "order"), [("lower", ["a", "b", "none"]), ("higher", ["b", "a", "none"])])
def test_best_first_and_those_without_a_value_last(better, order):
    rows = [row("b", 20), row("none", reason="why"), row("a", 10)]
    (ranking,) = ranked("fid", better, rows)
    assert [each.name for each in ranking.rows] == order


def test_no_number_is_never_first():
    (ranking,) = ranked("fid", "higher", [row("broken", math.inf), row("whole", 1)])
    assert [each.name for each in ranking.rows] == ["whole", "broken"]
    record = json.loads(json.dumps(ranking.rows[1].record(), allow_nan=False))
    assert (record["value"], record["runs"][0]["curve"][-1]["value"]) == (None, None)


@pytest.mark.parametrize(
    "change", [{"samples": 100}, {"extractor_hash": "c"}, {"size": 64}, {"data_hash": "d"}, {"truncation": 0.7}]
)
def test_unlike_protocols_are_not_ranked_together(change):
    rows = [row("a", 1), row("b", 2, protocol=replace(PROTOCOL, **change))]
    assert len(ranked("fid", "lower", rows)) == 2


@pytest.mark.parametrize("change", [{"data": "the same elsewhere"}, {"weights": "live"}])
def test_names_and_averages_do_not_set_apart(change):
    rows = [row("a", 1), row("b", 2, protocol=replace(PROTOCOL, **change))]
    assert len(ranked("fid", "lower", rows)) == 1


@pytest.mark.parametrize("width", [50, 60, 80, 200])
def test_a_table_fits_its_screen(width):
    rows = [row("a-run-with-a-very-long-name-indeed", 10, 20), row("b", 1234.5), row("c", reason="for a reason " * 20)]
    (ranking,) = ranked("fid", "lower", rows)
    text = standings.shown(ranking, width)
    assert max(map(len, text.splitlines()[1:])) <= width
    assert text.count("reason") == 20
    assert ("MEMORY" in text) == (width == 200)


@pytest.mark.parametrize(
    ("value", "std", "text"),
    [
        (12.3456, None, "12.35"),
        (12.3456, 0.5, "12.35 ± 0.50"),
        (21.69, 0.003, "21.690 ± 0.003"),
        (117.2, 18.6, "117.2 ± 18.6"),
        (0.0, 0.0, "0 ± 0"),
        (1e-7, 2e-8, "1e-07 ± 2e-08"),
        (None, None, ""),
    ],
)
def test_a_mean_and_its_deviation_end_at_one_digit(value, std, text):
    assert standings.spread(value, std) == text


def test_other_forms_keep_every_digit_and_the_reason():
    rows = [row("a|b", 1 / 3), row("none", reason="cannot")]
    (ranking,) = ranked("fid", "lower", rows)
    (first, second) = csv.DictReader(io.StringIO(standings.comma_separated([ranking])))
    assert float(first["value"]) == 1 / 3
    assert (second["value"], second["reason"]) == ("", "cannot")
    text = standings.markdown(ranking)
    assert "a\\|b" in text
    assert "none: cannot." in text

"""`ganzoo compare`: like ranked with like."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

KEYS = {
    "name", "family", "data", "value", "std", "seeds", "images", "seconds", "parameters", "best", "last", "protocol",
}  # fmt: skip
FEW = ("--samples", 30, "--metric", "kid")


@pytest.fixture(autouse=True)
def _cache(monkeypatch, _trained):
    monkeypatch.setenv("GANZOO_CACHE", str(_trained.parent.parent / "cache"))


@pytest.fixture
def runs(trained):
    """Five runs in one folder: copies that differ in name alone, for what is compared is how they are ranked."""
    for name in ("b", "c", "d", "e"):
        shutil.copytree(trained, trained.parent / name)
    return trained.parent


def test_every_run_is_ranked(ganzoo, runs):
    told = ganzoo("compare", *FEW, "--runs", runs, "--json")
    assert told.status == 0
    assert told.json["metric"] == "kid"
    rows = told.json["rows"]
    assert len(rows) == 5
    assert all(set(row) >= KEYS for row in rows)
    assert [row["value"] for row in rows] == sorted(row["value"] for row in rows)
    assert all(row["last"] == row["value"] >= row["best"] for row in rows)
    assert all(row["protocol"] == rows[0]["protocol"] for row in rows)
    assert rows[0]["parameters"] > 1_000


def test_what_was_scored_is_not_scored_again(ganzoo, runs, monkeypatch):
    first = ganzoo("compare", *FEW, "--runs", runs, "--json")
    before = {path: path.read_text() for path in runs.glob("*/metrics.jsonl")}
    second = ganzoo("compare", *FEW, "--runs", runs, "--json")
    assert second.json == first.json
    assert {path: path.read_text() for path in runs.glob("*/metrics.jsonl")} == before
    evaluated = ganzoo("evaluate", runs / "b", *FEW, "--json").json["metrics"]["kid"]
    assert evaluated == next(row for row in first.json["rows"] if row["name"] == "b")["value"]


def test_unlike_data_are_ranked_apart(ganzoo, runs, pictures, tmp_path):
    other = pictures(tmp_path / "others", count=12)
    assert ganzoo("train", "dcgan", "--preset", "tiny", "--data", other, "--steps", 2, "--runs", runs).status == 0
    told = ganzoo("compare", *FEW, "--runs", runs)
    assert told.out.count("lower is better") == 2
    assert "kid on others at 16 px" in told.out


def test_runs_by_name(ganzoo, runs):
    told = ganzoo("compare", "b", "c", *FEW, "--runs", runs, "--json")
    assert {row["name"] for row in told.json["rows"]} == {"b", "c"}


def test_a_run_without_a_value_says_why(ganzoo, runs, tmp_path):
    assert ganzoo("train", "vanilla", "--data", "ring", "--preset", "points", "--steps", 2, "--runs", runs).status == 0
    told = ganzoo("compare", *FEW, "--runs", runs)
    assert told.status == 0
    assert "points are no pictures: use modes" in told.out


def test_nothing_to_compare(ganzoo, tmp_path):
    told = ganzoo("compare", "--metric", "fid", "--runs", tmp_path)
    assert (told.status, told.out) == (2, "")
    assert "ganzoo train dcgan" in told.err


def test_nothing_that_can_be_scored(ganzoo, runs):
    told = ganzoo("compare", "--metric", "pair_l1", "--runs", runs)
    assert told.status == 1
    assert "does not translate" in told.out
    assert "Nothing here has a value by pair_l1" in told.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("dcgan", "b"), "not both at once"),
        (("dcgann",), "No run 'dcgann'"),
        (("b", "--budget", "2m"), "for families"),
        (("--seeds", "2"), "for families"),
        (("--metric", "fidd"), "Did you mean"),
        (("dcgan", "--budget", "soon"), "is no duration"),
        (("dcgan:papr", "--budget", "1s"), "papr"),
        (("cyclegan", "--data", "ring", "--budget", "1s"), "needs"),
        (("b", "--by", "best", "--only-last"), "give one of them"),
        (("b", "--format", "xml"), "xml"),
        (("b", "--html", "."), "is a folder"),
    ],
)
def test_a_wrong_request_is_refused(ganzoo, runs, words, said, monkeypatch):
    monkeypatch.chdir(runs)
    told = ganzoo("compare", *words, "--runs", runs)
    assert (told.status, told.out) == (2, "")
    assert said in told.err


def test_other_forms(ganzoo, runs, tmp_path):
    plain = ganzoo("compare", *FEW, "--runs", runs).out
    assert max(map(len, plain.splitlines())) <= 80
    assert "| # | name | kid |" in ganzoo("compare", *FEW, "--runs", runs, "--format", "md").out
    rows = list(csv.DictReader(io.StringIO(ganzoo("compare", *FEW, "--runs", runs, "--format", "csv").out)))
    assert len(rows) == 5
    assert rows[0]["protocol.extractor"] == "bundled"
    page = tmp_path / "deep" / "page.html"
    assert ganzoo("compare", *FEW, "--runs", runs, "--html", page).status == 0
    text = page.read_text()
    assert all(f"{name}</" in text for name in ("b", "c", "d", "e"))
    assert text.count("data:image/png;base64,") >= 5


TOURNAMENT = ("compare", "vanilla", "dcgan", "--preset", "tiny", "--budget", "640img", "--seeds", 2, *FEW)


def test_a_tournament_trains_scores_and_stands(ganzoo, pictures, tmp_path):
    data = pictures(tmp_path / "pics")
    words = (*TOURNAMENT, "--data", data, "--runs", tmp_path / "runs")
    told = ganzoo(*words, "--json")
    assert told.status == 0
    assert [row["seeds"] for row in told.json["rows"]] == [2, 2]
    assert {row["name"] for row in told.json["rows"]} == {"vanilla", "dcgan"}
    for row in told.json["rows"]:
        assert row["std"] > 0
        assert row["images"] >= 640
        assert row["peak_memory"] > 2**20
        assert row["value"] == pytest.approx(sum(run["curve"][-1]["value"] for run in row["runs"]) / 2)
    assert len({row["protocol"]["size"] for row in told.json["rows"]}) == 1
    again = ganzoo(*words, "--json")
    assert again.json == told.json
    assert "to train" not in again.err


def test_a_family_that_cannot_learn_the_data_is_an_empty_cell(ganzoo, pictures, tmp_path):
    data = pictures(tmp_path / "pics")
    words = ("compare", "cyclegan", "vanilla", "--preset", "tiny", "--budget", "64img", "--seeds", 1, *FEW)
    told = ganzoo(*words, "--data", data, "--runs", tmp_path / "runs", "--json")
    assert told.status == 0
    assert [row["name"] for row in told.json["rows"]] == ["vanilla", "cyclegan"]
    assert told.json["rows"][1]["value"] is None
    assert "needs a and b" in told.json["rows"][1]["reason"]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_tournament_goes_on_where_it_stood(pictures, tmp_path, number):
    data = pictures(tmp_path / "pics")
    words = (sys.executable, "-m", "ganzoo", *map(str, TOURNAMENT), "--data", str(data), "--json")
    long = [word.replace("640img", "6kimg") for word in words]
    whole = subprocess.run([*long, "--runs", tmp_path / "whole"], capture_output=True, text=True, check=True)
    began = subprocess.Popen(
        [*long, "--runs", tmp_path / "parts"], stderr=subprocess.PIPE, text=True, stdout=subprocess.PIPE
    )
    while not list((tmp_path / "parts").glob("dcgan*/log.jsonl")):
        assert began.poll() is None
        time.sleep(0.05)
    os.kill(began.pid, number)
    _, said = began.communicate()
    assert began.returncode == 130
    assert "of 4 runs finished; all are saved. The same command goes on." in said
    resumed = subprocess.run([*long, "--runs", tmp_path / "parts"], capture_output=True, text=True, check=True)
    values = [_values(done.stdout) for done in (whole, resumed)]
    assert values[0] == values[1]


def _values(text: str) -> dict[str, tuple[float, float]]:
    return {row["name"]: (row["last"], row["std"]) for row in json.loads(text)["rows"]}

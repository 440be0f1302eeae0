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

from ganzoo.train.runs import Runs

PATIENCE = 60.0  # seconds until a process that does not end is a failure

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
        (("b", "--jobs", "2"), "for families"),
        (("dcgan", "--jobs", "0"), "a number from 1 on, or auto"),
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


@pytest.fixture(scope="module")
def long(pictures, tmp_path_factory) -> list[str]:
    """The words of a tournament that takes a while."""
    data = pictures(tmp_path_factory.mktemp("long") / "pics")
    words = (sys.executable, "-m", "ganzoo", *map(str, TOURNAMENT), "--data", str(data), "--json")
    return [word.replace("640img", "6kimg") for word in words]


@pytest.fixture(scope="module")
def whole(long, _trained, tmp_path_factory) -> dict[str, tuple[float, float]]:
    """What comes of it."""
    words = [*long, "--runs", str(tmp_path_factory.mktemp("whole"))]
    told = {"OMP_NUM_THREADS": "1", "GANZOO_CACHE": str(_trained.parent.parent / "cache")}
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=os.environ | told)
    return _values(done.stdout)


def begin(words: list[str]) -> subprocess.Popen:
    told = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(list(map(str, words)), stderr=subprocess.PIPE, text=True, stdout=subprocess.PIPE, env=told)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "jobs"), [(signal.SIGINT, 1), (signal.SIGTERM, 1), (signal.SIGINT, 2)])
def test_an_interrupted_tournament_goes_on_where_it_stood(long, whole, tmp_path, number, jobs):
    words = [*long, "--runs", tmp_path / "parts", "--jobs", jobs]
    began = begin(words)
    while not list((tmp_path / "parts").glob("dcgan*/log.jsonl")):
        assert began.poll() is None
        time.sleep(0.05)
    os.kill(began.pid, number)
    _, said = began.communicate()
    assert began.returncode == 130
    assert "of 4 runs finished; all are saved. The same command goes on." in said
    resumed = begin(words)
    told, _ = resumed.communicate()
    assert resumed.returncode == 0
    assert _values(told) == whole


@pytest.mark.slow
def test_runs_end_with_the_tournament_that_was_killed(long, tmp_path):
    began = begin([*long, "--runs", tmp_path / "runs", "--jobs", "2"])
    while len(list((tmp_path / "runs").glob("*/log.jsonl"))) < 2:
        assert began.poll() is None
        time.sleep(0.05)
    runs = Runs(tmp_path / "runs").all()
    assert all(run.is_held for run in runs)
    began.kill()
    began.communicate()
    until = time.monotonic() + PATIENCE
    while any(run.is_held for run in runs):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert not any(run.progress[1] for run in runs)
    assert all(run.saved() for run in runs)  # each saved itself first


@pytest.mark.slow
def test_two_tournaments_at_a_time_share_the_work(long, tmp_path):
    words = [word.replace("6kimg", "1280img") for word in long]
    both = [begin([*words, "--runs", str(tmp_path / "runs"), "--jobs", jobs]) for jobs in ("2", "1")]
    told = [each.communicate() for each in both]
    assert [each.returncode for each in both] == [0, 0], told
    assert _values(told[0][0]) == _values(told[1][0])
    assert len(Runs(tmp_path / "runs").all()) == 4


def _values(text: str) -> dict[str, tuple[float, float]]:
    return {row["name"]: (row["last"], row["std"]) for row in json.loads(text)["rows"]}


ABREAST = ("compare", "vanilla", "dcgan", "--preset", "tiny", "--seeds", 2, *FEW, "--json")


def test_runs_side_by_side_are_what_they_are_one_after_another(ganzoo, pictures, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    words = (*ABREAST, "--data", pictures(tmp_path / "pics"), "--budget", "320img")
    told = [ganzoo(*words, "--jobs", jobs, "--runs", tmp_path / jobs) for jobs in ("1", "2")]
    assert [each.status for each in told] == [0, 0]
    assert "4 of 4 runs to train" in told[1].err
    assert ", 2 at a time" in told[1].err
    assert told[1].err.count(": done") == 4
    assert max(map(len, told[1].err.splitlines())) <= 80 + len(str(tmp_path))
    rows = [{row["name"]: row for row in each.json["rows"]} for each in told]
    for name, row in rows[0].items():
        other = rows[1][name]
        assert {run["threads"] for run in (*row["runs"], *other["runs"])} == {1}
        assert [_values_of(run) for run in row["runs"]] == [_values_of(run) for run in other["runs"]]
        assert row["std"] == other["std"]


def _values_of(run: dict) -> list[tuple[int, float]]:
    return [(point["images"], point["value"]) for point in run["curve"]]

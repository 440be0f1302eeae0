"""`ganzoo bench` as it is typed."""

from __future__ import annotations

import csv
import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from ganzoo.bench import ceiling, contest
from ganzoo.bench.ceiling import Load

CONTRACT = [
    "family", "batch", "size", "images_per_second", "ms_per_step", "peak_memory", "gflops", "ceiling_gflops",
    "loader_share",
]  # fmt: skip


@pytest.fixture
def bench(ganzoo, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(contest, "TURN", 0.0)
    monkeypatch.setitem(ceiling.LOADS, "cpu", Load(side=16, batch=1, size=4, repeats=1))
    data = pictures(tmp_path / "pics")

    def run(*words: object):
        return ganzoo("bench", "--preset", "tiny", "--data", data, "--rounds", 2, *words)

    return run


@pytest.fixture
def steps(tmp_path):
    def write(code: str):
        path = tmp_path / "steps.py"
        path.write_text(code)
        return path

    return write


def test_one_family(bench):
    told = bench("stylegan")
    assert told.status == 0
    assert max(map(len, told.out.splitlines())) <= 80
    assert "90% into a run of 1,600 images; 2 rounds" in told.out
    stages = [line.split()[0].strip(",") for line in told.out.partition("STAGE")[2].splitlines()[1:] if line[0] != " "]
    assert stages == ["loader", "g", "g_path", "d", "d_r1", "averages", "rest"]


def test_several_families(bench):
    told = bench("vanilla", "dcgan")
    assert told.status == 0
    assert max(map(len, told.out.splitlines())) <= 80
    first, *rest = told.out.splitlines()
    assert first.split()[0] == "FAMILY"
    assert [line.split()[0] for line in rest[:2]] == ["vanilla", "dcgan"]
    assert told.out.count("STAGE") == 2


def test_json_of_one_is_an_object_and_of_several_a_list(bench):
    one, several = bench("vanilla", "--json"), bench("vanilla", "dcgan", "--json")
    assert list(one.json)[: len(CONTRACT)] == CONTRACT
    assert one.json["family"] == "vanilla"
    assert [each["family"] for each in several.json] == ["vanilla", "dcgan"]


def test_csv_is_a_row_a_family(bench):
    told = bench("vanilla", "dcgan", "--csv")
    rows = list(csv.DictReader(io.StringIO(told.out)))
    assert [row["family"] for row in rows] == ["vanilla", "dcgan"]
    assert all(float(row["images_per_second"]) > 0 for row in rows)
    assert all(row["date"] and row["commit"] and row["torch"] for row in rows)


def test_a_step_of_one_s_own_stands_beside_it(bench, steps):
    path = steps("def plain(subject):\n    return lambda number: None\n")
    told = bench("vanilla", "--against", f"{path}:plain")
    assert told.status == 0
    assert "times as fast (quartiles" in told.out
    assert max(map(len, told.out.splitlines())) <= 80
    assert bench("vanilla", "--against", f"{path}:plain", "--json").json["against"]["ratio"] < 1


def test_the_step_of_the_page_is_one(bench, steps):
    page = (Path(__file__).parents[2] / "docs" / "bench.md").read_text(encoding="utf-8")
    path = steps(re.search(r"```python\n(.*?)```", page, re.DOTALL)[1])
    told = bench("dcgan", "--against", f"{path}:plain", "--json")
    assert told.status == 0
    assert told.json["against"]["ratio"] > 0


WRONG = {
    "two families": (("vanilla", "dcgan", "--against", "{path}:plain"), 2, "--against is a step of one family"),
    "no file": (("vanilla", "--against", "nowhere.py:plain"), 2, "no file nowhere.py"),
    "no function": (("vanilla", "--against", "{path}:plan"), 2, "Did you mean plain?"),
    "fails": (("vanilla", "--against", "{path}:plain"), 1, "steps.py, line 2: ZeroDivisionError"),
    "no step": (("vanilla", "--against", "{path}:nothing"), 2, "returned NoneType, and no step"),
    "two forms": (("vanilla", "--json", "--csv"), 2, "give one of them"),
    "no family": (("vanila",), 2, "Did you mean vanilla?"),
    "any batch": (("vanilla", "--batch", "auto"), 2, "give a number"),
    "no rounds": (("vanilla", "--rounds", "0"), 2, "--rounds"),
    "beyond the end": (("vanilla", "--at", "1.5"), 2, "--at"),
    "does not fit": (("cyclegan",), 2, "cyclegan needs a and b"),
    "no device": (("vanilla", "--device", "abacus"), 2, "abacus"),
}


@pytest.mark.parametrize(("words", "status", "says"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_in_two_lines(bench, steps, words, status, says):
    path = steps("def plain(subject):\n    1 / 0\ndef nothing(subject): ...\n")
    told = bench(*[word.format(path=path) for word in words])
    assert told.status == status
    assert says in told.err
    assert told.out == ""
    assert len(told.err.splitlines()) <= 2


def test_interrupted(bench, steps):
    path = steps("def plain(subject):\n    def step(number):\n        raise KeyboardInterrupt\n    return step\n")
    told = bench("vanilla", "--against", f"{path}:plain")
    assert told.status == 130
    assert told.out == ""
    assert told.err == "interrupted\n"


def test_rows_go_below_those_of_other_days(bench, tmp_path):
    file = tmp_path / "speed.csv"
    for _ in range(2):
        with file.open("a") as out, redirect_stdout(out):
            assert bench("vanilla", "--csv").status == 0
    header, *rows = file.read_text().splitlines()
    assert header.startswith("date,commit,device,")
    assert len(rows) == 2
    assert all(row.count(",") >= header.count(",") and not row.startswith("date") for row in rows)

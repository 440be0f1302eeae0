"""`ganzoo runs`: what lies in the runs folder, whatever state it is in, and without torch."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from ganzoo import __version__
from ganzoo.train.run import Run
from ganzoo.train.runs import Runs, folder_name


@pytest.fixture
def runs(ganzoo, trained):
    def run(command: str, *more: object):
        return ganzoo("runs", command, *more, "--runs", trained.parent)

    return run


def test_list(runs, trained):
    told = runs("list", "--json")
    (record,) = told.json
    assert told.err == ""
    assert record.pop("started").startswith("20")
    assert record == {
        "run": trained.name, "family": "dcgan", "data": record["data"], "preset": "tiny",
        "images": 128, "of": None, "state": "finished", "plugin": {"package": "ganzoo", "version": __version__},
    }  # fmt: skip
    assert trained.name in runs("list").out


def test_list_of_nothing(ganzoo):
    assert ganzoo("runs", "list", "--json").json == []
    told = ganzoo("runs", "list")
    assert (told.status, told.out) == (0, "")
    assert "ganzoo train" in told.err


def test_list_names_the_one_last_worked_on_last(runs, trained):
    for age, name in enumerate(["b", "a"]):
        Runs(trained.parent).create(name).write_about({"request": {"family": "dcgan"}})
        for path in (trained.parent / name).iterdir():
            os.utime(path, (0, 1000 - 100 * age))
    assert [record["run"] for record in runs("list", "--json").json] == ["a", "b", trained.name]
    assert Runs(trained.parent).find("latest").name == trained.name


def test_show(runs, trained):
    told = runs("show", trained.name, "--json")
    record = told.json
    assert record["path"] == str(trained)
    assert record["request"]["config"]["width"] == 8
    assert record["last"]["images"] == 128
    assert record["sheets"] == 9
    assert record["bytes"] > 10_000
    assert Path(record["checkpoints"][0]).stem == "000000128"
    out = runs("show", "latest").out
    for word in (trained.name, "finished", "128", "width=8", "checkpoints", "d/loss"):
        assert word in out


def test_states(runs, trained):
    def state() -> str:
        return runs("list", "--json").json[0]["state"]

    with Run(trained).held():
        assert state() == "finished"
        (trained / "log.jsonl").write_text('{"step": 1, "images": 16}\n')
        assert state() == "training"
    assert state() == "stopped"


@pytest.mark.parametrize(
    "damage", ['{"step": 9, "ima', "[1, 2]\n", '{"step": 3}\n', "\x00\x00", b"\xff\xfe\n", '{"images": "many"}\n']
)
def test_half_written_lines_of_a_log_are_left_out(runs, trained, damage):
    with open(trained / "log.jsonl", "ab") as log:
        log.write(damage if isinstance(damage, bytes) else damage.encode())
    assert runs("list", "--json").json[0]["images"] == 128
    assert runs("show", trained.name).status == 0


@pytest.mark.parametrize("text", ["[request", "", "request = 1", "\x00"])
def test_a_broken_run_toml_is_listed_and_stops_nothing(runs, trained, text):
    (trained / "run.toml").write_text(text)
    record = runs("list", "--json").json[0]
    assert (record["run"], record["state"], record["images"]) == (trained.name, "unreadable", 128)
    assert runs("list").status == 0
    assert runs("show", trained.name).status == 0
    assert runs("rm", trained.name).status == 0
    assert not trained.exists()


def test_folders_that_are_no_runs_are_passed_over(runs, trained):
    (trained.parent / "notes").mkdir()
    (trained.parent / "a.txt").touch()
    assert len(runs("list", "--json").json) == 1


def test_a_run_of_a_guest_that_is_gone_is_listed(runs, trained):
    text = (trained / "run.toml").read_text().replace('family = "dcgan"', 'family = "nogan"')
    (trained / "run.toml").write_text(text)
    assert runs("list", "--json").json[0]["family"] == "nogan"
    assert runs("show", trained.name, "--json").json["plugin"]["package"] == "ganzoo"


def test_remove(runs, trained):
    told = runs("rm", trained.name)
    assert (told.status, told.out) == (0, "")
    assert not trained.exists()
    assert runs("list", "--json").json == []


def test_a_run_in_training_is_not_removed(runs, trained):
    with Run(trained).held():
        told = runs("rm", trained.name)
    assert told.status == 2
    assert "another process" in told.err
    assert (trained / "run.toml").exists()


def test_near_misses_are_named(runs, trained):
    assert f"Did you mean {trained.name}?" in runs("show", trained.name[:-2]).err


def test_lists_import_no_torch(python, trained):
    code = (
        "import sys; from ganzoo.__main__ import main; "
        f"status = main(['runs', 'list', '--json', '--runs', {str(trained.parent)!r}]); "
        f"status += main(['runs', 'show', 'latest', '--runs', {str(trained.parent)!r}]); "
        "assert not {'torch', 'numpy', 'PIL'} & set(sys.modules), 'heavy'; sys.exit(status)"
    )
    told = python("-c", code)
    assert told.status == 0, told.err
    assert json.loads(told.out[: told.out.index("]\n") + 1])[0]["run"] == trained.name


def test_hundreds_of_runs_are_listed_at_once(ganzoo):
    for i in range(300):
        run = Runs().create(f"run-{i}")
        run.write_about({"request": {"family": "dcgan", "config": {"images": 100}}})
        run.append({"step": 1, "images": 16, "seconds": 1.0})
    began = time.perf_counter()
    assert len(ganzoo("runs", "list", "--json").json) == 300
    assert time.perf_counter() - began < 3


def test_names_that_every_file_system_takes():
    assert folder_name("dcgan-my pictures!") == "dcgan-my-pictures"
    assert folder_name("...") == "run"
    assert folder_name("a/b\\c:d") == "a-b-c-d"
    assert Runs().create("x").name == "x"
    Runs().create("x").write_about({"request": {}})
    assert Runs().create("x").name == "x-2"

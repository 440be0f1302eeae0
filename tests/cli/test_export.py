"""`ganzoo export`: a run as files for others."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch


def test_a_run_becomes_a_file_that_draws_without_ganzoo(ganzoo, trained):
    told = ganzoo("export", trained, "--to", "pt2", "--json")
    assert told.status == 0, told.err
    (file,) = told.json["files"]
    assert told.json["to"] == "pt2"
    assert Path(file["path"]).stat().st_size == file["bytes"]
    assert file["difference"] < 1e-4
    module = torch.export.load(file["path"]).module()
    shape = file["inputs"]["z"]["shape"]
    assert module(z=torch.randn(3, *shape[1:])).shape == (3, *file["output"]["image"][1:])


def test_it_is_told_in_two_lines(ganzoo, trained):
    told = ganzoo("export", trained, "--to", "pt2", "--out", "deep/net.pt2")
    assert told.status == 0, told.err
    first, second = told.out.splitlines()
    assert first.startswith("deep/net.pt2: z [n, ")
    assert "MiB" in first
    assert "draws with it what ganzoo draws" in second
    assert all(len(line) <= 80 for line in (first, second))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--to", "onx"), "Did you mean onnx?"),
        (("--to", "pt2", "--out", "net.onnx"), "Give net.pt2."),
        (("--to", "pt2", "--out", "/proc/none/net.pt2"), "Cannot write /proc/none/net.pt2"),
        ((), "Missing option '--to'"),
    ],
)
def test_what_is_wrong_is_told(ganzoo, trained, words, says):
    told = ganzoo("export", trained, *words)
    assert told.status == 2
    assert says in told.err
    assert "Traceback" not in told.err


def test_a_run_that_is_not_there(ganzoo):
    told = ganzoo("export", "nobody", "--to", "pt2")
    assert told.status == 2
    assert "nobody" in told.err

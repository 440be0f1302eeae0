"""`ganzoo sample`: a seed is a picture, from whatever is named, into whatever is asked for."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.cli.seeds import parse_seeds
from ganzoo.errors import RequestError
from ganzoo.train.run import Run


@pytest.fixture
def sample(ganzoo, trained):
    def run(*more: object, run: object = trained):
        return ganzoo("sample", run, *more)

    return run


def drawn(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def test_seed_7_is_the_same_picture_alone_and_among_64(sample):
    assert sample("--seeds", "7", "--out", "one").status == 0
    assert sample("-n", 64, "--out", "many").status == 0
    assert sample("--seeds", "100,7,3-9", "--out", "some").status == 0
    one, many, some = drawn("one"), drawn("many"), drawn("some")
    assert list(one) == ["seed000007.png"]
    assert len(many) == 64
    assert len(some) == 8
    assert len(set(many.values())) > 32
    for name in one.keys() | (some.keys() & many.keys()):
        assert some[name] == many[name]
    assert one["seed000007.png"] == many["seed000007.png"]


@pytest.mark.parametrize("family", ["dcgan", "vanilla"])
def test_rows_are_bit_equal_whatever_stands_beside_them(family):
    from ganzoo.train.sampling import draw
    from ganzoo.zoo.config import resolve
    from ganzoo.zoo.facts import Facts
    from ganzoo.zoo.registry import zoo

    card = zoo().get("families", family)
    torch.manual_seed(0)
    recipe = card.build(resolve(card, None, {"width": 32}), Facts((3, 32, 32), 100))
    for net in recipe.nets.values():
        net.eval()
    with torch.no_grad():
        seeds = [5, 900, 7, *range(40)]
        together = draw(recipe, recipe.nets, seeds, {}, torch.device("cpu"))
        for seed in (5, 900, 7, 39):
            alone = draw(recipe, recipe.nets, [seed], {}, torch.device("cpu"))
            assert alone.tobytes() == together[seeds.index(seed)].tobytes(), seed


def test_numbers_and_sheets_and_folders_show_the_same(sample):
    for out in ("a.npy", "a.png", "b.PNG", "folder"):
        assert sample("--seeds", "3,8", "--out", out).status == 0
    numbers = np.load("a.npy")
    assert numbers.shape == (2, 3, 16, 16)
    assert numbers.dtype == np.float32
    assert np.abs(numbers).max() <= 1
    with Image.open("folder/seed000008.png") as picture:
        assert np.array_equal(picture, np.rint((numbers[1] + 1) * 127.5).astype(np.uint8).transpose(1, 2, 0))
    assert Path("a.png").read_bytes() == Path("b.PNG").read_bytes()
    with Image.open("a.png") as sheet:
        assert sheet.size == (2 * 64 + 3 * 2, 64 + 2 * 2)  # two pictures four times as large, and gaps


def test_what_is_written_says_where_it_comes_from(sample, trained):
    sample("--seeds", "8", "--out", "folder")
    with Image.open("folder/seed000008.png") as picture:
        told = json.loads(picture.text["ganzoo"])
        assert told == {
            "synthetic": True,
            "tool": "ganzoo",
            "run": trained.name,
            "family": "dcgan",
            "images": 128,
            "seed": 8,
        }
        assert "trainedAlgorithmicMedia" in picture.text["XML:com.adobe.xmp"]
    sample("-n", 2, "--out", "sheet.png", "--no-mark")
    with Image.open("sheet.png") as picture:
        assert not picture.text


def test_a_run_by_path_name_latest_or_checkpoint(sample, trained, monkeypatch):
    runs = trained.parent
    first, *_, last = sorted((trained / "checkpoints").iterdir())
    for name, run in {
        "path": trained,
        "slash": f"{trained}{os.sep}",
        "name": trained.name,
        "latest": "latest",
        "file": last,
    }.items():
        told = sample("--runs", runs, "-n", 4, "--out", f"{name}.npy", run=run)
        assert told.status == 0, told.err
        assert np.array_equal(np.load(f"{name}.npy"), np.load("path.npy")), name
    told = sample("-n", 4, "--out", "first.npy", "--json", run=first)
    assert told.json["images"] == int(first.stem)
    assert told.json["run"] == trained.name
    assert not np.array_equal(np.load("first.npy"), np.load("path.npy"))
    monkeypatch.chdir(trained)
    told = sample("-n", 1, run=".")
    assert told.status == 0
    assert Path(f"{trained.name}.png").is_file()


def test_the_document_of_json(sample, trained):
    told = sample("--seeds", "5-6", "--out", "there", "--json")
    assert told.json == {
        "run": trained.name,
        "checkpoint": str(Run(trained).saved()[0]),
        "images": 128,
        "out": "there",
        "files": [str(Path("there/seed000005.png")), str(Path("there/seed000006.png"))],
        "seeds": [5, 6],
    }
    assert told.err == ""


def test_the_average_is_what_is_drawn(sample, trained):
    from ganzoo.train import checkpoint

    state, about = checkpoint.load(Run(trained).saved()[0])
    sample("-n", 2, "--out", "a.npy")
    state["averages"] = {}
    checkpoint.save(Run(trained).saved()[0], state, about)
    sample("-n", 2, "--out", "b.npy")
    assert not np.array_equal(np.load("a.npy"), np.load("b.npy"))


def test_a_damaged_newest_checkpoint_is_said_and_the_one_before_taken(sample, trained, caplog):
    newest, older = Run(trained).saved()[:2]
    newest.write_bytes(newest.read_bytes()[:500])
    told = sample("-n", 1, "--json", "--out", "a.npy")
    assert told.status == 0
    assert told.json["checkpoint"] == str(older)
    assert f"skipping a damaged checkpoint: {newest}" in caplog.text
    told = sample("-n", 1, run=newest)
    assert (told.status, told.out) == (2, "")
    assert "not a usable checkpoint" in told.err
    for path in Run(trained).saved():
        path.write_bytes(b"")
    told = sample("-n", 1)
    assert told.status == 2
    assert "no usable checkpoint" in told.err


def test_a_run_of_a_guest_that_is_gone_says_what_to_install(sample, trained):
    from ganzoo.train import checkpoint

    state, about = checkpoint.load(Run(trained).saved()[0])
    about["request"]["config"]["loss"] = "sliced"
    about["guests"] = {"ganzoo-sliced": "1.2"}
    checkpoint.save(Run(trained).saved()[0], state, about)
    told = sample("-n", 1)
    assert told.status == 2
    assert "No loss 'sliced'" in told.err
    assert "made with ganzoo-sliced 1.2, which is not installed: pip install ganzoo-sliced==1.2" in told.err
    about["request"]["family"] = "nogan"
    about["plugin"] = {"package": "ganzoo-nogan", "version": "0.3"}
    checkpoint.save(Run(trained).saved()[0], state, about)
    told = sample("-n", 1)
    assert told.status == 2
    assert len(told.err.splitlines()) == 2
    assert "No family 'nogan'" in told.err
    assert "ganzoo-nogan 0.3" in told.err


def test_seeds_are_numbers_and_ranges():
    assert parse_seeds("0-3,7") == [0, 1, 2, 3, 7]
    assert parse_seeds(" 5 , 5-5") == [5, 5]
    assert parse_seeds(str(2**63 - 1)) == [2**63 - 1]
    assert parse_seeds("3.25,4.0,0.5") == [3.25, 4, 0.5]
    assert [type(seed) for seed in parse_seeds("3.25,4.0,5")] == [float, int, int]


@pytest.mark.parametrize("text", ["1.5-3", ".5", "5.", "1e3", "-0.5", "nan", "4503599627370497.5", f"0.5,{2**60}"])
def test_seeds_that_are_none(text):
    with pytest.raises(RequestError, match=f"--seeds {text}"):
        parse_seeds(text)


def test_the_largest_seed_draws(sample):
    assert sample("--seeds", 2**63 - 1, "--out", "a.npy").status == 0

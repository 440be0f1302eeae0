from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganzoo.__main__ import main
from ganzoo.data.catalogue import find_source
from ganzoo.data.source import PairSource


@pytest.fixture
def pictures() -> Path:
    """Two classes, captions, a licence, and three files that are of no use."""
    folder = Path("pictures")
    for label, count in (("cats", 3), ("dogs", 2)):
        (folder / label).mkdir(parents=True)
        for number in range(count):
            Image.new("RGB", (20, 10), (number * 40, 80, 160)).save(folder / label / f"{number}.png")
    (folder / "captions.jsonl").write_text(json.dumps({"file": "cats/0.png", "text": "a cat, asleep"}))
    (folder / "LICENSE").write_text("free")
    (folder / "dogs" / "empty.png").touch()
    (folder / "dogs" / "words.jpg").write_text("words")
    (folder / "clip.mp4").touch()
    return folder


def asked(capsys, *words: str) -> object:
    """Run a command with --json and read the one document it prints."""
    assert main(["data", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_list_names_registered_sets_and_those_of_zoo_toml(capsys):
    Path("zoo.toml").write_text('[data.mine]\nsource = "./pictures"\nlicence = "my own"\n')
    listed = {each["name"]: each for each in asked(capsys, "list")}
    assert {"anime", "ring", "grid", "mnist", "fashion-mnist", "cifar10", "mine"} <= set(listed)
    assert listed["mnist"]["gives"] == ["image", "label"]
    assert listed["mine"]["licence"] == "my own"
    assert listed["mine"]["summary"].endswith("pictures")
    assert main(["data", "list"]) == 0
    assert "handwritten digits" in capsys.readouterr().out


def test_list_needs_no_torch():
    script = "import sys; from ganzoo.__main__ import main; main(['data', 'list']); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_inspect_as_json(capsys, pictures):
    report = asked(capsys, "inspect", str(pictures))
    assert report["name"] == "pictures"
    assert report["licence"] == "see LICENSE"
    assert report["gives"] == ["image", "label", "text"]
    assert "dcgan" in report["families"]
    assert report["count"] == 5
    assert report["parts"] == {"train": 7}
    assert report["sizes"] == [{"width": 20, "height": 10, "count": 5}]
    assert report["modes"] == {"RGB": 5}
    assert report["channels"] == 3
    assert report["labels"] == {"cats": 3, "dogs": 2}
    assert report["captions"] == {"count": 1, "examples": ["a cat, asleep"]}
    assert {fault["file"]: fault["reason"] for fault in report["faults"]} == {
        "clip.mp4": "not a picture (.mp4)",
        "dogs/empty.png": "empty file",
        "dogs/words.jpg": "not a picture",
    }


def test_inspect_in_words(capsys, pictures):
    assert main(["data", "inspect", str(pictures)]) == 0
    out = capsys.readouterr().out
    for told in ("5", "20x10 (5)", "RGB (5)", "cats (3), dogs (2)", '"a cat, asleep"', "faults    3", "empty file"):
        assert told in out


def test_inspect_shows_only_the_first_of_many_faults(capsys, pictures):
    for number in range(30):
        (pictures / f"bad{number}.png").touch()
    assert main(["data", "inspect", str(pictures)]) == 0
    out = capsys.readouterr().out
    assert "faults    33" in out
    assert out.count("empty file") < 15
    assert "and 23 more" in out
    assert len(asked(capsys, "inspect", str(pictures))["faults"]) == 33


def test_inspect_draws_a_sheet(capsys, pictures):
    report = asked(capsys, "inspect", str(pictures), "--out", "sheet.png")
    assert report["sheet"] == "sheet.png"
    sheet = np.asarray(Image.open("sheet.png"))
    assert {(0, 80, 160), (40, 80, 160), (80, 80, 160)} <= set(map(tuple, sheet.reshape(-1, 3).tolist()))


def test_inspect_of_two_domains(capsys):
    for side, level in (("A", 50), ("B", 200)):
        for part in ("train", "test"):
            folder = Path(f"both/{part}{side}")
            folder.mkdir(parents=True)
            Image.new("L", (8, 8), level).save(folder / "1.png")
    report = asked(capsys, "inspect", "both", "--out", "sheet.png")
    assert report["gives"] == ["a", "b"]
    assert report["a"]["count"] == report["b"]["count"] == 1
    assert report["a"]["parts"] == {"train": 1, "test": 1}
    assert {50, 200} <= set(np.asarray(Image.open("sheet.png")).flat)


@pytest.mark.parametrize("name", ["anime", "animals", "shapes", "swap"])
def test_the_sheet_of_a_drawn_set_shows_its_first_pictures(capsys, name):
    assert asked(capsys, "inspect", name, "--out", "sheet.png")["sheet"] == "sheet.png"
    sheet = np.asarray(Image.open("sheet.png").convert("RGB"))
    assert sheet.shape == (4 * 66 + 2, 8 * 66 + 2, 3)  # 32 pictures of 64 pixels, 2 apart
    source = find_source(name)
    halves = [source.a, source.b] if isinstance(source, PairSource) else [source]
    for at, half in enumerate(halves):
        for i, picture in enumerate(half.glance(10, 64).images):
            y, x = 2 + 66 * (2 * at + i // 8), 2 + 66 * (i % 8)
            assert np.array_equal(sheet[y : y + 64, x : x + 64], picture.transpose(1, 2, 0))


@pytest.mark.parametrize("name", ["sheet", "sheet.xyz", "nowhere/sheet.png"])
def test_a_sheet_that_cannot_be_written(capsys, pictures, name):
    assert main(["data", "inspect", str(pictures), "--out", name]) == 2
    assert capsys.readouterr().err.startswith(f"error: The sheet cannot be written to '{name}'")


def test_prepare_packs_once(capsys, pictures):
    first = asked(capsys, "prepare", str(pictures), "--size", "16")
    assert (first["count"], first["shape"], len(first["faults"])) == (5, [3, 16, 16], 3)
    assert Path(first["paths"][0], "images.npy").is_file()
    assert asked(capsys, "prepare", str(pictures), "--size", "16") == first
    assert asked(capsys, "prepare", str(pictures), "--size", "16", "--channels", "1")["shape"] == [1, 16, 16]
    assert main(["data", "prepare", str(pictures)]) == 0
    assert "5 of shape 3x32x32" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["inspect", "prepare"])
@pytest.mark.parametrize("name", ["nmist", "./nowhere", "hollow", "hopeless", "words.txt", "broken.zip"])
def test_a_wrong_request_is_exit_2_with_a_line_or_two(capsys, command, name):
    Path("hollow").mkdir()
    Path("hopeless").mkdir()
    Path("hopeless/1.png").touch()
    Path("words.txt").write_text("words")
    Path("broken.zip").write_text("words")
    assert main(["data", command, name]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert name.removeprefix("./") in said.err
    assert len(said.err.splitlines()) <= 2


def test_prepare_refuses_impossible_sizes(capsys, pictures):
    assert main(["data", "prepare", str(pictures), "--size", "0"]) == 2
    assert main(["data", "prepare", str(pictures), "--channels", "2"]) == 2
    assert "expected 1, 3 or 4" in capsys.readouterr().err


def test_the_real_sets(capsys, shared):
    report = asked(capsys, "inspect", str(shared / "mnist_small"))
    assert (report["count"], report["channels"], report["faults"]) == (2000, 1, [])
    assert report["labels"] == {str(digit): 200 for digit in range(10)}
    assert report["parts"] == {"train": 2000, "test": 500}

"""Bad requests and bad files: a line or two that name the thing and the next step, exit 2, and nothing left behind."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import torch
from PIL import Image

TRAIN = ["train", "dcgan", "--preset", "tiny", "--steps", "2"]


@pytest.fixture(autouse=True)
def _bench():
    """Files to go wrong with, in the working directory."""
    for name in ("empty", "texts", "cut", "good"):
        Path(name).mkdir()
    Path("texts/a.txt").write_text("no picture")
    Path("texts/b.md").write_text("none either")
    Image.linear_gradient("L").save("whole.png")
    data = Path("whole.png").read_bytes()
    for name in ("cut/a.png", "cut/b.jpg"):
        Path(name).write_bytes(data[:60])
    for i in range(4):
        Image.new("RGB", (16, 16), (60 * i, 9, 9)).save(f"good/{i}.png")
    Path("nothing.zip").touch()
    Path("fake.zip").write_text("not a zip")
    with zipfile.ZipFile("texts.zip", "w") as archive:
        archive.write("texts/a.txt")
    Path("notes.txt").write_text("no data")


def train(*more: str) -> list[str]:
    return [*TRAIN, *more]


# What was typed, and what its one or two lines must say.
REQUESTS = {
    # names
    "family": (["train", "dcgn"], ["'dcgn'", "Did you mean", "dcgan"]),
    "command": (["trian", "dcgan"], ["'trian'", "ganzoo --help"]),
    "option": (train("--imges", "9"), ["--imges", "--images", "ganzoo train --help"]),
    "missing family": (["train"], ["Missing argument", "ganzoo train --help"]),
    "preset": (["train", "dcgan", "--preset", "tinny"], ["'tinny'", "Did you mean tiny", "default"]),
    "loss": (train("--set", "loss=hing"), ["'hing'", "Did you mean hinge"]),
    "generator": (train("--set", "generator=dcgam"), ["'dcgam'", "dcgan"]),
    # settings
    "key": (train("--set", "widht=3"), ["'widht'", "Did you mean width", "ganzoo show dcgan"]),
    "value": (train("--set", "lr=fast"), ["lr=fast", "number"]),
    "no equals sign": (train("--set", "lr"), ["--set lr", "key=value"]),
    "no key": (train("--set", "=3"), ["key=value"]),
    "pair": (train("--set", "betas=0.5"), ["betas=0.5", "2 of float"]),
    "channels": (train("--set", "channels=2"), ["channels=2", "1, 3 or 4"]),
    "accumulate": (train("--set", "accumulate=3"), ["accumulate=3", "16"]),
    "average": (train("--set", "ema=-1"), ["ema=-1", "0"]),
    "size 48": (train("--size", "48"), ["48", "--size 32"]),
    "size 0": (train("--size", "0"), ["size=0", "1 or more"]),
    "size enormous": (["train", "vanilla", "--preset", "tiny", "--size", "100000"], ["100000", "4096"]),
    "batch 0": (train("--batch", "0"), ["batch=0", "1 or more"]),
    "seed": (train("--seed", "-1"), ["--seed", "greater than or equal to 0", "ganzoo train --help"]),
    "seed beyond": (train("--seed", str(2**70)), ["--seed", "ganzoo train --help"]),
    # lengths
    "negative images": (["train", "dcgan", "--images=-5"], ["images=-5", "1 or more"]),
    "images of no number": (["train", "dcgan", "--images", "banana"], ["images=banana", "200k"]),
    "steps 0": (["train", "dcgan", "--steps", "0"], ["--steps 0", "1 or more"]),
    "steps of no number": (["train", "dcgan", "--steps", "many"], ["--steps", "integer"]),
    "budget": (["train", "dcgan", "--budget", "soon"], ["'soon'", "10m"]),
    "budget 0": (["train", "dcgan", "--budget", "0s"], ["'0s'", "10m"]),
    "two ends": (train("--images", "100"), ["--images", "--steps", "--budget"]),
    # data
    "data": (train("--data", "anme"), ["'anme'", "Did you mean anime", "ganzoo data list"]),
    "folder missing": (train("--data", "./picturs"), ["./picturs", "folder"]),
    "empty folder": (train("--data", "empty"), ["empty", "ganzoo reads png"]),
    "folder of texts": (train("--data", "texts"), ["texts", ".txt", "ganzoo reads png"]),
    "truncated pictures": (train("--data", "cut"), ["cut", "2 x", "ganzoo data inspect"]),
    "zip of zero bytes": (train("--data", "nothing.zip"), ["nothing.zip", "zip"]),
    "no real zip": (train("--data", "fake.zip"), ["fake.zip", "zip"]),
    "zip of texts": (train("--data", "texts.zip"), ["texts.zip", ".txt", "ganzoo reads png"]),
    "text file": (train("--data", "notes.txt"), ["notes.txt", "folder", "zip"]),
    "points for pictures": (train("--data", "ring"), ["dcgan needs image", "ring", "ganzoo data list"]),
    # the run
    "resume and new": (train("--resume", "--new"), ["--resume", "--new"]),
    "resume of nothing": (train("--data", "good", "--resume"), ["No run in runs", "ganzoo runs list"]),
    "resume of no such name": (train("--data", "good", "--resume", "--name", "gone"), ["'gone'", "ganzoo runs list"]),
    "name with a slash": (train("--data", "good", "--name", "a/b"), ["'a/b'", "--name"]),
    "name of dots": (train("--data", "good", "--name", ".."), ["'..'", "--name"]),
    "name latest": (train("--data", "good", "--name", "latest"), ["'latest'", "--name"]),
    "name of a blank": (train("--data", "good", "--name", " "), ["' '", "--name"]),
    # the machine
    "device": (train("--data", "good", "--device", "gpu"), ["'gpu'", "cpu"]),
    "device of another kind": (train("--data", "good", "--device", "meta"), ["'meta'", "cpu"]),
    "precision": (train("--data", "good", "--precision", "fp8"), ["'fp8'", "bf16"]),
    # sampling
    "sample nothing": (["sample"], ["Missing argument", "ganzoo sample --help"]),
    "sample no run": (["sample", "gone"], ["'gone'", "ganzoo runs list"]),
    "sample latest of none": (["sample", "latest"], ["No runs in runs", "ganzoo train"]),
    "sample a folder": (["sample", "good"], ["good", "run.toml"]),
    "sample a missing file": (["sample", "gone.safetensors"], ["gone.safetensors", "ganzoo runs list"]),
    "sample a false file": (["sample", "fake.safetensors"], ["fake.safetensors", "no usable|not a usable"]),
    "no samples": (["sample", "gone", "-n", "0"], ["-n", "ganzoo sample --help"]),
    "seeds of words": (["sample", "gone", "--seeds", "a-b"], ["--seeds a-b", "0-63"]),
    "seeds backwards": (["sample", "gone", "--seeds", "9-3"], ["--seeds 9-3", "0-63"]),
    "seeds below zero": (["sample", "gone", "--seeds", "-3"], ["--seeds -3", "0-63"]),
    "seeds without end": (["sample", "gone", "--seeds", "0-99999999999999"], ["--seeds", "at most"]),
    "a seed too large": (["sample", "gone", "--seeds", str(2**63)], ["--seeds", "2^63"]),
    # the runs folder
    "show no run": (["runs", "show", "gone"], ["'gone'", "ganzoo runs list"]),
    "remove no run": (["runs", "rm", "gone"], ["'gone'", "ganzoo runs list"]),
    "remove a folder": (["runs", "rm", "good"], ["good", "run.toml"]),
    "runs of no command": (["runs", "lst"], ["'lst'", "list"]),
}


def is_refused(told, words: list[str]) -> None:
    lines = told.err.strip().splitlines()
    assert (told.status, told.out) == (2, ""), told.err
    assert 1 <= len(lines) <= 2, told.err
    assert lines[0].startswith("error: ")
    assert "Traceback" not in told.err
    for word in words:
        assert any(each in told.err for each in word.split("|")), (word, told.err)
    assert not list(Path().glob("runs/*")), "something was left in runs"


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_bad_request_is_two_lines_and_exit_2(ganzoo, kind):
    Path("fake.safetensors").write_text("no checkpoint")
    words, said = REQUESTS[kind]
    is_refused(ganzoo(*words), said)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_cuda_without_cuda(ganzoo):
    is_refused(ganzoo(*train("--data", "good", "--device", "cuda")), ["'cuda'", "no CUDA device", "--device auto"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("runs = [", ["zoo.toml", "cannot be read"]),
        ("[runs.mine]\nfamly = 'dcgan'", ["zoo.toml", "famly", "family"]),
        ("[runs.mine]\nfamily = 'dcgan'\nsteps = 'many'", ["zoo.toml", "steps"]),
        ("[runs.mine]\nfamily = 'dcgn'", ["dcgn", "dcgan"]),
        ("[runs.mine]\nfamily = 'dcgan'\npreset = 'tiny'\ndata = 'missing'", ["missing"]),
        ("[runs.mine]\nfamily = 'dcgan'\npreset = 'tiny'\nset.widht = 3", ["widht", "width"]),
    ],
)
def test_a_bad_zoo_toml(ganzoo, text, said):
    Path("zoo.toml").write_text(text)
    is_refused(ganzoo("train", "mine"), said)


@pytest.mark.parametrize("text", ["[request", "", "request = 3", "\x00\x01", "[request]\nfamily = 'dcgan'"])
def test_a_run_whose_toml_is_broken(ganzoo, text):
    Path("runs/broken/checkpoints").mkdir(parents=True)
    Path("runs/broken/run.toml").write_text(text)
    told = ganzoo(*train("--data", "good", "--name", "broken"))
    assert (told.status, told.out) == (2, "")
    assert "runs/broken" in told.err.replace("\\", "/")
    assert len(told.err.splitlines()) <= 2
    assert [path.name for path in Path("runs/broken").rglob("*") if path.is_file()] == ["run.toml"]
    told = ganzoo("sample", "broken")
    assert (told.status, told.out) == (2, "")
    assert "no usable checkpoint" in told.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--label", "red"], ["dcgan-pics-tiny has no use for --label", "--seeds"]),
        (["--out", "x.jpg"], [".jpg", ".png"]),
        (["-n", "2000"], ["1024", "--out"]),
        (["--out", "notes.txt/deep"], ["notes.txt", "--out"]),
        (["--out", "notes.txt"], ["notes.txt", "--out"]),
        (["--device", "tpu"], ["'tpu'", "auto"]),
    ],
)
def test_a_bad_sample_of_a_good_run(ganzoo, trained, words, said):
    told = ganzoo("sample", trained, *words)
    assert (told.status, told.out) == (2, "")
    assert len(told.err.splitlines()) <= 2
    for word in said:
        assert word in told.err

"""`ganzoo train` from end to end: what a run leaves, how it goes on, how it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.train import checkpoint
from ganzoo.train.engine import Engine
from ganzoo.train.run import Run
from ganzoo.zoo.registry import zoo

RUN = Path("runs/dcgan-pics-tiny")
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


@pytest.fixture
def train(ganzoo, pictures):
    """Train DCGAN on a few pictures; a run of eight steps unless told otherwise."""
    pictures("pics")

    def run(*more: object, end=("--steps", 8)):
        return ganzoo("train", "dcgan", "--preset", "tiny", "--data", "pics", *end, *more)

    return run


def runs() -> list[str]:
    return sorted(path.name for path in Path("runs").iterdir() if path.is_dir())


def lines(run: Path = RUN) -> list[dict]:
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


def weights(run: Path = RUN) -> dict[str, torch.Tensor]:
    nets = checkpoint.load(Run(run).saved()[0])[0]["nets"]
    return {f"{net}.{key}": value for net, state in nets.items() for key, value in state.items()}


def equal(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


# what a run leaves


def test_the_document_of_json_and_the_folder(train):
    told = train("--json")
    assert told.status == 0, told.err
    assert list(told.json) == [
        "run", "family", "data", "step", "images", "seconds", "images_per_second", "losses"
    ]  # fmt: skip
    assert told.json["run"] == RUN.name
    assert (told.json["family"], told.json["data"]) == ("dcgan", "pics")
    assert (told.json["step"], told.json["images"]) == (8, 128)
    assert told.json["seconds"] > 0
    assert told.json["images_per_second"] == pytest.approx(128 / told.json["seconds"], rel=0.01)
    assert set(told.json["losses"]) == {"d/loss", "g/loss"}
    left = {path.name for path in RUN.iterdir()} - {".lock"}
    assert left == {"run.toml", "log.jsonl", "samples", "progress.gif", "checkpoints", "README.md"}
    assert [path.name for path in Path("runs").iterdir() if not path.name.startswith(".")] == [RUN.name]


def test_run_toml_is_enough_to_run_it_again(train, ganzoo):
    train("--set", "lr=3e-4", "--seed", 5)
    run = Path("runs/dcgan-pics-tiny-seed5")
    about = tomllib.loads((run / "run.toml").read_text())
    request = about["request"]
    assert about["data"]["hash"] == request["data_hash"]
    assert about["data"]["shape"] == [3, 16, 16]
    assert {"ganzoo", "torch", "python", "platform"} <= set(about["versions"])
    settings = [f"{key}={','.join(map(str, v)) if isinstance(v, list) else v}" for key, v in request["config"].items()]
    words = [word for setting in settings for word in ("--set", setting)]
    told = ganzoo(
        "train", request["family"], "--preset", request["preset"], "--data", request["data"], *words,
        "--seed", request["seed"], "--steps", request["steps"], "--runs", "again",
    )  # fmt: skip
    assert told.status == 0, told.err
    assert equal(weights(run), weights(Path("again") / run.name))
    assert tomllib.loads((Path("again") / run.name / "run.toml").read_text())["request"] == request


def test_a_line_a_tick_ends_with_the_done_one(train):
    train()
    assert [line["images"] for line in lines()] == sorted(line["images"] for line in lines())
    for line in lines():
        assert {"step", "images", "seconds", "images_per_second", "d/loss", "d/real", "d/fake", "g/loss"} <= set(line)
        assert line["images"] == 16 * line["step"]
    assert [line.get("done", False) for line in lines()] == [False] * (len(lines()) - 1) + [True]


def test_sheets_and_animation_carry_their_marks(train):
    train()
    sheets = sorted((RUN / "samples").iterdir())
    assert [sheet.name for sheet in sheets] == [f"{images:09d}.png" for images in range(0, 129, 16)]
    for sheet in sheets:
        with Image.open(sheet) as picture:
            told = json.loads(picture.text["ganzoo"])
            assert told == {
                "synthetic": True, "tool": "ganzoo", "run": RUN.name, "family": "dcgan",
                "images": int(sheet.stem), "seeds": "0-63",
            }  # fmt: skip
            assert SOURCE_TYPE in picture.text["XML:com.adobe.xmp"]
            assert np.asarray(picture).std() > 0
    with Image.open(RUN / "progress.gif") as animation:
        assert animation.n_frames == len(sheets)
        assert animation.info["loop"] == 0
        comment = json.loads(animation.info["comment"])
        assert (comment["run"], comment["synthetic"], comment["DigitalSourceType"]) == (RUN.name, True, SOURCE_TYPE)


def test_no_mark_leaves_none(train):
    train("--no-mark")
    for path in [*(RUN / "samples").iterdir(), RUN / "progress.gif"]:
        with Image.open(path) as picture:
            assert "ganzoo" not in getattr(picture, "text", {})
            assert "XML:com.adobe.xmp" not in getattr(picture, "text", {})
        assert b"ganzoo" not in path.read_bytes()
        assert b"trainedAlgorithmicMedia" not in path.read_bytes()


def test_the_card_says_what_it_is_and_how_to_use_it(train):
    train()
    card = (RUN / "README.md").read_text()
    for word in ("dcgan", "128 images shown, finished", "pics", "24 examples of 3 x 16 x 16", "ganzoo sample", "lr",
                 "synthetic", "not stated: check", "cpu, fp32"):  # fmt: skip
        assert word in card, word


def test_a_checkpoint_every_twentieth_and_the_last_are_kept_as_told(train):
    train(end=("--steps", 40))
    saved = [int(path.stem) for path in Run(RUN).saved()]
    assert saved[:2] == [640, 608]
    assert {128, 256, 384, 512} < set(saved)  # every fourth for good
    assert len(saved) == 6


# how it goes on


def test_the_same_command_says_that_it_is_finished_and_changes_nothing(train):
    first = train("--json")
    before = {path: path.stat().st_mtime_ns for path in RUN.rglob("*") if path.is_file() and path.name != ".lock"}
    again = train("--json")
    assert again.status == 0
    assert again.json == first.json
    assert again.err == f"{RUN} is finished\n"
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert runs() == [RUN.name]


def test_other_ways_to_name_the_data_are_the_same_run(train, ganzoo):
    train()
    for name in ("./pics/", Path("pics").absolute()):
        assert "is finished" in ganzoo("train", "dcgan", "--preset=tiny", "--steps=8", "--data", name).err
    assert runs() == [RUN.name]


def test_new_starts_beside(train):
    train()
    assert train("--new", "--json").json["run"] == f"{RUN.name}-2"
    assert runs() == [RUN.name, f"{RUN.name}-2"]
    assert equal(weights(), weights(RUN.with_name(f"{RUN.name}-2")))


@pytest.mark.parametrize("change", [["--seed", "1"], ["--set", "lr=1e-3"], ["--batch", "8"], ["--set", "loss=hinge"]])
def test_another_request_is_another_run(train, change):
    train()
    assert train(*change).status == 0
    assert len(runs()) == 2
    assert not equal(weights(), weights(next(Path("runs") / name for name in runs() if name != RUN.name)))


def test_changed_data_make_a_new_run(train):
    train()
    Image.new("RGB", (16, 16)).save("pics/more.png")
    assert train("--json").json["run"] == f"{RUN.name}-2"


def test_resume_lengthens_and_equals_the_long_run(train):
    assert train("--resume").status == 2
    train()
    told = train("--resume", "--json", end=("--steps", 16))
    assert told.json["run"] == RUN.name
    assert told.json["step"] == 16
    assert "going on from" in told.err
    assert train("--new", "--json", end=("--steps", 16)).json["run"] == f"{RUN.name}-2"
    assert equal(weights(), weights(RUN.with_name(f"{RUN.name}-2")))
    assert "is finished" in train(end=("--steps", 16)).err


def test_names_are_kept_apart(train):
    assert train("--name", "mine", "--json").json["run"] == "mine"
    assert "runs/mine is finished" in train("--name", "mine").err.replace("\\", "/")
    assert "runs/mine is finished" in train().err.replace("\\", "/")  # the same request, by whatever name
    told = train("--name", "mine", "--seed", 3)
    assert told.status == 2
    assert "runs/mine is a run of another request (seed 0, now 3)" in told.err.replace("\\", "/")
    assert train("--name", "mine", "--seed", 3, "--new", "--json").json["run"] == "mine-2"
    Path("runs/other").mkdir()
    Path("runs/other/holiday.txt").touch()
    assert "is no run" in train("--name", "other").err


def test_what_a_kill_left_before_the_first_line_is_taken_over(train):
    RUN.mkdir(parents=True)
    (RUN / ".lock").touch()
    (RUN / "run.toml.part").write_text("started =")
    assert train("--json").json["run"] == RUN.name
    assert not list(RUN.rglob("*.part"))


@pytest.mark.parametrize(
    ("end", "images"), [(("--steps", 3), 48), (("--images", 100), 112), (("--set", "images=32"), 32)]
)
def test_ends(train, end, images):
    assert train("--json", end=end).json["images"] == images


def test_a_budget_ends_the_run_and_is_not_spent_twice(train):
    told = train("--json", end=("--budget", "0.3s"))
    assert told.status == 0, told.err
    assert 0.3 <= told.json["seconds"] < 3
    again = train("--json", end=("--budget", "0.3s"))
    assert again.json == told.json


def test_a_run_named_in_zoo_toml(ganzoo, pictures):
    pictures("mine")
    Path("zoo.toml").write_text(
        "[data.faces]\nsource = 'mine'\nlicence = 'CC0'\n"
        "[runs.small]\nfamily = 'dcgan'\npreset = 'tiny'\ndata = 'faces'\nsteps = 4\nset.lr = 1e-3\n"
    )
    assert ganzoo("train", "small", "--json").json["step"] == 4
    about = tomllib.loads(Path("runs/dcgan-faces-tiny/run.toml").read_text())
    assert about["request"]["config"]["lr"] == 1e-3
    assert about["data"]["licence"] == "CC0"
    assert ganzoo("train", "small", "--steps", 5, "--json").json["step"] == 5


def test_a_dry_run_tells_the_memory_it_would_take(train):
    memory = train("--dry-run", "--json").json["memory"]
    told = ("weights", "gradients", "optimizer", "averages", "data", "activations", "allowance")
    assert memory["total"] == sum(memory[part] for part in told)
    assert memory["fits"] is (memory["total"] < 0.9 * memory["free"])
    shown = train("--dry-run").out
    assert "predicted at most" in shown
    assert "memory free" in shown


def test_a_batch_is_taken_in_parts_that_fit(train):
    told = train("--batch", "auto", end=("--steps", 2))
    assert told.status == 0, told.err
    assert "a batch of 16 fits as it is" in told.err
    about = tomllib.loads((RUN / "run.toml").read_text())
    assert (about["request"]["batch"], about["backend"]["accumulate"]) == ("auto", 1)
    before = weights()
    assert "is finished" in train("--batch", "auto", end=("--steps", 2)).err
    assert (equal(before, weights()), runs()) == (True, [RUN.name])
    assert train("--batch", "auto", "--dry-run", "--json").json["config"]["accumulate"] == 1


def test_a_dry_run_leaves_nothing(train):
    told = train("--dry-run", "--json")
    assert told.status == 0
    assert told.json["networks"].keys() == {"g", "d"}
    assert told.json["data"] == {"name": "pics", "count": 24, "shape": [3, 16, 16]}
    assert "parameters" in train("-n").out
    assert not Path("runs").exists()


# every kind of data, device and game


@pytest.mark.parametrize("loss", [card.name for card in zoo().all("losses")])
@pytest.mark.parametrize("family", ["dcgan", "vanilla"])
def test_every_loss_trains(ganzoo, pictures, family, loss):
    pictures("pics")
    told = ganzoo("train", family, "--preset=tiny", "--data=pics", "--steps=6", "--set", f"loss={loss}", "--json")
    assert told.status == 0, told.err
    assert np.isfinite([*told.json["losses"].values()]).all()


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("RGB", 3), ("RGBA", 4)])
@pytest.mark.parametrize("family", ["dcgan", "vanilla"])
def test_channels(ganzoo, pictures, family, mode, channels):
    pictures("pics", mode=mode)
    words = ["train", family, "--preset=tiny", "--data=pics", "--steps=2", "--set", f"channels={channels}"]
    assert ganzoo(*words).status == 0
    run = Path(f"runs/{family}-pics-tiny")
    assert tomllib.loads((run / "run.toml").read_text())["data"]["shape"][0] == channels
    assert ganzoo("sample", run, "--seeds", "3", "--out", "out").status == 0
    with Image.open("out/seed000003.png") as picture:
        assert picture.mode == mode


def test_points(ganzoo):
    told = ganzoo("train", "vanilla", "--data", "ring", "--steps", 4, "--json")
    assert told.status == 0, told.err
    run = Path("runs") / told.json["run"]
    assert tomllib.loads((run / "run.toml").read_text())["request"]["preset"] == "points"
    assert len(list((run / "samples").iterdir())) == 5
    assert ganzoo("sample", run, "-n", 100, "--out", "points.npy").status == 0
    assert np.load("points.npy").shape == (100, 2)
    assert ganzoo("sample", run, "-n", 100, "--out", "points.png").status == 0
    told = ganzoo("sample", run, "--out", "folder")
    assert told.status == 2
    assert "folder.npy" in told.err


@pytest.mark.parametrize("options", [["--precision", "bf16"], ["--set", "accumulate=2"], ["--set", "ema=0"]])
def test_other_ways_to_compute(train, options):
    told = train(*options, "--json", end=("--steps", 2))
    assert told.status == 0, told.err
    assert np.isfinite([*told.json["losses"].values()]).all()
    state = checkpoint.load(Run(RUN).saved()[0])[0]
    assert all(value.dtype != torch.bfloat16 for value in state["nets"]["g"].values())
    assert set(state["averages"]) == (set() if "ema=0" in options else {"g"})


@pytest.mark.skipif(torch.cuda.is_available() or torch.backends.mps.is_available(), reason="has an accelerator")
def test_auto_is_the_cpu_where_there_is_nothing_else(train):
    train(end=("--steps", 1))
    backend = tomllib.loads((RUN / "run.toml").read_text())["backend"]
    assert (backend["device"], backend["precision"], backend["compile"]) == ("cpu", "fp32", False)


def test_a_setting_that_is_none_comes_back_as_none():
    from ganzoo.train.request import toml_table
    from ganzoo.zoo.values import convert

    stored = toml_table({"clip": None, "betas": (0.5, 0.9)})
    assert stored == {"clip": "none", "betas": [0.5, 0.9]}
    assert convert(stored["clip"], float | None) is None


# what goes wrong on the way


def test_divergence_names_the_phase_and_keeps_the_last_good_checkpoint(train):
    told = train("--set", "lr=1e30", end=("--steps", 40))
    assert (told.status, told.out) == (1, "")
    last = told.err.splitlines()[-2:]
    assert last[0].startswith("error: training diverged: the loss of phase '")
    assert "diverged.safetensors" in last[0]
    assert "--set lr=" in last[1]
    wreck, about = checkpoint.load(RUN / "diverged.safetensors")
    assert about["request"]["config"]["lr"] == 1e30
    assert any(not value.isfinite().all() for value in wreck["nets"]["g"].values() if value.is_floating_point())
    for path in Run(RUN).saved():
        state = checkpoint.load(path)[0]
        assert all(v.isfinite().all() for net in state["nets"].values() for v in net.values() if v.is_floating_point())


def test_divergence_later_keeps_what_was_good(train, monkeypatch):
    from ganzoo.game.losses import NonSaturating

    taken = []

    def poisoned(self, fake):
        taken.append(fake)
        return fake.mean() * (float("nan") if len(taken) > 10 else 1)

    monkeypatch.setattr(NonSaturating, "g", poisoned)
    told = train(end=("--steps", 40))
    assert told.status == 1
    assert "the loss of phase 'g' is not finite at step 10" in told.err
    assert Run(RUN).saved()[0].stem == f"{10 * 16:09d}"
    assert max(int(path.stem) for path in Run(RUN).sheets()) == 160


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_full_disk_is_two_lines_and_the_run_goes_on_from_the_checkpoint_before(train, monkeypatch, call):
    wanted = train("--json", "--runs", "calm", end=("--steps", 40))
    real, count = getattr(os, call), []

    def full(*args, **kwargs):
        if call == "fsync" or (str(args[0]).endswith(".part") and "checkpoints" in str(args[0])):
            count.append(args)
            if len(count) == 7:
                raise OSError(28, "No space left on device")
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint.os, call, full)
        told = train(end=("--steps", 40))
    assert (told.status, told.out) == (1, "")
    error = [line for line in told.err.splitlines() if line.startswith("error: ")]
    assert len(error) == 1
    assert "No space left on device" in error[0]
    assert not list(RUN.rglob("*.part"))
    again = train("--json", end=("--steps", 40))
    assert again.json["losses"] == pytest.approx(wanted.json["losses"], abs=1)
    assert equal(weights(), weights(Path("calm") / RUN.name))


def test_a_disk_too_full_for_a_line_of_the_log(train, monkeypatch):
    def full(self, line):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Run, "append", full)
    told = train()
    assert (told.status, told.out) == (1, "")
    assert told.err.splitlines()[-2].startswith(f"error: could not write to {RUN}: No space left on device.")
    assert "same command" in told.err.splitlines()[-1]


def test_a_damaged_newest_checkpoint_is_skipped_aloud(train):
    train(end=("--steps", 20))
    wanted = weights()
    newest, older = Run(RUN).saved()[:2]
    newest.write_bytes(newest.read_bytes()[:-100])
    told = train("--json", end=("--steps", 20))
    assert told.status == 0
    assert f"skipping a damaged checkpoint: {newest}" in told.err
    assert f"going on from {older}" in told.err
    assert newest.with_suffix(".damaged").exists()
    assert equal(weights(), wanted)


def test_checkpoints_that_are_all_damaged_mean_the_beginning(train):
    train()
    wanted = weights()
    for path in Run(RUN).saved():
        path.write_bytes(b"")
    told = train("--json")
    assert told.status == 0
    assert "going on" not in told.err
    assert equal(weights(), wanted)


def test_a_checkpoint_that_may_not_be_read_is_not_thrown_away(train, monkeypatch):
    train()

    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "safe_open", refuse)
        told = train()
    assert told.status == 1
    assert "cannot be read: Permission denied" in told.err
    assert "is finished" in train().err


def test_a_log_cut_in_the_middle_of_a_line(train):
    train(end=("--steps", 20))
    wanted = weights()
    Run(RUN).saved()[0].unlink()
    with open(RUN / "log.jsonl", "a") as log:
        log.write('{"step": 3, "ima')
    assert train(end=("--steps", 20)).status == 0
    assert equal(weights(), wanted)
    assert lines()[-1]["done"]


def test_a_finished_run_whose_log_is_gone_is_finished_again(train):
    train()
    (RUN / "log.jsonl").unlink()
    assert train("--json").json["step"] == 8
    assert lines()[-1]["done"]


def test_two_processes_never_share_a_run(train):
    train("--json")
    with Run(RUN).held():
        told = train("--resume", end=("--steps", 9))
    assert told.status == 2
    assert f"{RUN} is being trained by another process" in told.err
    assert "--new" in told.err
    assert train("--resume", end=("--steps", 9)).status == 0


def test_a_look_at_the_run_is_no_other_process(train):
    """`runs list` holds the lock for an instant; a run that starts just then waits for it."""
    train()
    looking = threading.Event()

    def look():
        with Run(RUN).held():
            looking.set()
            time.sleep(0.3)

    looker = threading.Thread(target=look)
    looker.start()
    looking.wait()
    assert train("--resume", end=("--steps", 9)).status == 0
    looker.join()


def test_the_runs_folder_is_a_file(train):
    Path("notes").touch()
    told = train("--runs", "notes")
    assert (told.status, told.out) == (2, "")
    assert "notes" in told.err
    assert "--runs" in told.err


def test_a_runs_folder_that_cannot_be_written(train, monkeypatch):
    mkdir = Path.mkdir

    def refuse(self, *args, **kwargs):
        if "elsewhere" in str(self):
            raise OSError(30, "Read-only file system")
        mkdir(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refuse)
        told = train("--runs", "elsewhere/runs")
    assert (told.status, told.out) == (2, "")
    assert "Read-only file system" in told.err
    assert "--runs" in told.err


# signals


@pytest.mark.skipif(os.name == "nt", reason="no such signals on Windows")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_saves_and_the_same_command_goes_on(train, name):
    """In this process: the step that sends the signal is the one after which the run stops."""
    wanted = train("--runs", "calm", "--json", end=("--steps", 40))
    step = Engine.step

    def interrupted(self, **options):
        step(self, **options)
        if self.now.step == 13:
            signal.raise_signal(getattr(signal, name))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Engine, "step", interrupted)
        told = train(end=("--steps", 40))
    assert (told.status, told.out) == (130, "")
    last = told.err.splitlines()[-1]
    assert last.startswith(f"stopped by {name} at 208 images; {RUN} is saved.")
    assert "same command" in last
    assert Run(RUN).saved()[0].stem == "000000208"
    assert (RUN / "progress.gif").exists()
    assert "208 images shown, not finished" in (RUN / "README.md").read_text()
    assert train("--json", end=("--steps", 40)).json["losses"].keys() == wanted.json["losses"].keys()
    assert equal(weights(), weights(Path("calm") / RUN.name))


@pytest.mark.skipif(os.name == "nt", reason="no such signals on Windows")
def test_a_whole_process_interrupted_exits_130(pictures):
    pictures("pics")
    words = ["train", "dcgan", "--preset=tiny", "--data=pics", "--images=10m"]
    process = subprocess.Popen([sys.executable, "-m", "ganzoo", *words], stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 90
        while not (RUN / "log.jsonl").exists() or not Run(RUN).sheets():
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=60)[1]
    finally:
        process.kill()
    assert process.returncode == 130
    assert "stopped by SIGINT" in told
    assert Run(RUN).saved()
    shutil.rmtree("runs")

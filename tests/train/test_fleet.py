"""Ranks that one command launches: killed, stopped, started again, queued; and what is said of it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ganzoo.__main__ import main
from ganzoo.train.ranks.fleet import _cause
from ganzoo.train.run import Run

PATIENCE = 120.0  # seconds until what never comes is a failure

on_linux = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="looks for ranks in /proc")


@pytest.fixture
def words(tmp_path) -> tuple[str, ...]:
    """A training on pictures that are made in no time."""
    from PIL import Image

    folder = tmp_path / "pics"
    folder.mkdir()
    for number in range(64):
        Image.new("RGB", (16, 16), (4 * number, 128, 255 - 4 * number)).save(folder / f"{number:02d}.png")
    return ("train", "dcgan", "--preset", "tiny", "--data", str(folder), "--device", "cpu", "--name", "r")


class Started:
    """A command that runs beside the test."""

    def __init__(self, home: Path, *command: str):
        self.home, self.run = home, Run(home / "runs" / "r")
        self.told_to = home / "told.txt"
        with self.told_to.open("a") as told:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command, "--runs", str(home / "runs")],
                stdout=told,
                stderr=told,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
                start_new_session=True,
            )

    def until(self, has_come: Callable[[], object]) -> Started:
        deadline = time.monotonic() + PATIENCE
        while not has_come():
            assert time.monotonic() < deadline, f"it never came: {self.told}"
            time.sleep(0.05)
        return self

    def until_saved(self) -> Started:
        return self.until(self.run.saved)

    @property
    def ranks(self) -> list[int]:
        """The processes it has started, the first rank first."""
        return children(self.process.pid)

    @property
    def told(self) -> str:
        return self.told_to.read_text()

    def status(self) -> int:
        return self.process.wait(PATIENCE)


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.fixture
def start(tmp_path) -> Iterator[Callable[..., Started]]:
    started: list[Started] = []

    def launch(*command: str) -> Started:
        started.append(Started(tmp_path, *command))
        return started[-1]

    yield launch
    for each in started:
        if each.process.poll() is None:
            os.killpg(each.process.pid, signal.SIGKILL)
            each.process.wait()


@on_linux
def test_a_killed_rank_ends_the_run_with_one_line(start, words):
    killed = kill_one(start, words)
    complaints = [line for line in killed.told.splitlines() if "rank " in line or "error" in line.lower()]
    assert complaints == ["error: rank 1 was killed by SIGKILL. The same command goes on from the newest checkpoint."]


@on_linux
@pytest.mark.slow
def test_after_a_killed_rank_the_same_command_goes_on(start, words):
    newest = kill_one(start, words).run.saved()[0]
    images = int(newest.stem) + 320
    again = start("ganzoo", *words, "--images", str(images), "--resume", "--devices", "2")
    assert again.status() == 0
    assert f"going on from {newest}" in again.told
    assert again.run.progress == (images, True)


def kill_one(start: Callable[..., Started], words: tuple[str, ...]) -> Started:
    """A run of two ranks of which the second was killed, and that has ended of it within the minute."""
    killed = start("ganzoo", *words, "--images", "80000", "--devices", "2").until_saved()
    os.kill(killed.ranks[1], signal.SIGKILL)
    killed_at = time.monotonic()
    assert killed.status() == 1
    assert time.monotonic() - killed_at < 60  # as was promised; it takes two
    return killed


@on_linux
@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["ganzoo", "torchrun"])
def test_after_a_killed_rank_all_are_started_again_and_go_on(start, words, launcher):
    if launcher == "ganzoo":
        killed = start("ganzoo", *words, "--images", "12000", "--devices", "2", "--restarts", "2", "--new")
    else:
        torchrun = ("torch.distributed.run", "--nproc-per-node=2", "--max-restarts=2", "-m")
        killed = start(*torchrun, "ganzoo", *words, "--images", "12000")
    killed.until_saved()
    os.kill(killed.ranks[0], signal.SIGKILL)
    assert killed.status() == 0
    assert "going on from" in killed.told
    assert killed.run.progress == (12000, True)
    if launcher == "ganzoo":
        assert killed.told.count("rank 0 was killed by SIGKILL: starting again, 1 of 2") == 1


@on_linux
@pytest.mark.slow
@pytest.mark.parametrize("to", ["one rank", "the launcher", "all of them"])
def test_a_signal_saves_the_run(start, words, to):
    stopped = start("ganzoo", *words, "--images", "80000", "--devices", "2", "--restarts", "3").until_saved()
    if to == "one rank":
        os.kill(stopped.ranks[1], signal.SIGTERM)
    elif to == "the launcher":
        stopped.process.send_signal(signal.SIGTERM)
    else:  # as a terminal does at Ctrl-C
        os.killpg(stopped.process.pid, signal.SIGINT)
    assert stopped.status() == 130
    found = re.findall(r"stopped by (\w+) at ([\d,]+) images; .* is saved. The same command goes on.", stopped.told)
    name = "SIGINT" if to == "all of them" else "SIGTERM"
    assert found == [(name, f"{int(stopped.run.saved()[0].stem):,}")]
    assert "starting again" not in stopped.told
    assert "Traceback" not in stopped.told


@on_linux
@pytest.mark.slow
def test_a_queued_run_saves_itself_and_queues_itself_again(start, words, tmp_path):
    queued = start("ganzoo", *words, "--images", "12000", "--devices", "2", "--queue", "local", "--json")
    assert queued.status() == 0
    job = json.loads(queued.told)
    pid, folder = int(job["job"]), Path(job["folder"])
    queued.until_saved()
    for rank in children(pid):  # as SLURM does shortly before the end of its time
        os.kill(rank, signal.SIGUSR2)
    queued.until(lambda: queued.run.progress[1])
    told = "".join(each.read_text() for each in sorted(folder.glob("*_0_log.*")))
    assert "stopped by SIGUSR2" in told
    assert "going on from" in told
    assert queued.run.progress == (12000, True)
    queued.until(lambda: not Path(f"/proc/{pid}").exists())


@pytest.mark.slow
def test_a_run_that_diverges_says_so_once(start, words):
    broken = start("ganzoo", *words, "--devices", "2", "--set", "lr=1e30", "--steps", "50")
    assert broken.status() == 1
    assert broken.told.count("training diverged") == 1
    assert (broken.run.path / "diverged.safetensors").exists()
    assert "Traceback" not in broken.told


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--devices", "3"), "A batch of 16 does not fall into 3 equal parts, for 3 ranks.\nUse --batch 18."),
        (("--devices", "2", "--nodes", "2"), "--nodes needs --queue slurm."),
        (("--queue", "slrm"), "No queue 'slrm'. Use one of slurm, local."),
        (("--queue", "slurm"), '--queue slurm: Could not detect "srun"'),
        (("--queue", "local", "--nodes", "2"), "--queue local: LocalExecutor can use only one node."),
        (("--devices", "2", "--device", "cuda:0"), "--device cuda:0 is one device, and this run has 2 ranks."),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_launched(words, options, said, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    assert main([*words, "--runs", str(tmp_path / "runs"), *options]) == 2
    assert f"error: {said}" in capsys.readouterr().err


def test_without_submitit_it_is_said_what_to_install(words, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "submitit", None)
    assert main([*words, "--runs", str(tmp_path / "runs"), "--queue", "slurm"]) == 2
    said = capsys.readouterr().err
    assert said == 'error: --queue needs submitit. Install it with: pip install "ganzoo[slurm]"\n'


@pytest.mark.parametrize(
    ("statuses", "cause"),
    [
        ({0: 1, 1: -9}, (1, -9)),  # the others lost the one that was killed
        ({0: -15, 2: -11}, (2, -11)),  # and the launcher ended them
        ({0: -15, 1: 2}, (1, 2)),
        ({0: 130, 1: 130}, (0, 130)),
        ({1: -15}, (1, -15)),
    ],
)
def test_the_rank_that_the_others_fell_with_is_named(statuses, cause):
    assert _cause(statuses) == cause

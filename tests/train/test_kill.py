"""SIGKILL at any moment, then the same command: the finished run is bit for bit the one nobody disturbed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image

from ganzoo.train import checkpoint
from ganzoo.train.run import Run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no fork and no SIGKILL on Windows")

RUNS, LENGTH = 20, 4800  # runs of each kind, and the images of each
Moment = tuple[Callable[[], bool], float]  # what has come, and how many seconds more
PATIENCE = 120.0  # seconds until a process that neither ends nor reaches its moment is a failure

# Imports once what every run imports, then forks: a run starts in a tenth of a second instead of in seconds.
LAUNCHER = """
import json, os, sys
import torch._dynamo
import ganzoo.cli.app, ganzoo.data.catalogue, ganzoo.train.display, ganzoo.train.launch
from ganzoo.__main__ import main

for line in sys.stdin:
    words, runs, cache, log = json.loads(line)
    pid = os.fork()
    if pid == 0:
        os.environ["GANZOO_CACHE"] = cache
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 1)
        os.dup2(1, 2)
        os._exit(main([*words, "--runs", runs]))
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


class Bench:
    """Starts the same command again and again, in a folder of its own, and kills it on request."""

    def __init__(self, launcher: subprocess.Popen, home: Path, words: list[str]):
        self.launcher, self.words = launcher, words
        self.home, self.runs, self.cache = home, home / "runs", home / "cache"
        self.home.mkdir()
        self.starts = 0

    def run_to_the_end(self) -> None:
        self._start()
        assert self._status() == 0, self.told

    def kill_when(self, *moments: Moment) -> bool:
        """Start, wait for one moment after the other, and kill; False where it ended before."""
        pid, deadline = self._start(), time.monotonic() + PATIENCE
        for has_come, delay in moments:
            while alive(pid) and not has_come():
                assert time.monotonic() < deadline, f"the moment never came: {self.told}"
            end = time.perf_counter() + delay
            while alive(pid) and time.perf_counter() < end:
                time.sleep(0.0005)
        if alive(pid):
            os.kill(pid, signal.SIGKILL)
        status = self._status()
        assert status in (0, -signal.SIGKILL), self.told
        return status != 0

    def _start(self) -> int:
        self.starts += 1
        line = [self.words, str(self.runs), str(self.cache), str(self.home / "told.txt")]
        self.launcher.stdin.write(json.dumps(line) + "\n")
        self.launcher.stdin.flush()
        self.began = time.time()
        return int(self.launcher.stdout.readline())

    def _status(self) -> int:
        return int(self.launcher.stdout.readline())

    @property
    def told(self) -> str:
        return (self.home / "told.txt").read_text()

    @property
    def run(self) -> Run:
        (path,) = [path for path in self.runs.iterdir() if path.is_dir()]
        return Run(path)

    def final_state(self) -> dict:
        assert self.run.progress[1], "the run is not done"
        return checkpoint.load(self.run.saved()[0])[0]

    def drawn(self) -> int:
        """Images shown when the newest sheet was drawn: how far the run is, in fortieths."""
        return max((int(path.stem) for path in self.runs.glob("*/samples/*.png")), default=0)

    # moments

    def packing(self) -> bool:
        return any(self.cache.glob("packs/*.building"))

    def training(self) -> bool:
        """The request is written again where a run goes on, a moment before its first step."""
        return any(path.stat().st_mtime > self.began for path in self.runs.glob("*/run.toml"))

    def checkpointing(self) -> bool:
        return any(self.runs.glob("*/checkpoints/*.part"))

    def drawing(self) -> bool:
        return any(self.runs.glob("*/samples/*.part"))


def alive(pid: int) -> bool:
    """Whether it still runs; the launcher waits for it, so an ended process is gone."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def same(a, b) -> bool:
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def assert_equal(bench: Bench, undisturbed: Bench) -> None:
    state, wanted = bench.final_state(), undisturbed.final_state()
    assert state.keys() == wanted.keys() == {"nets", "averages", "opts", "random", "progress"}
    for part in wanted:
        assert same(state[part], wanted[part]), part
    sheets, others = ({path.name: path.read_bytes() for path in each.run.sheets()} for each in (bench, undisturbed))
    assert sheets == others, "the sheets differ"
    images = [line["images"] for line in bench.run.lines()]
    assert images == sorted(images)
    assert [line.get("done", False) for line in bench.run.lines()].count(True) == 1
    assert not list(bench.runs.rglob("*.part"))


@pytest.fixture(scope="module")
def launcher() -> Iterator[subprocess.Popen]:
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    started = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    )
    with started:
        yield started
        started.stdin.close()


@pytest.fixture(scope="module")
def pics(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("kill") / "pics"
    folder.mkdir()
    chance = random.Random(0)
    for i in range(400):
        noise = Image.frombytes("RGB", (16, 16), chance.randbytes(16 * 16 * 3))
        noise.resize((4, 4)).resize((16, 16)).save(folder / f"{i:03d}.png")
    return folder


def words(pics: Path, images: int) -> list[str]:
    return ["train", "dcgan", "--preset", "tiny", "--data", str(pics), "--images", str(images)]


def truncate(path: Path, chance: random.Random) -> int:
    """Cut a file short, anywhere; gives what is left of it."""
    left = chance.randrange(path.stat().st_size)
    os.truncate(path, left)
    return left


def test_a_run_killed_while_packing_stepping_and_saving_ends_as_if_nothing_had_been(launcher, pics, tmp_path):
    undisturbed, bench = (Bench(launcher, tmp_path / name, words(pics, 1600)) for name in ("calm", "killed"))
    undisturbed.run_to_the_end()
    assert bench.kill_when((bench.packing, 0.01))
    assert bench.kill_when((bench.training, 0.1))
    assert bench.kill_when((bench.checkpointing, 0.0))
    bench.run_to_the_end()
    assert_equal(bench, undisturbed)
    before = bench.run.saved()[0].stat().st_mtime_ns
    bench.run_to_the_end()  # once more: it is finished, and nothing is written again
    assert "is finished" in bench.told
    assert bench.run.saved()[0].stat().st_mtime_ns == before


def test_a_truncated_newest_checkpoint_is_named_and_the_one_before_it_taken(launcher, pics, tmp_path):
    undisturbed, bench = (Bench(launcher, tmp_path / name, words(pics, 1600)) for name in ("calm", "killed"))
    undisturbed.run_to_the_end()
    bench.run_to_the_end()
    newest, older = bench.run.saved()[:2]
    os.truncate(newest, 1000)
    bench.run_to_the_end()
    assert f"skipping a damaged checkpoint: {newest}" in bench.told
    assert f"going on from {older}" in bench.told
    assert_equal(bench, undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("damage", [False, True], ids=["killed", "killed and truncated"])
def test_twenty_runs_killed_at_random_moments(launcher, pics, tmp_path, damage):
    undisturbed = Bench(launcher, tmp_path / "calm", words(pics, LENGTH))
    undisturbed.run_to_the_end()
    kills = 0
    for number in range(RUNS):
        bench, chance = Bench(launcher, tmp_path / f"run{number}", words(pics, LENGTH)), random.Random(number)
        story = []
        for turn in range(chance.randint(2, 4)):
            kind, moments = random_moments(bench, chance, first=turn == 0)
            killed = bench.kill_when(*moments)
            kills += killed
            reached = max(
                (path.stem for path in bench.runs.glob("*/checkpoints/*.safetensors")), default="no checkpoint"
            )
            story.append(f"{kind} {'killed' if killed else 'too late'} at {reached}")
        if damage:
            if reached == "no checkpoint":
                assert bench.kill_when((lambda b=bench: [*b.runs.glob("*/checkpoints/*.safetensors")] != [], 0.0))
            story.append(f"cut to {truncate(bench.run.saved()[0], chance)} bytes")
        bench.run_to_the_end()
        assert ("skipping a damaged checkpoint" in bench.told) == damage
        assert_equal(bench, undisturbed)
        print(f"run {number:2}, {bench.starts} starts, equal: {'; '.join(story)}")
    print(f"{kills} kills")
    assert kills > RUNS


def random_moments(bench: Bench, chance: random.Random, first: bool) -> tuple[str, list[Moment]]:
    """Where to kill next; only a run's first process packs."""
    kind = chance.choice(["start-up", "packing", "steps"] if first else ["start-up", "steps", "checkpoint", "sheet"])
    place = chance.uniform(bench.drawn(), LENGTH)
    somewhere = (lambda: bench.training() and bench.drawn() >= place, chance.uniform(0, 0.02))
    instant = chance.uniform(0, 0.003)
    return kind, {
        "start-up": [(lambda: True, chance.uniform(0, 0.5))],
        "packing": [(bench.packing, chance.uniform(0, 0.2))],
        "steps": [somewhere],
        "checkpoint": [somewhere, (bench.checkpointing, instant)],
        "sheet": [somewhere, (bench.drawing, instant)],
    }[kind]


@pytest.mark.slow
def test_a_whole_process_killed_as_it_starts(pics, tmp_path, launcher):
    """The launcher skips imports; here nothing is skipped."""
    undisturbed = Bench(launcher, tmp_path / "calm", words(pics, 1600))
    undisturbed.run_to_the_end()
    bench = Bench(launcher, tmp_path / "killed", words(pics, 1600))
    command = [sys.executable, "-m", "ganzoo", *bench.words, "--runs", str(bench.runs)]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "GANZOO_CACHE": str(bench.cache)}
    chance = random.Random(7)
    with open(bench.home / "told.txt", "a") as told:
        for _ in range(6):
            process = subprocess.Popen(command, env=env, stdout=told, stderr=told)
            time.sleep(chance.uniform(0.1, 6))
            process.kill()
            process.wait()
        assert subprocess.run(command, env=env, stdout=told, stderr=told).returncode == 0
    assert_equal(bench, undisturbed)

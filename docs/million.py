"""What a million pictures cost here: makes them, runs the commands, prints a table.

    python docs/million.py FOLDER [--pictures 1000000] [--keep]

FOLDER takes 4 GB of pictures (32 px PNG in folders of 1,000, a class each) and twice 3 GB of packs, all removed at the
end unless ``--keep``. The pack is built twice: in one go, and killed with SIGKILL at 70% and gone on with.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

SIDE, ENCODINGS, EACH = 32, 4096, 1000
KILLED = 0.7  # of the pack, when the build is stopped

LISTED = """
import sys, time
from ganzoo.data.catalogue import find_source
began = time.perf_counter()
source = find_source(sys.argv[1])
source.identity()
print(time.perf_counter() - began)
"""
FED = """
import sys, time
from ganzoo.data.catalogue import open_data
from ganzoo.data.feed import Feed
pack = open_data(sys.argv[1], size=32)
began = time.perf_counter()
Feed(pack, seed=0).batch(0, 64)
print(time.perf_counter() - began)
"""


class Ran(NamedTuple):
    """What a command took."""

    seconds: float
    processor: float  # seconds of all its processes that ended before it
    memory: float  # MiB of the largest of them
    said: str


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=1_000_000)
    parser.add_argument("--keep", action="store_true")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    pictures = asked.folder / "pictures"
    if not pictures.exists():
        make(pictures, asked.pictures)
    machine = f"{platform.machine()}, {os.cpu_count()} processors"
    print(f"{date.today()}, {machine}, load {os.getloadavg()[0]:.1f} at the start", flush=True)
    print("| what | seconds | processor seconds | MiB of the largest process |\n|---|---|---|---|", flush=True)
    prepare = [sys.executable, "-m", "ganzoo", "data", "prepare", str(pictures), "--size", str(SIDE), "--json"]
    whole, cut = asked.folder / "whole", asked.folder / "cut"

    told("list, with the hash of all names, sizes and times", run([sys.executable, "-c", LISTED, str(pictures)], whole))
    once = run(prepare, whole)
    told(f"pack in one go: {asked.pictures / once.seconds:,.0f} pictures/s", once)
    told("the same command again: the pack is found", run(prepare, whole))
    told(f"pack, killed at {KILLED:.0%}", run(prepare, cut, kill_at=int(KILLED * asked.pictures * 3 * SIDE * SIDE)))
    rest = run(prepare, cut)
    told("the same command: checks what is there, packs the rest", rest)
    fed = run([sys.executable, "-c", FED, str(pictures)], whole)
    told(f"open, and the first batch (the batch alone {1000 * float(fed.said):.0f} ms)", fed)
    same = json.loads(once.said)["hash"] == json.loads(rest.said)["hash"]
    print(f"both packs have {'the same' if same else 'ANOTHER'} hash; load {os.getloadavg()[0]:.1f} at the end")
    if not asked.keep:
        shutil.rmtree(asked.folder)


def make(folder: Path, count: int) -> None:
    """Write pictures: soft gradients with noise, some thousands of different ones, as PNG of about 2 kB."""
    began = time.perf_counter()
    rng = np.random.default_rng(0)
    x = np.linspace(0, 1, SIDE)[None, :, None]
    contents = []
    for _ in range(ENCODINGS):
        a, b, c, d = rng.uniform(0, 255, (4, 3))
        y = x.transpose(1, 0, 2)
        values = (1 - y) * ((1 - x) * a + x * b) + y * ((1 - x) * c + x * d) + rng.normal(0, 6, (SIDE, SIDE, 3))
        file = io.BytesIO()
        Image.fromarray(values.clip(0, 255).astype(np.uint8)).save(file, "PNG", compress_level=1)
        contents.append(file.getvalue())
    for number in range(count):
        if number % EACH == 0:
            inside = folder / f"{number // EACH:04}"
            inside.mkdir(parents=True)
        (inside / f"{number:07}.png").write_bytes(contents[number * 2654435761 % ENCODINGS])
    print(f"{count:,} pictures written in {time.perf_counter() - began:.0f} s", flush=True)


def run(command: list[str], cache: Path, kill_at: int = 0) -> Ran:
    """Run a command with its own cache; kill it once the pack it makes has so many bytes."""
    began = time.perf_counter()
    with open(f"{cache}.out", "w+b") as out:
        process = subprocess.Popen(command, stdout=out, env=os.environ | {"GANZOO_CACHE": str(cache)})
        while kill_at and not os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if sum(path.stat().st_size for path in cache.glob("packs/*.building/images.npy")) >= kill_at:
                process.kill()
                break
            time.sleep(0.05)
        _, status, used = os.wait4(process.pid, 0)
        if status and not kill_at:
            sys.exit(f"{' '.join(command)} ended with status {status}")
        out.seek(0)
        said = out.read().decode()
    return Ran(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, said)


def told(what: str, ran: Ran) -> None:
    """Print a row."""
    print(f"| {what} | {ran.seconds:.1f} | {ran.processor:.1f} | {ran.memory:.0f} |", flush=True)


if __name__ == "__main__":
    main()

"""What each thing that makes a step faster is worth: the engine as it is, and with one of them taken away.

    OMP_NUM_THREADS=2 python docs/ablation.py [FAMILY...] [--rounds 9]

Both take turns in one process, as `ganzoo bench --against` has it; what is printed is how much longer a step takes
without, median and quartiles over the rounds. Freed memory belongs to a whole process: for it, processes take turns.
The table goes into docs/bench.md.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from statistics import median
from typing import Any

from ganzoo.__main__ import WAITING

os.environ |= {name: value for name, value in WAITING.items() if name not in os.environ}  # before torch looks

import torch

from ganzoo.bench.contest import Contest
from ganzoo.bench.course import Course, course_for
from ganzoo.bench.summary import spread
from ganzoo.data.catalogue import open_data
from ganzoo.game.nn import Dropout, linear
from ganzoo.train.average import Average
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.train.plan import Asked, plan
from ganzoo.train.request import Request

AT = 0.9  # of the run, as `ganzoo bench` has it
PLAIN = {  # settings: a name for the row, the family, how it is set
    "vanilla": ("vanilla", "", ()),
    "dcgan": ("dcgan", "", ()),
    "dcgan 64 px": ("dcgan", "paper", ("batch=64",)),
    "cgan": ("cgan", "", ()),
    "wgan": ("wgan", "", ()),
    "aae": ("aae", "", ()),
    "cyclegan": ("cyclegan", "", ()),
    "progan": ("progan", "", ()),
    "stackgan": ("stackgan", "", ()),
    "stylegan": ("stylegan", "", ()),
}
SWITCHES = {
    "layout": "convolutions in channels-last layout",
    "frozen": "who does not learn has no gradients",
    "ahead": "a fake is drawn once for both turns",
    "fused": "Adam in one kernel",
    "averages": "the average in one call",
    "dense": "products of matrices by oneDNN",
    "dropout": "dropout from few bits",
    "heap": "freed memory is kept",
    "threads": "threads look for work before they sleep",
}
PROCESSES = {"heap": {"GANZOO_RETURN_MEMORY": "1"}, "threads": {"GOMP_SPINCOUNT": "0"}}


class Without:
    """An engine that lacks one of `SWITCHES`; an opponent of `Contest`."""

    def __init__(self, course: Course, around: Callable[[], Any] = nullcontext):
        self.course, self.around = course, around

    def step(self, number: int) -> None:
        with self.around():
            self.course.step(number)
        self.course.engine.read()


class Unlimited:
    """No limit is asked for here."""

    def measure(self) -> dict[str, float]:
        return {}


def without(switch: str, request: Request, data: Any) -> Without:
    """The engine of a request with one thing taken away."""
    backend = Backend.choose(request.device, request.precision)
    if switch == "layout":
        return Without(course_for(request, data, replace(backend, channels_last=False), AT))
    course = course_for(request, data, backend, AT)
    engine = course.engine
    match switch:
        case "frozen":
            engine._let_learn = partial(let_all_learn, engine)
        case "ahead":
            phases = engine.recipe.phases
            engine.recipe.phases = lambda: [replace(phase, ahead="") for phase in phases()]
        case "fused":
            for opt in engine.recipe.opts.values():
                for group in opt.param_groups:
                    group.update(fused=False, foreach=False)
        case "averages":
            for average in engine.averages.values():
                average.update = partial(one_by_one, average)
        case "dense":
            return Without(course, torchs_products)
        case "dropout":
            return Without(course, torchs_masks)
    return Without(course)


def let_all_learn(engine: Engine, opt: Any) -> None:
    for net in engine.recipe.nets.values():
        for p in net.parameters():
            p.requires_grad_(p.is_floating_point())


@torch.no_grad()
def one_by_one(average: Average, shown: int, images: int) -> None:
    keep = 0.5 ** (shown / min(average.halflife, images * 0.05))
    for mine, theirs in zip(average.net.parameters(), average.live.parameters(), strict=True):
        mine.lerp_(theirs, 1 - keep)
    for mine, theirs in zip(average.net.buffers(), average.live.buffers(), strict=True):
        mine.copy_(theirs)


@contextmanager
def torchs_products() -> Iterator[None]:
    usual, linear.PRODUCT = linear.PRODUCT, None
    try:
        yield
    finally:
        linear.PRODUCT = usual


@contextmanager
def torchs_masks() -> Iterator[None]:
    usual = Dropout.forward
    Dropout.forward = torch.nn.Dropout.forward
    try:
        yield
    finally:
        Dropout.forward = usual


def asked_for(row: str) -> tuple[Request, Any]:
    family, preset, settings = PLAIN[row]
    request = plan(Asked(family, preset=preset, settings=settings, options={"device": "cpu", "precision": "fp32"}))
    return request, open_data(request.data, size=request.config.size, channels=request.config.channels)


def ratios(row: str, switch: str, rounds: int) -> list[float]:
    """How much longer a step takes without, round by round."""
    request, data = asked_for(row)
    backend = Backend.choose(request.device, request.precision)
    contest = Contest(course_for(request, data, backend, AT), Unlimited(), without(switch, request, data))
    contest.warm()
    held = [contest.round(number) for number in range(rounds)]
    return [each.opponent / each.step for each in held]


def seconds(row: str, rounds: int) -> float:
    """A step in this process."""
    request, data = asked_for(row)
    contest = Contest(course_for(request, data, Backend.choose("cpu", "fp32"), AT), Unlimited())
    contest.warm()
    return median(contest.round(number).step for number in range(rounds))


def ratios_of_processes(row: str, switch: str, rounds: int) -> list[float]:
    taken: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(max(3, rounds // 2)):
        for has, times in taken.items():
            command = [sys.executable, __file__, row, "--rounds", str(rounds), "--alone"]
            environment = os.environ | ({} if has else PROCESSES[switch])
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
            times.append(float(done.stdout))
    return [off / on for on, off in zip(taken[True], taken[False], strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", default=list(PLAIN))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", choices=SWITCHES, action="append")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        print(seconds(asked.rows[0], asked.rounds))
        return
    chosen = asked.only or list(SWITCHES)
    print(f"| a step takes longer without | {' | '.join(SWITCHES[switch] for switch in chosen)} |")
    print("|---" * (1 + len(chosen)) + "|", flush=True)
    for row in asked.rows:
        cells = []
        for switch in chosen:
            take_turns = ratios_of_processes if switch in PROCESSES else ratios
            found = take_turns(row, switch, asked.rounds)
            low, high = spread(found)
            cells.append(f"{median(found):.2f} ({low:.2f}-{high:.2f})")
        print(f"| {row} | {' | '.join(cells)} |", flush=True)
    print(f"\ntorch {torch.__version__}, {torch.get_num_threads()} threads, {asked.rounds} rounds")


if __name__ == "__main__":
    main()

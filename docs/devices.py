"""Writes the arithmetic of docs/devices.md, from the networks themselves: ``python docs/devices.py``.

With ``--check`` it only says if it is old.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from math import log2
from pathlib import Path

import torch

from ganzoo.bench.tally import Tally
from ganzoo.game import Progress
from ganzoo.train.blueprint import draw_up
from ganzoo.train.engine import Engine
from ganzoo.train.memory.rehearsal import blank
from ganzoo.train.memory.shadow import Shadow
from ganzoo.train.ranks.buffers import Buffers
from ganzoo.train.ranks.world import ALONE
from ganzoo.zoo.config import resolve
from ganzoo.zoo.facts import Facts
from ganzoo.zoo.registry import zoo

PAGE = Path(__file__).with_suffix(".md")
BEGIN, END = "<!-- written by docs/devices.py -->", "<!-- end -->"

PEAK = 989e12  # FLOP/s of an H100 SXM in bfloat16, dense
SHARE = 0.2  # of it that convolutional GANs are assumed to reach
NVLINK = 0.8 * 450e9  # bytes/s each way within a machine of eight, NVLink 4
FAST = 8 * 0.8 * 50e9  # bytes/s each way between machines, of eight cards of 400 Gb/s: each carries a ring of its own
SLOW = 0.8 * 25e9  # of one card of 200 Gb/s for the whole machine
HOP = 10e-6  # seconds of one message
MACHINE = 8  # GPUs
RUNS = (("dcgan", "DCGAN 64 px"), ("cyclegan", "CycleGAN 256 px"), ("stylegan", "StyleGAN2 1024 px"))
OWN = {"dcgan": 128, "cyclegan": 1, "stylegan": 4}  # pictures of a GPU where each has the same: weak scaling


@dataclass(frozen=True)
class Turn:
    """A phase, as often as a mean step has it."""

    name: str
    times: float
    flops: float  # of one picture
    bytes: int  # averaged over ranks


def turns(family: str) -> list[Turn]:
    """The phases of preset ``paper``, on the meta device: nothing is computed."""
    card = zoo().get("families", family)
    config = resolve(card, "paper")
    facts = Facts((3, config.size, config.size), 70_000, (), (), None)
    n = OWN[family]
    with torch.device("meta"):
        recipe = draw_up(card, config, facts)
        backend = Shadow(torch.device("meta"))
        start = Progress(images=1_000, batch=n, total=1_000_000)
        engine = Engine(recipe, lambda _, count: blank(card.needs, facts, count, 0), backend, start)
        recipe.begin(start)
        micro, found = engine._fresh(0), []
        for phase in recipe.phases():
            with Tally() as tally:
                engine._run(phase, micro)
                tally.lap(phase.name)
            learns = [p for group in recipe.opts[phase.opt].param_groups for p in group["params"]]
            told = [*learns, *Buffers(recipe.nets, ALONE).statistics]
            size = 4 * (sum(each.numel() for each in told) + len(learns))
            found.append(Turn(phase.name, phase.repeat / phase.every, tally.parts[phase.name].flops / n, size))
    return found


def compute(those: list[Turn], pictures: float) -> float:
    """Seconds of a mean step."""
    return sum(turn.times * turn.flops for turn in those) * pictures / (PEAK * SHARE)


def talk(those: list[Turn], ranks: int, between: float) -> float:
    """Seconds of a mean step in all-reduces; the slowest link on the way round is what counts."""
    speed = NVLINK if ranks <= MACHINE else min(NVLINK, between)
    ring = 2 * (ranks - 1) / ranks
    return sum(turn.times * (ring * turn.bytes / speed + 2 * log2(ranks) * HOP) for turn in those)


def tables() -> str:
    known = {family: turns(family) for family, _ in RUNS}
    return "\n\n".join((work(known), weak(known), strong(known)))


def work(known: dict[str, list[Turn]]) -> str:
    rows = ["| preset `paper` | phase | times a step | GFLOP a picture | MB averaged |", "|---|---|---|---|---|"]
    for family, title in RUNS:
        for number, turn in enumerate(known[family]):
            often = f"1/{1 / turn.times:.0f}" if turn.times < 1 else f"{turn.times:.0f}"
            words = title if not number else ""
            rows.append(f"| {words} | {turn.name} | {often} | {turn.flops / 1e9:,.1f} | {turn.bytes / 1e6:,.1f} |")
    return "\n".join(rows)


def weak(known: dict[str, list[Turn]]) -> str:
    """Each GPU keeps its pictures, and the batch grows."""
    head = "| each GPU keeps its batch | pictures a GPU | compute, ms | 8, NVLink | 64, 8 x 400 Gb/s | 64, 200 Gb/s |"
    rows = [f"{head} 512, 8 x 400 Gb/s | 512, 200 Gb/s | batch at 512 |", "|" + "---|" * 9]
    for family, title in RUNS:
        busy = compute(known[family], OWN[family])
        cells = [efficiency(busy, talk(known[family], ranks, speed)) for ranks, speed in WAYS]
        batch = 512 * OWN[family]
        rows.append(f"| {title} | {OWN[family]} | {1e3 * busy:,.1f} | {' | '.join(cells)} | {batch:,} |")
    return "\n".join(rows)


def strong(known: dict[str, list[Turn]]) -> str:
    """The batch stays that of the paper."""
    head = (
        "| the batch stays | batch | 8, NVLink | 64, 8 x 400 Gb/s | 64, 200 Gb/s | 512, 8 x 400 Gb/s | 512, 200 Gb/s |"
    )
    rows = [head, "|" + "---|" * 7]
    for family, title in RUNS:
        batch = resolve(zoo().get("families", family), "paper").batch
        cells = [
            efficiency(compute(known[family], batch / ranks), talk(known[family], ranks, speed), ranks)
            if batch % ranks == 0
            else "-"
            for ranks, speed in WAYS
        ]
        rows.append(f"| {title} | {batch} | {' | '.join(cells)} |")
    return "\n".join(rows)


WAYS = ((8, FAST), (64, FAST), (64, SLOW), (512, FAST), (512, SLOW))


def efficiency(busy: float, talking: float, ranks: int = 0) -> str:
    share = busy / (busy + talking)
    return f"{share:.0%}" + (f", {ranks * share:.1f}x" if ranks else "")


def main() -> int:
    """Write the tables into the page, or say whether they are current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    before = PAGE.read_text(encoding="utf-8")
    head, _, rest = before.partition(BEGIN)
    after = f"{head}{BEGIN}\n\n{tables()}\n\n{END}{rest.partition(END)[2]}"
    if asked.check and before != after:
        print(f"{PAGE} is not what the networks say. Run: python docs/devices.py", file=sys.stderr)
        return 1
    if before != after:
        PAGE.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

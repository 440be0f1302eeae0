"""Time ganzoo's engine on its real data path against a plain hand-written step of the same mathematics.

    python docs/benchmarks/dcgan_step.py [--data anime] [--steps 9]

DCGAN, preset `paper` (64 px, width 64), batch 64. The plain step is what a careful person writes from the paper:
default layout, torch.optim.Adam, data already in memory as float tensors, the fakes of the discriminator's turn
used again by the generator's. The two take turns in one process; medians and the spread of their ratio are printed.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time

import torch
from torch import nn

from ganzoo import find
from ganzoo.data.catalogue import open_data
from ganzoo.data.feed import Feed
from ganzoo.game import Progress, Recipe
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.zoo.config import resolve

SIZE, BATCH = 64, 64


class PlainStep:
    """One step of DCGAN without an engine, on copies of the same networks."""

    def __init__(self, recipe: Recipe, images: torch.Tensor):
        self.g, self.d = (copy.deepcopy(recipe.nets[name]) for name in "gd")
        self.opts = {net: torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999)) for net in (self.g, self.d)}
        self.images, self.loss, self.place = images, nn.BCEWithLogitsLoss(), 0

    def step(self) -> None:
        real = self.images[self.place : self.place + BATCH]
        self.place = (self.place + BATCH) % (len(self.images) - BATCH)
        ones, zeros = torch.ones(BATCH), torch.zeros(BATCH)
        self.opts[self.d].zero_grad()
        self.loss(self.d(real), ones).backward()
        fake = self.g(torch.randn(BATCH, 100))
        self.loss(self.d(fake.detach()), zeros).backward()
        self.opts[self.d].step()
        self.opts[self.g].zero_grad()
        self.loss(self.d(fake), ones).backward()
        self.opts[self.g].step()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="anime")
    parser.add_argument("--steps", type=int, default=9)
    asked = parser.parse_args()

    torch.manual_seed(0)
    pack = open_data(asked.data, size=SIZE, channels=3)
    family, backend = find("families", "dcgan"), Backend.choose("cpu", "fp32")
    config = resolve(family, "paper", {"batch": BATCH})
    recipe = family.build(config, pack.facts)
    first = torch.from_numpy(pack.images[: 16 * BATCH].copy()).float().div(127.5).sub(1)
    plain = PlainStep(recipe, first)
    for net in recipe.nets.values():
        backend.place(net)
    feed = Feed(pack, 0, "cpu", channels_last=backend.channels_last)
    engine = Engine(recipe, feed.batch, backend, Progress(batch=BATCH, total=10**9), halflife=config.ema)

    contenders = {"ganzoo": engine, "plain": plain}
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for contender in contenders.values():
        contender.step()  # warm
    for _ in range(asked.steps):
        for name, contender in contenders.items():
            began = time.perf_counter()
            contender.step()
            seconds[name].append(time.perf_counter() - began)
    for name, times in seconds.items():
        middle = statistics.median(times)
        print(f"{name:7} {1000 * middle:7.0f} ms a step  {BATCH / middle:6.1f} images/s")
    ratios = sorted(p / g for g, p in zip(seconds["ganzoo"], seconds["plain"], strict=True))
    print(f"ratio   {statistics.median(ratios):.2f} (from {ratios[0]:.2f} to {ratios[-1]:.2f}), {asked.steps} pairs, "
          f"torch {torch.__version__}, {torch.get_num_threads()} threads")  # fmt: skip


if __name__ == "__main__":
    main()

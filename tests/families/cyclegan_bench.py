"""CycleGAN on the bench: small networks, two sides of pictures as a function of their place, the engine."""

from __future__ import annotations

import torch
from ganzoo_cyclegan.networks import Discriminator, Generator
from torch import nn

from ganzoo import Facts, find
from ganzoo.game import Progress
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.zoo.config import resolve

CPU = Backend.choose("cpu", "fp32")


def generator(size: int, width: int, blocks: int, channels: int = 3) -> Generator:
    return Generator((channels, size, size), width, blocks)


def discriminator(size: int, width: int, layers: int = 3, channels: int = 3) -> Discriminator:
    return Discriminator((channels, size, size), width, layers)


def recipe(preset: str = "tiny", channels: int = 3, **settings):
    family = find("families", "cyclegan")
    config = resolve(family, preset, settings)
    return family.build(config, Facts((channels, config.size, config.size)))


def draw(position: int, n: int, channels: int = 3) -> dict[str, torch.Tensor]:
    """Pictures as a pure function of their place in the order; each side has its own."""
    seeds = [torch.Generator().manual_seed(position + i) for i in range(n)]
    return {
        side: torch.stack([2 * torch.rand(channels, 16, 16, generator=seed) - 1 for seed in seeds]) for side in "ab"
    }


def engine(seed: int = 0, total: int = 48, channels: int = 3, **settings) -> Engine:
    torch.manual_seed(seed)
    start = Progress(batch=4, total=total)
    options = {"accumulate": settings.pop("accumulate", 1), "halflife": settings.pop("halflife", 20.0)}
    made = recipe(channels=channels, **settings)
    return Engine(made, lambda position, n: draw(position, n, channels), CPU, start, **options)


class Changed(nn.Module):
    """A network that is one line of arithmetic."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def forward(self, x):
        return self.change(x)


def with_nets(made, **nets):
    made.nets.update({name: Changed(change) for name, change in nets.items()})
    return made


def parameters(e: Engine, name: str) -> dict[str, torch.Tensor]:
    return {f"{name}.{key}": p for key, p in e.recipe.nets[name].named_parameters()}


def stepped(e: Engine, n: int) -> Engine:
    for _ in range(n):
        e.step()
    return e

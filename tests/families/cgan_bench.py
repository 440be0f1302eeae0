"""Conditional GANs on the bench: data of known classes, known weights, the engine on small presets."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from fingerprint import fill, filler
from ganzoo_cgan.networks import Discriminator, Generator, MaxoutPerceptron, Perceptron
from ganzoo_cgan.residual import Concatenation, Projection, ResidualGenerator
from torch import nn

from ganzoo import Facts, find
from ganzoo.game import Progress
from ganzoo.game.nn import SpectralNorm
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.zoo.config import resolve

LABEL = torch.tensor([0, 3, 7, 9])


def data(size: int, classes: int = 10, channels: int = 3) -> Facts:
    return Facts((channels, size, size), count=640, classes=tuple(map(str, range(classes))))


@torch.no_grad()
def filled(net: nn.Module) -> nn.Module:
    """Filled as the fact sheet has it: a conditional gain is a gain, and the power iteration starts from a known u."""
    for name, p in fill(net).named_parameters():
        if name.endswith("gain"):
            p.copy_(1 + 0.1 * filler(*p.shape))
    for norm in (m for m in net.modules() if isinstance(m, SpectralNorm)):
        u = filler(*norm.u.shape)
        norm.u.copy_(u / u.norm())
    return net


NETWORKS = [
    (Perceptron, MaxoutPerceptron),
    (Generator, Discriminator),
    (ResidualGenerator, Projection),
    (ResidualGenerator, Concatenation),
]
every_pair = pytest.mark.parametrize(("make_g", "make_d"), NETWORKS, ids=lambda net: net.__name__)


def draw(position: int, n: int, channels: int = 3, size: int = 16) -> dict[str, torch.Tensor]:
    """Pictures whose shade tells their class, as a pure function of their place in the order."""
    each = torch.Generator().manual_seed(position)
    label = torch.arange(position, position + n) % 4
    noise = 0.1 * torch.rand(n, channels, size, size, generator=each)
    return {"image": noise + (label / 2 - 1)[:, None, None, None], "label": label}


PRESETS = {
    "tiny": {},
    "paper": {"size": 16, "width": 48, "width_d": 48, "batch": 16},
    "dcgan": {"size": 16, "width": 4, "width_d": 4, "batch": 16},
}
STEPS = 8


def engine(preset: str, seed: int = 0, channels: int = 3, **changes) -> Engine:
    family = find("families", "cgan")
    config = resolve(family, preset, PRESETS[preset], changes)
    torch.manual_seed(seed)
    recipe = family.build(config, data(config.size, 4, channels))
    start = Progress(batch=config.batch, total=STEPS * config.n_critic * config.batch)
    source = partial(draw, channels=channels, size=config.size)
    return Engine(recipe, source, Backend.choose("cpu", "fp32"), start, halflife=100.0)


def steps(e: Engine, n: int) -> Engine:
    for _ in range(n):
        e.step()
    return e

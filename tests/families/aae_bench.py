"""Adversarial autoencoders on the bench: every variant, small; nets that say what they were told to."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ganzoo import Facts, find
from ganzoo.game import Progress
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.zoo.config import resolve

CPU = Backend.choose("cpu", "fp32")
MNIST, TFD, DIGITS = (1, 28, 28), (1, 48, 48), (1, 8, 8)
CLASSES = tuple("0123456789")
BATCH = 8
KNOWN = 20  # labels, where only some are to be seen: gathered in the first three batches
VARIANTS = {
    "plain": {},
    "sgd": {"optimizer": "sgd"},
    "supervised": {"variant": "supervised"},
    "conditioned": {"variant": "conditioned", "prior": "mixture"},
    "conditioned-few": {"variant": "conditioned", "prior": "swiss-roll", "labelled": KNOWN},
    "semi-supervised": {"variant": "semi-supervised"},
    "semi-supervised-few": {"variant": "semi-supervised", "labelled": KNOWN, "noise": 0.3},
    "clustering": {"variant": "clustering", "clusters": 4},
}
every_variant = pytest.mark.parametrize("variant", VARIANTS)


def recipe(variant: str = "plain", shape: tuple[int, ...] = DIGITS, examples: int = 100, **settings):
    family = find("families", "aae")
    config = resolve(family, "tiny", {**VARIANTS[variant], **settings})
    return family.build(config, Facts(shape, count=examples, classes=CLASSES))


def draw(position: int, n: int, shape: tuple[int, ...] = DIGITS) -> dict[str, torch.Tensor]:
    """Examples as a pure function of their place in the order."""
    seeds = [torch.Generator().manual_seed(position + i) for i in range(n)]
    images = torch.stack([2 * torch.rand(shape, generator=seed) - 1 for seed in seeds])
    return {"image": images, "label": (position + torch.arange(n)) * 7 % 10}


def engine(made, feed=draw, **options) -> Engine:
    return Engine(made, feed, CPU, Progress(batch=BATCH, total=999), **{"halflife": 50.0, **options})


def trained(e: Engine, steps: int) -> Engine:
    for _ in range(steps):
        e.step()
    return e


class Said(nn.Module):
    """A network that says what it was told to, whatever it is asked."""

    def __init__(self, *words: torch.Tensor):
        super().__init__()
        self.words = nn.ParameterList(words)

    def forward(self, *_):
        return self.words[0] if len(self.words) == 1 else tuple(self.words)


class Heard(nn.Module):
    """A decoder that hands on the codes that it was given."""

    def __init__(self):
        super().__init__()
        self.anchor = nn.Parameter(torch.zeros(()))

    def forward(self, *code):
        return torch.cat(code, 1)

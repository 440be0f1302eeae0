"""StackGAN on the bench: small games of both versions, captions and pictures by their place, the engine."""

from __future__ import annotations

import torch
from torch import Tensor

from ganzoo import Facts, find
from ganzoo.game import Progress
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.zoo.config import resolve

WORDS = ("a", "blue", "circle", "red", "square")
TREE = {"version": 2, "branches": 2}


def recipe(size: int = 16, channels: int = 3, **settings):
    family = find("families", "stackgan")
    torch.manual_seed(0)
    config = resolve(family, "tiny", {"size": size, **settings})
    return family.build(config, Facts((channels, size, size), count=64, words=WORDS))


def captions(n: int, start: int = 0) -> Tensor:
    """ "a red circle", "a red square", "a blue circle" and "a blue square", by turns."""
    place = torch.arange(start, start + n)
    return torch.stack([torch.ones_like(place), 4 - 2 * (place // 2 % 2), 3 + 2 * (place % 2)], 1)


def examples(n: int, start: int = 0, size: int = 16, channels: int = 3) -> dict[str, Tensor]:
    rng = torch.Generator().manual_seed(start)
    return {"image": torch.rand(n, channels, size, size, generator=rng) * 2 - 1, "text": captions(n, start)}


def engine(game, *, total: int = 160, batch: int = 8, images: int = 0, channels: int = 3) -> Engine:
    """An engine whose every batch is a pure function of its position."""

    def draw(position: int, n: int) -> dict[str, Tensor]:
        return examples(n, position, channels=channels)

    return Engine(game, draw, Backend.choose("cpu"), Progress(images=images, batch=batch, total=total), halflife=50)


def run(game, stage: int) -> Engine:
    """An engine that stands in a stage, its recipe begun."""
    started = engine(game, images=0 if stage == 1 else 80)
    game.begin(started.now)
    return started

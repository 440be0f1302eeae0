"""ProGAN on the bench: small games, the engine on drawn noise."""

from __future__ import annotations

import torch
from torch import Tensor

from ganzoo import Facts, find
from ganzoo.game import Progress
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.zoo.config import resolve

TINY = {"base": 32, "width": 8}


def recipe(size: int = 16, channels: int = 3, classes: tuple[str, ...] = (), **settings):
    family = find("families", "progan")
    torch.manual_seed(0)
    config = resolve(family, "tiny", {"size": size, "base": 32, **settings})
    return family.build(config, Facts((channels, size, size), classes=classes))


def engine(game, *, total: int = 96, batch: int = 8, images: int = 0) -> Engine:
    """An engine on drawn noise; every batch is a pure function of its position."""
    size, channels = 4 << game.growth.levels, game.nets["g"].to_picture[0].weight.shape[0]

    def draw(position: int, n: int) -> dict[str, Tensor]:
        rng = torch.Generator().manual_seed(position)
        pictures = torch.rand(n, channels, size, size, generator=rng) * 2 - 1
        return {"image": pictures, "label": torch.arange(position, position + n) % 3}

    return Engine(game, draw, Backend.choose("cpu"), Progress(images=images, batch=batch, total=total), halflife=50)

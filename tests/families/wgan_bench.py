"""Wasserstein GANs on the bench: networks by their card, small games, the engine on fixed data."""

from __future__ import annotations

import torch
from torch import nn

from ganzoo import Facts, find
from ganzoo.game import Progress
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.zoo.config import resolve

CLASSES = tuple("abcdefghij")


def generator(name: str, size: int, width: int, latent: int = 128, channels: int = 3, classes=()) -> nn.Module:
    return find("generators", name).build(Facts((channels, size, size), classes=classes), latent=latent, width=width)


def critic(name: str, size: int, width: int, channels: int = 3, classes=()) -> nn.Module:
    return find("discriminators", name).build(Facts((channels, size, size), classes=classes), width=width)


def family():
    return find("families", "wgan")


def play(preset: str = "tiny", shape: tuple[int, ...] = (3, 8, 8), *, classes=(), **settings):
    torch.manual_seed(0)
    config = resolve(family(), preset, settings)
    return family().build(config, Facts(shape, count=100, classes=classes))


def engine(recipe, shape=(3, 8, 8), *, classes=0, batch=8, **start) -> Engine:
    """The engine on fixed data: a batch is a function of its position alone."""

    def draw(position: int, n: int):
        source = torch.Generator().manual_seed(position)
        labels = {"label": torch.randint(classes, (n,), generator=source)} if classes else {}
        return {"image": torch.rand(n, *shape, generator=source) * 2 - 1, **labels}

    return Engine(recipe, draw, Backend.choose("cpu"), Progress(batch=batch, total=10_000, **start), halflife=50)


PICTURE_BODIES = ["wgan-resnet", "wgan-resnet-cifar", "wgan-resnet-101", "wgan-conv4", "wgan-conv5", "wgan-mlp"]
LABELLED = {"generator": "wgan-resnet-cifar", "discriminator": "wgan-resnet-cifar", "conditional": True}

"""The hooks of a plugin. Each receives a function to call once for every thing the plugin brings."""

from __future__ import annotations

from collections.abc import Callable

import pluggy

from ganzoo.zoo.cards import Dataset, Discriminator, Family, Generator, Loss, Metric
from ganzoo.zoo.commands import Commands

hookspec = pluggy.HookspecMarker("ganzoo")
hookimpl = pluggy.HookimplMarker("ganzoo")


@hookspec
def register_families(register: Callable[[Family], None]) -> None:
    """Bring whole GANs, each trained by `ganzoo train NAME`."""


@hookspec
def register_generators(register: Callable[[Generator], None]) -> None:
    """Bring networks from noise to data, each chosen by `--set generator=NAME`."""


@hookspec
def register_discriminators(register: Callable[[Discriminator], None]) -> None:
    """Bring networks from data to logits, each chosen by `--set discriminator=NAME`."""


@hookspec
def register_losses(register: Callable[[Loss], None]) -> None:
    """Bring adversarial objectives, each chosen by `--set loss=NAME`."""


@hookspec
def register_datasets(register: Callable[[Dataset], None]) -> None:
    """Bring named sources of data, each chosen by `--data NAME`."""


@hookspec
def register_metrics(register: Callable[[Metric], None]) -> None:
    """Bring scores, each chosen by `--metric NAME`."""


@hookspec
def register_commands(app: Commands) -> None:
    """Bring commands of the command line, each run by `ganzoo NAME`."""

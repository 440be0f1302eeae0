"""A zoo of generative adversarial networks: the front door for a plugin. Imports no torch."""

from __future__ import annotations

from ganzoo.errors import GanzooError, Interrupted, RequestError, WorkError
from ganzoo.zoo.cards import Dataset, Discriminator, Family, Generator, Loss, Metric
from ganzoo.zoo.config import Config, DiscriminatorName, GeneratorName, LossName
from ganzoo.zoo.facts import Facts
from ganzoo.zoo.hookspecs import hookimpl
from ganzoo.zoo.registry import find

__all__ = [
    "Config",
    "Dataset",
    "Discriminator",
    "DiscriminatorName",
    "Facts",
    "Family",
    "GanzooError",
    "Generator",
    "GeneratorName",
    "Interrupted",
    "Loss",
    "LossName",
    "Metric",
    "RequestError",
    "WorkError",
    "find",
    "hookimpl",
]


def __getattr__(name: str) -> str:
    if name != "__version__":
        raise AttributeError(f"module 'ganzoo' has no attribute '{name}'")
    from ganzoo.zoo.distributions import own_version  # read from disk, and most who come here want a card

    return own_version()

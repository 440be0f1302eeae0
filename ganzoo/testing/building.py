"""What a family or a network can be built for."""

from __future__ import annotations

import re
from typing import Protocol

import torch

from ganzoo.errors import RequestError
from ganzoo.testing.finding import Broken
from ganzoo.testing.subject import Subject, facts_for
from ganzoo.zoo.config import resolve

SIZES = (8, 16, 20, 32, 64)
CHANNELS = (1, 3, 4)


class Buildable(Protocol):
    """What is built to fit data."""

    def attempt(self, size: int, channels: int) -> object:
        """Build for one kind of picture."""


def presets_build(subject: Subject) -> str:
    """Every preset builds networks with something to learn, on the meta device: no memory is taken."""
    family = subject.family
    for preset in family.presets:
        config = resolve(family, preset)
        if preset == family.points_preset:
            continue
        with torch.device("meta"):
            recipe = family.build(config, facts_for(family, config.size, config.channels or 3))
        if not any(p.numel() for net in recipe.nets.values() for p in net.parameters()):
            raise Broken(f"preset {preset} has nothing to learn")
        if missing := [name for name in recipe.ema if name not in recipe.nets]:
            raise Broken(f"ema names {', '.join(missing)}, which is not in nets")
    return f"{', '.join(family.presets)}, without taking memory"


def sizes_build_or_name_the_nearest(trial: Buildable) -> str:
    """Any size works, or is refused with one that does; so for 1, 3 and 4 channels."""
    built = {_build(trial, size, channels) for size in SIZES for channels in CHANNELS}
    return f"{', '.join(map(str, CHANNELS))} channels at {', '.join(map(str, sorted(built)))} px"


def _build(trial: Buildable, size: int, channels: int) -> int:
    """Build for one kind of picture; the size it came to."""
    try:
        with torch.device("meta"):
            size = nearest(trial, size, channels)
    except RequestError as refusal:
        raise Broken(f"{size} px is refused without a size that works, as '--size 32': {refusal}") from refusal
    except Exception as error:
        raise Broken(
            f"{channels}x{size}x{size} raises {type(error).__name__}: {error}. "
            "Raise RequestError with a size that works"
        ) from error
    return size


def nearest(trial: Buildable, size: int, channels: int) -> int:
    """The size itself where it can be built, or the one that the refusal names; RequestError where that cannot."""
    try:
        trial.attempt(size, channels)
    except RequestError as refusal:
        named = re.search(r"--size (\d+)", str(refusal))
        if not named:
            raise
        size = int(named[1])
        trial.attempt(size, channels)
    return size

"""What a family can be built for."""

from __future__ import annotations

import re
from dataclasses import replace

import torch

from ganzoo.errors import RequestError
from ganzoo.testing.finding import Broken
from ganzoo.testing.subject import Subject, facts_for
from ganzoo.zoo.config import resolve

SIZES = (8, 16, 20, 32, 64)
CHANNELS = (1, 3, 4)


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


def sizes_build_or_name_the_nearest(subject: Subject) -> str:
    """Any size works, or is refused with one that does; so for 1, 3 and 4 channels."""
    built = {_build(subject, size, channels) for size in SIZES for channels in CHANNELS}
    return f"{', '.join(map(str, CHANNELS))} channels at {', '.join(map(str, sorted(built)))} px"


def _build(subject: Subject, size: int, channels: int, is_second: bool = False) -> int:
    """Build for one kind of picture; the size it came to."""
    config = replace(subject.config, size=size, channels=channels)
    try:
        with torch.device("meta"):
            subject.family.build(config, facts_for(subject.family, size, channels))
    except RequestError as refusal:
        nearest = re.search(r"--size (\d+)", str(refusal))
        if not nearest or is_second:
            raise Broken(f"{size} px is refused without a size that works, as '--size 32': {refusal}") from refusal
        return _build(subject, int(nearest[1]), channels, is_second=True)
    except Exception as error:
        raise Broken(
            f"{channels}x{size}x{size} raises {type(error).__name__}: {error}. "
            "Raise RequestError with a size that works"
        ) from error
    return size

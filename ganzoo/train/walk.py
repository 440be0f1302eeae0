"""A walk from seed to seed and back to the first: what lies between pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from ganzoo.train import marks
from ganzoo.train.sampling import Seed

MILLISECONDS = 50  # a frame


def ways(seeds: Sequence[int], frames: int) -> list[Seed]:
    """``frames`` steps from each seed to the next, and from the last to the first."""
    ends = [*seeds[1:], seeds[0]]
    return [(start, end, k / frames) for start, end in zip(seeds, ends, strict=True) for k in range(frames)]


def save(frames: list[Image.Image], path: Path, origin: dict[str, Any] | None) -> None:
    """Write an endless animation, .gif or .webp."""
    if path.suffix.lower() == ".gif":
        marks.save_gif(frames, path, origin, MILLISECONDS, rest=1)
    else:
        marks.save_webp(frames, path, origin, MILLISECONDS)

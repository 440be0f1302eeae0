"""Pictures to read: small, and different from one another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Draw = Callable[..., Path]


@pytest.fixture
def draw(tmp_path) -> Draw:
    """Write a picture of its own colours under a name: ``draw("set/cats/1.png", mode="L", size=(12, 10))``."""
    made = 0

    def draw(name: str, mode: str = "RGB", size: tuple[int, int] = (12, 12), **save: object) -> Path:
        nonlocal made
        made += 1
        values = np.random.default_rng(made).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(values).convert(mode).save(path, **save)
        return path

    return draw

"""What the tests of timing stand on: short turns, a light ceiling, engines of small recipes on made-up data."""

from __future__ import annotations

import pytest
import torch
from menagerie import SHAPE

from ganzoo.bench import ceiling, contest
from ganzoo.bench.ceiling import Load
from ganzoo.game import Progress, Recipe
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Nothing here is about how long things take."""
    monkeypatch.setattr(contest, "TURN", 0.0)
    monkeypatch.setitem(ceiling.LOADS, "cpu", Load(side=16, batch=1, size=4, repeats=1))


@pytest.fixture
def drawn() -> list[tuple[int, int]]:
    """Positions and numbers of what an engine of `start` drew."""
    return []


@pytest.fixture
def start(drawn):
    def begin(recipe: Recipe, *, total: int = 1000, batch: int = 8) -> Engine:
        def draw(position: int, n: int):
            drawn.append((position, n))
            return {"image": torch.rand(n, *SHAPE, generator=torch.Generator().manual_seed(position)) * 2 - 1}

        return Engine(recipe, draw, Backend.choose("cpu"), Progress(batch=batch, total=total), halflife=100)

    return begin

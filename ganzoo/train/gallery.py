"""The pictures of a run: a sheet from the same seeds at every milestone, and the animation of all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from ganzoo.data.feed import Feed
from ganzoo.train import marks, sheet
from ganzoo.train.engine import Engine
from ganzoo.train.run import Run
from ganzoo.train.sampling import draw
from ganzoo.zoo.facts import Facts

PICTURES, COLUMNS = 64, 8
POINTS = 2_048
FRAMES = 60  # at most, in the animation
MILLISECONDS = 120  # each


class Gallery:
    """Draws the sheets of one run. ``origin`` marks every picture as synthetic; None leaves them unmarked."""

    def __init__(self, run: Run, feed: Feed, facts: Facts, origin: dict[str, Any] | None):
        self.run, self.facts, self.origin = run, facts, origin
        count = POINTS if facts.is_points else PICTURES
        self.seeds = range(count)
        real = feed.batch(0, min(count, max(facts.count, 1)))
        self.real = real["image"].cpu() if "image" in real else None
        self.cond = {key: value.cpu() for key, value in conditions(real, count, facts).items()}

    def hang(self, engine: Engine) -> Path:
        """Draw the sheet of this moment: `samples/<images>.png`."""
        engine.recipe.begin(engine.now)
        with engine.sampling() as nets:
            drawn = draw(engine.recipe, nets, self.seeds, self.cond, engine.backend.device)
        if self.facts.is_points:
            page = sheet.scatter(drawn, self.real.numpy())
        else:
            page = sheet.grid(sheet.to_uint8(drawn), COLUMNS)
        self.run.samples.mkdir(exist_ok=True)
        path = self.run.samples / f"{engine.now.images:09d}.png"
        marks.save_png(page, path, self._origin(images=engine.now.images, seeds=f"0-{len(self.seeds) - 1}"))
        return path

    def animate(self) -> None:
        """Tie the sheets so far into `progress.gif`, evenly thinned, the newest always last."""
        sheets = self.run.sheets()
        if not sheets:
            return
        stride = -(-len(sheets) // FRAMES)
        frames = []
        for path in sheets[::-1][::stride][::-1]:
            with Image.open(path) as page:
                frames.append(page.convert("RGB"))
        marks.save_gif(frames, self.run.path / "progress.gif", self._origin(), MILLISECONDS)

    def _origin(self, **more: Any) -> dict[str, Any] | None:
        return None if self.origin is None else {**self.origin, **more}


def conditions(real: dict[str, Any], count: int, facts: Facts) -> dict[str, Tensor]:
    """What a family may ask for beside noise, a row an example; labels run through the classes row by row."""
    rows = torch.arange(count)
    cond = {key: value[rows % len(value)] for key, value in real.items() if key != "image"}
    if facts.classes:
        cond["label"] = rows // COLUMNS % len(facts.classes)
    return cond

"""The pictures of a run: a sheet from the same seeds at every milestone, and the animation of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from ganzoo.data.feed import Feed
from ganzoo.train import marks, sheet
from ganzoo.train.engine import Engine
from ganzoo.train.run import Run
from ganzoo.train.sampling import draw, translate
from ganzoo.zoo.facts import Facts

PICTURES, COLUMNS = 64, 8
PAIRS = COLUMNS  # pictures with their reconstructions, where a family makes any
POINTS = 2_048
FRAMES = 60  # at most, in the animation
MILLISECONDS = 120  # each

Nets = Mapping[str, nn.Module]


class Gallery:
    """Draws the sheets of one run. ``origin`` marks every picture as synthetic; None leaves them unmarked."""

    def __init__(self, run: Run, feed: Feed, facts: Facts, origin: dict[str, Any] | None):
        self.run, self.facts, self.origin = run, facts, origin
        count = min(POINTS if facts.is_points else PICTURES, max(facts.count, 1))
        self.real = {key: value.cpu() for key, value in feed.batch(0, count).items()}

    def hang(self, engine: Engine) -> Path:
        """Draw the sheet of this moment: `samples/<images>.png`."""
        engine.recipe.begin(engine.now)
        with engine.sampling() as nets:
            if self.facts.is_points:
                page, told = self._points(engine, nets)
            elif "a" in engine.recipe.takes:
                page, told = self._translations(engine, nets)
            elif "image" in engine.recipe.takes:
                page, told = self._reconstructions(engine, nets)
            else:
                page, told = self._grid(engine, nets, PICTURES)
        self.run.samples.mkdir(exist_ok=True)
        path = self.run.samples / f"{engine.now.images:09d}.png"
        marks.save_png(page, path, self._origin(images=engine.now.images, **told))
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

    # what a page shows, and what its mark tells of it

    def _points(self, engine: Engine, nets: Nets) -> tuple[Image.Image, dict[str, Any]]:
        drawn, told = self._drawn(engine, nets, POINTS)
        return sheet.scatter(drawn, self.real["image"].numpy()), told

    def _grid(self, engine: Engine, nets: Nets, count: int) -> tuple[Image.Image, dict[str, Any]]:
        drawn, told = self._drawn(engine, nets, count)
        return self._tiles(drawn, COLUMNS), told

    def _reconstructions(self, engine: Engine, nets: Nets) -> tuple[Image.Image, dict[str, Any]]:
        """Samples, and below them a row of real pictures above a row of what is left of them in their codes."""
        page, told = self._grid(engine, nets, PICTURES - 2 * PAIRS)
        given = {key: self.real[key][:PAIRS] for key in ("image", "label") if key in self.real}
        taken = {key: value for key, value in given.items() if key in engine.recipe.takes}
        again = draw(engine.recipe, nets, range(len(given["image"])), taken, engine.backend.device)
        pairs = self._tiles(np.concatenate([given["image"].numpy(), again]), len(again))
        return sheet.stacked(page, pairs), told

    def _translations(self, engine: Engine, nets: Nets) -> tuple[Image.Image, dict[str, Any]]:
        """Eight rows of input, translation and reconstruction: from a to b and back, and from b to a and back."""
        device, columns = engine.backend.device, []
        for side, other in ("ab", "ba"):
            pictures = self.real[side][:COLUMNS]
            columns += [pictures.numpy(), *translate(engine.recipe, nets, pictures, other, device)]
        images = np.stack(columns, 1)  # rows x 6 x C x H x W
        return self._tiles(images.reshape(-1, *images.shape[2:]), 6, group=3), {"rows": "a, to b, back; b, to a, back"}

    def _drawn(self, engine: Engine, nets: Nets, count: int) -> tuple[np.ndarray, dict[str, Any]]:
        """Examples from seed 0 on, with what they are told, in numbers and in words."""
        cond, told = conditions(self.real, count, self.facts, engine.recipe.takes), {"seeds": f"0-{count - 1}"}
        if "text" in cond:
            told["texts"] = [caption(row, self.facts.words) for row in cond["text"][::COLUMNS]]
        return draw(engine.recipe, nets, range(count), cond, engine.backend.device), told

    def _tiles(self, images: np.ndarray, columns: int, group: int = 0) -> Image.Image:
        # Of the full size even while a family draws smaller: the frames of an animation have one size.
        side = sheet.enlarged(max(self.facts.shape[1:]))
        return sheet.grid(sheet.to_uint8(images), columns, side, group)

    def _origin(self, **more: Any) -> dict[str, Any] | None:
        return None if self.origin is None else {**self.origin, **more}


def conditions(real: Mapping[str, Tensor], count: int, facts: Facts, takes: tuple[str, ...]) -> dict[str, Tensor]:
    """What a family is told beside noise, a row an example: a class for each row of the sheet, or a caption."""
    row = torch.arange(count) // COLUMNS
    cond = {}
    if "label" in takes:
        cond["label"] = row % max(len(facts.classes), 1)
    if "text" in takes:
        texts = torch.tensor(list(dict.fromkeys(map(tuple, real["text"].tolist()))))  # of the first examples, each once
        cond["text"] = texts[row % len(texts)]
    return cond


def caption(tokens: Tensor, words: tuple[str, ...]) -> str:
    """The words of a row of tokens [L]."""
    return " ".join(words[token - 1] for token in tokens.tolist() if token)

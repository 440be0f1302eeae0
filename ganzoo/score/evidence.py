"""Pictures that stand beside the scores: what was looked at, and the training pictures most like it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ganzoo.score.bank import chosen
from ganzoo.score.exhibit import Exhibit
from ganzoo.train import marks, sheet

SHOWN, COLUMNS = 64, 8
POINTS = 2_048
SUSPECTS, LIKE = 8, 3  # samples nearest to the data, and how many pictures beside each


def show(exhibit: Exhibit, folder: Path) -> list[Path]:
    """Write the first samples that were scored, and where features were looked at those nearest to training pictures.

    Raises:
        OSError: the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    trained = exhibit.trained
    origin = {"tool": "ganzoo", "run": trained.name, "family": trained.family.name, "images": trained.now.images}
    written = []
    for suffix, page in _pages(exhibit):
        path = folder / f"{trained.now.images:09d}{suffix}.png"
        marks.save_png(page, path, origin)
        written.append(path)
    return written


def samples(exhibit: Exhibit, count: int = SHOWN) -> Image.Image:
    """The first samples on one page."""
    drawn = exhibit.drawn.examples
    if exhibit.target.facts.is_points:
        return sheet.scatter(drawn, np.array(exhibit.target.images[: len(drawn)]))
    return sheet.grid(drawn[:count], COLUMNS)


def suspects(exhibit: Exhibit) -> Image.Image:
    """A row for each of the samples nearest to training pictures: it, and the pictures most like it."""
    rows = exhibit.nearest[0].argsort()[:SUSPECTS]
    gaps = torch.cdist(exhibit.fake.values[rows], exhibit.real.values)
    beside = chosen(exhibit.target)[gaps.topk(LIKE, largest=False).indices.numpy()]
    drawn, real = exhibit.drawn.examples, exhibit.target.images
    tiles = [np.stack((drawn[row], *(real[k] for k in like))) for row, like in zip(rows, beside, strict=True)]
    return sheet.beside(*(sheet.grid(each, 1) for each in tiles))


def _pages(exhibit: Exhibit) -> Iterator[tuple[str, Image.Image]]:
    if "drawn" in exhibit.__dict__:
        yield "", samples(exhibit)
    if "fake" in exhibit.__dict__:
        yield "-nearest", suspects(exhibit)

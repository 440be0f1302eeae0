"""The map of a latent plane: what every place on it decodes to, and where the codes of real pictures lie."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganzoo.data.pack import Pack
from ganzoo.train import sheet
from ganzoo.train.sampling import encode
from ganzoo.train.trained import Trained

CODES = 4_096  # real pictures at most
TILE = 32  # pixels; smaller pictures are enlarged


def places(side: int) -> Tensor:
    """The centres of ``side`` x ``side`` squares on the plane, float32 [side^2, 2], from the upper left on."""
    middle = (torch.arange(side) + 0.5) / side * 2 - 1
    y, x = torch.meshgrid(-middle, middle, indexing="ij")
    return torch.stack((x, y), -1).flatten(0, 1)


def decoded(trained: Trained, side: int, cond: dict[str, Tensor]) -> Image.Image:
    """The plane as a grid of pictures; ``cond`` holds one row, what all of them are told beside their place."""
    rows = {key: value[:1].expand(side**2, *value.shape[1:]) for key, value in cond.items()}
    drawn = trained.draw([0] * side**2, {**rows, "plane": places(side)})
    return sheet.grid(sheet.to_uint8(drawn), side, sheet.enlarged(max(trained.facts.shape[1:]), TILE))


def encoded(trained: Trained, data: Pack, side: int) -> Image.Image:
    """Codes of real pictures in the colours of their classes, on the axes of the plane, ``side`` pixels wide."""
    rows = np.linspace(0, len(data) - 1, min(CODES, len(data))).astype(int)
    pictures = torch.from_numpy(np.asarray(data.images[rows])).float() / 127.5 - 1
    with torch.no_grad():
        codes = encode(trained.nets["encoder"], pictures, trained.backend.device)
    labels = data.labels[rows] if data.labels is not None else np.zeros(len(rows), np.int64)
    return sheet.clusters(codes, labels, data.facts.classes, trained.recipe.reach, side)

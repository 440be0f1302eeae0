"""Faces of ten species drawn by code, every attribute known."""

from __future__ import annotations

import numpy as np

from ganzoo.data.drawn import backdrop
from ganzoo.data.drawn.animals import body, ears, face, mouth, worn
from ganzoo.data.drawn.animals.attributes import NAMES, Attributes, attributes, captions, every_word
from ganzoo.data.drawn.animals.look import look_of
from ganzoo.data.drawn.canvas import Canvas, Look

__all__ = ["CLASSES", "COUNTS", "NAME", "NAMES", "VERSION", "attributes", "captions", "draw", "every_word", "labels"]

NAME = "animals"
VERSION = "1"  # of the drawing: goes up whenever a pixel, an attribute or a caption changes
COUNTS = {"train": 20_000, "test": 2_000}
CLASSES = NAMES["species"]
BATCH_PIXELS = 1 << 16  # drawn at once: the fields of so many stay in a core's cache


def labels(known: Attributes) -> np.ndarray:
    """The label of an animal is its species, int64 [n]."""
    return known["species"]


def draw(known: Attributes, size: int) -> np.ndarray:
    """Pictures of animals, uint8 [n, 3, size, size]; each depends on its own row of attributes only."""
    look = look_of(known)
    n = len(known["species"])
    pictures = np.empty((n, 3, size, size), dtype=np.uint8)
    # Like animals together: what is drawn by species is then drawn for whole batches.
    order = np.lexsort([known["marking"], known["mouth"], known["accessory"], known["species"]])
    step = max(1, BATCH_PIXELS // (size * size))
    for start in range(0, n, step):
        rows = order[start : start + step]
        pictures[rows] = _draw_batch(look[rows], size)
    return pictures


def _draw_batch(look: Look, size: int) -> np.ndarray:
    """Pictures of a few animals, layer over layer from the back to the front."""
    canvas = Canvas.blank(len(look.species), size)
    backdrop.paint(canvas, look)
    body.body(canvas, look)
    worn.put_on(canvas, look, worn.BEHIND_HEAD)
    ears.ears(canvas, look, ears.BEHIND)
    body.head(canvas, look)
    body.markings(canvas, look)
    ears.ears(canvas, look, ears.BEFORE)
    face.features(canvas, look)
    face.noses(canvas, look)
    mouth.mouths(canvas, look)
    face.eyes(canvas, look)
    worn.put_on(canvas, look, worn.ON_TOP)
    return canvas.develop()

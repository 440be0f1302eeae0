"""Anime faces drawn by code, every attribute known."""

from __future__ import annotations

import numpy as np

from ganzoo.data.drawn import backdrop
from ganzoo.data.drawn.canvas import Canvas, Look
from ganzoo.data.drawn.faces import body, features, hair, worn
from ganzoo.data.drawn.faces.attributes import NAMES, Attributes, attributes, captions, every_word
from ganzoo.data.drawn.faces.look import look_of

__all__ = ["CLASSES", "COUNTS", "NAME", "NAMES", "VERSION", "attributes", "captions", "draw", "every_word", "labels"]

NAME = "anime"
VERSION = "1"  # of the drawing: goes up whenever a pixel, an attribute or a caption changes
COUNTS = {"train": 20_000, "test": 2_000}
CLASSES = NAMES["hair_colour"]
BATCH_PIXELS = 1 << 16  # drawn at once: the fields of so many stay in a core's cache


def labels(known: Attributes) -> np.ndarray:
    """The label of a face is the name of its hair's colour, int64 [n]: the attribute a picture shows most plainly."""
    return known["hair_colour"]


def draw(known: Attributes, size: int) -> np.ndarray:
    """Pictures of faces, uint8 [n, 3, size, size]; each depends on its own row of attributes only."""
    look = look_of(known)
    n = len(known["hair_colour"])
    pictures = np.empty((n, 3, size, size), dtype=np.uint8)
    # Like faces together: what is drawn by style is then drawn for whole batches.
    order = np.lexsort([known["accessory"], known["bangs"], known["hair_style"]])
    step = max(1, BATCH_PIXELS // (size * size))
    for start in range(0, n, step):
        rows = order[start : start + step]
        pictures[rows] = _draw_batch(look[rows], size)
    return pictures


def _draw_batch(look: Look, size: int) -> np.ndarray:
    """Pictures of a few faces, layer over layer from the back to the front."""
    canvas = Canvas.blank(len(look.hair_colour), size)
    backdrop.paint(canvas, look)
    hair.behind(canvas, look)
    body.shoulders(canvas, look)
    features.face(canvas, look)
    features.mouth(canvas, look)
    worn.put_on(canvas, look, worn.BEHIND_HAIR)
    hair.before(canvas, look)
    features.eyes(canvas, look)
    features.brows(canvas, look)
    worn.ties(canvas, look)
    worn.put_on(canvas, look, worn.ON_TOP)
    return canvas.develop()

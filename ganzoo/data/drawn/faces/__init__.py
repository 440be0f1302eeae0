"""Anime faces drawn by code, every attribute known."""

from __future__ import annotations

import numpy as np

from ganzoo.data.drawn import backdrop
from ganzoo.data.drawn.canvas import Canvas, Look, painted
from ganzoo.data.drawn.faces import body, features, hair, worn
from ganzoo.data.drawn.faces.attributes import NAMES, attributes, captions, every_word
from ganzoo.data.drawn.faces.look import look_of
from ganzoo.data.drawn.truth import Attributes
from ganzoo.data.drawn.wardrobe import put_on

__all__ = ["CLASSES", "COUNTS", "NAME", "NAMES", "VERSION", "attributes", "captions", "draw", "every_word", "labels"]

NAME = "anime"
VERSION = "1"  # of the drawing: goes up whenever a pixel, an attribute or a caption changes
COUNTS = {"train": 20_000, "test": 2_000}
CLASSES = NAMES["hair_colour"]


def labels(known: Attributes) -> np.ndarray:
    """The label of a face is the name of its hair's colour, int64 [n]: the attribute a picture shows most plainly."""
    return known["hair_colour"]


def draw(known: Attributes, size: int) -> np.ndarray:
    """Pictures of faces, uint8 [n, 3, size, size]; each depends on its own row of attributes only."""
    # Like faces together: what is drawn by style is then drawn for whole batches.
    alike = [known["accessory"], known["bangs"], known["hair_style"]]
    return painted(look_of(known), size, alike, _layers)


def _layers(canvas: Canvas, look: Look) -> None:
    """Pictures of a few faces, layer over layer from the back to the front."""
    backdrop.paint(canvas, look)
    hair.behind(canvas, look)
    body.shoulders(canvas, look)
    features.face(canvas, look)
    features.mouth(canvas, look)
    put_on(canvas, look, NAMES["accessory"], worn.BEHIND_HAIR)
    hair.before(canvas, look)
    features.eyes(canvas, look)
    features.brows(canvas, look)
    worn.ties(canvas, look)
    put_on(canvas, look, NAMES["accessory"], worn.ON_TOP)

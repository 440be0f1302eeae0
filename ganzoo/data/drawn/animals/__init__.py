"""Faces of ten species drawn by code, every attribute known."""

from __future__ import annotations

import numpy as np

from ganzoo.data.drawn import backdrop
from ganzoo.data.drawn.animals import body, ears, face, mouth, worn
from ganzoo.data.drawn.animals.attributes import NAMES, attributes, captions, every_word
from ganzoo.data.drawn.animals.look import look_of
from ganzoo.data.drawn.canvas import Canvas, Look, painted
from ganzoo.data.drawn.truth import Attributes
from ganzoo.data.drawn.wardrobe import put_on

__all__ = ["CLASSES", "COUNTS", "NAME", "NAMES", "VERSION", "attributes", "captions", "draw", "every_word", "labels"]

NAME = "animals"
VERSION = "1"  # of the drawing: goes up whenever a pixel, an attribute or a caption changes
COUNTS = {"train": 20_000, "test": 2_000}
CLASSES = NAMES["species"]


def labels(known: Attributes) -> np.ndarray:
    """The label of an animal is its species, int64 [n]."""
    return known["species"]


def draw(known: Attributes, size: int) -> np.ndarray:
    """Pictures of animals, uint8 [n, 3, size, size]; each depends on its own row of attributes only."""
    # Like animals together: what is drawn by species is then drawn for whole batches.
    alike = [known["marking"], known["mouth"], known["accessory"], known["species"]]
    return painted(look_of(known), size, alike, _layers)


def _layers(canvas: Canvas, look: Look) -> None:
    """Pictures of a few animals, layer over layer from the back to the front."""
    backdrop.paint(canvas, look)
    body.body(canvas, look)
    put_on(canvas, look, NAMES["accessory"], worn.BEHIND_HEAD)
    ears.ears(canvas, look, ears.BEHIND)
    body.head(canvas, look)
    body.markings(canvas, look)
    ears.ears(canvas, look, ears.BEFORE)
    face.features(canvas, look)
    face.noses(canvas, look)
    mouth.mouths(canvas, look)
    face.eyes(canvas, look)
    put_on(canvas, look, NAMES["accessory"], worn.ON_TOP)

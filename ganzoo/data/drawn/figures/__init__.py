"""One figure of a shape, a colour, a size and a place before a background: for captions that can be checked."""

from __future__ import annotations

import numpy as np

from ganzoo.data.drawn import backdrop, chance
from ganzoo.data.drawn.canvas import Canvas, Frame, Look, groups, painted
from ganzoo.data.drawn.figures.attributes import NAMES, attributes, captions, every_word
from ganzoo.data.drawn.figures.outlines import OUTLINES
from ganzoo.data.drawn.tone import Tone, named
from ganzoo.data.drawn.truth import Attributes

__all__ = ["CLASSES", "COUNTS", "NAME", "NAMES", "VERSION", "attributes", "captions", "draw", "every_word", "labels"]

NAME = "shapes"
VERSION = "1"  # of the drawing: goes up whenever a pixel, an attribute or a caption changes
COUNTS = {"train": 20_000, "test": 2_000}
CLASSES = NAMES["shape"]
AROUND = (-1.25, -1.25, 1.25, 1.25)  # a figure and its outline, shadow included
INK = 0.045  # half the width of an outline

# name: lightness, chroma, hue in degrees, and how far the hue may shift either way
COLOURS = {
    "red": (0.60, 0.215, 26, 4),
    "orange": (0.76, 0.165, 60, 6),
    "yellow": (0.89, 0.17, 98, 5),
    "green": (0.66, 0.18, 146, 10),
    "blue": (0.57, 0.18, 255, 10),
    "purple": (0.52, 0.20, 307, 8),
    "white": (0.97, 0.006, 90, 90),
    "black": (0.25, 0.012, 270, 60),
}


def labels(known: Attributes) -> np.ndarray:
    """The label of a figure is its shape, int64 [n]."""
    return known["shape"]


def draw(known: Attributes, size: int) -> np.ndarray:
    """Pictures of figures, uint8 [n, 3, size, size]; each depends on its own row of attributes only."""
    # Like figures together: a shape is then drawn for whole batches, in a small window.
    alike = [known["column"], known["row"], known["shape"]]
    return painted(look_of(known), size, alike, _layers)


def look_of(known: Attributes) -> Look:
    """The look of figures; the unit of the frame is a figure's radius, y points down."""
    n = len(known["shape"])
    place = known["x"].astype(np.float64), known["y"].astype(np.float64)
    tilt, middle = known["tilt"].astype(np.float64), np.full(n, 0.5)
    tone = named(COLOURS, NAMES["colour"], known["colour"], known["colour_shift"])
    ground = named(COLOURS, NAMES["background"], known["background"], known["background_shift"])
    muted = Tone(ground.lightness * 0.94 + 0.04, ground.chroma * 0.78, ground.hue)
    parts = backdrop.parts(muted, known["background_turn"], light=0.08)
    parts["behind_shade"] = muted.rgb(dim=0.93)  # not towards another hue: a background is called by its colour
    return Look(
        shape=known["shape"],
        figure=Frame.place(place, known["radius"].astype(np.float64), chance.cosine(tilt), chance.sine(tilt), 0.0),
        body=Frame.place((middle, middle), np.full(n, 0.3), np.ones(n), np.zeros(n), 0.0),
        fill=tone.rgb(),
        fill_light=tone.rgb(light=0.12, dim=0.92),
        fill_shade=tone.rgb(dim=0.90),
        line=tone.rgb(dim=0.50, light=0.03, chroma=0.8),
        shadow=muted.rgb(dim=0.55),
        **parts,
    )


def _layers(canvas: Canvas, look: Look) -> None:
    """Pictures of a few figures."""
    backdrop.paint(canvas, look)
    for shape, chosen in groups(look.shape):
        some = look[chosen]
        with canvas.part(some.figure, AROUND, chosen) as part:
            x, y = part.coordinates(some.figure)
            outline = OUTLINES[NAMES["shape"][shape]]
            distance = outline(x, y)
            below = np.clip(0.5 - outline(x, y - 0.10) * 3, 0, 1)  # soft, as the shadow of a thing close by
            part.paint(below * 0.6, some.shadow)
            part.paint(part.cover(distance - INK, some.figure), some.line)
            inside = part.cover(distance + INK, some.figure)
            part.paint(inside, some.fill)
            part.paint(inside * np.clip(-y * 0.7, 0, 1), some.fill_light)
            part.paint(inside * np.clip(y * 0.7, 0, 1), some.fill_shade)

"""The colours of a face, from its attributes."""

from __future__ import annotations

import numpy as np

from ganzoo.data.drawn import backdrop
from ganzoo.data.drawn.faces.attributes import NAMES
from ganzoo.data.drawn.tone import Tone, named
from ganzoo.data.drawn.truth import Attributes

# name: lightness, chroma, hue in degrees, and how far the hue may shift either way
HAIR = {
    "black": (0.30, 0.035, 280, 25),
    "silver": (0.84, 0.022, 270, 40),
    "blonde": (0.84, 0.125, 88, 9),
    "red": (0.58, 0.185, 30, 9),
    "pink": (0.76, 0.135, 356, 9),
    "purple": (0.57, 0.15, 305, 11),
    "blue": (0.60, 0.14, 252, 14),
    "green": (0.66, 0.14, 152, 14),
}
EYES = {
    "brown": (0.50, 0.10, 52, 8),
    "golden": (0.78, 0.155, 88, 7),
    "green": (0.68, 0.18, 148, 10),
    "blue": (0.62, 0.16, 248, 12),
    "purple": (0.56, 0.20, 305, 10),
    "red": (0.56, 0.215, 25, 8),
}
SKIN = ((0.945, 0.026, 58), (0.905, 0.048, 60), (0.80, 0.072, 62), (0.66, 0.085, 56))  # pale to dark


def eyes(known: Attributes) -> Tone:
    """Eyes: their hue within the name."""
    return named(EYES, NAMES["eye_colour"], known["eye_colour"], known["eye_shift"])


def background(known: Attributes) -> Tone:
    """What lies behind: its hue within the name."""
    return named(backdrop.COLOURS, NAMES["background"], known["background"], known["background_shift"])


def hair(known: Attributes) -> Tone:
    """Hair: its hue within the name, a little lighter or darker."""
    tone = named(HAIR, NAMES["hair_colour"], known["hair_colour"], known["hair_shift"])
    return Tone(tone.lightness + 0.035 * known["hair_light"], tone.chroma, tone.hue)


def skin(known: Attributes) -> Tone:
    """Skin from pale to dark, along the line through `SKIN`."""
    anchors = np.array(SKIN)
    place = known["skin"].astype(np.float64) * (len(SKIN) - 1)
    below = np.minimum(place.astype(np.int64), len(SKIN) - 2)
    part = (place - below)[:, None]
    mixed = anchors[below] * (1 - part) + anchors[below + 1] * part
    return Tone(mixed[:, 0], mixed[:, 1], mixed[:, 2])

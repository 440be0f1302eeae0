"""The colours of a face, from its attributes."""

from __future__ import annotations

import numpy as np

from ganzoo.data.drawn.colour import oklch
from ganzoo.data.drawn.faces.attributes import NAMES, Attributes

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
BACKGROUND = {
    "grey": (0.86, 0.008, 260, 60),
    "pink": (0.86, 0.075, 358, 10),
    "yellow": (0.93, 0.09, 98, 9),
    "green": (0.88, 0.085, 155, 12),
    "blue": (0.84, 0.075, 238, 14),
    "purple": (0.80, 0.08, 300, 12),
}
SKIN = ((0.945, 0.026, 58), (0.905, 0.048, 60), (0.80, 0.072, 62), (0.66, 0.085, 56))  # pale to dark


class Tone:
    """A colour in OKLCH for each picture of a batch, from which lighter and darker ones are mixed."""

    def __init__(self, lightness: np.ndarray, chroma: np.ndarray, hue: np.ndarray) -> None:
        self.lightness, self.chroma, self.hue = lightness, chroma, hue

    def rgb(self, light: float = 0.0, dim: float = 1.0, chroma: float = 1.0, hue: float = 0.0) -> np.ndarray:
        """Linear RGB [n, 3, 1, 1] of the tone times `dim` plus `light`, its chroma scaled and its hue turned."""
        return oklch(self.lightness * dim + light, self.chroma * chroma, self.hue + hue)


def named(table: dict[str, tuple[float, float, float, float]], known: Attributes, name: str, shift: str) -> Tone:
    """The tones of a categorical colour, each shifted within what its name allows."""
    rows = np.array([table[value] for value in NAMES[name]])[known[name]]
    return Tone(rows[:, 0], rows[:, 1], rows[:, 2] + rows[:, 3] * known[shift])


def hair(known: Attributes) -> Tone:
    """Hair: its hue within the name, a little lighter or darker."""
    tone = named(HAIR, known, "hair_colour", "hair_shift")
    return Tone(tone.lightness + 0.035 * known["hair_light"], tone.chroma, tone.hue)


def skin(known: Attributes) -> Tone:
    """Skin from pale to dark, along the line through `SKIN`."""
    anchors = np.array(SKIN)
    place = known["skin"].astype(np.float64) * (len(SKIN) - 1)
    below = np.minimum(place.astype(np.int64), len(SKIN) - 2)
    part = (place - below)[:, None]
    mixed = anchors[below] * (1 - part) + anchors[below + 1] * part
    return Tone(mixed[:, 0], mixed[:, 1], mixed[:, 2])


def hued(hue: np.ndarray, lightness: float, chroma: float) -> Tone:
    """A tone of any hue."""
    return Tone(np.full(hue.shape, lightness), np.full(hue.shape, chroma), hue.astype(np.float64))

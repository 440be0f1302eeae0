"""From the attributes of faces to everything the drawing needs: frames, colours, measures."""

from __future__ import annotations

import numpy as np

from ganzoo.data.drawn import backdrop, chance
from ganzoo.data.drawn.canvas import Frame, Look
from ganzoo.data.drawn.faces import palette
from ganzoo.data.drawn.faces.attributes import NAMES
from ganzoo.data.drawn.tone import hued
from ganzoo.data.drawn.truth import Attributes

CHIN = 1.0  # the head tilts around this point below its middle


def look_of(known: Attributes) -> Look:
    """The look of faces; units of the frames are half the width of a face, y points down."""
    centre, scale = (known["x"].astype(np.float64), known["y"].astype(np.float64)), known["scale"].astype(np.float64)
    tilt = known["tilt"].astype(np.float64)
    cos, sin = chance.cosine(tilt), chance.sine(tilt)
    flat = np.ones_like(cos), np.zeros_like(sin)
    body = Frame.place(centre, scale, *flat, CHIN)
    return Look(
        head=Frame.place(centre, scale, cos, sin, CHIN),
        body=body,
        **{name: known[name] for name in NAMES},
        **_measures(known),
        **_colours(known),
        **backdrop.parts(palette.background(known), known["background_turn"]),
    )


def _measures(known: Attributes) -> dict[str, np.ndarray]:
    """Continuous measures, float32 [n, 1, 1]."""
    measures = {
        "sign": 2.0 * known["side"] - 1.0,  # -1 left, 1 right
        "length": known["hair_length"],
        "open": known["eye_open"],
        "slant": known["eye_slant"],
        "gaze": known["gaze"],
        "blush": known["blush"],
        "turn": known["turn"],
    }
    return {name: np.asarray(value, dtype=np.float32)[:, None, None] for name, value in measures.items()}


def _colours(known: Attributes) -> dict[str, np.ndarray]:
    """Colours in linear light, float32 [n, 3, 1, 1]."""
    hair, skin = palette.hair(known), palette.skin(known)
    eye = palette.eyes(known)
    dress = hued(known["dress_hue"], 0.50, 0.11)
    worn = hued(known["accessory_hue"], 0.60, 0.19)
    n = len(hair.hue)
    return {
        "hair": hair.rgb(),
        "hair_shade": hair.rgb(dim=0.80, hue=-6, chroma=1.05),
        "hair_deep": hair.rgb(dim=0.66, hue=-10),
        "hair_line": hair.rgb(dim=0.40, hue=-10, chroma=0.8),
        "hair_shine": hair.rgb(light=0.20, dim=0.86, chroma=0.62, hue=4),
        "skin": skin.rgb(),
        "skin_shade": skin.rgb(dim=0.90, chroma=1.35, hue=-16),
        "skin_deep": skin.rgb(dim=0.81, chroma=1.4, hue=-20),
        "skin_line": skin.rgb(dim=0.46, chroma=1.5, hue=-24),
        "blush_red": skin.rgb(dim=0.86, chroma=2.6, hue=-44),
        "eye": eye.rgb(),
        "eye_dark": eye.rgb(dim=0.50, chroma=0.8),
        "eye_light": eye.rgb(light=0.26, dim=0.78, chroma=0.95, hue=8),
        "pupil": eye.rgb(dim=0.30, chroma=0.6),
        "lash": hair.rgb(dim=0.22, light=0.06, chroma=0.35, hue=-10),
        "white": hued(np.full(n, 250.0), 0.985, 0.006).rgb(),
        "white_shade": hued(np.full(n, 270.0), 0.86, 0.03).rgb(),
        "throat": hued(np.full(n, 18.0), 0.42, 0.13).rgb(),
        "tongue": hued(np.full(n, 15.0), 0.70, 0.14).rgb(),
        "dress": dress.rgb(),
        "dress_line": dress.rgb(dim=0.45, chroma=0.7),
        "worn": worn.rgb(),
        "worn_light": worn.rgb(light=0.18, dim=0.85, chroma=0.8),
        "worn_line": worn.rgb(dim=0.42, chroma=0.7),
    }

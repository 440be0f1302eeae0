"""From the attributes of animals to everything the drawing needs: frames, colours, measures."""

from __future__ import annotations

import numpy as np

from ganzoo.data.drawn import backdrop, chance
from ganzoo.data.drawn.animals.attributes import NAMES
from ganzoo.data.drawn.animals.build import build_of
from ganzoo.data.drawn.canvas import Frame, Look
from ganzoo.data.drawn.tone import Tone, hued, named
from ganzoo.data.drawn.truth import Attributes

CHIN = 0.8  # the head tilts around this point below its middle
DARK = 0.5  # lightness below which markings are lighter than the coat

# name: lightness, chroma, hue in degrees, and how far the hue may shift either way
COATS = {
    "black": (0.32, 0.018, 280, 30),
    "grey": (0.70, 0.014, 260, 40),
    "white": (0.945, 0.012, 80, 30),
    "brown": (0.53, 0.085, 54, 8),
    "orange": (0.735, 0.152, 58, 7),
    "golden": (0.83, 0.112, 84, 7),
    "pink": (0.81, 0.088, 6, 10),
    "green": (0.73, 0.165, 140, 10),
    "blue": (0.67, 0.125, 242, 12),
}
EYES = {
    "brown": (0.46, 0.10, 50, 8),
    "golden": (0.80, 0.16, 88, 7),
    "green": (0.70, 0.18, 148, 10),
    "blue": (0.64, 0.16, 248, 12),
    "closed": (0.46, 0.10, 50, 8),
}
DYES = {
    "red": (0.60, 0.21, 25, 0),
    "yellow": (0.87, 0.165, 95, 0),
    "blue": (0.56, 0.17, 255, 0),
    "purple": (0.55, 0.19, 308, 0),
}


def look_of(known: Attributes) -> Look:
    """The look of animals; units of the frames are half the width of a middling head, y points down."""
    build = build_of(known["species"])
    size, drop = (part[:, 0, 0].astype(np.float64) for part in (build.head_size, build.head_drop))
    scale = known["scale"].astype(np.float64)
    centre = known["x"].astype(np.float64), known["y"].astype(np.float64) + drop * scale
    tilt = known["tilt"].astype(np.float64)
    cos, sin = chance.cosine(tilt), chance.sine(tilt)
    return Look(
        head=Frame.place(centre, scale * size, cos, sin, CHIN),
        body=Frame.place(centre, scale * size, np.ones_like(cos), np.zeros_like(sin), CHIN),
        build=build,
        **{name: known[name] for name in NAMES},
        **_measures(known),
        **_colours(known),
        **backdrop.parts(
            named(backdrop.COLOURS, NAMES["background"], known["background"], known["background_shift"]),
            known["background_turn"],
        ),
    )


def _measures(known: Attributes) -> dict[str, np.ndarray]:
    """Continuous measures, float32 [n, 1, 1]."""
    spread = known["ear_spread"].astype(np.float64) * 0.03
    measures = {
        "sign": 2.0 * known["side"] - 1.0,  # -1 left, 1 right
        "ear": 0.82 + 0.30 * known["ear_size"].astype(np.float64),
        "ear_cos": chance.cosine(spread),
        "ear_sin": chance.sine(spread),
        "eye_scale": 1.0 + 0.12 * known["eye_size"].astype(np.float64),
        "gaze": known["gaze"],
        "blush": known["blush"],
        "turn": known["turn"],
    }
    return {name: np.asarray(value, dtype=np.float32)[:, None, None] for name, value in measures.items()}


def _colours(known: Attributes) -> dict[str, np.ndarray]:
    """Colours in linear light, float32 [n, 3, 1, 1]."""
    coat = _coat(known)
    species = np.array(NAMES["species"])[known["species"]]
    fur = _where(species == "panda", hued(np.full(len(species), 80.0), 0.945, 0.012), coat)
    trim = _where(species == "fox", Tone(coat.lightness * 0.52, coat.chroma * 0.5, coat.hue), coat)
    trim = _where(species == "dog", Tone(coat.lightness * 0.72, coat.chroma * 1.1 + 0.02, coat.hue - 8), trim)
    step = np.where(coat.lightness < DARK, 0.22, -0.25)
    mark = Tone(coat.lightness + step, coat.chroma * 0.9 + 0.015, coat.hue - 10)
    eye = named(EYES, NAMES["eyes"], known["eyes"], known["eye_shift"])
    dye = named(DYES, NAMES["accessory_colour"], known["accessory_colour"])
    plain = np.zeros(len(species))
    white, dark, red = hued(plain + 80, 0.985, 0.008), hued(plain + 30, 0.22, 0.025), hued(plain + 15, 0.70, 0.14)
    return {
        "fur": fur.rgb(),
        "fur_light": fur.rgb(light=0.20, dim=0.82, chroma=0.85),
        "fur_shade": fur.rgb(dim=0.88, chroma=1.15, hue=-8),
        "fur_line": fur.rgb(dim=0.42, chroma=0.8, hue=-12),
        "pale": fur.rgb(light=0.50, dim=0.50, chroma=0.45),
        "pale_shade": fur.rgb(light=0.38, dim=0.52, chroma=0.65),
        "trim": trim.rgb(),
        "trim_line": trim.rgb(dim=0.42, chroma=0.8, hue=-12),
        "mark": mark.rgb(),
        "inner": hued(plain + 12, 0.80, 0.095).rgb(),
        "blush_red": hued(plain + 15, 0.74, 0.15).rgb(),
        "eye": eye.rgb(),
        "eye_dark": eye.rgb(dim=0.62, chroma=0.9),
        "dark": dark.rgb(),
        "white": white.rgb(),
        "beak": hued(plain + 68, 0.80, 0.16).rgb(),
        "beak_line": hued(plain + 50, 0.42, 0.09).rgb(),
        "nose_pink": hued(plain + 8, 0.66, 0.13).rgb(),
        "throat": hued(plain + 18, 0.38, 0.12).rgb(),
        "tongue": red.rgb(),
        "dye": dye.rgb(),
        "dye_light": dye.rgb(light=0.24, dim=0.80, chroma=0.8),
        "dye_line": dye.rgb(dim=0.45, chroma=0.75),
    }


def _coat(known: Attributes) -> Tone:
    """The colour an animal is called by, a little lighter or darker."""
    tone = named(COATS, NAMES["colour"], known["colour"], known["coat_shift"])
    return Tone(tone.lightness + 0.03 * known["coat_light"], tone.chroma, tone.hue)


def _where(condition: np.ndarray, one: Tone, other: Tone) -> Tone:
    """The tones of `one` where the condition holds, of `other` elsewhere."""
    lightness, chroma, hue = (
        np.where(condition, getattr(one, part), getattr(other, part)) for part in ("lightness", "chroma", "hue")
    )
    return Tone(lightness, chroma, hue)

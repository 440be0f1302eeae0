"""What can be told of a face: names, ranges, chances and the words for them."""

from __future__ import annotations

import numpy as np

from ganzoo.data.drawn.truth import Attributes, choose, said

# Every value of a categorical attribute is as likely as the others, and all attributes are independent.
NAMES: dict[str, tuple[str, ...]] = {
    "hair_colour": ("black", "silver", "blonde", "red", "pink", "purple", "blue", "green"),
    "hair_style": ("bob", "long", "wavy", "twin tails", "ponytail", "buns", "short", "spiky"),
    "bangs": ("straight", "jagged", "parted", "swept"),
    "eye_colour": ("brown", "golden", "green", "blue", "purple", "red"),
    "mouth": ("calm", "smiling", "laughing", "surprised", "pouting"),
    "accessory": ("none", "glasses", "ribbon", "cat ears"),
    "background": ("grey", "pink", "yellow", "green", "blue", "purple"),
    "side": ("left", "right"),  # of the ponytail, the swept bangs and the ribbon
}

# Continuous attributes, uniform in [low, high).
RANGES: dict[str, tuple[float, float]] = {
    "hair_shift": (-1.0, 1.0),  # of the hue within its name
    "hair_light": (-1.0, 1.0),
    "hair_length": (0.0, 1.0),
    "eye_shift": (-1.0, 1.0),  # of the hue within its name
    "eye_open": (0.78, 1.0),
    "eye_slant": (-1.0, 1.0),  # drooping to sharp
    "gaze": (-1.0, 1.0),  # left to right
    "skin": (0.0, 1.0),  # pale to dark
    "blush": (0.0, 1.0),
    "background_shift": (-1.0, 1.0),  # of the hue within its name
    "background_turn": (0.0, 1.0),  # of the gradient, in turns
    "dress_hue": (0.0, 360.0),
    "accessory_hue": (0.0, 360.0),
    "x": (0.455, 0.545),  # the middle of the head, in pictures from the left
    "y": (0.49, 0.55),  # from the top
    "scale": (0.265, 0.305),  # half the width of the face, in pictures
    "tilt": (-0.045, 0.045),  # clockwise, in turns
    "turn": (-1.0, 1.0),  # of the face, left to right
}

HAIR_PHRASES = {
    "bob": "a {} bob",
    "long": "long {} hair",
    "wavy": "wavy {} hair",
    "twin tails": "{} twin tails",
    "ponytail": "a {} ponytail",
    "buns": "{} hair buns",
    "short": "short {} hair",
    "spiky": "spiky {} hair",
}
WEARING = {"none": "", "glasses": " wearing glasses", "ribbon": " wearing a ribbon", "cat ears": " wearing cat ears"}


def attributes(indices: np.ndarray, seed: int) -> Attributes:
    """The truth of some faces: int64 [n] into `NAMES`, float32 [n] within `RANGES`; a function of (seed, index)."""
    return choose(indices, seed, NAMES, RANGES)


def captions(known: Attributes) -> list[list[str]]:
    """Two captions a face: hair, eyes and mouth; then what it wears and the background as well."""
    written = []
    for face in said(known, NAMES):
        looks = f"{HAIR_PHRASES[face['hair_style']].format(face['hair_colour'])} and {face['eye_colour']} eyes"
        mouth, wears, behind = face["mouth"], WEARING[face["accessory"]], face["background"]
        written.append(
            [
                f"a girl with {looks}, {mouth}",
                f"a {mouth} girl{wears} with {looks} on a {behind} background",
            ]
        )
    return written


def every_word() -> list[list[str]]:
    """Captions that between them name every value there is."""
    most = max(len(values) for values in NAMES.values())
    return captions({name: np.arange(most) % len(values) for name, values in NAMES.items()})

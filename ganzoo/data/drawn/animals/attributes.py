"""What can be told of an animal: names, ranges, chances and the words for them."""

from __future__ import annotations

import numpy as np

from ganzoo.data.drawn.chance import choice
from ganzoo.data.drawn.truth import Attributes, a, choose, said

# Each species comes in three colours of its own, all as likely.
COATS: dict[str, tuple[str, str, str]] = {
    "cat": ("orange", "grey", "black"),
    "dog": ("brown", "golden", "white"),
    "rabbit": ("white", "grey", "brown"),
    "fox": ("orange", "grey", "white"),
    "bear": ("brown", "black", "golden"),
    "panda": ("black", "brown", "grey"),  # of the patches and ears
    "mouse": ("grey", "brown", "white"),
    "pig": ("pink", "brown", "grey"),
    "frog": ("green", "blue", "orange"),
    "owl": ("brown", "grey", "white"),
}

# Every value of a categorical attribute but `colour` is as likely as the others, and all but it are independent.
NAMES: dict[str, tuple[str, ...]] = {
    "species": tuple(COATS),
    "colour": ("black", "grey", "white", "brown", "orange", "golden", "pink", "green", "blue"),  # one of the coats
    "marking": ("plain", "striped", "spotted"),
    "eyes": ("brown", "golden", "green", "blue", "closed"),
    "mouth": ("calm", "smiling", "laughing", "surprised", "cheeky"),
    "accessory": ("none", "glasses", "bow", "hat", "scarf"),
    "accessory_colour": ("red", "yellow", "blue", "purple"),
    "background": ("grey", "pink", "yellow", "green", "blue", "purple"),
    "side": ("left", "right"),  # to which the bow, the hat and the scarf's end hang
}

# Continuous attributes, uniform in [low, high).
RANGES: dict[str, tuple[float, float]] = {
    "coat_shift": (-1.0, 1.0),  # of the hue within its name
    "coat_light": (-1.0, 1.0),
    "ear_size": (0.0, 1.0),  # of a frog: how far its eyes stand out
    "ear_spread": (-1.0, 1.0),  # upright to wide
    "eye_size": (-1.0, 1.0),
    "eye_shift": (-1.0, 1.0),  # of the hue within its name
    "gaze": (-1.0, 1.0),  # left to right
    "blush": (0.0, 1.0),
    "background_shift": (-1.0, 1.0),  # of the hue within its name
    "background_turn": (0.0, 1.0),  # of the gradient, in turns
    "x": (0.46, 0.54),  # the middle of a head, in pictures from the left
    "y": (0.50, 0.55),  # from the top, for a species without long ears
    "scale": (0.29, 0.335),  # half the width of a middling head, in pictures
    "tilt": (-0.04, 0.04),  # clockwise, in turns
    "turn": (-1.0, 1.0),  # of the face, left to right
}

WORN = {"none": "", "glasses": "round {} glasses", "bow": "a {} bow", "hat": "a {} party hat", "scarf": "a {} scarf"}


def attributes(indices: np.ndarray, seed: int) -> Attributes:
    """The truth of some animals: int64 [n] into `NAMES`, float32 [n] within `RANGES`; a function of (seed, index)."""
    known = choose(indices, seed, NAMES, RANGES)
    coats = np.array([[NAMES["colour"].index(colour) for colour in coats] for coats in COATS.values()])
    known["colour"] = coats[known["species"], choice(indices, seed, "coat", coats.shape[1])]
    return known


def captions(known: Attributes) -> list[list[str]]:
    """Two captions an animal: colour, marking, eyes and mouth; then what it wears and the background."""
    written = []
    for one in said(known, NAMES):
        colour = f"{one['colour']} and white" if one["species"] == "panda" else one["colour"]
        animal = f"{colour} {one['species']}"
        looks = animal if one["marking"] == "plain" else f"{one['marking']} {animal}"
        worn = WORN[one["accessory"]].format(one["accessory_colour"])
        wears = f" with {worn}" if worn else ""
        written.append(
            [
                f"{a(looks)} with {one['eyes']} eyes, {one['mouth']}",
                f"{a(one['mouth'])} {animal}{wears} on a {one['background']} background",
            ]
        )
    return written


def every_word() -> list[list[str]]:
    """Captions that between them name every value there is."""
    most, markings = max(len(values) for values in NAMES.values()), len(NAMES["marking"])
    known = {name: np.arange(most * markings) % len(values) for name, values in NAMES.items()}
    return captions(known | {"marking": np.arange(most * markings) // most})

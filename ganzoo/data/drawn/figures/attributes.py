"""What can be told of a figure: names, ranges, chances and the words for them."""

from __future__ import annotations

import numpy as np

from ganzoo.data.drawn.chance import between, choice
from ganzoo.data.drawn.truth import Attributes, a, choose, said

COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "white", "black")

# Every value is as likely as the others, and all attributes are independent but that the background differs in colour.
NAMES: dict[str, tuple[str, ...]] = {
    "shape": ("circle", "square", "triangle", "star", "heart", "ring", "cross", "moon"),
    "colour": COLOURS,
    "size": ("small", "large"),
    "background": COLOURS,
    "row": ("top", "middle", "bottom"),
    "column": ("left", "middle", "right"),
    "wording": ("first", "second", "third"),  # of the second caption
}

# Continuous attributes, uniform in [low, high).
RANGES: dict[str, tuple[float, float]] = {
    "colour_shift": (-1.0, 1.0),  # of the hue within its name
    "background_shift": (-1.0, 1.0),
    "background_turn": (0.0, 1.0),  # of the gradient, in turns
    "tilt": (-0.04, 0.04),  # clockwise, in turns
}

# By size: the least and the greatest radius, how far a row or column is from the middle, and how far a figure strays
# from it; in pictures. Of the largest, furthest out, 0.02 of the picture is left to the edge.
RADII = ((0.13, 0.165), (0.25, 0.285))
REACH = (0.27, 0.165)
STRAY = 0.03

# The second caption, by wording.
WORDINGS = {
    "first": "{a_colour} {shape} {place}, {background} behind it",
    "second": "on {background}, {a_size} {colour} {shape} {place}",
    "third": "the background is {background} and the {size} {shape} {place} is {colour}",
}
SIZES = {
    "first": {"small": "small", "large": "large"},
    "second": {"small": "little", "large": "big"},
    "third": {"small": "tiny", "large": "huge"},
}
PLACES = {
    "top": {"left": "at the top left", "middle": "at the top", "right": "at the top right"},
    "middle": {"left": "on the left", "middle": "in the middle", "right": "on the right"},
    "bottom": {"left": "at the bottom left", "middle": "at the bottom", "right": "at the bottom right"},
}


def attributes(indices: np.ndarray, seed: int) -> Attributes:
    """The truth of some figures, a function of (seed, index): int64 [n] into `NAMES`, float32 [n] for the rest.

    Beside those of `RANGES` there are ``x`` and ``y`` of the middle and the ``radius``, in pictures.
    """
    known = choose(indices, seed, NAMES, RANGES)
    other = 1 + choice(indices, seed, "background", len(COLOURS) - 1)
    known["background"] = (known["colour"] + other) % len(COLOURS)
    low, high = np.array(RADII)[known["size"]].T
    known["radius"] = (low + (high - low) * between(indices, seed, "radius", 0, 1)).astype(np.float32)
    for name, line in (("x", "column"), ("y", "row")):
        middle = 0.5 + np.array(REACH)[known["size"]] * (known[line] - 1)
        known[name] = (middle + between(indices, seed, name, -STRAY, STRAY)).astype(np.float32)
    return known


def captions(known: Attributes) -> list[list[str]]:
    """Two captions a figure: always alike, then in one of three wordings, with the place."""
    written = []
    for one in said(known, NAMES):
        wording, colour = one["wording"], one["colour"]
        size = SIZES[wording][one["size"]]
        told = {**one, "size": size, "a_size": a(size), "a_colour": a(colour)}
        written.append(
            [
                f"{a(one['size'])} {colour} {one['shape']} on {a(one['background'])} background",
                WORDINGS[wording].format(**told, place=PLACES[one["row"]][one["column"]]),
            ]
        )
    return written


def every_word() -> list[list[str]]:
    """Captions that between them name every value there is."""
    sizes, wordings = len(NAMES["size"]), len(NAMES["wording"])
    n = sizes * wordings * max(len(values) for values in NAMES.values())
    known = {name: np.arange(n) % len(values) for name, values in NAMES.items()}
    return captions(known | {"wording": np.arange(n) // sizes % wordings})

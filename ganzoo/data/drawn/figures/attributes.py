"""What can be told of a figure: names, ranges, chances and the words for them."""

from __future__ import annotations

import numpy as np

from ganzoo.data.drawn.chance import between, choice

Attributes = dict[str, np.ndarray]

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

SIZES = (("small", "large"), ("little", "big"), ("tiny", "huge"))  # by wording
PLACES = (
    ("at the top left", "at the top", "at the top right"),
    ("on the left", "in the middle", "on the right"),
    ("at the bottom left", "at the bottom", "at the bottom right"),
)
WORDINGS = (
    "{a_colour} {shape} {place}, {background} behind it",
    "on {background}, {a_size} {colour} {shape} {place}",
    "the background is {background} and the {size} {shape} {place} is {colour}",
)


def attributes(indices: np.ndarray, seed: int) -> Attributes:
    """The truth of some figures, a function of (seed, index): int64 [n] into `NAMES`, float32 [n] for the rest.

    Beside those of `RANGES` there are ``x`` and ``y`` of the middle and the ``radius``, in pictures.
    """
    known: Attributes = {name: choice(indices, seed, name, len(values)) for name, values in NAMES.items()}
    other = 1 + choice(indices, seed, "background", len(COLOURS) - 1)
    known["background"] = (known["colour"] + other) % len(COLOURS)
    for name, (low, high) in RANGES.items():
        known[name] = between(indices, seed, name, low, high).astype(np.float32)
    low, high = np.array(RADII)[known["size"]].T
    known["radius"] = (low + (high - low) * between(indices, seed, "radius", 0, 1)).astype(np.float32)
    for name, line in (("x", "column"), ("y", "row")):
        middle = 0.5 + np.array(REACH)[known["size"]] * (known[line] - 1)
        known[name] = (middle + between(indices, seed, name, -STRAY, STRAY)).astype(np.float32)
    return known


def captions(known: Attributes) -> list[list[str]]:
    """Two captions a figure: always alike, then in one of three wordings, with the place."""
    written = []
    for row in zip(*(known[name] for name in NAMES), strict=True):
        chosen = dict(zip(NAMES, row, strict=True))
        said = {name: NAMES[name][value] for name, value in chosen.items()}
        size = SIZES[chosen["wording"]][chosen["size"]]
        said |= {"size": size, "place": PLACES[chosen["row"]][chosen["column"]]}
        said |= {"a_size": _a(size), "a_colour": _a(said["colour"])}
        plain = NAMES["size"][chosen["size"]]
        written.append(
            [
                f"{_a(plain)} {said['colour']} {said['shape']} on {_a(said['background'])} background",
                WORDINGS[chosen["wording"]].format(**said),
            ]
        )
    return written


def every_word() -> list[list[str]]:
    """Captions that between them name every value there is."""
    sizes, wordings = len(NAMES["size"]), len(NAMES["wording"])
    n = sizes * wordings * max(len(values) for values in NAMES.values())
    known = {name: np.arange(n) % len(values) for name, values in NAMES.items()}
    return captions(known | {"wording": np.arange(n) // sizes % wordings})


def _a(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"

"""How many of the flags a generator has found: known exactly, because every flag is."""

from __future__ import annotations

import numpy as np

from ganzoo.score import Exhibit, Refused
from ganzoo_flags.design import READABLE, nearest


def flags_found(exhibit: Exhibit) -> dict[str, float]:
    """What `count` says of the samples."""
    if exhibit.pictures().facts.shape[0] != 3:  # pictures(), not target: it refuses points
        raise Refused("flags are told by their colours: leave channels alone.")
    return count(exhibit.drawn.examples)


def count(images: np.ndarray) -> dict[str, float]:
    """Different flags, of 300; the share of pictures that are a flag; how far off all are in the mean.

    Real flags, if they are thousands, have 300, 1, and 7.5 grey values of folds. ``images`` are uint8 [n, 3, S, S].
    """
    which, off = nearest(images)
    legible = which[off <= READABLE]
    found = len(set(legible.tolist()))
    return {"flags_found": float(found), "flags_legible": len(legible) / len(which), "flags_off": float(off.mean())}

"""How the species are built: proportions, in half widths of a middling head; y points down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ganzoo.data.drawn.animals.attributes import NAMES
from ganzoo.data.drawn.canvas import Look

Numbers = tuple[float, ...]


@dataclass(frozen=True)
class Build:
    """The proportions of one species: `MEASURES` names the numbers of each."""

    skull: Numbers
    cheek: Numbers
    eye: Numbers
    ear: Numbers  # its root
    muzzle: Numbers
    nose: Numbers
    mouth: Numbers
    chin: Numbers = (9.0,)  # how far the middle is from the planes that taper the face to the chin
    tuft: Numbers = (0.6,)  # how far the fur of the cheeks stands off
    bow: Numbers = (0.46, 1.09)
    head: Numbers = (1.0, 0.0)  # its size, and how much lower it sits to leave room for the ears


MEASURES = {  # x is outwards, y down; rx and ry are half a width and half a height
    "skull": ("rx", "ry"),
    "cheek": ("x", "y", "r"),
    "eye": ("x", "y", "r"),
    "ear": ("x", "y"),
    "muzzle": ("y", "rx", "ry"),
    "nose": ("y", "rx", "ry"),
    "mouth": ("y", "rx"),
    "chin": ("y",),
    "tuft": ("x",),
    "bow": ("x", "size"),
    "head": ("size", "drop"),
}
BUILDS = {
    "cat": Build(
        skull=(0.98, 0.80), cheek=(0.48, 0.26, 0.50), eye=(0.45, -0.02, 0.215), ear=(0.60, -0.56),
        muzzle=(0.38, 0.36, 0.23), nose=(0.26, 0.085, 0.062), mouth=(0.41, 0.17), tuft=(1.16,), head=(1.0, 0.14),
    ),
    "dog": Build(
        skull=(0.84, 0.86), cheek=(0.30, 0.46, 0.42), eye=(0.37, -0.10, 0.185), ear=(0.62, -0.66),
        muzzle=(0.44, 0.46, 0.40), nose=(0.22, 0.175, 0.125), mouth=(0.50, 0.22), head=(1.0, 0.06),
    ),
    "rabbit": Build(
        skull=(0.82, 0.78), cheek=(0.38, 0.30, 0.46), eye=(0.41, -0.02, 0.195), ear=(0.32, -0.62),
        muzzle=(0.40, 0.34, 0.24), nose=(0.25, 0.09, 0.065), mouth=(0.42, 0.17), bow=(0.28, 1.0), head=(0.90, 0.36),
    ),
    "fox": Build(
        skull=(0.98, 0.80), cheek=(0.44, 0.10, 0.40), eye=(0.43, 0.0, 0.185), ear=(0.60, -0.52),
        muzzle=(0.50, 0.25, 0.24), nose=(0.44, 0.12, 0.085), mouth=(0.56, 0.13), chin=(0.74,), tuft=(1.20,),
        head=(0.97, 0.26),
    ),
    "bear": Build(
        skull=(0.98, 0.86), cheek=(0.42, 0.24, 0.54), eye=(0.41, -0.12, 0.165), ear=(0.70, -0.62),
        muzzle=(0.36, 0.43, 0.35), nose=(0.19, 0.165, 0.115), mouth=(0.43, 0.19), head=(0.98, 0.12),
    ),
    "panda": Build(
        skull=(1.02, 0.86), cheek=(0.46, 0.28, 0.54), eye=(0.43, -0.02, 0.165), ear=(0.76, -0.62),
        muzzle=(0.40, 0.34, 0.26), nose=(0.28, 0.135, 0.09), mouth=(0.45, 0.17), head=(0.96, 0.12),
    ),
    "mouse": Build(
        skull=(0.80, 0.74), cheek=(0.30, 0.28, 0.42), eye=(0.36, -0.02, 0.185), ear=(0.72, -0.52),
        muzzle=(0.42, 0.28, 0.21), nose=(0.29, 0.12, 0.095), mouth=(0.47, 0.15), head=(0.94, 0.24),
    ),
    "pig": Build(
        skull=(0.98, 0.84), cheek=(0.44, 0.28, 0.52), eye=(0.50, -0.16, 0.17), ear=(0.62, -0.62),
        muzzle=(0.20, 0.38, 0.275), nose=(0.20, 0.0, 0.0), mouth=(0.60, 0.18), head=(0.98, 0.08),
    ),
    "frog": Build(
        skull=(1.06, 0.70), cheek=(0.54, 0.18, 0.50), eye=(0.56, -0.56, 0.235), ear=(0.56, -0.56),
        muzzle=(0.30, 0.10, 0.10), nose=(0.02, 0.0, 0.0), mouth=(0.34, 0.46), bow=(0.0, 0.74), head=(1.0, 0.10),
    ),
    "owl": Build(
        skull=(0.94, 0.92), cheek=(0.40, 0.26, 0.54), eye=(0.40, -0.12, 0.25), ear=(0.56, -0.60),
        muzzle=(0.30, 0.10, 0.10), nose=(0.20, 0.0, 0.0), mouth=(0.52, 0.14), head=(1.0, 0.10),
    ),
}  # fmt: skip


def build_of(species: np.ndarray) -> Look:
    """The proportions of some animals, float32 [n, 1, 1]: `skull_rx`, `eye_x` and so on."""
    parts = {}
    for name, measures in MEASURES.items():
        table = np.array([getattr(BUILDS[each], name) for each in NAMES["species"]], dtype=np.float32)
        for column, measure in enumerate(measures):
            parts[f"{name}_{measure}"] = table[species, column][:, None, None]
    return Look(**parts)

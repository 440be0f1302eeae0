"""What a face wears: glasses, a ribbon, cat ears, and the ties that hold tails."""

from __future__ import annotations

import numpy as np

from ganzoo.data.drawn.canvas import Canvas, Look, groups
from ganzoo.data.drawn.faces.attributes import NAMES
from ganzoo.data.drawn.faces.body import INK
from ganzoo.data.drawn.faces.features import APART, EYE_LEVEL, TURN
from ganzoo.data.drawn.shapes import box, ellipse, polygon
from ganzoo.data.drawn.wardrobe import Worn

EAR = ((0.28, -1.10), (0.98, -0.70), (1.02, -1.62))
INNER_EAR = ((0.50, -1.12), (0.88, -0.90), (0.93, -1.44))
WING = ((0.0, 0.0), (0.40, -0.27), (0.47, 0.0), (0.40, 0.25))


def ears(canvas: Canvas, look: Look, x: np.ndarray, y: np.ndarray) -> None:
    """Cat ears of the hair's colour, pink inside."""
    away = np.abs(x)
    shape = polygon(away, y, EAR) - 0.05
    canvas.paint(canvas.cover(shape - INK, look.head), look.hair_line)
    canvas.paint(canvas.cover(shape + INK, look.head), look.hair)
    canvas.paint(canvas.cover(polygon(away, y, INNER_EAR) - 0.02, look.head), look.tongue)


def glasses(canvas: Canvas, look: Look, x: np.ndarray, y: np.ndarray) -> None:
    """Round glasses with a glint."""
    x = x - look.turn * TURN
    lens = box(np.abs(x) - APART - 0.01, y - EYE_LEVEL - 0.02, 0.385, 0.345, 0.22)
    glint = np.maximum(np.abs(np.abs(x) - APART + y * 0.6 - 0.36) - 0.035, lens + 0.07)
    canvas.paint(canvas.cover(glint, look.head) * 0.16, look.white)
    bow = np.maximum(np.abs(y - EYE_LEVEL + 0.06 - 0.3 * x * x) - 0.03, np.abs(x) - 0.07)
    arm = np.maximum(np.abs(y - EYE_LEVEL + 0.08) - 0.03, np.abs(np.abs(x) - 0.90) - 0.07)
    frame = np.minimum(np.abs(lens) - 0.034, np.minimum(bow, arm))
    canvas.paint(canvas.cover(frame, look.head), look.worn_line)


def ribbon(canvas: Canvas, look: Look, x: np.ndarray, y: np.ndarray) -> None:
    """A bow on one side of the head."""
    u, v = x * look.sign + 0.62, y + 0.98
    u, v = u * 0.86 - v * 0.51, u * 0.51 + v * 0.86
    wings = polygon(np.abs(u), v, WING) - 0.05
    knot = box(u, v, 0.12, 0.13, 0.07)
    canvas.paint(canvas.cover(wings - INK, look.head), look.worn_line)
    inside = canvas.cover(wings + INK, look.head)
    canvas.paint(inside, look.worn)
    canvas.paint(inside * canvas.cover(v + 0.09 - 0.18 * np.abs(u), look.head) * 0.8, look.worn_light)
    canvas.paint(canvas.cover(knot - INK, look.head), look.worn_line)
    canvas.paint(canvas.cover(knot + INK, look.head), look.worn_light)


BEHIND_HAIR: Worn = {"cat ears": (ears, (-1.2, -1.85, 1.2, -0.5))}
ON_TOP: Worn = {"glasses": (glasses, (-1.05, -0.2, 1.05, 0.75)), "ribbon": (ribbon, (-1.3, -1.65, 1.3, -0.35))}


def ties(canvas: Canvas, look: Look) -> None:
    """The bands that hold tails."""
    for style, chosen in groups(look.hair_style):
        name = NAMES["hair_style"][style]
        if name not in ("twin tails", "ponytail"):
            continue
        some = look[chosen]
        with canvas.part(some.head, (-1.45, -1.6, 1.45, -0.2), chosen) as part:
            x, y = part.coordinates(some.head)
            if name == "twin tails":
                band = ellipse(np.abs(x) - 1.06, y + 0.64, 0.15, 0.17)
            else:
                band = ellipse(x * some.sign - 0.60, y + 1.20, 0.18, 0.16)
            part.paint(part.cover(band - INK, some.head), some.worn_line)
            part.paint(part.cover(band + INK, some.head), some.worn)

"""What an animal wears: glasses, a bow, a party hat or a scarf."""

from __future__ import annotations

import numpy as np

from ganzoo.data.drawn.animals.body import INK
from ganzoo.data.drawn.animals.face import TURN
from ganzoo.data.drawn.canvas import Canvas, Look
from ganzoo.data.drawn.shapes import box, ellipse, polygon, zigzag
from ganzoo.data.drawn.wardrobe import Worn

WING = ((0.0, 0.0), (0.44, -0.30), (0.50, 0.0), (0.44, 0.28))
HAT = ((-0.36, 0.10), (0.36, 0.10), (0.0, -0.72))


def glasses(canvas: Canvas, look: Look, x: np.ndarray, y: np.ndarray) -> None:
    """Round glasses."""
    x = x - look.turn * TURN
    radius = look.build.eye_r * 1.12 + 0.10
    u, v = np.abs(x) - look.build.eye_x, y - look.build.eye_y
    lens = ellipse(u, v, radius, radius)
    glint = np.maximum(np.abs(u - v * 0.5 + radius * 0.1) - 0.05, lens + 0.05)
    canvas.paint(canvas.cover(glint, look.head) * 0.12, look.white)
    bridge = np.maximum(np.abs(v + 0.04) - 0.04, np.abs(x) - look.build.eye_x + radius)
    arm = np.maximum(np.abs(v + 0.02) - 0.04, np.abs(u - radius - 0.10) - 0.12)
    frame = np.minimum(np.abs(lens) - 0.055, np.minimum(bridge, arm))
    canvas.paint(canvas.cover(frame, look.head), look.dye)


def bow(canvas: Canvas, look: Look, x: np.ndarray, y: np.ndarray) -> None:
    """A bow beside one ear; a frog's between its eyes."""
    u, v = x * look.sign - look.build.bow_x, y + look.build.skull_ry * 0.86
    size = look.build.bow_size
    u, v = (u * 0.92 + v * 0.39) / size, (v * 0.92 - u * 0.39) / size
    wings = (polygon(np.abs(u), v, WING) - 0.06) * size
    knot = box(u, v, 0.13, 0.14, 0.08) * size
    canvas.paint(canvas.cover(wings - INK, look.head), look.dye_line)
    inside = canvas.cover(wings + INK, look.head)
    canvas.paint(inside, look.dye)
    canvas.paint(inside * canvas.cover(v + 0.10 - 0.18 * np.abs(u), look.head) * 0.7, look.dye_light)
    canvas.paint(canvas.cover(knot - INK, look.head), look.dye_line)
    canvas.paint(canvas.cover(knot + INK, look.head), look.dye_light)


def hat(canvas: Canvas, look: Look, x: np.ndarray, y: np.ndarray) -> None:
    """A striped cone with a pompom, a little to one side."""
    u, v = x * look.sign - 0.06, y + look.build.skull_ry - 0.08
    u, v = u * 0.98 + v * 0.2, v * 0.98 - u * 0.2
    cone = polygon(u, v, HAT) - 0.05
    canvas.paint(canvas.cover(cone - INK, look.head), look.dye_line)
    inside = canvas.cover(cone + INK, look.head)
    canvas.paint(inside, look.dye)
    stripe = (0.5 - zigzag(v * 2.6 + u * 0.9)) * 0.19 + 0.02
    canvas.paint(inside * canvas.cover(stripe, look.head), look.dye_light)
    pompom = ellipse(u, v + 0.76, 0.15, 0.15)
    canvas.paint(canvas.cover(pompom - INK, look.head), look.dye_line)
    canvas.paint(canvas.cover(pompom + INK, look.head), look.white)


def scarf(canvas: Canvas, look: Look, x: np.ndarray, y: np.ndarray) -> None:
    """Wound around the neck, one end hanging."""
    u = x * look.sign
    end = box(u - 0.40, y - 1.32, 0.17, 0.40, 0.08)
    around = box(x, y - 0.96 + 0.16 * x * x, 0.74, 0.19, 0.16)
    for shape in (end, around):
        canvas.paint(canvas.cover(shape - INK, look.head), look.dye_line)
        inside = canvas.cover(shape + INK, look.head)
        canvas.paint(inside, look.dye)
        stripe = np.abs(np.abs(x) - 0.36) - 0.06 if shape is around else np.abs(y - 1.50) - 0.05
        canvas.paint(inside * canvas.cover(stripe, look.head), look.dye_light)


BEHIND_HEAD: Worn = {"scarf": (scarf, (-1.0, 0.5, 1.0, 1.9))}
ON_TOP: Worn = {
    "glasses": (glasses, (-1.25, -1.05, 1.25, 0.45)),
    "bow": (bow, (-1.35, -1.55, 1.35, -0.15)),
    "hat": (hat, (-0.85, -1.95, 0.85, -0.45)),
}

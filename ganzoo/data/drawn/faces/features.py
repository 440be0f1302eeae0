"""The face itself: its outline, eyes, brows, nose and mouth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ganzoo.data.drawn.canvas import Canvas, Look, groups
from ganzoo.data.drawn.faces.attributes import NAMES
from ganzoo.data.drawn.faces.body import INK
from ganzoo.data.drawn.shapes import ellipse, meet

FACE = (-1.25, -1.2, 1.25, 1.25)
EYES = (-1.0, -0.36, 1.0, 0.72)
MOUTH = (-0.42, 0.52, 0.42, 1.0)
APART = 0.44  # of an eye from the middle
EYE_LEVEL = 0.24
EYE_HALF = 0.275  # width
TURN = 0.09  # how far the features move when the head turns


Mouth = Callable[[Canvas, Look, np.ndarray, np.ndarray], None]


def face_shape(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Distance to the face: a round skull that tapers to the chin."""
    away = np.abs(x)
    jaw = away * 0.74 + y * 0.672 - 0.87
    return meet(ellipse(x, y + 0.01, 0.98, 1.03), jaw, 0.45)


def face(canvas: Canvas, look: Look) -> None:
    """Ears, skin, the shade of one cheek, and blush."""
    with canvas.part(look.head, FACE) as part:
        x, y = part.coordinates(look.head)
        ears = ellipse(np.abs(x) - 0.98, y - 0.30, 0.15, 0.24)
        shape = face_shape(x, y)
        part.paint(part.cover(np.minimum(shape, ears) - INK, look.head), look.skin_line)
        part.paint(part.cover(ears + INK, look.head), look.skin_shade)
        skin = part.cover(shape + INK, look.head)
        part.paint(skin, look.skin)
        part.paint(skin * part.cover(-shape - 0.10 + 0.1 * x, look.head) * 0.55, look.skin_shade)
        u = np.abs(x - look.turn * TURN) - 0.60
        flush = np.maximum(1 - (u * u * 12 + np.square(y - 0.62) * 34), 0)
        part.paint(flush * skin * (look.blush * 0.75), look.blush_red)
        nose_x, nose_y = x - look.turn * (TURN * 1.6), y - 0.585
        part.paint(part.cover(ellipse(nose_x - 0.012, nose_y, 0.045, 0.026), look.head), look.skin_deep)
        part.paint(part.cover(ellipse(nose_x + 0.02, nose_y + 0.05, 0.016, 0.03), look.head), look.white)


def eyes(canvas: Canvas, look: Look) -> None:
    """Two big eyes with lids, lashes, a shaded iris and highlights."""
    with canvas.part(look.head, EYES) as part:
        x, y = part.coordinates(look.head)
        x -= look.turn * TURN
        u, v = np.abs(x) - APART, y - EYE_LEVEL  # u points outwards
        v += look.slant * u * 0.22
        w = np.minimum(np.square(u * (1 / EYE_HALF)), 1.1)  # flat beyond the corners
        upper = (0.40 * look.open) * (w * (0.42 + 0.50 * w) - 1) + 0.04
        lower = 0.30 - w * (0.03 + 0.13 * w)
        opening = np.maximum(np.maximum(upper - v, v - lower) * 0.85, np.abs(u) - EYE_HALF)
        seen = part.cover(opening, look.head)
        part.paint(seen, look.white)
        part.paint(seen * part.cover((v - upper - 0.13) * 0.8, look.head), look.white_shade)
        _iris(part, look, x - np.copysign(np.float32(APART), x), v, seen)
        _lashes(part, look, u, v, upper, lower)


def _iris(canvas: Canvas, look: Look, u: np.ndarray, v: np.ndarray, seen: np.ndarray) -> None:
    """Iris dark above and light below, pupil, and the highlights that make the eye shine."""
    u = u - look.gaze * 0.045
    v = v + 0.015
    iris = ellipse(u, v, 0.215, 0.30)
    inside = canvas.cover(iris, look.head) * seen
    canvas.paint(inside, look.eye_dark)
    within = canvas.cover(iris + 0.035, look.head) * seen
    canvas.paint(within, look.eye)
    canvas.paint(within * np.clip(-v * 3.2 + 0.12, 0, 1) * 0.85, look.eye_dark)
    glow = canvas.cover(ellipse(u, v - 0.17, 0.125, 0.095), look.head)
    canvas.paint(within * glow, look.eye_light)
    canvas.paint(within * canvas.cover(ellipse(u, v - 0.0, 0.085, 0.125), look.head), look.pupil)
    canvas.paint(canvas.cover(ellipse(u + 0.075, v + 0.125, 0.072, 0.085), look.head) * seen, look.white)
    canvas.paint(canvas.cover(ellipse(u - 0.085, v - 0.135, 0.035, 0.042), look.head) * seen, look.white)


def _lashes(canvas: Canvas, look: Look, u: np.ndarray, v: np.ndarray, upper: np.ndarray, lower: np.ndarray) -> None:
    """The upper lash line, thick and winged outside, the lower one, the crease and the brow."""
    thick = 0.075 + np.clip(u, -0.2, 0.4) * 0.11
    lid = np.maximum(upper - thick - v, v - upper - 0.025) * 0.8
    lash = np.maximum(lid, np.maximum((u - 0.30 - (upper - v) * 0.8) * 0.8, -u - 0.285))
    canvas.paint(canvas.cover(lash, look.head), look.lash)
    below = np.maximum(np.abs(v - lower - 0.004) - 0.014, np.abs(u - 0.09) - 0.16)
    canvas.paint(canvas.cover(below, look.head) * 0.8, look.skin_line)
    crease = np.maximum(np.abs(v - upper + thick + 0.055) * 0.8 - 0.013, np.abs(u - 0.02) - 0.20)
    canvas.paint(canvas.cover(crease, look.head) * 0.7, look.skin_line)


def brows(canvas: Canvas, look: Look) -> None:
    """Brows, seen through the bangs; raised in surprise, drawn in a pout."""
    with canvas.part(look.head, (-0.95, -0.55, 0.95, 0.0)) as part:
        x, y = part.coordinates(look.head)
        x -= look.turn * TURN
        u = np.abs(x) - APART
        raised = np.array([0.0, 0.0, 0.04, 0.10, 0.0], dtype=np.float32)[look.mouth][:, None, None]
        frown = np.array([0.0, -0.06, -0.04, -0.10, 0.30], dtype=np.float32)[look.mouth][:, None, None]
        v = y + 0.30 + raised - u * u * 0.9 + u * frown
        brow = np.maximum(np.abs(v) - (0.022 - u * 0.035), np.abs(u) - 0.24)
        part.paint(part.cover(brow, look.head) * 0.85, look.hair_line)


def mouth(canvas: Canvas, look: Look) -> None:
    """The mouth, by its mood."""
    for mood, chosen in groups(look.mouth):
        some = look[chosen]
        with canvas.part(some.head, MOUTH, chosen) as part:
            x, y = part.coordinates(some.head)
            MOUTHS[NAMES["mouth"][mood]](part, some, x - some.turn * (TURN * 1.1), y - 0.775)


def _curve(half: float, curl: float) -> Mouth:
    """A mouth that is one line: half its width, and how far its corners rise."""

    def draw(canvas: Canvas, look: Look, u: np.ndarray, v: np.ndarray) -> None:
        bow = v - curl * (0.5 - np.square(u / half))
        line = np.maximum(np.abs(bow) - 0.025, np.abs(u) - half)
        canvas.paint(canvas.cover(line, look.head), look.skin_line)
        lip = np.maximum(np.abs(v - max(curl, 0.0) * 0.5 - 0.085) - 0.010, np.abs(u) - 0.06)
        canvas.paint(canvas.cover(lip, look.head) * 0.5, look.skin_deep)

    return draw


def _laugh(canvas: Canvas, look: Look, u: np.ndarray, v: np.ndarray) -> None:
    """Wide open: teeth above, tongue below."""
    top = -0.075 - 0.25 * u * u
    shape = np.maximum(ellipse(u, v + 0.075, 0.215, 0.215), top - v)
    canvas.paint(canvas.cover(shape - 0.02, look.head), look.skin_line)
    inside = canvas.cover(shape + 0.005, look.head)
    canvas.paint(inside, look.throat)
    canvas.paint(inside * canvas.cover(ellipse(u, v - 0.13, 0.13, 0.085), look.head), look.tongue)
    canvas.paint(inside * canvas.cover(v - top - 0.055, look.head), look.white)


def _gasp(canvas: Canvas, look: Look, u: np.ndarray, v: np.ndarray) -> None:
    """A small round o."""
    shape = ellipse(u, v - 0.01, 0.085, 0.105)
    canvas.paint(canvas.cover(shape - 0.018, look.head), look.skin_line)
    inside = canvas.cover(shape + 0.012, look.head)
    canvas.paint(inside, look.throat)
    canvas.paint(inside * canvas.cover(ellipse(u, v - 0.075, 0.06, 0.05), look.head), look.tongue)


MOUTHS: dict[str, Mouth] = {
    "calm": _curve(0.11, 0.01),
    "smiling": _curve(0.20, 0.12),
    "laughing": _laugh,
    "surprised": _gasp,
    "pouting": _curve(0.12, -0.075),
}

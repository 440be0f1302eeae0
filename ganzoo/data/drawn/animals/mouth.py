"""Mouths, by mood."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ganzoo.data.drawn.animals.attributes import NAMES
from ganzoo.data.drawn.animals.face import TURN
from ganzoo.data.drawn.canvas import Canvas, Look, groups
from ganzoo.data.drawn.shapes import ellipse

MOUTH = (-0.66, 0.2, 0.66, 1.12)
LINE = 0.03  # half the width of a line

Mouth = Callable[[Canvas, Look, np.ndarray, np.ndarray], None]  # u and v from the middle of the mouth


def mouths(canvas: Canvas, look: Look) -> None:
    """The mouth of every animal."""
    for mood, chosen in groups(look.mouth):
        some = look[chosen]
        with canvas.part(some.head, MOUTH, chosen) as part:
            x, y = part.coordinates(some.head)
            MOUTHS[NAMES["mouth"][mood]](part, some, x - some.turn * (TURN * 1.2), y - some.build.mouth_y)


def _calm(canvas: Canvas, look: Look, u: np.ndarray, v: np.ndarray) -> None:
    """A short level line."""
    half = look.build.mouth_rx * 0.75
    line = np.maximum(np.abs(v - 0.05) - LINE, np.abs(u) - half)
    canvas.paint(canvas.cover(line, look.head), look.dark)


def _smile(canvas: Canvas, look: Look, u: np.ndarray, v: np.ndarray) -> None:
    """Two arcs that meet in the middle and rise at the corners."""
    part = np.abs(u) / look.build.mouth_rx
    arc = v - 0.11 + 0.11 * np.square(2 * part - 0.9)
    line = np.maximum(np.abs(arc) * 0.9 - LINE, np.abs(u) - look.build.mouth_rx * 1.05)
    canvas.paint(canvas.cover(line, look.head), look.dark)


def _laugh(canvas: Canvas, look: Look, u: np.ndarray, v: np.ndarray) -> None:
    """Wide open, a tongue in it."""
    half = look.build.mouth_rx * 1.05
    top = -0.04 - v
    shape = np.maximum(ellipse(u, v + 0.02, half, 0.29), top)
    canvas.paint(canvas.cover(shape - LINE, look.head), look.dark)
    inside = canvas.cover(shape + 0.01, look.head)
    canvas.paint(inside, look.throat)
    canvas.paint(inside * canvas.cover(ellipse(u, v - 0.27, half * 0.8, 0.17), look.head), look.tongue)


def _gasp(canvas: Canvas, look: Look, u: np.ndarray, v: np.ndarray) -> None:
    """A small round O."""
    shape = ellipse(u, v - 0.11, 0.10, 0.13)
    canvas.paint(canvas.cover(shape - LINE, look.head), look.dark)
    canvas.paint(canvas.cover(shape + 0.01, look.head), look.throat)


def _cheek(canvas: Canvas, look: Look, u: np.ndarray, v: np.ndarray) -> None:
    """A smile with the tongue out."""
    tongue = np.maximum(ellipse(u - 0.02 * look.sign, v - 0.14, 0.115, 0.21), 0.06 - v)
    canvas.paint(canvas.cover(tongue - LINE * 0.8, look.head), look.throat)
    canvas.paint(canvas.cover(tongue + LINE * 0.4, look.head), look.tongue)
    _smile(canvas, look, u, v)


MOUTHS: dict[str, Mouth] = {
    "calm": _calm,
    "smiling": _smile,
    "laughing": _laugh,
    "surprised": _gasp,
    "cheeky": _cheek,
}

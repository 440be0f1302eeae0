"""Below the head: the neck and the shoulders."""

from __future__ import annotations

import numpy as np

from ganzoo.data.drawn.canvas import Canvas, Look
from ganzoo.data.drawn.shapes import box, ellipse, join

INK = 0.028  # half the width of an outline
SHOULDERS = (-2.3, 0.7, 2.3, 2.2)


def shoulders(canvas: Canvas, look: Look) -> None:
    """A neck in the shade of the chin, and a dress with a sailor's collar."""
    with canvas.part(look.body, SHOULDERS) as part:
        x, y = part.coordinates(look.body)
        neck = join(box(x, y - 1.33, 0.29, 0.55, 0.05), ellipse(x, y - 2.0, 1.15, 0.62), 0.3)
        part.paint(part.cover(neck - INK, look.body), look.skin_line)
        skin = part.cover(neck + INK, look.body)
        part.paint(skin, look.skin)
        shade = part.cover(ellipse(x, y - 0.55, 0.74, 0.78), look.body)
        part.paint(skin * shade, look.skin_deep)
        _dress(part, look, x, y)


def _dress(canvas: Canvas, look: Look, x: np.ndarray, y: np.ndarray) -> None:
    """The dress: open in a V at the throat, where a white-striped collar lies."""
    away = np.abs(x)
    opening = (away * 0.86 - (1.78 - y) * 0.62) * 0.94  # negative in the V
    dress = np.maximum(ellipse(x, y - 2.32, 1.32, 1.0), -opening)
    canvas.paint(canvas.cover(dress - INK, look.body), look.dress_line)
    cloth = canvas.cover(dress + INK, look.body)
    canvas.paint(cloth, look.dress)
    collar = opening - 0.30
    canvas.paint(cloth * canvas.cover(collar, look.body), look.white)
    canvas.paint(cloth * canvas.line(collar + 0.11, 0.028, look.body), look.dress)
    canvas.paint(cloth * canvas.line(collar, INK, look.body), look.dress_line)

"""The body below the head, and the head itself with its fur."""

from __future__ import annotations

import numpy as np

from ganzoo.data.drawn.animals.attributes import NAMES
from ganzoo.data.drawn.canvas import Canvas, Look, groups
from ganzoo.data.drawn.shapes import ellipse, join, lock, meet

INK = 0.034  # half the width of an outline
HEAD = (-1.35, -1.05, 1.35, 1.1)
CROWN = (-1.15, -1.05, 1.15, 0.5)
BODY = (-1.4, 0.5, 1.4, 2.6)


def body(canvas: Canvas, look: Look) -> None:
    """Round shoulders and a pale chest."""
    with canvas.part(look.body, BODY) as part:
        x, y = part.coordinates(look.body)
        shape = ellipse(x, y - 1.88, 0.90, 1.08)
        part.paint(part.cover(shape - INK, look.body), look.fur_line)
        inside = part.cover(shape + INK, look.body)
        part.paint(inside, look.fur_shade)
        part.paint(inside * part.cover(ellipse(x, y - 1.95, 0.52, 0.82), look.body), look.pale)
        is_panda = (look.species == NAMES["species"].index("panda"))[:, None, None]
        arms = -ellipse(x, y - 1.80, 0.62, 1.6)
        part.paint(inside * part.cover(arms, look.body) * is_panda, look.trim)


def head_shape(look: Look, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Distance to the head: a skull with cheeks, tapered to the chin."""
    build, away = look.build, np.abs(x)
    cheeks = ellipse(away - build.cheek_x, y - build.cheek_y, build.cheek_r, build.cheek_r)
    shape = join(ellipse(x, y, build.skull_rx, build.skull_ry), cheeks, 0.2)
    shape = meet(shape, away * 0.66 + y * 0.75 - build.chin_y, 0.35)
    return np.minimum(shape, lock(away, y, (0.5, 0.22), (build.tuft_x, 0.38), 0.58, -0.04))


def head(canvas: Canvas, look: Look) -> None:
    """The head in its coat: light above, shaded below, marked."""
    with canvas.part(look.head, HEAD) as part:
        x, y = part.coordinates(look.head)
        shape = head_shape(look, x, y)
        part.paint(part.cover(shape - INK, look.head), look.fur_line)
        inside = part.cover(shape + INK, look.head)
        part.paint(inside, look.fur)
        part.paint(inside * np.clip((shape + 0.30 + 0.25 * y) * 1.6, 0, 0.8), look.fur_shade)
        gleam = ellipse(x + 0.12 * look.sign, y + look.build.skull_ry - 0.20, 0.40, 0.13)
        part.paint(inside * np.clip(gleam * -6, 0, 0.7), look.fur_light)


def markings(canvas: Canvas, look: Look) -> None:
    """Stripes or spots, within the head."""
    for marking, chosen in groups(look.marking):
        shape = MARKINGS.get(NAMES["marking"][marking])
        if shape is None:
            continue
        some = look[chosen]
        with canvas.part(some.head, CROWN, chosen) as part:
            x, y = part.coordinates(some.head)
            skull = ellipse(x, y, some.build.skull_rx, some.build.skull_ry) + INK
            part.paint(part.cover(np.maximum(shape(some, x, y), skull), some.head), some.mark)


def _stripes(look: Look, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Three from the crown down, one from each temple inwards."""
    away, top, side = np.abs(x), y + look.build.skull_ry, np.abs(x) - look.build.skull_rx
    shape = lock(x, top, (0.0, -0.1), (0.0, 0.46), 0.22)
    shape = np.minimum(shape, lock(away, top, (0.36, -0.1), (0.25, 0.40), 0.20))
    return np.minimum(shape, lock(side, y, (0.1, 0.16), (-0.36, 0.13), 0.20))


def _spots(look: Look, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A few of several sizes, off the middle."""
    u, v = x * look.sign, y / look.build.skull_ry
    shapes = [ellipse(u - across, v - down, r, r) for across, down, r in SPOTS]
    return np.minimum.reduce(shapes)


SPOTS = ((0.10, -0.72, 0.15), (-0.30, -0.56, 0.10), (0.46, -0.56, 0.12), (0.78, 0.16, 0.12), (-0.76, 0.24, 0.10))
MARKINGS = {"striped": _stripes, "spotted": _spots}

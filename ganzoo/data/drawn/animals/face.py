"""The face: muzzle, patches, beak and snout by species, then nose, eyes and blush."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ganzoo.data.drawn.animals.attributes import NAMES
from ganzoo.data.drawn.animals.body import INK, head_shape
from ganzoo.data.drawn.canvas import Box, Canvas, Look, groups
from ganzoo.data.drawn.shapes import ellipse, lock

FACE = (-1.2, -0.72, 1.2, 1.1)
NOSE = (-0.32, 0.02, 0.32, 0.72)
TURN = 0.08  # how far the features move when the head turns
SHUT = NAMES["eyes"].index("closed")
PINK_NOSES = ("cat", "rabbit", "mouse")

Part = Callable[[Canvas, Look, np.ndarray, np.ndarray], None]


def features(canvas: Canvas, look: Look) -> None:
    """What only some species have, then blush."""
    for species, chosen in groups(look.species):
        some = look[chosen]
        draw = FEATURES.get(NAMES["species"][species], _muzzle)
        with canvas.part(some.head, FACE, chosen) as part:
            x, y = part.coordinates(some.head)
            draw(part, some, x - some.turn * TURN, y)
            _blush(part, some, x - some.turn * TURN, y)


def noses(canvas: Canvas, look: Look) -> None:
    """A nose with a glint; pigs, frogs and owls have none."""
    for species, chosen in groups(look.species):
        name = NAMES["species"][species]
        if name in ("pig", "frog", "owl"):
            continue
        some = look[chosen]
        with canvas.part(some.head, NOSE, chosen) as part:
            x, y = part.coordinates(some.head)
            u, v = x - some.turn * (TURN * 1.3), y - some.build.nose_y
            shape = ellipse(u, v + 0.25 * np.abs(u) * (v > 0), some.build.nose_rx, some.build.nose_ry)
            part.paint(part.cover(shape - 0.012, some.head), some.nose_pink if name in PINK_NOSES else some.dark)
            glint = ellipse(u, v + some.build.nose_ry * 0.4, some.build.nose_rx * 0.45, some.build.nose_ry * 0.28)
            part.paint(part.cover(glint, some.head) * 0.75, some.white)


def eyes(canvas: Canvas, look: Look) -> None:
    """Two round eyes, or two arcs where they are closed."""
    for closed, chosen in groups((look.eyes == SHUT).astype(np.int64)):
        some = look[chosen]
        radius = some.build.eye_r * some.eye_scale
        with canvas.part(some.head, _around_eyes(some), chosen) as part:
            x, y = part.coordinates(some.head)
            x -= some.turn * TURN
            u, v = x - np.copysign(some.build.eye_x, x), y - some.build.eye_y
            (_closed if closed else _open)(part, some, u / radius, v / radius, radius)


def _around_eyes(look: Look) -> Box:
    """What holds the eyes of all of some animals."""
    build = look.build
    reach = build.eye_r.max() * 1.5
    across = build.eye_x.max() + reach + TURN
    return -across, build.eye_y.min() - reach, across, build.eye_y.max() + reach


def _open(canvas: Canvas, look: Look, u: np.ndarray, v: np.ndarray, radius: np.ndarray) -> None:
    """Rim, iris darker above, pupil and two lights; in radii of the eye."""

    def cover(shape: np.ndarray) -> np.ndarray:
        return canvas.cover(shape * radius, look.head)

    canvas.paint(cover(ellipse(u, v, 1.08, 1.16)), look.dark)
    u = u - look.gaze * 0.10
    iris = cover(ellipse(u, v, 0.86, 0.94))
    canvas.paint(iris, look.eye)
    canvas.paint(iris * np.clip(-v * 1.4, 0, 0.9), look.eye_dark)
    canvas.paint(cover(ellipse(u, v, 0.46, 0.58)), look.dark)
    canvas.paint(cover(ellipse(u + 0.30, v + 0.42, 0.32, 0.34)), look.white)
    canvas.paint(cover(ellipse(u - 0.34, v - 0.42, 0.15, 0.16)), look.white)


def _closed(canvas: Canvas, look: Look, u: np.ndarray, v: np.ndarray, radius: np.ndarray) -> None:
    """Arcs of content."""
    arc = np.maximum((np.abs(v - 0.15 - 0.65 * (u * u - 0.5)) - 0.20) * 0.75, np.abs(u) - 1.0)
    canvas.paint(canvas.cover(arc * radius, look.head), look.dark)


def _blush(canvas: Canvas, look: Look, x: np.ndarray, y: np.ndarray) -> None:
    away = np.abs(x) - look.build.skull_rx * 0.66
    flush = np.maximum(1 - (away * away * 22 + np.square(y - 0.30) * 40), 0)
    canvas.paint(flush * (look.blush * 0.8), look.blush_red)


def _muzzle(canvas: Canvas, look: Look, x: np.ndarray, y: np.ndarray) -> None:
    """A pale muzzle."""
    shape = ellipse(x, y - look.build.muzzle_y, look.build.muzzle_rx, look.build.muzzle_ry)
    canvas.paint(canvas.cover(shape, look.head), look.pale)


def _whiskered(canvas: Canvas, look: Look, x: np.ndarray, y: np.ndarray) -> None:
    """A pale muzzle with three whiskers on each side."""
    _muzzle(canvas, look, x, y)
    u, v = np.abs(x) - look.build.muzzle_rx, y - look.build.muzzle_y
    reach = np.abs(u - 0.34) - 0.24
    for lean in (-0.22, 0.0, 0.22):
        line = np.maximum(np.abs(v - lean * (0.35 + u)) - 0.014, reach)
        canvas.paint(canvas.cover(line, look.head) * 0.7, look.fur_line)


def _dog(canvas: Canvas, look: Look, x: np.ndarray, y: np.ndarray) -> None:
    """A pale blaze from the crown widens into the muzzle."""
    blaze = lock(x, y, (0.0, 0.30), (0.0, -0.66), 0.46, 0.0, 0.4)
    muzzle = ellipse(x, y - look.build.muzzle_y, look.build.muzzle_rx, look.build.muzzle_ry)
    canvas.paint(canvas.cover(np.minimum(blaze, muzzle), look.head), look.pale)


def _fox(canvas: Canvas, look: Look, x: np.ndarray, y: np.ndarray) -> None:
    """White cheeks that meet below the bridge of the nose."""
    away = np.abs(x)
    cheeks = ellipse(away - 0.58, y - 0.54, 0.64, 0.42)
    face = head_shape(look, x + look.turn * TURN, y)
    canvas.paint(canvas.cover(np.maximum(cheeks, face + INK), look.head), look.white)


def _panda(canvas: Canvas, look: Look, x: np.ndarray, y: np.ndarray) -> None:
    """Patches that slant down around the eyes."""
    u, v = np.abs(x) - look.build.eye_x - 0.02, y - look.build.eye_y - 0.04
    patch = ellipse(u * 0.85 - v * 0.53, u * 0.53 + v * 0.85, 0.285, 0.385)
    canvas.paint(canvas.cover(patch, look.head), look.trim)


def _pig(canvas: Canvas, look: Look, x: np.ndarray, y: np.ndarray) -> None:
    """A snout with two nostrils."""
    u, v = x - look.turn * (TURN * 0.4), y - look.build.muzzle_y
    snout = ellipse(u, v, look.build.muzzle_rx, look.build.muzzle_ry)
    canvas.paint(canvas.cover(snout - INK, look.head), look.fur_line)
    canvas.paint(canvas.cover(snout + INK, look.head), look.inner)
    canvas.paint(canvas.cover(ellipse(np.abs(u) - 0.145, v, 0.065, 0.11), look.head), look.throat)


def _frog(canvas: Canvas, look: Look, x: np.ndarray, y: np.ndarray) -> None:
    """A pale chin and two nostrils."""
    chin = np.maximum(ellipse(x, y - 0.62, 0.95, 0.42), ellipse(x, y, look.build.skull_rx, look.build.skull_ry) + INK)
    canvas.paint(canvas.cover(chin, look.head), look.pale)
    canvas.paint(canvas.cover(ellipse(np.abs(x) - 0.11, y - 0.02, 0.035, 0.045), look.head), look.fur_line)


def _owl(canvas: Canvas, look: Look, x: np.ndarray, y: np.ndarray) -> None:
    """Discs around the eyes and a beak between them."""
    discs = ellipse(np.abs(x) - look.build.eye_x, y - look.build.eye_y - 0.04, 0.45, 0.48)
    canvas.paint(canvas.cover(discs - INK * 0.6, look.head), look.fur_shade)
    canvas.paint(canvas.cover(discs + INK * 0.6, look.head), look.pale)
    beak = lock(x, y, (0.0, 0.10), (0.0, 0.46), 0.30)
    canvas.paint(canvas.cover(beak - INK, look.head), look.beak_line)
    canvas.paint(canvas.cover(beak + INK * 0.5, look.head), look.beak)


FEATURES: dict[str, Part] = {
    "cat": _whiskered,
    "dog": _dog,
    "rabbit": _whiskered,
    "fox": _fox,
    "panda": _panda,
    "mouse": _whiskered,
    "pig": _pig,
    "frog": _frog,
    "owl": _owl,
}

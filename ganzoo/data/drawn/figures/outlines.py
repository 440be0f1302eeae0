"""The outlines of the figures, as large as a circle of radius 1 around their middle; y points down."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ganzoo.data.drawn.chance import cosine, sine
from ganzoo.data.drawn.shapes import box, ellipse, polygon

Outline = Callable[[np.ndarray, np.ndarray], np.ndarray]  # signed distance [n, h, w] at x and y

ROUNDED = 0.06  # radius of the corners
RIM = 0.19  # half the width of a ring


def _star_corners() -> list[tuple[float, float]]:
    """Five points, upwards, and the notches between them."""
    turns = np.arange(10) / 10 - 0.25
    radius = np.where(np.arange(10) % 2 == 0, 1.0, 0.46)
    return list(zip((radius * cosine(turns)).tolist(), (radius * sine(turns) + 0.06).tolist(), strict=True))


def _circle(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return ellipse(x, y, 0.92, 0.92)


def _square(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return box(x, y, 0.80, 0.80, ROUNDED)


def _triangle(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return polygon(x, y, ((0.0, -0.88), (0.90, 0.70), (-0.90, 0.70))) - ROUNDED


def _star(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return polygon(x, y, STAR) - ROUNDED


def _heart(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Two circles and their tangents to the tip."""
    away = np.abs(x)
    lobe = ellipse(away - 0.47, y + 0.26, 0.53, 0.53)
    tip = polygon(away, y, ((0.0, 0.96), (0.8449, 0.1147), (0.47, -0.26), (-0.2, -0.26)))
    return np.minimum(lobe, tip)


def _ring(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.abs(ellipse(x, y, 0.95 - RIM, 0.95 - RIM)) - RIM


def _cross(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.minimum(box(x, y, 0.92, 0.30, ROUNDED), box(x, y, 0.30, 0.92, ROUNDED))


def _moon(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A crescent, open to the right."""
    u = x - 0.14
    return np.maximum(ellipse(u, y, 0.95, 0.95), -ellipse(u - 0.46, y + 0.06, 0.76, 0.76))


STAR = _star_corners()
OUTLINES: dict[str, Outline] = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "star": _star,
    "heart": _heart,
    "ring": _ring,
    "cross": _cross,
    "moon": _moon,
}

"""Shapes as signed distance fields over a batch: negative inside, in the units of the drawing.

Every function takes coordinates float32 [n, h, w] and measures that broadcast against them ([n, 1, 1] or plain
numbers). Distances are exact for circles, boxes and polygons and good near the edge elsewhere, which is where they
become coverage.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Measure = np.ndarray | float
TINY = np.float32(1e-6)  # keeps a quotient finite at the centre of a shape


def ellipse(x: np.ndarray, y: np.ndarray, rx: Measure, ry: Measure) -> np.ndarray:
    """Ellipse around the origin, exact for a circle: the value over its gradient, to first order."""
    u, v = x * (1 / rx), y * (1 / ry)
    value = _length(u, v)
    u *= 1 / rx
    v *= 1 / ry
    slope = _length(u, v)
    slope += TINY
    distance = value - 1
    distance *= value
    distance /= slope
    return distance


def box(x: np.ndarray, y: np.ndarray, rx: Measure, ry: Measure, corner: Measure) -> np.ndarray:
    """Box around the origin of half sizes rx, ry whose corners are rounded with radius `corner`."""
    u, v = np.abs(x) - (rx - corner), np.abs(y) - (ry - corner)
    outside = np.sqrt(np.square(np.maximum(u, 0)) + np.square(np.maximum(v, 0)))
    return outside + np.minimum(np.maximum(u, v), 0) - corner


def polygon(x: np.ndarray, y: np.ndarray, corners: Sequence[tuple[float, float]]) -> np.ndarray:
    """Simple polygon, convex or not, with its corners in order."""
    nearest = np.full_like(x, np.inf)
    inside = np.zeros(x.shape, dtype=bool)
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        ex, ey = np.float32(bx - ax), np.float32(by - ay)
        px, py = x - np.float32(ax), y - np.float32(ay)
        along = np.clip((px * ex + py * ey) / (ex * ex + ey * ey), 0, 1)
        nearest = np.minimum(nearest, np.square(px - ex * along) + np.square(py - ey * along))
        if by != ay:
            crosses = (py >= 0) != (py >= ey)
            inside ^= crosses & (px < py * (ex / ey))
    distance = np.sqrt(nearest)
    return np.where(inside, -distance, distance)


def lock(
    x: np.ndarray,
    y: np.ndarray,
    root: tuple[Measure, Measure],
    tip: tuple[Measure, Measure],
    width: Measure,
    bend: Measure = 0.0,
    blunt: float = 0.0,
) -> np.ndarray:
    """A lock of hair: from a round root to a pointed tip, `bend` to the left of the way, half as wide as `width` says.

    `blunt` in [0, 1] keeps that share of the width until the tip.
    """
    ex, ey = tip[0] - root[0], tip[1] - root[1]
    square = ex * ex + ey * ey
    length = np.sqrt(square, dtype=np.float32)
    px, py = x - root[0], y - root[1]
    along = (px * ex + py * ey) / square
    across = (px * ey - py * ex) / length
    inner = np.clip(along, 0, 1)
    across -= inner * (1 - inner) * (4 * bend)
    half = (1 - inner * inner * (1 - blunt)) * (0.5 * width)
    beyond = (along - inner) * length
    return np.sqrt(across * across + beyond * beyond) - half


def zigzag(t: np.ndarray) -> np.ndarray:
    """Triangle wave of period 1: 0 at whole numbers, 1 between them."""
    return 1 - np.abs(2 * (t - np.floor(t)) - 1)


def wave(t: np.ndarray) -> np.ndarray:
    """A smooth wave of period 1 in [0, 1], 0 at whole numbers."""
    rise = zigzag(t)
    return rise * rise * (3 - 2 * rise)


def meet(a: np.ndarray, b: np.ndarray, soft: float) -> np.ndarray:
    """Intersection whose corner is rounded over `soft`."""
    blend = np.maximum(soft - np.abs(a - b), 0)
    return np.maximum(a, b) + blend * blend * np.float32(0.25 / soft)


def join(a: np.ndarray, b: np.ndarray, soft: float) -> np.ndarray:
    """Union whose corner is filled over `soft`."""
    blend = np.maximum(soft - np.abs(a - b), 0)
    return np.minimum(a, b) - blend * blend * np.float32(0.25 / soft)


def _length(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Length of vectors: `np.hypot` is slower, and not rounded alike everywhere."""
    square = u * u
    square += v * v
    return np.sqrt(square, out=square)

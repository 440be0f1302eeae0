"""Ears, which tell one species from another: behind the head, a dog's before it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ganzoo.data.drawn.animals.attributes import NAMES
from ganzoo.data.drawn.animals.body import INK
from ganzoo.data.drawn.canvas import Box, Canvas, Look, groups
from ganzoo.data.drawn.shapes import ellipse, lock, polygon

Ear = Callable[[Canvas, Look, np.ndarray, np.ndarray], None]  # u points outwards from the root, v down


def ears(canvas: Canvas, look: Look, species_ears: dict[str, tuple[Ear, Box]]) -> None:
    """Both ears of every animal whose species is in the table."""
    for species, chosen in groups(look.species):
        name = NAMES["species"][species]
        if name in species_ears:
            draw, window = species_ears[name]
            some = look[chosen]
            with canvas.part(some.head, window, chosen) as part:
                x, y = part.coordinates(some.head)
                u, v = (np.abs(x) - some.build.ear_x) / some.ear, (y - some.build.ear_y) / some.ear
                draw(part, some, u * some.ear_cos + v * some.ear_sin, v * some.ear_cos - u * some.ear_sin)


def _fill(canvas: Canvas, look: Look, shape: np.ndarray, colour: np.ndarray, line: np.ndarray | None = None) -> None:
    """Paint a shape, within an outline where `line` is its colour."""
    shape = shape * look.ear
    if line is not None:
        canvas.paint(canvas.cover(shape - INK, look.head), line)
        shape = shape + INK
    canvas.paint(canvas.cover(shape, look.head), colour)


def _cat(canvas: Canvas, look: Look, u: np.ndarray, v: np.ndarray) -> None:
    _fill(canvas, look, polygon(u, v, ((-0.44, 0.10), (0.40, 0.38), (0.28, -0.72))) - 0.05, look.fur, look.fur_line)
    _fill(canvas, look, polygon(u, v, ((-0.20, 0.06), (0.24, 0.20), (0.20, -0.46))) - 0.03, look.inner)


def _fox(canvas: Canvas, look: Look, u: np.ndarray, v: np.ndarray) -> None:
    shape = polygon(u, v, ((-0.46, 0.10), (0.42, 0.40), (0.24, -0.98))) - 0.05
    _fill(canvas, look, shape, look.fur, look.fur_line)
    _fill(canvas, look, np.maximum(shape + INK, v + 0.44 - 0.2 * u), look.trim)
    _fill(canvas, look, polygon(u, v, ((-0.20, 0.06), (0.22, 0.20), (0.16, -0.42))) - 0.03, look.white)


def _dog(canvas: Canvas, look: Look, u: np.ndarray, v: np.ndarray) -> None:
    """Hanging from the sides of the crown."""
    a, b = u * 0.94 - v * 0.34, v * 0.94 + u * 0.34
    _fill(canvas, look, ellipse(a - 0.10, b - 0.50, 0.27, 0.66), look.trim, look.trim_line)


def _rabbit(canvas: Canvas, look: Look, u: np.ndarray, v: np.ndarray) -> None:
    _fill(canvas, look, ellipse(u - 0.06, v + 0.50, 0.26, 0.78), look.fur, look.fur_line)
    _fill(canvas, look, ellipse(u - 0.06, v + 0.50, 0.13, 0.55), look.inner)


def _round(radius: float, inner: float, colour: str) -> Ear:
    """A round ear, and what is seen inside it."""

    def draw(canvas: Canvas, look: Look, u: np.ndarray, v: np.ndarray) -> None:
        across, down = u - 0.12, v + 0.14
        _fill(canvas, look, ellipse(across, down, radius, radius), look.trim, look.trim_line)
        if inner:
            _fill(canvas, look, ellipse(across, down - 0.04, inner, inner), getattr(look, colour))

    return draw


def _pig(canvas: Canvas, look: Look, u: np.ndarray, v: np.ndarray) -> None:
    """Folded over at the tip."""
    _fill(canvas, look, polygon(u, v, ((-0.36, 0.06), (0.36, 0.36), (0.44, -0.48))) - 0.07, look.fur, look.fur_line)
    fold = polygon(u, v, ((0.02, -0.16), (0.46, 0.06), (0.44, -0.48))) - 0.05
    _fill(canvas, look, fold, look.inner)


def _frog(canvas: Canvas, look: Look, u: np.ndarray, v: np.ndarray) -> None:
    """The bulges that a frog's eyes sit in."""
    _fill(canvas, look, ellipse(u, v, 0.38, 0.38), look.fur, look.fur_line)


def _owl(canvas: Canvas, look: Look, u: np.ndarray, v: np.ndarray) -> None:
    """Tufts of feathers."""
    _fill(canvas, look, lock(u, v, (-0.16, 0.16), (0.38, -0.62), 0.62, 0.08), look.fur, look.fur_line)


BEHIND: dict[str, tuple[Ear, Box]] = {
    "cat": (_cat, (-1.35, -1.60, 1.35, 0.2)),
    "fox": (_fox, (-1.40, -1.85, 1.40, 0.2)),
    "rabbit": (_rabbit, (-1.15, -2.55, 1.15, 0.2)),
    "bear": (_round(0.36, 0.20, "pale_shade"), (-1.40, -1.35, 1.40, 0.0)),
    "panda": (_round(0.36, 0.0, "trim"), (-1.45, -1.35, 1.45, 0.0)),
    "mouse": (_round(0.56, 0.38, "inner"), (-1.65, -1.45, 1.65, 0.2)),
    "pig": (_pig, (-1.35, -1.45, 1.35, 0.0)),
    "frog": (_frog, (-1.10, -1.10, 1.10, 0.0)),
    "owl": (_owl, (-1.25, -1.45, 1.25, 0.0)),
}
BEFORE: dict[str, tuple[Ear, Box]] = {"dog": (_dog, (-1.55, -1.15, 1.55, 0.85))}

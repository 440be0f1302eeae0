"""Hair: what hangs behind the head, by style, and what falls before it, by bangs."""

from __future__ import annotations

import numpy as np

from ganzoo.data.drawn.canvas import Canvas, Look, groups
from ganzoo.data.drawn.faces.attributes import NAMES
from ganzoo.data.drawn.faces.body import INK
from ganzoo.data.drawn.shapes import box, ellipse, join, lock, wave, zigzag

# How the hair before the ears falls, by style: down to which y, and how wide at the root.
LOCKS = {
    "bob": (0.95, 0.44),
    "long": (1.50, 0.42),
    "wavy": (1.35, 0.44),
    "twin tails": (0.95, 0.26),
    "ponytail": (1.00, 0.26),
    "buns": (0.85, 0.28),
    "short": (0.62, 0.36),
    "spiky": (0.55, 0.34),
}


def cap(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Distance to the hair on the skull."""
    return ellipse(x, y + 0.20, 1.12, 1.13)


def behind(canvas: Canvas, look: Look) -> None:
    """The hair that hangs behind the head."""
    for style, chosen in groups(look.hair_style):
        some = look[chosen]
        with canvas.part(some.head, (-2.2, -1.75, 2.2, 2.4), chosen) as part:
            x, y = part.coordinates(some.head)
            _hang(part, some, BEHIND[NAMES["hair_style"][style]](some, x, y), x, y)


def _hang(canvas: Canvas, look: Look, shape: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    """Paint hair behind the head: outlined, streaked, dark where the head shades it."""
    canvas.paint(canvas.cover(shape - INK, look.head), look.hair_line)
    inside = canvas.cover(shape + INK, look.head)
    canvas.paint(inside, look.hair_shade)
    streak = zigzag(x * 2.6 + 0.12 * y + 0.3 * wave(y * 0.8))
    canvas.paint(inside * np.clip(streak * 4 - 2.9, 0, 0.8), look.hair)
    shade = np.clip(1.6 - (np.square(x) * 1.15 + np.square(y - 0.5) * 0.8), 0, 1)
    canvas.paint(inside * shade, look.hair_deep)


def _bob(look: Look, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """To the chin, round, turned in below."""
    end = 0.98 + 0.22 * look.length
    away = np.abs(x) + np.square(np.maximum(y - 0.3, 0)) * 0.16
    hang = box(away, y - (end - 0.85), 1.26, 0.85, 0.42)
    return join(cap(x, y), hang, 0.3)


def _long(look: Look, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Straight, below the shoulders."""
    away = np.abs(x) - 0.05 * (y - 0.4)
    hang = box(away, y - (0.45 + 0.5 * look.length), 1.20, 1.35, 0.30)
    return join(cap(x, y), hang + 0.06 * zigzag(x * 2.2) * np.clip(y - 0.8, 0, 1), 0.3)


def _wavy(look: Look, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Curls that swell and shrink on the way down."""
    swing = np.clip(y + 0.3, 0, 1)
    away = np.abs(x) - swing * (0.24 * wave(y * 1.55 + 0.15) - 0.06) - 0.06 * y
    hang = box(away, y - (0.40 + 0.4 * look.length), 1.18, 1.25, 0.45)
    return join(cap(x, y), hang, 0.25)


def _twin_tails(look: Look, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Two tails tied high at the sides."""
    reach = 1.15 + 0.55 * look.length
    tail = lock(np.abs(x), y, (1.00, -0.68), (1.30, reach), 0.70, 0.26, blunt=0.1)
    second = lock(np.abs(x), y, (1.00, -0.68), (1.10, reach - 0.35), 0.5, 0.22)
    return np.minimum(np.minimum(tail, second), cap(x, y))


def _ponytail(look: Look, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """One tail tied high behind, falling to one side."""
    x = x * look.sign
    reach = 0.9 + 0.6 * look.length
    tail = lock(x, y, (0.52, -1.22), (1.16, reach), 0.72, 0.47, blunt=0.1)
    second = lock(x, y, (0.52, -1.22), (1.42, reach - 0.45), 0.5, 0.34)
    return np.minimum(np.minimum(tail, second), cap(x, y))


def _buns(look: Look, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Two round buns on top."""
    bun = ellipse(np.abs(x) - 0.80, y + 1.10, 0.40 + 0.05 * look.length, 0.38 + 0.05 * look.length)
    return np.minimum(cap(x, y), bun)


def _short(look: Look, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Down to the ears, cut in points at the nape."""
    end = 0.55 + 0.15 * look.length - 0.14 * zigzag(x * 2.3 + 0.5)
    return join(cap(x, y), np.maximum(ellipse(x, y - 0.1, 1.12, 0.95), y - end), 0.2)


def _spiky(look: Look, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Points that stand off all around."""
    shape = cap(x, y)
    away, reach = np.abs(x), 0.9 + 0.25 * look.length
    for root, tip, width in SPIKES:
        end = (root[0] + (tip[0] - root[0]) * reach, root[1] + (tip[1] - root[1]) * reach)
        shape = np.minimum(shape, lock(away, y, root, end, width, 0.12))
    return np.minimum(shape, lock(x * look.sign, y, (-0.25, -0.9), (0.28, -0.9 - 0.75 * reach), 0.85, 0.14))


SPIKES = (
    ((0.40, -0.80), (0.98, -1.55), 0.80),
    ((0.70, -0.50), (1.50, -0.98), 0.80),
    ((0.75, -0.05), (1.62, -0.28), 0.75),
    ((0.72, 0.25), (1.48, 0.42), 0.66),
    ((0.62, 0.50), (1.12, 0.98), 0.55),
)
BEHIND = {
    "bob": _bob,
    "long": _long,
    "wavy": _wavy,
    "twin tails": _twin_tails,
    "ponytail": _ponytail,
    "buns": _buns,
    "short": _short,
    "spiky": _spiky,
}


def before(canvas: Canvas, look: Look) -> None:
    """The hair before the face and its shadow on the forehead, with locks, strands and shine."""
    for bangs, chosen in groups(look.bangs):
        some = look[chosen]
        with canvas.part(some.head, (-1.35, -1.45, 1.35, 1.7), chosen) as part:
            x, y = part.coordinates(some.head)
            hem, valley = BANGS[NAMES["bangs"][bangs]](some, x, y)
            _fall(part, some, x, y, hem, valley)


def _fall(canvas: Canvas, look: Look, x: np.ndarray, y: np.ndarray, hem: np.ndarray, valley: np.ndarray) -> None:
    """Paint the hair above the hem and the locks at the sides."""
    top = cap(x, y)
    below = y - hem
    front = np.maximum(top, below * 0.72)
    reach, width = (
        np.array([LOCKS[style][i] for style in NAMES["hair_style"]], dtype=np.float32)[look.hair_style][:, None, None]
        for i in (0, 1)
    )
    side = lock(np.abs(x), y, (0.93, -0.35), (0.84, reach), width, 0.07)
    shape = np.minimum(front, side)
    shadow = np.maximum(np.maximum(below * 0.72 - 0.085, top + 0.12), -top - 1.05)
    canvas.paint(
        canvas.cover(np.minimum(shadow, side - 0.05), look.head) * canvas.cover(top + 0.14, look.head), look.skin_deep
    )
    # The skull's own outline was drawn with the hair behind; a second one would cut the two apart.
    edge = np.minimum(np.maximum(top + 2 * INK, below * 0.72), side)
    canvas.paint(canvas.cover(edge - INK, look.head), look.hair_line)
    inside = canvas.cover(shape + INK, look.head)
    canvas.paint(inside, look.hair)
    canvas.paint(inside * np.clip((below + 0.30) * 2.6, 0, 0.75), look.hair_shade)
    canvas.paint(inside * np.clip((top + 0.30) * 2.6, 0, 0.85), look.hair_shade)
    _shine(canvas, look, x, y, inside)
    strand = np.maximum(np.abs(valley) - 0.016, -below - 0.42)
    canvas.paint(inside * canvas.cover(np.maximum(strand, below), look.head) * 0.9, look.hair_line)


def _shine(canvas: Canvas, look: Look, x: np.ndarray, y: np.ndarray, inside: np.ndarray) -> None:
    """A ragged band of light around the skull."""
    ring = y + 0.80 - 0.22 * np.square(x)
    fan = x / (y + 2.6) * 2.0
    ragged = zigzag(fan * 4.1) * 0.09 + zigzag(fan * 9.3 + 0.3) * 0.05
    band = np.maximum((np.abs(ring) + ragged - 0.18 + 0.12 * x * x) * 0.6, np.abs(x) - 0.90)
    canvas.paint(inside * canvas.cover(band, look.head) * 0.85, look.hair_shine)


def _fan(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """x along strands that spread from above the crown, as it is at the hem."""
    return x / (y + 2.5) * 2.3


def _straight(look: Look, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut in a line above the eyes, with small notches."""
    fan = _fan(x, y)
    cell = fan * 2.9 + 0.25 * look.sign
    notch = np.maximum(zigzag(cell) * -4 + 1, 0)
    return -0.10 + 0.10 * x * x - 0.11 * notch, (cell - np.round(cell)) * 0.34


def _jagged(look: Look, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points over the forehead."""
    cell = _fan(x, y) * 1.9 + 0.5 + 0.12 * look.sign
    return -0.42 + 0.30 * x * x + 0.40 * zigzag(cell), (cell - np.round(cell)) * 0.52


def _parted(look: Look, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Open in the middle, swept to both sides."""
    fan = _fan(x - 0.12 * look.sign, y)
    away = np.abs(fan)
    cell = away * 1.7
    hem = -0.95 + 1.0 * np.minimum(away * 1.5, 0.72) + 0.30 * x * x + 0.20 * zigzag(cell)
    return hem, (cell - np.round(cell)) * 0.55


def _swept(look: Look, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Combed to one side in curved points."""
    x = x * look.sign
    lean = _fan(x + 0.42 * (y + 0.25), y)
    cell = lean * 1.55 + 0.35
    part = cell - np.floor(cell)
    tooth = np.minimum(part * 4.5, (1 - part) * 1.28)
    return -0.50 + 0.22 * (x - 0.1) * x + 0.46 * tooth, (cell - np.round(cell)) * 0.6


BANGS = {"straight": _straight, "jagged": _jagged, "parted": _parted, "swept": _swept}

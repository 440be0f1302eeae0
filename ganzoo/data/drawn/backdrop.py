"""What lies behind a head: a gradient of one colour with a soft halo."""

from __future__ import annotations

import numpy as np

from ganzoo.data.drawn import chance
from ganzoo.data.drawn.canvas import Canvas, Look
from ganzoo.data.drawn.tone import Tone

# name: lightness, chroma, hue in degrees, and how far the hue may shift either way
COLOURS = {
    "grey": (0.86, 0.008, 260, 60),
    "pink": (0.86, 0.075, 358, 10),
    "yellow": (0.93, 0.09, 98, 9),
    "green": (0.88, 0.085, 155, 12),
    "blue": (0.84, 0.075, 238, 14),
    "purple": (0.80, 0.08, 300, 12),
}


def parts(behind: Tone, turn: np.ndarray, light: float = 0.30) -> dict[str, np.ndarray]:
    """What `paint` wants of a look: three colours [n, 3, 1, 1] and the way the light falls, `turn` [n] in turns.

    `light` in [0, 1] is how far towards white the gradient goes.
    """
    slopes = chance.cosine(turn.astype(np.float64)), chance.sine(turn.astype(np.float64))
    slope_x, slope_y = (slope.astype(np.float32)[:, None, None] for slope in slopes)
    return {
        "behind": behind.rgb(),
        "behind_light": behind.rgb(light=light, dim=1 - light, chroma=1 - 1.5 * light),
        "behind_shade": behind.rgb(dim=0.90, chroma=1.25, hue=-14),
        "slope_x": slope_x,
        "slope_y": slope_y,
    }


def paint(canvas: Canvas, look: Look) -> None:
    """A gradient in any direction with a soft halo around the middle of the frame `body`."""
    along = (canvas.across - np.float32(0.5)) * look.slope_x + (canvas.down - np.float32(0.5)) * look.slope_y
    canvas.pixels[:] = look.behind
    canvas.paint(np.clip(along * 1.2, 0, 1), look.behind_light)
    canvas.paint(np.clip(along * -1.2, 0, 1), look.behind_shade)
    x, y = canvas.coordinates(look.body)
    halo = np.maximum(1 - (x * x + np.square(y + 0.1)) * 0.3, 0)
    canvas.paint(halo * 0.55, look.behind_light)

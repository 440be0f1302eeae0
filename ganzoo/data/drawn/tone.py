"""Tones: a colour in OKLCH for each picture of a batch, from which lighter and darker ones are mixed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ganzoo.data.drawn.colour import oklch

Named = Mapping[str, tuple[float, float, float, float]]  # lightness, chroma, hue, and how far the hue shifts either way


class Tone:
    """Lightness, chroma and hue in degrees, float64 [n] each."""

    def __init__(self, lightness: np.ndarray, chroma: np.ndarray, hue: np.ndarray) -> None:
        self.lightness, self.chroma, self.hue = lightness, chroma, hue

    def rgb(self, light: float = 0.0, dim: float = 1.0, chroma: float = 1.0, hue: float = 0.0) -> np.ndarray:
        """Linear RGB [n, 3, 1, 1] of the tone times `dim` plus `light`, its chroma scaled and its hue turned."""
        return oklch(self.lightness * dim + light, self.chroma * chroma, self.hue + hue)


def named(table: Named, names: tuple[str, ...], chosen: np.ndarray, shift: np.ndarray | float = 0.0) -> Tone:
    """The tones of names[chosen], each shifted by `shift` in [-1, 1] of what its name allows."""
    rows = np.array([table[name] for name in names])[chosen]
    return Tone(rows[:, 0], rows[:, 1], rows[:, 2] + rows[:, 3] * shift)


def hued(hue: np.ndarray, lightness: float, chroma: float) -> Tone:
    """A tone of any hue."""
    return Tone(np.full(hue.shape, lightness), np.full(hue.shape, chroma), hue.astype(np.float64))

"""Colours: chosen in OKLCH, where steps look even, blended in linear light, where blending is physics."""

from __future__ import annotations

import numpy as np

from ganzoo.data.drawn.chance import cosine, sine

STEPS = 4096  # of linear light in the table of `encode`


def oklch(lightness: np.ndarray, chroma: np.ndarray, hue: np.ndarray) -> np.ndarray:
    """Linear RGB float32 [n, 3, 1, 1] of OKLCH colours (Ottosson 2020), clipped to the gamut; hue in degrees."""
    lightness, chroma, hue = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (lightness, chroma, hue)))
    turns = hue / 360.0
    a, b = chroma * cosine(turns), chroma * sine(turns)
    long = lightness + 0.3963377774 * a + 0.2158037573 * b
    medium = lightness - 0.1055613458 * a - 0.0638541728 * b
    short = lightness - 0.0894841775 * a - 1.2914855480 * b
    long, medium, short = long * long * long, medium * medium * medium, short * short * short
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    return np.clip(np.stack([red, green, blue], axis=-1), 0.0, 1.0).astype(np.float32)[..., None, None]


def encode(linear: np.ndarray) -> np.ndarray:
    """sRGB uint8 of linear light in [0, 1], same shape."""
    return _TABLE.take((linear * np.float32(STEPS - 1) + np.float32(0.5)).astype(np.uint16), mode="clip")


def _nearest_levels() -> np.ndarray:
    """The sRGB level nearest to each step of linear light (IEC 61966-2-1), uint8 [STEPS]."""
    between = (np.arange(255) + 0.5) / 255.0  # two levels
    borders = np.where(between <= 0.04045, between / 12.92, ((between + 0.055) / 1.055) ** 2.4)
    return np.searchsorted(borders, np.arange(STEPS) / (STEPS - 1)).astype(np.uint8)


_TABLE = _nearest_levels()

"""Sample sheets: a grid of pictures, or a scatter of points over the real ones."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

PAPER = (250, 250, 248)
REAL, FAKE = (196, 196, 190), (214, 76, 54)
GAP = 2  # pixels between pictures


def grid(images: np.ndarray, columns: int | None = None, scale: int | None = None) -> Image.Image:
    """Pictures uint8 [N, C, H, W] in rows of ``columns`` (a square when None), small ones enlarged by ``scale``."""
    n, _, height, width = images.shape
    columns = min(n, columns or math.ceil(n**0.5))
    rows = math.ceil(n / columns)
    scale = scale or max(1, 64 // max(height, width))
    h, w = height * scale + GAP, width * scale + GAP
    sheet = Image.new("RGB", (columns * w + GAP, rows * h + GAP), PAPER)
    for i, pixels in enumerate(images):
        tile = picture(pixels).resize((width * scale, height * scale), Image.Resampling.NEAREST)
        corner = (GAP + i % columns * w, GAP + i // columns * h)
        sheet.paste(tile, corner, tile if tile.mode == "RGBA" else None)
    return sheet


def scatter(points: np.ndarray, real: np.ndarray, side: int = 384) -> Image.Image:
    """Points [N, 2] in red over ``real`` ones in grey, on axes that fit the real ones."""
    reach = 1.25 * float(np.abs(real[:, :2]).max())
    big = 2 * side  # drawn twice as large and reduced: smooth dots
    sheet = Image.new("RGB", (big, big), PAPER)
    pen = ImageDraw.Draw(sheet, "RGBA")
    for cloud, colour, radius in ((real, REAL, 3.0), (points, FAKE, 2.4)):
        for x, y in (cloud[:, :2] / reach * [0.5, -0.5] + 0.5) * big:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(*colour, 150))
    return sheet.resize((side, side), Image.Resampling.BOX)


def picture(pixels: np.ndarray) -> Image.Image:
    """One picture from uint8 [C, H, W] with 1, 3 or 4 channels."""
    return Image.fromarray(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0))


def to_uint8(images: np.ndarray) -> np.ndarray:
    """[-1, 1] to 0 ... 255, rounded; what is no number is middle grey."""
    shown = np.clip(np.nan_to_num(images), -1, 1)
    return np.rint((shown + 1) * 127.5).astype(np.uint8)

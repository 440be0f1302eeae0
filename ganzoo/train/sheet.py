"""Pages of pictures: a grid, a scatter of points over the real ones, and several pages as one."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

PAPER, INK = (250, 250, 248), (60, 60, 58)
REAL, FAKE = (196, 196, 190), (214, 76, 54)
GAP, WIDE_GAP = 2, 10  # pixels between pictures, and between groups of them
SMALL = 64  # pixels; pictures of smaller sides are shown enlarged
MOST_NAMED = 24  # classes in a legend

Colour = tuple[int, int, int]


def grid(images: np.ndarray, columns: int | None = None, side: int | None = None, group: int = 0) -> Image.Image:
    """Pictures uint8 [N, C, H, W] in rows of ``columns`` (a square when None), every ``group`` of them set apart.

    The longer side of each takes ``side`` pixels; without it small pictures are enlarged.
    """
    n, _, height, width = images.shape
    columns = min(n, columns or math.ceil(n**0.5))
    longer = max(height, width)
    scale = (side or enlarged(longer)) / longer
    h, w = round(height * scale), round(width * scale)
    groups = (columns - 1) // group if group else 0
    size = (columns * (w + GAP) + groups * (WIDE_GAP - GAP) + GAP, math.ceil(n / columns) * (h + GAP) + GAP)
    sheet = Image.new("RGB", size, PAPER)
    for i, pixels in enumerate(images):
        tile = picture(pixels).resize((w, h), Image.Resampling.NEAREST)
        column = i % columns
        apart = column // group * (WIDE_GAP - GAP) if group else 0
        corner = (GAP + column * (w + GAP) + apart, GAP + i // columns * (h + GAP))
        sheet.paste(tile, corner, tile if tile.mode == "RGBA" else None)
    return sheet


def headed(body: Image.Image, top: Image.Image, left: Image.Image) -> Image.Image:
    """A table: its head above, its first column beside, and an empty corner."""
    x, y = left.width + WIDE_GAP - 2 * GAP, top.height + WIDE_GAP - 2 * GAP
    page = Image.new("RGB", (x + body.width, y + body.height), PAPER)
    for part, corner in ((top, (x, 0)), (left, (0, y)), (body, (x, y))):
        page.paste(part, corner)
    return page


def stacked(*pages: Image.Image) -> Image.Image:
    """Pages one below the other."""
    gap = WIDE_GAP - 2 * GAP
    sheet = Image.new("RGB", (max(p.width for p in pages), sum(p.height + gap for p in pages) - gap), PAPER)
    y = 0
    for page in pages:
        sheet.paste(page, (0, y))
        y += page.height + gap
    return sheet


def beside(*pages: Image.Image) -> Image.Image:
    """Pages one beside the other."""
    gap = WIDE_GAP - 2 * GAP
    sheet = Image.new("RGB", (sum(p.width + gap for p in pages) - gap, max(p.height for p in pages)), PAPER)
    x = 0
    for page in pages:
        sheet.paste(page, (x, 0))
        x += page.width + gap
    return sheet


def scatter(points: np.ndarray, real: np.ndarray, side: int = 384) -> Image.Image:
    """Points [N, 2] in red over ``real`` ones in grey, on axes that fit the real ones."""
    reach = 1.25 * float(np.abs(real[:, :2]).max())
    dots = [*((point, REAL, 3.0) for point in real), *((point, FAKE, 2.4) for point in points)]
    return _dotted(dots, reach, side)


def clusters(points: np.ndarray, labels: np.ndarray, names: Sequence[str], reach: float, side: int) -> Image.Image:
    """Points [N, 2] in the colour of their class, on axes from -reach to reach, with a legend beside them.

    Without ``names`` all are of one class, and there is no legend.
    """
    colours = [hue(k, len(names)) for k in range(len(names))] or [FAKE]
    # In the order they come in, so that no class lies on top of all others.
    page = _dotted([(point, colours[k], 4.0) for point, k in zip(points, labels, strict=True)], reach, side)
    if not names:
        return page
    font = ImageFont.load_default(12)
    shown = [*names[:MOST_NAMED], *(["..."] if len(names) > MOST_NAMED else [])]
    width = 24 + round(max(font.getlength(name) for name in shown))
    legend = Image.new("RGB", (width, max(side, 18 * len(shown))), PAPER)
    pen = ImageDraw.Draw(legend)
    for k, name in enumerate(shown):
        if k < MOST_NAMED:
            pen.ellipse((4, 18 * k + 5, 12, 18 * k + 13), fill=colours[k])
        pen.text((18, 18 * k + 9), name, fill=INK, font=font, anchor="lm")
    return beside(page, legend)


def hue(k: int, count: int) -> Colour:
    """The k-th of ``count`` colours that are as unlike as can be, alternating in brightness."""
    red, green, blue = colorsys.hsv_to_rgb(k / count, 0.85, 0.85 if k % 2 else 0.65)
    return round(255 * red), round(255 * green), round(255 * blue)


def _dotted(dots: Iterable[tuple[np.ndarray, Colour, float]], reach: float, side: int) -> Image.Image:
    """Points with their colours and radii, on axes from -reach to reach."""
    big = 2 * side  # drawn twice as large and reduced: smooth dots
    sheet = Image.new("RGB", (big, big), PAPER)
    pen = ImageDraw.Draw(sheet, "RGBA")
    for point, colour, radius in dots:
        x, y = (point[:2] / reach * [0.5, -0.5] + 0.5) * big
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(*colour, 150))
    return sheet.resize((side, side), Image.Resampling.BOX)


def enlarged(side: int, least: int = SMALL) -> int:
    """The side at which pictures are shown: a multiple of their own, as large as fits into ``least`` pixels."""
    return side * max(1, least // side)


def picture(pixels: np.ndarray) -> Image.Image:
    """One picture from uint8 [C, H, W] with 1, 3 or 4 channels."""
    return Image.fromarray(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0))


def to_uint8(images: np.ndarray) -> np.ndarray:
    """[-1, 1] to 0 ... 255, rounded; what is no number is middle grey."""
    shown = np.clip(np.nan_to_num(images), -1, 1)
    return np.rint((shown + 1) * 127.5).astype(np.uint8)

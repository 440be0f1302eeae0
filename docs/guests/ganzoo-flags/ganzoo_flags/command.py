"""`ganzoo flags sheet` and `ganzoo flags read`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ganzoo import RequestError, WorkError
from ganzoo_flags.design import FLAGS, plain, read

COLUMNS = 25  # of the sheet: a row for each layout and first colour
GAP, GREY = 2, 128  # pixels between flags, of no flag's colour


def write_sheet(file: Path, size: int) -> None:
    """Write every flag once, ``size`` pixels a side."""
    if not 3 <= size <= 256:
        raise RequestError(f"--size {size}: expected a side from 3 to 256 pixels.")
    step = size + GAP
    sheet = np.full((len(FLAGS) // COLUMNS * step + GAP, COLUMNS * step + GAP, 3), GREY, dtype=np.uint8)
    for place, flag in enumerate(plain(size).astype(np.uint8)):
        top, left = (GAP + step * number for number in divmod(place, COLUMNS))
        sheet[top : top + size, left : left + size] = flag.transpose(1, 2, 0)
    try:
        Image.fromarray(sheet).save(file)
    except (OSError, ValueError) as error:
        raise WorkError(f"Cannot write {file}: {error}. Name a file that ends in .png.") from error


def read_pictures(paths: Sequence[Path]) -> list[str]:
    """The flag on each picture in words; "no flag" where there is none."""
    return [str(FLAGS[number]) if number >= 0 else "no flag" for number in map(_read, paths)]


def _read(path: Path) -> int:
    try:
        with Image.open(path) as picture:
            side = min(picture.size)
            pixels = np.asarray(picture.convert("RGB").resize((side, side)))
    except OSError as error:
        raise RequestError(f"Cannot read {path}: {error}.") from error
    return int(read(pixels.transpose(2, 0, 1)[None])[0])

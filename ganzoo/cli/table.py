"""Plain tables: text that fits the screen, with nothing to import."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import zip_longest
from typing import TextIO

WIDTH = 80  # columns, where there is no terminal to ask
GAP = 2  # columns between columns
NARROWEST = 24  # columns the last one gets, however long the others are
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


def screen_width(stream: TextIO | None = None) -> int:
    """Columns of the terminal the stream is; ``COLUMNS`` or 80 where it is none."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked) > 0:
        return int(asked)
    try:
        return os.get_terminal_size((stream or sys.stdout).fileno()).columns or WIDTH
    except (OSError, ValueError):  # not a terminal
        return WIDTH


def has_colour(stream: TextIO | None = None) -> bool:
    """Whether to write ANSI codes: to a terminal, unless ``NO_COLOR`` says not to."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and (stream or sys.stdout).isatty()


def table(
    header: Sequence[str], rows: Sequence[Sequence[object]], *, width: int, bold: bool = False, strict: bool = False
) -> str:
    """Lay out columns under a header: numbers to the right, the last column wrapped to fit ``width``.

    A column that is empty in every row is left out. Names are to be copied, so columns before the last keep their
    width, and lines may become longer than the screen; ``strict`` wraps the widest of them, too.
    """
    kept = [column for column in range(len(header)) if not rows or any(str(row[column]) for row in rows)]
    cells = [[str(row[column]) for column in kept] for row in rows]
    titles = [header[column].upper() for column in kept]
    right = [all(isinstance(row[column], (int, float)) or row[column] == "" for row in rows) for column in kept]
    widths = [max(len(row[at]) for row in (titles, *cells)) for at in range(len(kept))]
    if widths:
        room = width - GAP * (len(kept) - 1)
        while strict and sum(widths[:-1]) + min(widths[-1], NARROWEST) > room and max(widths[:-1]) > 1:
            widths[widths.index(max(widths[:-1]))] -= 1
        widths[-1] = min(widths[-1], max(room - sum(widths[:-1]), NARROWEST))
    lines = _row(titles, widths, right)
    if bold:
        lines = [f"{BOLD}{line}{PLAIN}" for line in lines]
    for row in cells:
        lines += _row(row, widths, right)
    return "\n".join(lines)


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most ``width``; a longer word is cut."""
    if len(text) <= width:
        return [text]  # as it is, spaces and all
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
        while len(lines[-1]) > width:
            lines[-1:] = [lines[-1][:width], lines[-1][width:]]
    return lines


def _row(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> list[str]:
    """One row of the table: several lines where a cell is wrapped."""
    pieces = [wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    lines = []
    for parts in zip_longest(*pieces, fillvalue=""):
        filled = [
            part.rjust(width) if to_right else part.ljust(width)
            for part, width, to_right in zip(parts, widths, right, strict=True)
        ]
        lines.append((" " * GAP).join(filled).rstrip())
    return lines

"""Rankings as text: a table that fits the screen, Markdown, or comma-separated values."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ganzoo.cli.table import table
from ganzoo.score.ranking import Ranking, Row

LONGEST_NAME = 28
ARROWS = {"lower": "lower is better", "higher": "higher is better"}


class Column(NamedTuple):
    """A column: its title, what stands in it, and how soon it goes where the screen is narrow (0 never)."""

    title: str
    cell: Callable[[Row], str]
    goes: int


def columns(ranking: Ranking) -> list[Column]:
    """Of a table for people."""
    further = [name for row in ranking.rows for name in row.metrics if name != ranking.metric]
    by = next((row.by for row in ranking.rows), "last")
    other = "best" if by == "last" else "last"
    return [
        Column("name", lambda row: row.name, 0),
        Column(ranking.metric, lambda row: spread(row.value, row.std), 0),
        Column(other, lambda row: number(getattr(row, other)), 1),
        Column("seeds", lambda row: str(len(row.runs)) if len(row.runs) > 1 else "", 2),
        Column("images", lambda row: count(row.images), 3),
        Column("img/s", lambda row: count(row.images_per_second), 4),
        Column("params", lambda row: count(row.parameters), 5),
        Column("memory", lambda row: size(row.peak_memory), 6),
        *(
            Column(name, lambda row, name=name: number(row.metrics.get(name)), 7 + place)
            for place, name in enumerate(dict.fromkeys(further))
        ),
    ]


def shown(ranking: Ranking, width: int, bold: bool = False) -> str:
    """A title, the table with as many columns as fit, and why some have no value."""
    kept = columns(ranking)
    text = _laid_out(ranking, kept, width, bold)
    while max(map(len, text.splitlines())) > width and (goes := max(column.goes for column in kept)):
        kept = [column for column in kept if column.goes != goes]
        text = _laid_out(ranking, kept, width, bold)
    return "\n".join([f"{ranking.title} ({ARROWS[ranking.better]})", "", text, *_notes(ranking, width)])


def markdown(ranking: Ranking) -> str:
    """The same as a table of Markdown, whole."""
    kept = columns(ranking)
    lines = [f"**{ranking.title}** ({ARROWS[ranking.better]})", ""]
    lines.append("| # | " + " | ".join(column.title for column in kept) + " |")
    lines.append("|--:|" + "".join(" :-- |" if column.title == "name" else " --: |" for column in kept))
    for place, row in enumerate(ranking.rows, start=1):
        cells = [column.cell(row).replace("|", "\\|") for column in kept]
        lines.append(f"| {place if row.value is not None else ''} | " + " | ".join(cells) + " |")
    notes = [f"\n{row.name}: {row.reason}." for row in ranking.rows if row.reason]
    protocol = [f"\n{ranking.protocol.sentence}."] if ranking.protocol else []
    return "\n".join([*lines, *notes, *protocol])


def comma_separated(rankings: Sequence[Ranking]) -> str:
    """Every row of every ranking with unrounded numbers, and the protocol beside them."""
    records = [_flat(row) | {"metric": ranking.metric} for ranking in rankings for row in ranking.rows]
    file = io.StringIO()
    writer = csv.DictWriter(file, list(dict.fromkeys(key for record in records for key in record)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return file.getvalue().rstrip("\n")


def number(value: float | None) -> str:
    """To four digits."""
    return "" if value is None else f"{value:.4g}"


def spread(value: float | None, std: float | None) -> str:
    """A mean and its standard deviation, to the same digit: the first of the deviation's own, or a later one."""
    text = number(value)
    if std is None or not math.isfinite(std) or "e" in text:
        return text if std is None else f"{text} ± {std:.2g}"
    first = -math.floor(math.log10(std)) if std else 0
    digits = max(len(text.partition(".")[2]), first)
    return f"{value:.{digits}f} ± {std:.{digits}f}"


def count(value: float) -> str:
    """12, 1.2k, 12.3M."""
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= unit:
            return f"{value / unit:.1f}{name}"
    return f"{value:.0f}" if value else ""


def size(value: int | None) -> str:
    """Of memory."""
    if not value:
        return ""
    return f"{value / 2**30:.1f} GB" if value >= 2**30 else f"{value / 2**20:.0f} MB"


def _laid_out(ranking: Ranking, kept: Sequence[Column], width: int, bold: bool) -> str:
    cells = [[column.cell(row) for column in kept] for row in ranking.rows]
    widest = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rows: list[list[str]] = []
    for place, (row, texts) in enumerate(zip(ranking.rows, cells, strict=True), start=1):
        name = texts[0] if len(texts[0]) <= LONGEST_NAME else texts[0][: LONGEST_NAME - 3] + "..."
        numbers = [text.rjust(wide) for text, wide in zip(texts[1:], widest[1:], strict=True)]
        rows.append([str(place) if row.value is not None else "-", name, *numbers])
    titles = [
        "#",
        *(
            column.title.rjust(wide) if at else column.title
            for at, (column, wide) in enumerate(zip(kept, widest, strict=True))
        ),
    ]
    return table(titles, rows, width=max(width, 400), bold=bold)


def _notes(ranking: Ranking, width: int) -> Iterator[str]:
    from ganzoo.cli.table import wrapped

    for row in ranking.rows:
        if row.reason:
            yield from wrapped(f"{row.name}: {row.reason}.", width)


def _flat(row: Row) -> dict[str, object]:
    record = row.record()
    protocol = record.pop("protocol") or {}
    metrics = record.pop("metrics")
    del record["runs"]
    return record | metrics | {f"protocol.{key}": value for key, value in protocol.items()}

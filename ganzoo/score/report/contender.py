"""A contender: a row of a ranking with its place in it, and the colour it keeps on the whole page."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from ganzoo.score.ranking import Ranking, Row
from ganzoo.score.report.figures import ABSENT
from ganzoo.score.report.markup import Markup, element

COLOURS = 7  # that can be told apart; those after share a grey, and all have their number
FAILED = "×"


@dataclass(frozen=True)
class Contender:
    """One row and how it is shown."""

    row: Row
    rank: int | None  # from 1; None where there is no finite value
    tint: str  # CSS class that sets its colour

    @property
    def mark(self) -> str:
        """Its number; a cross where its training failed, a dash where nothing is known."""
        return str(self.rank) if self.rank else FAILED if self.row.runs else ABSENT

    @property
    def seeds(self) -> list[Row]:
        """Every run as a row of its own."""
        return [replace(self.row, runs=(run,)) for run in self.row.runs]

    def badge(self) -> Markup:
        """Its colour and its number."""
        return element("span", self.mark, class_=f"badge {self.tint}")


def contenders(ranking: Ranking) -> list[Contender]:
    """Rows of a ranking, best first as they are there; then those that failed, then those that were not scored."""
    found: list[Contender] = []
    rank = 0
    for row in sorted(ranking.rows, key=lambda row: (not _ranked(row), not row.runs)):
        known = _ranked(row)
        rank += known
        tint = f"c{rank}" if known and rank <= COLOURS else "rest"
        found.append(Contender(row, rank if known else None, tint))
    return found


def _ranked(row: Row) -> bool:
    return row.value is not None and math.isfinite(row.value)

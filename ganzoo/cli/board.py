"""How a tournament goes, on stderr: bars on a terminal, elsewhere a line as each run begins and ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ganzoo.cli.output import print_note

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from ganzoo.score.tournament import Entry
    from ganzoo.train.apart import News

LONGEST = 20  # characters of a name: with them a line is 80 wide


class Board:
    """One bar for all runs, and one for each that trains."""

    def __init__(self, bars: Progress, count: int, jobs: int):
        self.bars, self.count, self.jobs = bars, count, jobs
        self._whole = bars.add_task("all runs", total=max(count, 1), told=f"0 of {count}")
        self._tasks: dict[Entry, TaskID] = {}  # of runs that train
        self._began: list[Entry] = []
        self._told: set[Entry] = set()  # that another process has them
        self._over = 0

    def begun(self, entry: Entry) -> None:
        """A run begins; one that another process had been quicker with has begun before."""
        if entry not in self._began:
            self._began.append(entry)
        self._tasks[entry] = self.bars.add_task(_name(entry)[:LONGEST], total=1.0, told="starting")
        self._line(f"{len(self._began)} of {self.count}: {_name(entry)}")

    def heard(self, entry: Entry, news: News) -> None:
        speed = f"{news.images / news.seconds:,.0f} images/s" if news.seconds else "starting"
        self.bars.update(self._tasks[entry], completed=news.fraction, told=speed)
        self._advance()
        if news.note:
            self._note(entry, news.note)

    def ended(self, entry: Entry, reason: str) -> None:
        self._clear(entry)
        self._over += 1
        self._advance()
        if reason or self.jobs > 1:
            self._line(f"{_name(entry)}: {reason or 'done'}")

    def held(self, entry: Entry) -> None:
        self._clear(entry)  # both had begun it, and the other was quicker
        if entry not in self._told:
            self._told.add(entry)
            self._note(entry, "waiting for another process that trains it")

    def _clear(self, entry: Entry) -> None:
        if entry in self._tasks:
            self.bars.remove_task(self._tasks.pop(entry))

    def _advance(self) -> None:
        shares = [task.completed for task in self.bars.tasks if task.id in self._tasks.values()]
        self.bars.update(self._whole, completed=self._over + sum(shares), told=f"{self._over} of {self.count}")

    def _note(self, entry: Entry, text: str) -> None:
        self.bars.print(f"{_name(entry)}: {text}", markup=False, highlight=False)

    def _line(self, text: str) -> None:
        if not self.bars.console.is_terminal:
            print_note(text)


@contextmanager
def board(count: int, jobs: int) -> Iterator[Board]:
    """A board for so many runs, of which so many train at a time; it goes when the work is over."""
    from rich import progress
    from rich.console import Console

    console = Console(stderr=True)
    columns = (
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(bar_width=20),
        progress.TaskProgressColumn(),
        progress.TextColumn("{task.fields[told]}", markup=False),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        yield Board(bars, count, jobs)


def _name(entry: Entry) -> str:
    return f"{entry.name}, seed {entry.seed}"

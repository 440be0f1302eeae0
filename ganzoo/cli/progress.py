"""How far long work is, on stderr: bars on a terminal, nothing elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

Report = Callable[[str, int, int], None]  # (what is being done, how far, of how many)


@contextmanager
def progress_bar() -> Iterator[Report]:
    """One bar that says what is being done; it goes when the work is over."""
    with progress_bars(1) as (report,):
        yield report


@contextmanager
def progress_bars(count: int) -> Iterator[list[Report]]:
    """Bars one below the other, each shown once something is said of it; they go when the work is over."""
    from rich import progress
    from rich.console import Console

    console = Console(stderr=True)
    columns = (
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        tasks = [bars.add_task("", total=None, visible=False, rate="") for _ in range(count)]

        def report(task: progress.TaskID, what: str, done: int, total: int) -> None:
            if bars.tasks[task].description != what:
                bars.reset(task, completed=done)  # what was done before is no measure of what is to come
            speed = bars.tasks[task].speed
            rate = f"{speed:,.0f}/s" if speed and speed >= 1 else ""
            bars.update(task, description=what, completed=done, total=total, visible=True, rate=rate)

        yield [partial(report, task) for task in tasks]

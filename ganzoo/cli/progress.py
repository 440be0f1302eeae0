"""How far long work is, on stderr: bars on a terminal, nothing elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[str, int, int], None]  # (what is being done, how far, of how many)


@contextmanager
def progress_bar(title: str = "") -> Iterator[Report]:
    """One bar that says what is being done; it goes when the work is over."""
    from rich import progress
    from rich.console import Console

    console = Console(stderr=True)
    columns = (
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=None, visible=bool(title))

        def report(what: str, done: int, total: int) -> None:
            if bar.tasks[0].description != what:
                bar.reset(task)
            bar.update(task, description=what, completed=done, total=total, visible=True)

        yield report

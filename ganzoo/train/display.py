"""What a person sees while a run trains, on stderr: live on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ganzoo.game import Progress
from ganzoo.train.session import Display
from ganzoo.train.verdict import BALANCED
from ganzoo.zoo.duration import clock

PLAIN_SECONDS = 10.0  # between two plain lines, at least
BAR = 24  # characters of the progress bar, where there is room
TRACK = 41  # characters of the balance; an odd number has a middle


@contextmanager
def display(budget: float | None = None, steps: int | None = None, stream: TextIO | None = None) -> Iterator[Display]:
    """The display that suits ``stream``, stderr; ``budget`` in seconds and ``steps`` where they end the run."""
    stream, end = stream or sys.stderr, End(budget, steps)
    if not stream.isatty():
        yield PlainDisplay(stream, end)
        return
    shown = LiveDisplay(Console(file=stream), end)
    with shown.live:
        try:
            yield shown
        finally:
            shown.live.transient = shown.began is None  # a run that never took a step leaves nothing on the screen


class End:
    """When a run will be over, whichever way its end was asked for."""

    def __init__(self, budget: float | None, steps: int | None):
        self.budget, self.steps = budget, steps

    def fraction(self, now: Progress, seconds: float) -> float:
        if self.budget is not None:
            return min(seconds / self.budget, 1.0)
        return min(now.step / self.steps, 1.0) if self.steps else now.fraction


class LiveDisplay:
    """A bar, the losses, and the discriminator's balance, redrawn a few times a second."""

    def __init__(self, console: Console, end: End):
        self.console, self.end = console, end
        self.now, self.seconds, self.line = Progress(), 0.0, {}
        self.began: tuple[float, float] | None = None  # fraction and seconds when this process took over
        self.live = Live(console=console, get_renderable=self.draw, refresh_per_second=4)

    def advance(self, now: Progress, seconds: float) -> None:
        self.began = self.began or (self.end.fraction(now, seconds), seconds)
        self.now, self.seconds = now, seconds

    def tick(self, line: dict[str, Any]) -> None:
        self.line = line

    def note(self, text: str) -> None:
        self.console.print(Text(text))

    def draw(self) -> Group | Text:
        if self.began is None:
            return Text("preparing the first step ...", style="dim")
        done = self.end.fraction(self.now, self.seconds)
        facts = self._facts(done)
        bar = ProgressBar(1.0, done, width=min(BAR, max(4, self.console.width - len(facts) - 2)))
        head = Table.grid(padding=(0, 2))
        head.add_row(bar, Text(facts, no_wrap=True))
        lines: list[Any] = [head, Text(losses(self.now.step, self.line)).append_text(health(self.line))]
        if (scale := balance(self.line)) is not None:
            lines.append(scale)
        return Group(*lines)

    def _facts(self, done: float) -> str:
        of = "" if self.end.budget is not None else f" of {self.now.total:,}"
        facts = [f"{done:4.0%}", f"{self.now.images:,}{of} images"]
        if self.line:
            facts.append(f"{self.line['images_per_second']:,.0f}/s")
        first, since = self.began
        if done > first:
            facts.append(f"{clock((self.seconds - since) / (done - first) * (1 - done))} left")
        return "  ".join(facts)


class PlainDisplay:
    """A line every ten seconds or more, readable in a log file."""

    def __init__(self, stream: TextIO, end: End):
        self.stream, self.end = stream, end
        self.printed = 0.0
        self.now, self.seconds = Progress(), 0.0

    def advance(self, now: Progress, seconds: float) -> None:
        self.now, self.seconds = now, seconds

    def tick(self, line: dict[str, Any]) -> None:
        done = self.end.fraction(self.now, self.seconds)
        if time.monotonic() - self.printed < PLAIN_SECONDS and done < 1:
            return
        self.printed = time.monotonic()
        parts = [f"{done:4.0%}", f"{line['images']:,} images", f"{line['images_per_second']:,.0f}/s"]
        shown = beliefs(line)
        if shown:
            parts.append("  ".join(f"D({name}) {value:.2f}" for name, value in shown.items()))
        print("  ".join([*parts, losses(line["step"], line)]) + health(line).plain, file=self.stream, flush=True)

    def note(self, text: str) -> None:
        print(text, file=self.stream, flush=True)


class Silence:
    """Nothing to be seen: of several ranks one is heard."""

    def advance(self, now: Progress, seconds: float) -> None:
        pass

    def tick(self, line: dict[str, Any]) -> None:
        pass

    def note(self, text: str) -> None:
        pass


def losses(step: int, line: dict[str, Any]) -> str:
    """The step and every loss of a log line."""
    shown = [f"{key.removesuffix('/loss')} loss {value:.3f}" for key, value in line.items() if key.endswith("/loss")]
    return "  ".join([f"step {step:,}", *shown])


def health(line: dict[str, Any]) -> Text:
    """The verdict of a log line, to stand behind its losses."""
    verdict = line.get("health", {}).get("verdict", "")
    return Text(f"  {verdict}", style="green" if verdict == BALANCED else "bold red") if verdict else Text()


def beliefs(line: dict[str, Any]) -> dict[str, float]:
    """What the discriminator makes of real and fake, of the first phase that says so."""
    for key in line:
        if key.endswith("/real") and (fake := key.removesuffix("real") + "fake") in line:
            return {"real": line[key], "fake": line[fake]}
    return {}


def balance(line: dict[str, Any]) -> Text | None:
    """D(real) and D(fake) on a scale from 0 to 1 whose middle is where neither player wins."""
    shown = beliefs(line)
    if not shown:
        return None
    real, fake = shown["real"], shown["fake"]
    text = Text().append(f"D(fake) {fake:.2f}  ", style="red")
    if not (0 <= real <= 1 and 0 <= fake <= 1):  # a critic's scores have no scale
        return text.append(f"D(real) {real:.2f}", style="green")
    cells = [("·", "dim")] * TRACK
    cells[TRACK // 2] = ("┃", "bold")
    cells[round(fake * (TRACK - 1))] = ("●", "red")
    cells[round(real * (TRACK - 1))] = ("●", "green")
    for character, style in cells:
        text.append(character, style=style)
    return text.append(f"  D(real) {real:.2f}", style="green").append("  ┃ even", style="dim")

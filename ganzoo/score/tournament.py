"""A tournament: families trained one after another under one budget, each from several seeds.

Nothing is written about a tournament as a whole. A run is found again by its request, so that the same command goes
on where it was interrupted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganzoo.data.catalogue import open_data
from ganzoo.errors import Interrupted, RequestError, WorkError
from ganzoo.score.compare import Contender
from ganzoo.train.apart import News, train_apart
from ganzoo.train.launch import find_run
from ganzoo.train.plan import Asked, Unfit, plan
from ganzoo.train.request import Request
from ganzoo.train.run import Run
from ganzoo.train.runs import Runs


@dataclass(frozen=True, eq=False)
class Entry:
    """One run that is to be."""

    name: str  # of its contender: a family, with the preset where one was named
    seed: int
    asked: Asked
    request: Request | None  # None where the family cannot learn these data ...
    reason: str = ""  # ... and why

    def found(self, folder: Path) -> Run | None:
        """Its run, as far as it came."""
        data = open_data(self.request.data, size=self.request.config.size, channels=self.request.config.channels)
        return find_run(self.request.identity(data.hash), Runs(folder), "auto")


Watch = Callable[[Entry, News], None]


class Tournament:
    """Every family from every seed.

    Args:
        entries: contenders one after another, the seeds of each together.
        folder: of all runs.
    """

    def __init__(self, entries: Sequence[Entry], folder: Path):
        self.entries, self.folder = entries, folder

    def waiting(self) -> list[Entry]:
        """What is not yet trained to its end."""
        possible = [entry for entry in self.entries if entry.request]
        return [entry for entry in possible if not (run := entry.found(self.folder)) or not run.progress[1]]

    def play(self, watch: Watch) -> list[Contender]:
        """Train what waits.

        Raises:
            Interrupted: by SIGINT or SIGTERM, once the run that was training has saved itself.
        """
        failed: dict[Entry, str] = {}
        waiting = self.waiting()
        for place, entry in enumerate(waiting):
            try:
                train_apart(entry.asked, self.folder, lambda news, entry=entry: watch(entry, news))
            except Interrupted as stopped:
                done, there = len(self.entries) - len(waiting) + place, len(self.entries)
                raise Interrupted(
                    f"stopped with {done} of {there} runs finished; all are saved. The same command goes on."
                ) from stopped
            except WorkError as error:
                failed[entry] = f"seed {entry.seed}: {error}".splitlines()[0]
        return list(self._contenders(failed))

    def _contenders(self, failed: dict[Entry, str]) -> Iterator[Contender]:
        for name in dict.fromkeys(entry.name for entry in self.entries):
            own = [entry for entry in self.entries if entry.name == name]
            runs = (entry.found(self.folder) for entry in own if entry.request)
            notes = [entry.reason or failed.get(entry, "") for entry in own]
            told = "; ".join(dict.fromkeys(filter(None, notes)))
            family = own[0].request.family.name if own[0].request else name.partition(":")[0]
            yield Contender(name, family, own[0].asked.data, tuple(filter(None, runs)), told)


def enter(names: Sequence[str], seeds: int, budget: str, **common: Any) -> list[Entry]:
    """Entries of families, ``dcgan`` or ``dcgan:paper``, each from the seeds 0 on; ``common`` as in `Asked`.

    Pictures are of one size, or they could not be compared: of ``size``, or the largest that any of them asks for.

    Raises:
        RequestError: an unknown family or preset, or none that can learn the data.
    """
    told = [name.partition(":") for name in dict.fromkeys(names)]
    entries = [
        _entry(
            name + colon + preset,
            Asked(name, seed=seed, **{**common, "preset": preset or common["preset"], **end(budget)}),
        )
        for name, colon, preset in told
        for seed in range(seeds)
    ]
    known = [entry.request for entry in entries if entry.request]
    if not known:
        raise RequestError(entries[0].reason)
    sizes = {request.config.size for request in known if "points" not in request.gives}
    if len(sizes) > 1:
        return enter(names, seeds, budget, **{**common, "size": str(max(sizes))})
    return entries


def end(budget: str) -> dict[str, str]:
    """What ends a run: ``2m`` of time, or ``200kimg`` of images, as `Asked` takes it."""
    images = re.fullmatch(r"([\d_.,]+[km]?)img", budget.strip(), re.IGNORECASE)
    return {"images": images[1]} if images else {"budget": budget}


def _entry(name: str, asked: Asked) -> Entry:
    try:
        return Entry(name, asked.seed or 0, asked, plan(asked))
    except Unfit as reason:
        return Entry(name, asked.seed or 0, asked, None, str(reason).splitlines()[0])

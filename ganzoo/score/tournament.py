"""A tournament: families trained under one budget, each from several seeds, one run after another or some at a time.

Nothing is written about a tournament as a whole. A run is found again by its request, so that the same command goes
on where it was interrupted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import sleep
from typing import Any, Protocol

import torch

from ganzoo.data.catalogue import open_data
from ganzoo.errors import Interrupted, RequestError
from ganzoo.score.contenders import Contender
from ganzoo.train.abreast import Abreast
from ganzoo.train.apart import News
from ganzoo.train.device import Backend
from ganzoo.train.launch import find_run
from ganzoo.train.memory.prediction import predict
from ganzoo.train.plan import Asked, Unfit, plan
from ganzoo.train.request import Request
from ganzoo.train.run import Run
from ganzoo.train.runs import Runs
from ganzoo.train.signals import stop_signals

PATIENCE = 1.0  # seconds between two looks at runs that another process trains


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


class Watch(Protocol):
    """Whoever shows how a tournament goes."""

    def begun(self, entry: Entry) -> None:
        """Its run begins, or goes on."""

    def heard(self, entry: Entry, news: News) -> None:
        """What its run says."""

    def ended(self, entry: Entry, reason: str) -> None:
        """Its run is over; ``reason`` says why it came to no good end, if so."""

    def held(self, entry: Entry) -> None:
        """Another process trains its run, and is waited for."""


class Tournament:
    """Every family from every seed.

    Args:
        entries: contenders one after another, the seeds of each together.
        folder: of all runs.
        jobs: how many runs train at a time, where the device has room for them.
    """

    def __init__(self, entries: Sequence[Entry], folder: Path, jobs: int = 1):
        self.entries, self.folder = entries, folder
        self.jobs = min(jobs, len(entries))
        self._needs: dict[str, int | None] = {}

    @property
    def threads(self) -> int:
        """Of each run on a CPU, the same for all from the first to the last; 0 is what torch takes."""
        return max(1, torch.get_num_threads() // self.jobs) if self.jobs > 1 else 0

    def waiting(self) -> list[Entry]:
        """What is not yet trained to its end."""
        possible = [entry for entry in self.entries if entry.request]
        return [entry for entry in possible if not (run := entry.found(self.folder)) or not run.progress[1]]

    def play(self, watch: Watch) -> list[Contender]:
        """Train what waits.

        Raises:
            Interrupted: by SIGINT or SIGTERM, once the runs that were training have saved themselves.
        """
        failed: dict[Entry, str] = {}
        waiting = self.waiting()
        device = Backend.choose(waiting[0].request.device).device if waiting else torch.device("cpu")
        crew = Abreast(self.folder, self.jobs, self.threads, device)
        with stop_signals() as stop:
            while crew or (waiting and not stop):
                if stop:
                    crew.stop()
                else:
                    self._launch(waiting, crew, watch)
                for entry, news in crew.news():
                    watch.heard(entry, news)
                for entry, failure in crew.ended():
                    if failure and not stop and self._is_held(entry):
                        waiting.insert(0, entry)  # another process was there first
                        continue
                    reason = str(failure).splitlines()[0] if failure else ""
                    watch.ended(entry, reason)
                    if reason:
                        failed[entry] = f"seed {entry.seed}: {reason}"
        if stop:
            there = len(self.entries)
            raise Interrupted(
                f"stopped with {there - len(self.waiting())} of {there} runs finished; all are saved. "
                "The same command goes on.",
                stop[0],
            )
        return list(self._contenders(failed))

    def _launch(self, waiting: list[Entry], crew: Abreast, watch: Watch) -> None:
        """Begin what there is room for, in order; what another process trains meanwhile has to wait."""
        for entry in list(waiting):
            if crew.is_full:
                return
            run = entry.found(self.folder)
            if run and run.is_held:
                watch.held(entry)
                continue
            if run and run.progress[1]:  # that process came to the end
                waiting.remove(entry)
                watch.ended(entry, "")
                continue
            need = self._need(entry)
            if not crew.has_room(need):
                return
            waiting.remove(entry)
            watch.begun(entry)
            crew.start(entry, entry.asked, need)
        if waiting and not crew:
            sleep(PATIENCE)

    def _need(self, entry: Entry) -> int | None:
        """Bytes that its run is predicted to need; None where nobody can tell, or nobody has to."""
        if self.jobs == 1:
            return None
        key = repr(replace(entry.asked, seed=0))
        if key not in self._needs:
            request = entry.request
            data = open_data(request.data, size=request.config.size, channels=request.config.channels)
            memory = predict(request, data, Backend.choose(request.device, request.precision))
            self._needs[key] = None if memory.reason else memory.total
        return self._needs[key]

    def _is_held(self, entry: Entry) -> bool:
        run = entry.found(self.folder)
        return run is not None and run.is_held

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

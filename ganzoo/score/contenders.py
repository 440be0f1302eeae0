"""Who stands in a comparison; torch is not needed to know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ganzoo.errors import RequestError
from ganzoo.train.run import Run
from ganzoo.train.runs import Runs


@dataclass(frozen=True)
class Contender:
    """What stands in one row: a run, or the runs of one family from several seeds."""

    name: str
    family: str
    data: str
    runs: tuple[Run, ...]
    note: str = ""  # what is to be known of it before it is scored: a seed diverged, the data lack something


def contenders(names: Sequence[str], folder: Path, data: str = "") -> list[Contender]:
    """Runs by name or path; without names, every run of the folder that has a checkpoint, or those on ``data``.

    Raises:
        RequestError: there is no such run, or none at all.
    """
    runs = Runs(folder)
    found = [runs.find(name) for name in names] or [run for run in runs.all() if run.saved()]
    if not names and data:
        found = [run for run in found if run.request.get("data") == data]
    if not found:
        on = f" on {data}" if data else ""
        raise RequestError(
            f"No runs{on} in {folder} to compare. Train some: ganzoo train dcgan\n"
            "Or name families, to train each under one budget first: ganzoo compare dcgan wgan --budget 2m"
        )
    return [Contender(run.name, run.request.get("family", ""), run.request.get("data", ""), (run,)) for run in found]

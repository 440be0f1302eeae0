"""Rankings: what may stand in one table, best first, and what may not, with the reason."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from ganzoo.score.protocol import Protocol

By = Literal["last", "best"]


@dataclass(frozen=True)
class Point:
    """One checkpoint of a run, scored."""

    images: int  # shown in training until then
    seconds: float  # of training until then
    value: float


@dataclass(frozen=True)
class Scored:
    """One run, scored over its training under one protocol."""

    run: str  # its name in the runs folder
    seed: int
    curve: tuple[Point, ...]  # oldest first; the last one is the run as it ended
    images_per_second: float
    peak_memory: int | None = None  # bytes; None where nobody could tell
    metrics: dict[str, float] = field(default_factory=dict)  # everything asked for, at the end
    threads: int | None = None  # it was trained with; None where nobody wrote it down


@dataclass(frozen=True)
class Row:
    """One contender: a run, or a family trained from several seeds. Means are over the seeds."""

    name: str
    family: str
    data: str
    runs: tuple[Scored, ...] = ()
    parameters: int = 0  # of all networks
    protocol: Protocol | None = None
    reason: str = ""  # why there is no value; empty where there is one
    better: Literal["lower", "higher"] = "lower"
    by: By = "last"

    @property
    def value(self) -> float | None:
        """What it is ranked by; None where it has no value."""
        return self.best if self.by == "best" else self.last

    @property
    def last(self) -> float | None:
        """The score of the runs as they ended."""
        return _mean(run.curve[-1].value for run in self.runs)

    @property
    def best(self) -> float | None:
        """The score of each run at its best checkpoint, which nobody knew while it trained."""
        return _mean(self._best(run) for run in self.runs)

    @property
    def std(self) -> float | None:
        """Standard deviation over the seeds, unbiased; None of a single one, and where one of them is not finite."""
        values = [self._best(run) if self.by == "best" else run.curve[-1].value for run in self.runs]
        return statistics.stdev(values) if len(values) > 1 and all(map(math.isfinite, values)) else None

    @property
    def images(self) -> int:
        return round(_mean(run.curve[-1].images for run in self.runs) or 0)

    @property
    def seconds(self) -> float:
        return _mean(run.curve[-1].seconds for run in self.runs) or 0.0

    @property
    def images_per_second(self) -> float:
        return _mean(run.images_per_second for run in self.runs) or 0.0

    @property
    def peak_memory(self) -> int | None:
        """Bytes, of the run that took most; None where nobody could tell."""
        known = [run.peak_memory for run in self.runs if run.peak_memory is not None]
        return max(known, default=None)

    @property
    def metrics(self) -> dict[str, float]:
        """Means of everything asked for, at the end of the runs."""
        names = dict.fromkeys(name for run in self.runs for name in run.metrics)
        told = {name: _mean(run.metrics[name] for run in self.runs if name in run.metrics) for name in names}
        return {name: value for name, value in told.items() if value is not None}

    def record(self) -> dict[str, Any]:
        """For JSON, which has no word for infinity."""
        return {
            "name": self.name,
            "family": self.family,
            "data": self.data,
            "value": finite(self.value),
            "std": finite(self.std),
            "seeds": len(self.runs),
            "images": self.images,
            "seconds": round(self.seconds, 3),
            "images_per_second": round(self.images_per_second, 3),
            "parameters": self.parameters,
            "peak_memory": self.peak_memory,
            "best": finite(self.best),
            "last": finite(self.last),
            "metrics": {name: finite(value) for name, value in self.metrics.items()},
            "runs": [_record(run) for run in self.runs],
            **({"reason": self.reason} if self.reason else {}),
            "protocol": self.protocol.record() if self.protocol else None,
        }

    def _best(self, run: Scored) -> float:
        values = [point.value for point in run.curve if math.isfinite(point.value)] or [run.curve[-1].value]
        return max(values) if self.better == "higher" else min(values)


@dataclass(frozen=True)
class Ranking:
    """Rows under one protocol, best first; those without a value come last."""

    metric: str
    better: Literal["lower", "higher"]
    data: str
    rows: tuple[Row, ...]

    @property
    def protocol(self) -> Protocol | None:
        """What all of them share."""
        return next((row.protocol for row in self.rows if row.protocol), None)

    @property
    def title(self) -> str:
        """What was compared and through whose eyes: ``fid on anime at 32 px, bundled features``."""
        told = self.protocol
        if told is None:
            return f"{self.metric} on {self.data}"
        size = f" at {told.size} px" if told.size else ""
        eyes = f", {told.extractor} features" if told.extractor else ""
        return f"{self.metric} on {self.data}{size}{eyes}"


def ranked(metric: str, better: Literal["lower", "higher"], rows: Iterable[Row]) -> list[Ranking]:
    """Rows to as many rankings as there are protocols that may not be mixed.

    A row without a value goes with those that learned from the same data.
    """
    groups: dict[tuple[str, Any], list[Row]] = {}
    without: list[Row] = []
    for row in rows:
        if row.protocol is None:
            without.append(row)
        else:
            groups.setdefault((row.data, row.protocol.comparable), []).append(row)
    for row in without:
        home = next((key for key in groups if key[0] == row.data), (row.data, None))
        groups.setdefault(home, []).append(row)
    return [
        Ranking(metric, better, data, tuple(sorted(group, key=lambda row: _place(row, better))))
        for (data, _), group in groups.items()
    ]


def _place(row: Row, better: str) -> tuple[bool, float, str]:
    value = row.value
    if value is None or not math.isfinite(value):
        return True, 0.0, row.name
    return False, -value if better == "higher" else value, row.name


def finite(value: float | None) -> float | None:
    """The number, or None where it is none."""
    return value if value is not None and math.isfinite(value) else None


def _record(run: Scored) -> dict[str, Any]:
    curve = [{"images": at.images, "seconds": at.seconds, "value": finite(at.value)} for at in run.curve]
    return {"run": run.run, "seed": run.seed, "threads": run.threads, "curve": curve}


def _mean(values: Iterable[float]) -> float | None:
    told = list(values)
    return statistics.fmean(told) if told else None

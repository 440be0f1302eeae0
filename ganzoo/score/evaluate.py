"""Scoring a run: which metrics, on what, written down with how they were made."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganzoo.errors import RequestError
from ganzoo.score.bank import MOST_REAL, Bank
from ganzoo.score.exhibit import Exhibit, Refused, Report
from ganzoo.score.extractors import Extractor, find_extractor
from ganzoo.score.protocol import Protocol
from ganzoo.train.ranks.world import ALONE, World
from ganzoo.train.run import Run
from ganzoo.train.trained import Trained
from ganzoo.zoo.cards import Metric
from ganzoo.zoo.registry import zoo

SAMPLES = 5_000  # drawn where nothing else is asked for
POINTS = 2_500  # of points, as in the literature on rings and grids


@dataclass(frozen=True)
class Evaluation:
    """What one checkpoint scored."""

    run: str
    images: int  # shown to it in training
    seconds: float  # of training
    metrics: dict[str, float]
    refused: dict[str, str]  # by metric: why it has no number
    protocol: Protocol

    def record(self) -> dict[str, Any]:
        """For JSON, which has no word for infinity."""
        return {
            "run": self.run,
            "images": self.images,
            "seconds": round(self.seconds, 3),
            "metrics": {key: value if math.isfinite(value) else None for key, value in self.metrics.items()},
            **({"refused": self.refused} if self.refused else {}),
            "protocol": self.protocol.record(),
        }


class Judge:
    """Scores checkpoints under one protocol. The extractor is loaded when a metric first looks at features.

    Args:
        metrics: their names.
        features: the extractor, as after ``--features``.
        weights: a file of its weights.
        data: compared with instead of what a run learned from.
        samples: how many to draw; None takes 5,000, or 2,500 points.
        seed: of the first of them.
        truncation: of the noise, for families that have it.
        device: where features are computed.
        report: called while something long is being done.
        world: the ranks that share the drawing and looking; each of them comes to the same numbers.

    Raises:
        RequestError: an unknown metric.
    """

    def __init__(
        self,
        metrics: Sequence[str],
        *,
        features: str = "auto",
        weights: Path | None = None,
        data: str = "",
        samples: int | None = None,
        seed: int = 0,
        truncation: float = 1.0,
        device: str = "cpu",
        report: Report | None = None,
        world: World = ALONE,
    ):
        self.cards: list[Metric] = [zoo().get("metrics", name) for name in dict.fromkeys(metrics)]
        self.bank = Bank(lambda: find_extractor(features, weights, device), world)
        self.data, self.samples, self.seed, self.truncation, self.report = data, samples, seed, truncation, report

    def exhibit(self, trained: Trained) -> Exhibit:
        """The checkpoint beside its data, nothing computed yet.

        Raises:
            RequestError: the data are not there, or are no longer what the run learned from.
        """
        exhibit = Exhibit(
            trained,
            self.data or trained.request["data"],
            self.bank,
            samples=self.samples or (POINTS if trained.facts.is_points else SAMPLES),
            seed=self.seed,
            truncation=self.truncation,
            report=self.report,
        )
        if not self.data and exhibit.data.hash != trained.request["data_hash"]:
            raise RequestError(f"Data '{exhibit.name}' has changed since {trained.name} learned from it.")
        return exhibit

    def evaluate(self, exhibit: Exhibit, cards: Sequence[Metric] = ()) -> Evaluation:
        """Score one checkpoint by all metrics or by some; one that it cannot have is told in ``refused``."""
        values: dict[str, float] = {}
        refused: dict[str, str] = {}
        for card in cards or self.cards:
            try:
                values |= dict(_named(card, card.build()(exhibit)))
            except Refused as reason:
                refused[card.name] = str(reason)
            except Exception as error:  # of any kind: a stranger's metric costs itself, not the others
                origin = zoo().origin(card)
                if origin.is_builtin:
                    raise
                refused[card.name] = f"plugin {origin} failed: {type(error).__name__}: {error}"
        trained = exhibit.trained
        protocol = self.protocol(exhibit)
        return Evaluation(trained.name, trained.now.images, trained.seconds, values, refused, protocol)

    def protocol(self, exhibit: Exhibit) -> Protocol:
        """How the numbers of an exhibit were made; an extractor that none of them looked through is not named."""
        return _protocol(exhibit, exhibit.used)

    def known(self, exhibit: Exhibit, run: Run, cards: Sequence[Metric] = ()) -> Evaluation | None:
        """What would come of `evaluate`, where the run's `metrics.jsonl` says so already; else None."""
        through = None if exhibit.target.facts.is_points else self.bank.extractor
        equal = {_protocol(exhibit, through), _protocol(exhibit, None)}  # without: what never looked at features
        values: dict[str, float] = {}
        refused: dict[str, str] = {}
        now = exhibit.trained.now.images
        for record in run.scores():
            if record["images"] == now and Protocol.read(record.get("protocol", {})) in equal:
                values |= {key: math.nan if value is None else value for key, value in record["metrics"].items()}
                refused |= record.get("refused", {})
        if any(card.name not in values and card.name not in refused for card in cards or self.cards):
            return None
        trained = exhibit.trained
        return Evaluation(trained.name, now, trained.seconds, values, refused, _protocol(exhibit, through))


def _protocol(exhibit: Exhibit, through: Extractor | None) -> Protocol:
    trained = exhibit.trained
    shape = trained.facts.shape
    return Protocol(
        data=exhibit.data.name,
        data_hash=exhibit.data.hash,
        split="train",
        real=min(len(exhibit.target), MOST_REAL),
        samples=exhibit.samples,
        size=0 if trained.facts.is_points else shape[-1],
        channels=shape[0],
        extractor=through.name if through else "",
        extractor_hash=through.hash if through else "",
        resize=through.resize if through else "",
        weights=trained.weights,
        truncation=exhibit.truncation,
        seed=exhibit.seed,
        precision=trained.backend.precision,
    )


def _named(card: Metric, told: float | dict[str, float]) -> Iterator[tuple[str, float]]:
    """A score's numbers under their names. Raises TypeError, which is a plugin's fault, for what is no number."""
    for name, value in told.items() if isinstance(told, dict) else ((card.name, told),):
        yield name, float(value)

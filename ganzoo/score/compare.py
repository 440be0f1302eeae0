"""Comparing runs: each scored over its training under one protocol, then ranked with its like."""

from __future__ import annotations

import io
import itertools
import logging
from collections.abc import Callable, Sequence

from ganzoo.errors import GanzooError, RequestError
from ganzoo.score import evidence
from ganzoo.score.contenders import Contender
from ganzoo.score.evaluate import Evaluation, Judge
from ganzoo.score.exhibit import Exhibit, Refused, Report
from ganzoo.score.ranking import By, Point, Row, Scored
from ganzoo.train.card import write_card
from ganzoo.train.run import Run
from ganzoo.train.runs import Runs
from ganzoo.train.trained import Trained, open_trained

log = logging.getLogger(__name__)


class Comparison:
    """Scores contenders by the first metric of a judge.

    Args:
        judge: how; the first of its metrics ranks, the others stand beside it.
        by: rank by the run as it ended, or at its best checkpoint.
        only_last: score the newest checkpoint alone, and know nothing of the best.
        device: where samples are drawn.
        shows: whether `sheets` are wanted.
    """

    def __init__(
        self, judge: Judge, by: By = "last", only_last: bool = False, device: str = "auto", shows: bool = False
    ):
        self.judge, self.by, self.only_last, self.device, self.shows = judge, by, only_last, device, shows
        self.metric = judge.cards[0]
        self.sheets: dict[str, bytes] = {}  # by contender: samples of its first run, a PNG

    def rows(self, contenders: Sequence[Contender], report: Report | None = None) -> list[Row]:
        """A row each, in their order; one that cannot be scored says why."""
        there, rows = sum(len(contender.runs) for contender in contenders), []
        done = itertools.count()

        def begin() -> None:
            if report:
                report("scoring runs", next(done), there)

        for contender in contenders:
            rows.append(self._row(contender, begin))
        return rows

    def _row(self, contender: Contender, begin: Callable[[], None]) -> Row:
        runs, reasons, protocol, parameters = [], [contender.note] if contender.note else [], None, 0
        for run in contender.runs:
            begin()
            try:
                evaluations, trained = self._scored(run)
                last = evaluations[-1]
                if self.metric.name not in last.metrics:
                    raise Refused(last.refused[self.metric.name])
            except GanzooError as error:
                reasons.append(str(error).splitlines()[0])
                continue
            runs.append(_told(run, evaluations, self.metric.name))
            protocol, parameters = last.protocol, _parameters(trained)
            if self.shows and contender.name not in self.sheets:
                self.sheets[contender.name] = self._sheet(trained)
        return Row(
            name=contender.name,
            family=contender.family,
            data=protocol.data if protocol else contender.data,
            runs=tuple(runs),
            parameters=parameters,
            protocol=protocol,
            reason="; ".join(dict.fromkeys(reasons)),
            better=self.metric.better,
            by=self.by,
        )

    def _scored(self, run: Run) -> tuple[list[Evaluation], Trained]:
        """Its kept checkpoints, oldest first; those scored before under the same protocol are not scored again."""
        trained = open_trained(str(run.path), Runs(run.path.parent), self.device)
        places = [trained.path] if self.only_last else [path for path in reversed(run.saved()) if path <= trained.path]
        evaluations = []
        for place in places:
            try:
                each = trained if place == trained.path else open_trained(str(place), Runs(), self.device)
            except RequestError as error:  # a damaged one in between
                log.warning("%s", error)
                continue
            cards = self.judge.cards if place == trained.path else [self.metric]  # a curve is of what ranks
            exhibit = self.judge.exhibit(each)
            told = self.judge.known(exhibit, run, cards)
            if told is None:
                told = self.judge.evaluate(exhibit, cards)
                _keep(run, told, trained)
            evaluations.append(told)
        return evaluations, trained

    def _sheet(self, trained: Trained) -> bytes:
        name = self.judge.data or trained.request["data"]
        count = evidence.POINTS if trained.facts.is_points else evidence.SHOWN
        exhibit = Exhibit(trained, name, self.judge.bank, samples=count, seed=self.judge.seed)
        file = io.BytesIO()
        evidence.samples(exhibit).save(file, format="PNG")
        return file.getvalue()


def _keep(run: Run, evaluation: Evaluation, trained: Trained) -> None:
    try:
        run.keep_scores(evaluation.record())
        write_card(run, trained.family, run.progress[1])
    except OSError as error:  # the numbers are there all the same; only the next comparison has to make them again
        log.warning("scores of %s are not kept: %s", run.name, error.strerror or error)


def _told(run: Run, evaluations: Sequence[Evaluation], metric: str) -> Scored:
    lines = run.lines()
    last = evaluations[-1]
    curve = (Point(each.images, each.seconds, each.metrics[metric]) for each in evaluations if metric in each.metrics)
    return Scored(
        run=run.name,
        seed=run.request.get("seed", 0),
        curve=tuple(curve),
        images_per_second=last.images / last.seconds if last.seconds else 0.0,
        peak_memory=next((line["peak_memory"] for line in reversed(lines) if line.get("peak_memory")), None),
        threads=run.about.get("backend", {}).get("threads"),
        metrics=last.metrics,
    )


def _parameters(trained: Trained) -> int:
    """Of all networks, those that are shared counted once."""
    shared = {id(p): p.numel() for net in trained.nets.values() for p in net.parameters()}
    return sum(shared.values())

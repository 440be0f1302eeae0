"""A metric on trial: shown made-up pictures, points or pairs, whichever it takes."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from numbers import Real
from typing import Any

import numpy as np
import torch

from ganzoo.score.exhibit import Drawn, Exhibit, Refused
from ganzoo.testing.chance import chance_kept
from ganzoo.testing.finding import Broken
from ganzoo.testing.stage import Stage
from ganzoo.zoo.cards import Metric

CLOSE = 0.02  # relative difference that another order of the samples may make: some look at pairs of them

Numbers = dict[str, Any]


class Untried(Exception):
    """A metric that refuses all that is made up here; the message holds its reasons."""


def where_possible(check: Callable[[MetricTrial], str]) -> Callable[[MetricTrial], str]:
    """A check that has nothing to say of a metric that could not be tried: the first one has said so."""

    def checked(trial: MetricTrial) -> str:
        try:
            return check(trial)
        except Untried:
            return "not tried"

    return checked


class MetricTrial:
    """The metric under examination."""

    def __init__(self, card: Metric, preset: str = ""):
        self.card = card

    @cached_property
    def found(self) -> tuple[Stage | None, str]:
        """Data that the metric does not refuse, or none and what it says of each."""
        refusals = []
        for stage in Stage.all():
            try:
                self.score(stage.exhibit())
            except Refused as refusal:
                refusals.append(f"{stage.kind}: {refusal}")
            else:
                return stage, ""
        return None, " ".join(refusals)

    @property
    def stage(self) -> Stage:
        """The data; Untried where there are none."""
        stage, refusals = self.found
        if stage is None:
            raise Untried(refusals)
        return stage

    def score(self, exhibit: Exhibit) -> Numbers:
        """What the metric says, under its names."""
        told = self.card.build()(exhibit)
        return told if isinstance(told, dict) else {self.card.name: told}


def scores_are_numbers(trial: MetricTrial) -> str:
    """A number, or several under names, one of which is the metric's."""
    try:
        stage = trial.stage
    except Untried as reasons:
        raise Broken(f"nothing can be tried, for it refuses all there is: {reasons}") from reasons
    if trial.card.name not in (scores := trial.score(stage.exhibit())):
        raise Broken(f"gives {', '.join(map(str, scores))}, and nothing called {trial.card.name}: one bears its name")
    for name, value in scores.items():
        if isinstance(value, bool) or not (isinstance(value, Real) or getattr(value, "shape", None) == ()):
            raise Broken(f"{name} is a {type(value).__name__}: give a float, or a dictionary of them")
        if math.isnan(float(value)):
            raise Broken(f"{name} is not a number: where there is none, raise ganzoo.score.Refused with the reason")
    return ", ".join(f"{name} {float(value):.4g}" for name, value in scores.items()) + f", of {stage.kind}"


def scores_can_be_repeated(trial: MetricTrial) -> str:
    """The same run has the same score, to the last digit, whatever came before."""
    with _chance_kept():
        first = _plain(trial.score(_seeded(1, trial.stage)))
        again = _plain(trial.score(_seeded(2, trial.stage)))
    for name, value in first.items():
        if again.get(name) != value:
            raise Broken(
                f"{name} is {value:.6g} and then {again.get(name, math.nan):.6g}: draw by chance with a generator of "
                "its own, torch.Generator().manual_seed(SEED), and remember nothing"
            )
    return "the same twice, under two states of all random numbers"


def order_does_not_matter(trial: MetricTrial) -> str:
    """Samples are a set: where they stand, and in which batch they came, is chance."""
    exhibit, turned = trial.stage.exhibit(), trial.stage.exhibit()
    drawn = exhibit.drawn
    places = torch.from_numpy(drawn.examples.reshape(len(drawn.examples), -1).mean(1)).argsort()  # dark ones first
    turned.__dict__["drawn"] = Drawn(drawn.examples[places.numpy()], {k: v[places] for k, v in drawn.cond.items()})
    first, other = _plain(trial.score(exhibit)), _plain(trial.score(turned))
    name = trial.card.name
    if not math.isclose(first[name], other[name], rel_tol=CLOSE, abs_tol=1e-6):
        raise Broken(
            f"{name} is {first[name]:.6g}, and {other[name]:.6g} of the same samples in another order: look at all of "
            "them, and not at the first ones or batch by batch"
        )
    return f"{len(places)} samples in two orders"


def samples_matter(trial: MetricTrial) -> str:
    """Worse samples have another score."""
    good, bad = trial.stage.exhibit(), trial.stage.exhibit(bad=True)
    first, other = _plain(trial.score(good)), _plain(trial.score(bad))
    if first == other:
        raise Broken("scores bad samples as it does good ones: look at exhibit.drawn, or at exhibit.fake")
    name = trial.card.name
    return f"{name} {first[name]:.4g}, and {other[name]:.4g} of a generator that does all wrong"


def looking_changes_nothing(trial: MetricTrial) -> str:
    """Other metrics look at the same exhibit, and training goes on with the same random numbers."""
    with _chance_kept():
        exhibit = _seeded(271_828, trial.stage)  # as no metric would, or nothing would seem to change
        examples = exhibit.drawn.examples.copy()
        before = _chance()
        trial.score(exhibit)
        after = _chance()
    if not np.array_equal(exhibit.drawn.examples, examples):
        raise Broken("changes drawn.examples, which other metrics look at: work on a copy")
    if not all(np.array_equal(one, other) for one, other in zip(before, after, strict=True)):
        raise Broken(
            "changes the random numbers that others go on with: draw with a generator of its own, "
            "torch.Generator().manual_seed(SEED) or numpy.random.default_rng(SEED)"
        )
    return "samples and random states are as before"


CHECKS = {
    "a number": scores_are_numbers,
    "repeatable": where_possible(scores_can_be_repeated),
    "order": where_possible(order_does_not_matter),
    "samples": where_possible(samples_matter),
    "changes nothing": where_possible(looking_changes_nothing),
}


def _seeded(seed: int, stage: Stage) -> Exhibit:
    """A fresh exhibit, with everybody's random numbers at another place."""
    exhibit = stage.exhibit()
    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed)
    return exhibit


@contextmanager
def _chance_kept() -> Iterator[None]:
    with chance_kept(), torch.random.fork_rng(devices=[]):
        yield


def _plain(scores: Numbers) -> dict[str, float]:
    return {name: float(value) for name, value in scores.items()}


def _chance() -> list[np.ndarray]:
    """Where the random numbers of torch, Python and numpy stand."""
    _, keys, place, *_ = np.random.get_state()
    return [torch.get_rng_state().numpy(), np.array(random.getstate()[1]), keys, np.array(place)]

"""The contract of a metric: each wrong one is caught, and told what to change."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

import ganzoo
from ganzoo.score import Refused
from ganzoo.testing import check_metric, examine


def plain(exhibit):
    return float(abs(exhibit.pictures().images.std() - exhibit.drawn.examples.std()))


def several(exhibit):
    return {"wrong": plain(exhibit), "light": float(exhibit.drawn.examples.mean())}


def of_points(exhibit):
    if not exhibit.target.facts.is_points:
        raise Refused("pictures are no points.")
    return np.float32(exhibit.drawn.examples.mean())


def of_pairs(exhibit):
    pair = exhibit.pair()
    made = exhibit.translated(torch.from_numpy(pair.a.images / 127.5 - 1).float(), "b")[0]
    return made.mean()


def counts_pythons_chance(exhibit):
    return plain(exhibit) + random.random()


def counts_torchs_chance(exhibit):
    return plain(exhibit) + torch.rand(()).item()


def of_the_first_ones(exhibit):
    return float(exhibit.drawn.examples[:32].mean())


def batch_by_batch(exhibit):
    return float(np.mean([part.std() for part in np.split(exhibit.drawn.examples, 6)]))


def text(exhibit):
    return f"{plain(exhibit):.3f}"


def many(exhibit):
    return exhibit.drawn.examples.reshape(len(exhibit.drawn.examples), -1).mean(1)


def other_names(exhibit):
    return {"left": plain(exhibit), "right": plain(exhibit)}


def undefined(exhibit):
    return float("nan")


def blind(exhibit):
    return float(exhibit.pictures().images.mean())


def seeds_everybody(exhibit):
    torch.manual_seed(0)
    return plain(exhibit)


def writes(exhibit):
    exhibit.drawn.examples[:] = 255 - exhibit.drawn.examples
    return plain(exhibit)


def refuses(exhibit):
    raise Refused("never in the mood.")


def card(metric, **changes) -> ganzoo.Metric:
    build = lambda: metric  # noqa: E731
    build.__module__ = "ganzoo"  # what listing it would import
    return ganzoo.Metric(**{"name": "wrong", "summary": "wrong in one thing", "build": build} | changes)


def broken(card) -> dict[str, str]:
    return {finding.check: finding.message for finding in examine(card) if not finding.kept}


@pytest.mark.parametrize("metric", [plain, several, of_points, of_pairs])
def test_a_metric_with_nothing_wrong_passes(metric):
    check_metric(card(metric))


@pytest.mark.parametrize("name", ["fid", "prc", "pair_l1", "recon"])
def test_metrics_of_the_zoo_pass(name):
    check_metric(name)


@pytest.mark.parametrize(
    ("metric", "promise", "advice"),
    [
        (counts_pythons_chance, "repeatable", "draw by chance with a generator of its own"),
        (counts_torchs_chance, "repeatable", "draw by chance with a generator of its own"),
        (of_the_first_ones, "order", "look at all of them"),
        (batch_by_batch, "order", "not at the first ones or batch by batch"),
        (text, "a number", "wrong is a str: give a float"),
        (many, "a number", "wrong is a ndarray: give a float"),
        (other_names, "a number", "nothing called wrong"),
        (undefined, "a number", "raise ganzoo.score.Refused"),
        (blind, "samples", "look at exhibit.drawn"),
        (seeds_everybody, "changes nothing", "changes the random numbers that others go on with"),
        (writes, "changes nothing", "work on a copy"),
        (refuses, "a number", "nothing can be tried, for it refuses all there is"),
    ],
)
def test_a_wrong_metric_is_caught_and_told_what_to_change(metric, promise, advice):
    found = broken(card(metric))
    assert advice in found.get(promise, ""), found


def test_a_metric_without_a_direction_is_caught():
    assert "say 'lower' or 'higher'" in broken(card(plain, better="up"))["card"]

"""The Frechet distance against closed forms and against torch-fidelity."""

from __future__ import annotations

import pytest
import torch

from ganzoo.score.metrics import frechet
from ganzoo.score.metrics.frechet import Moments, distance, moments


def features(n: int, d: int, seed: int, scale: float = 1.0) -> torch.Tensor:
    chance = torch.Generator().manual_seed(seed)
    mix = torch.randn(d, d, generator=chance, dtype=torch.float64) / d**0.5
    return scale * torch.randn(n, d, generator=chance, dtype=torch.float64) @ mix + seed / 10


def test_of_gaussians_that_differ_in_place_and_scale():
    """Along each axis the distance is (m1 - m2)^2 + (s1 - s2)^2."""
    x = torch.randn(500, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    a, b = moments(x), moments(2 * x + 1)
    spread = a.covariance.trace()
    assert distance(a, b) == pytest.approx(((1 + a.mean).square().sum() + spread).item(), rel=1e-9)
    assert distance(a, a) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("n", "m", "d"), [(400, 300, 64), (50, 300, 64), (300, 50, 64), (40, 50, 64)])
def test_agrees_with_torch_fidelity(n, m, d):
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    real, fake = features(n, d, 1), features(m, d, 2, 1.3)
    told = fid_statistics_to_metric(fid_features_to_statistics(real), fid_features_to_statistics(fake), False)
    expected = told["frechet_inception_distance"]
    # Where there are fewer examples than features, the dense root of the oracle loses digits itself.
    tolerance = 1e-6 if min(n, m) > d else 1e-4
    assert distance(moments(real), moments(fake)) == pytest.approx(expected, rel=tolerance)


def test_few_examples_take_the_short_way_to_the_same_number():
    real, fake = features(40, 64, 1), features(50, 64, 2)
    whole = [Moments(len(each), each.double().mean(0), each.T.cov()) for each in (real, fake)]
    assert moments(real).rows is not None
    assert distance(moments(real), moments(fake)) == pytest.approx(distance(*whole), rel=1e-6)


def test_blocks_that_do_not_divide_the_features_change_nothing(monkeypatch):
    real, fake = features(90, 64, 1), features(80, 64, 2)
    whole = distance(moments(real), moments(fake))
    monkeypatch.setattr(frechet, "SIDE", 24)
    assert distance(moments(real), moments(fake)) == pytest.approx(whole, rel=1e-9)


def test_features_that_say_nothing_or_the_same_are_no_obstacle():
    """No covariance of such is positive, so that it has no triangular root."""
    real, fake = features(90, 16, 1), features(80, 16, 2)
    for each in (real, fake):
        each[:, 3], each[:, 7] = 0, each[:, 5]
    told = distance(moments(real), moments(fake))
    values, axes = torch.linalg.eigh(real.T.cov())
    root = axes * values.clamp(min=0).sqrt() @ axes.T
    overlap = torch.linalg.eigvalsh(root @ fake.T.cov() @ root).clamp(min=0).sqrt().sum()
    shift = (real.mean(0) - fake.mean(0)).square().sum()
    expected = shift + real.T.cov().trace() + fake.T.cov().trace() - 2 * overlap
    assert told == pytest.approx(expected.item(), rel=1e-6)


def test_neither_the_order_of_examples_nor_that_of_the_sets_matters():
    x, y = features(80, 16, 1), features(90, 16, 2)
    told = distance(moments(x), moments(y))
    assert distance(moments(x.flip(0)), moments(y)) == pytest.approx(told, rel=1e-9)
    assert distance(moments(y), moments(x)) == pytest.approx(told, rel=1e-9)

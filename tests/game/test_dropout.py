"""Dropout from a few bits a unit."""

from __future__ import annotations

import pytest
import torch

from ganzoo.game.nn import Dropout
from ganzoo.game.nn.dropout import survives, word_for


@pytest.mark.parametrize(
    ("p", "word"),
    [(0.5, torch.int8), (0.75, torch.int8), (2**-12, torch.int16), (0.2, torch.int32), (1e-9, torch.int32)],
)
def test_a_draw_is_as_wide_as_the_probability_needs(p, word):
    assert word_for(p) == word


@pytest.mark.parametrize("p", [1 / 256, 0.2, 0.5, 0.3331, 0.9])
def test_each_unit_falls_by_its_probability(p):
    torch.manual_seed(0)
    mask = survives(torch.Size([400, 1000]), p)
    sigma = (p * (1 - p)) ** 0.5
    assert abs(float((~mask).float().mean()) - p) < 5 * sigma / 400_000**0.5
    for dim, count in ((0, 400), (1, 1000)):  # no row, no column is special
        assert ((~mask).float().mean(dim) - p).abs().max() < 6 * sigma / count**0.5


def test_units_fall_independently_of_those_drawn_with_them():
    torch.manual_seed(0)
    units = survives(torch.Size([80_000, 8]), 0.5).float() - 0.5  # the eight of one draw
    covariance = units.T @ units / len(units)
    assert torch.allclose(covariance, torch.eye(8) / 4, atol=5 / 4 / len(units) ** 0.5)


def test_the_mean_is_kept_and_the_slope_is_that_of_the_mask():
    torch.manual_seed(0)
    x = torch.ones(3, 7, 11, 13, requires_grad=True)
    y = Dropout(0.2)(x)
    assert set(y.unique().tolist()) == {0.0, 1.25}
    (slope,) = torch.autograd.grad(y.sum(), x)
    assert torch.equal(slope, y)
    wide = Dropout(0.2)(torch.ones(1000, 1000))
    assert abs(float(wide.mean()) - 1) < 5 * 0.5 / 1000


def test_a_seed_is_a_mask():
    torch.manual_seed(3)
    first = survives(torch.Size([5, 5]), 0.2)
    assert not torch.equal(first, survives(torch.Size([5, 5]), 0.2))
    torch.manual_seed(3)
    assert torch.equal(first, survives(torch.Size([5, 5]), 0.2))


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_numbers_stay_of_their_kind(dtype):
    assert Dropout(0.5)(torch.ones(4, 4, dtype=dtype)).dtype == dtype


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_certainties_are_torchs(p):
    x = torch.randn(4, 4)
    assert torch.equal(Dropout(p)(x), torch.nn.Dropout(p)(x))


def test_it_does_nothing_outside_training_and_can_be_exported():
    net = torch.nn.Sequential(Dropout(0.5)).eval()
    x = torch.randn(4, 4)
    assert torch.equal(net(x), x)
    assert torch.equal(torch.export.export(net, (x,)).module()(x), x)
    meta = Dropout(0.5)(torch.empty(3, 5, device="meta"))
    assert meta.shape == (3, 5)

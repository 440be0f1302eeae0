"""The remaining scores against what can be said of them by hand."""

from __future__ import annotations

from math import log

import pytest
import torch

from ganzoo.score.metrics.modes import modes_of_labels, modes_of_points
from ganzoo.score.metrics.variety import msssim, variety


def test_modes_of_points():
    centres = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    points = torch.cat((centres[0] + torch.zeros(60, 2), centres[1] + torch.zeros(30, 2), torch.full((10, 2), 5.0)))
    told = modes_of_points(points, centres, 0.1)
    assert (told.found, told.there, told.quality) == (2, 3, 0.9)
    assert told.reverse_kl == pytest.approx(2 / 3 * log(2) + 1 / 3 * log(1))


def test_a_mode_with_a_stray_example_is_not_found():
    told = modes_of_labels(torch.tensor([0] * 99 + [1]), 2, 100)
    assert told.found == 1


def test_modes_as_frequent_as_in_the_data_have_no_divergence():
    shares = torch.tensor([0.5, 0.25, 0.25])
    told = modes_of_labels(torch.tensor([0, 0, 1, 2] * 10), 3, 40, shares)
    assert (told.found, told.reverse_kl) == (3, pytest.approx(0, abs=1e-12))


def test_nothing_of_any_mode():
    told = modes_of_labels(torch.tensor([], dtype=torch.long), 3, 40)
    assert (told.found, told.quality, told.reverse_kl) == (0, 0, float("inf"))


@pytest.mark.parametrize("side", [8, 32, 64, 200])
@pytest.mark.parametrize("channels", [1, 3])
def test_similarity_of_a_picture_with_itself_and_with_worse_ones(side, channels):
    chance = torch.Generator().manual_seed(0)
    x = torch.nn.functional.interpolate(torch.rand(4, channels, 8, 8, generator=chance), side)
    noise = torch.randn(x.shape, generator=chance)
    told = [msssim(x, (x + level * noise).clamp(0, 1)).mean().item() for level in (0, 0.05, 0.1, 0.3)]
    assert told[0] == pytest.approx(1, abs=1e-5)
    assert told == sorted(told, reverse=True)


def test_no_variety_in_one_picture_repeated():
    chance = torch.Generator().manual_seed(0)
    pictures = torch.rand(50, 3, 16, 16, generator=chance)
    assert variety(pictures[:1].repeat(50, 1, 1, 1)) == pytest.approx(0, abs=1e-5)
    assert variety(pictures) > 0.5

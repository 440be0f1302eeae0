"""Networks that double from 4x4: the sides they can have, and their widths."""

from __future__ import annotations

import pytest
import torch

from ganzoo import RequestError
from ganzoo.game.nn.pyramid import enlarged, features, picture, reduced


@pytest.mark.parametrize("size", [4, 8, 256, 1024])
def test_a_power_of_two_is_a_side(size):
    assert picture((4, size, size), "odd", least=4) == (4, size)


@pytest.mark.parametrize(
    ("size", "least", "nearest"),
    [(48, 4, 32), (33, 4, 32), (2, 4, 4), (1, 8, 8), (4, 8, 8), (49, 8, 64), (90, 8, 64), (1000, 8, 1024)],
)
def test_another_is_told_the_nearest(size, least, nearest):
    with pytest.raises(
        RequestError, match=f"odd's networks .* from {least}, not {size}x{size}. Use --size {nearest}\\."
    ):
        picture((3, size, size), "odd", least)


def test_points_and_oblongs_are_refused():
    with pytest.raises(RequestError, match="points"):
        picture((2,), "odd")
    with pytest.raises(RequestError, match="16x32"):
        picture((3, 16, 32), "odd")


def test_half_as_many_maps_at_every_doubling():
    assert features(1024, 16384, 512) == [512, 512, 512, 512, 256, 128, 64, 32, 16]
    assert features(32, 8, 512) == [2, 1, 1, 1]
    assert features(4, 8192, 512) == [512]


def test_pixels_become_squares_and_squares_their_mean():
    x = torch.arange(8.0).view(1, 2, 2, 2)
    assert torch.equal(enlarged(x, 3)[0, 1, 3:, :3], torch.full((3, 3), 6.0))
    assert torch.equal(reduced(enlarged(x, 3), 3), x)
    assert reduced(x, 2).flatten().tolist() == [1.5, 5.5]
    assert enlarged(x, 1) is reduced(x, 1) is x

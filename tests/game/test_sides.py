"""Sizes of pictures: what networks can have goes through, for the rest the nearest is named."""

from __future__ import annotations

import pytest

from ganzoo import RequestError
from ganzoo.game.nn.pyramid import picture
from ganzoo.game.nn.sides import power_of_two, square


def nearest_third(side: int) -> int:
    return max(3, (side + 1) // 3 * 3)


def thirds(*shape: int) -> tuple[int, int]:
    return square(shape, "some", "whose side is a multiple of 3", nearest_third, points="Use a plane.")


def refused(call) -> str:
    with pytest.raises(RequestError) as caught:
        call()
    return str(caught.value)


def test_what_networks_can_have_goes_through():
    assert thirds(4, 9, 9) == (4, 9)
    assert picture((3, 8, 8), "some") == (3, 8)
    assert picture((1, 4, 4), "some", least=4) == (1, 4)


@pytest.mark.parametrize(("shape", "nearest"), [((3, 8, 8), 9), ((3, 1, 1), 3), ((1, 9, 12), 9), ((1, 10, 9), 9)])
def test_what_is_refused_is_said_and_so_is_the_nearest(shape, nearest):
    told = refused(lambda: thirds(*shape))
    sides = f"not {shape[1]}x{shape[2]}. Use --size {nearest}."
    assert told == f"some's networks need square pictures whose side is a multiple of 3, {sides}"
    assert thirds(shape[0], nearest, nearest) == (shape[0], nearest)


@pytest.mark.parametrize(
    ("side", "least", "nearest"), [(1, 4, 4), (4, 4, 4), (5, 4, 4), (6, 4, 4), (7, 4, 8), (96, 8, 64), (97, 8, 128)]
)
def test_the_closest_power_of_two(side, least, nearest):
    assert power_of_two(side, least) == nearest


def test_a_pyramid_names_its_least_side():
    told = refused(lambda: picture((3, 16, 16), "some", least=32))
    assert "a power of two from 32, not 16x16. Use --size 32." in told


def test_points_are_sent_elsewhere():
    assert refused(lambda: thirds(2)) == "some's networks work on pictures, and this data holds points.\nUse a plane."
    assert "ganzoo list" in refused(lambda: picture((2,), "some"))

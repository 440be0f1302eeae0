"""Shapes cover as much of a picture as their area says, and colours are what they are called."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ganzoo.data.drawn import shapes
from ganzoo.data.drawn.canvas import Canvas, Frame, groups
from ganzoo.data.drawn.colour import encode, oklch

WHITE = np.ones((1, 3, 1, 1), dtype=np.float32)


def frame(x=0.5, y=0.5, scale=1.0, turns=0.0, pivot=0.0) -> Frame:
    angle = np.array([2 * math.pi * turns])
    return Frame.place((np.array([x]), np.array([y])), np.array([scale]), np.cos(angle), np.sin(angle), pivot)


def area(size: int, shape, place: Frame) -> float:
    """Area that a shape covers, in units of its frame."""
    canvas = Canvas.blank(1, size)
    canvas.paint(canvas.cover(shape(*canvas.coordinates(place)), place), WHITE)
    return float(canvas.pixels[0, 0].mean() / place.scale[0, 0, 0] ** 2)


@pytest.mark.parametrize("radius", [0.18, 0.24, 0.31])
@pytest.mark.parametrize("centre", [(0.5, 0.5), (0.483, 0.529)])
def test_the_area_of_a_circle_is_right_to_a_percent_at_32_pixels(radius, centre):
    covered = area(32, lambda x, y: shapes.ellipse(x, y, radius, radius), frame(*centre))
    assert covered == pytest.approx(math.pi * radius**2, rel=0.01)


STAR = ((-0.3, -0.2), (0.0, -0.1), (0.35, -0.3), (0.2, 0.3), (-0.25, 0.2))


@pytest.mark.parametrize("size", [32, 64, 128])
@pytest.mark.parametrize("turns", [0.0, 0.07])
@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (lambda x, y: shapes.ellipse(x, y, 0.35, 0.2), math.pi * 0.35 * 0.2),
        (lambda x, y: shapes.box(x, y, 0.3, 0.2, 0.1), 0.6 * 0.4 - (4 - math.pi) * 0.1**2),
        (lambda x, y: shapes.polygon(x, y, STAR), 0.2275),
        (lambda x, y: shapes.join(shapes.ellipse(x, y, 0.2, 0.2), y - 9.0, 0.01), 1.0),
        (lambda x, y: shapes.meet(shapes.ellipse(x, y, 0.2, 0.2), y, 0.001), math.pi * 0.02),
    ],
    ids=["ellipse", "box", "polygon", "join", "meet"],
)
def test_shapes_have_their_area_at_any_size_and_turn(shape, expected, size, turns):
    if shape(np.zeros((1, 1, 1)), np.zeros((1, 1, 1)) + 0.49)[0, 0, 0] < -1:
        turns = 0.0  # it fills the picture, and keeps doing so only when the picture does not turn
    assert area(size, shape, frame(turns=turns)) == pytest.approx(expected, rel=0.012)


def test_a_lock_runs_from_its_root_to_its_tip_and_bends():
    x, y = (np.array(values, dtype=np.float32)[None, None, :] for values in ([0, 0, 0.3, 0, 0], [0, 0.5, 0.5, 1, 1.1]))
    straight = shapes.lock(x, y, (0.0, 0.0), (0.0, 1.0), 0.2)[0, 0]
    assert straight[:4] == pytest.approx([-0.1, -0.075, 0.225, 0.0], abs=1e-6)
    assert straight[4] == pytest.approx(0.1, abs=1e-6)
    bent = shapes.lock(x, y, (0.0, 0.0), (0.0, 1.0), 0.2, bend=0.3)[0, 0]
    assert bent[2] == pytest.approx(-0.075, abs=1e-6)


def test_waves_have_period_one():
    t = np.linspace(-2, 2, 401)
    assert shapes.zigzag(np.array([0.0, 0.25, 0.5, 1.0])) == pytest.approx([0, 0.5, 1, 0])
    for curve in (shapes.zigzag, shapes.wave):
        assert curve(t).min() == pytest.approx(0, abs=1e-9)
        assert curve(t).max() == pytest.approx(1)
        assert curve(t) == pytest.approx(curve(t + 1), abs=1e-9)


@pytest.mark.parametrize("half", [0.003, 0.01, 0.04])
def test_lines_thinner_than_a_pixel_keep_their_weight(half):
    canvas, place = Canvas.blank(1, 32), frame(0.483, 0.529)
    share = canvas.line(shapes.ellipse(*canvas.coordinates(place), 0.3, 0.3), half, place)
    assert share.mean() == pytest.approx(2 * half * 2 * math.pi * 0.3, rel=0.05)


def test_a_frame_turns_around_its_pivot():
    place = frame(0.4, 0.3, scale=0.2, turns=0.1, pivot=1.0)
    x, y = Canvas.blank(1, 200).coordinates(place)
    nearest = np.argmin(np.square(x) + np.square(y - 1.0))
    assert divmod(int(nearest), 200)[0] == pytest.approx(0.5 * 200, abs=1)  # the pivot: 0.3 + 0.2 down
    assert divmod(int(nearest), 200)[1] == pytest.approx(0.4 * 200, abs=1)
    origin = np.argmin(np.square(x) + np.square(y))
    down, across = 0.5 - 0.2 * math.cos(0.2 * math.pi), 0.4 + 0.2 * math.sin(0.2 * math.pi)  # clockwise
    assert divmod(int(origin), 200) == (pytest.approx(down * 200, abs=1), pytest.approx(across * 200, abs=1))


def test_a_window_holds_its_box_and_little_else():
    place = frame(0.6, 0.4, scale=0.25, turns=0.03)
    rows, columns = place.window((-0.5, -0.4, 0.5, 0.8), 128)
    x, y = Canvas.blank(1, 128).coordinates(place)
    inside = (np.abs(x) < 0.5) & (y > -0.4) & (y < 0.8)
    outside = inside.copy()
    outside[0, rows, columns] = False
    assert inside.any()
    assert not outside.any()
    assert (rows.stop - rows.start) * (columns.stop - columns.start) < 2 * inside.sum()


def test_a_part_is_laid_back_where_it_was_taken():
    canvas, place = Canvas.blank(3, 16), frame()
    place = Frame(*(np.repeat(values, 3, axis=0) for values in vars(place).values()))
    chosen = np.array([0, 2])
    with canvas.part(place[chosen], (-0.1, -0.1, 0.1, 0.1), chosen) as part:
        part.pixels[:] = 1
    assert canvas.pixels[1].max() == 0
    assert canvas.pixels[0, :, 8, 8].min() == canvas.pixels[2, :, 8, 8].min() == 1
    assert canvas.pixels[0, :, :4].max() == 0


def test_groups_share_out_every_picture_once():
    values = np.array([2, 0, 2, 5])
    assert {value: chosen.tolist() for value, chosen in groups(values)} == {0: [1], 2: [0, 2], 5: [3]}
    assert [values[chosen].tolist() for _, chosen in groups(np.array([4, 4]))] == [[2, 0, 2, 5]]


def test_all_levels_survive_linear_light():
    level = np.arange(256) / 255
    linear = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    assert np.array_equal(encode(linear.astype(np.float32)), np.arange(256))


@pytest.mark.parametrize(
    ("colour", "rgb"),
    [
        ((1.0, 0.0, 0.0), (1, 1, 1)),
        ((0.0, 0.0, 120.0), (0, 0, 0)),
        ((0.6280, 0.2577, 29.23), (1, 0, 0)),
        ((0.8664, 0.2948, 142.50), (0, 1, 0)),
        ((0.4520, 0.3132, 264.05), (0, 0, 1)),
    ],
    ids=["white", "black", "red", "green", "blue"],
)
def test_colours_agree_with_published_values(colour, rgb):
    assert oklch(*(np.array([value]) for value in colour))[0, :, 0, 0] == pytest.approx(rgb, abs=0.002)

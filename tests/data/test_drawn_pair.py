"""The pair with a known translation: what is drawn, the parts, the floors of the error, and what is held out."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from ganzoo.data.catalogue import open_data
from ganzoo.data.drawn import swap
from ganzoo.data.drawn.pair import MARGIN, SwapSide
from ganzoo.data.pack import Pair


def images(side, count: int = 1000, size: int = 32) -> np.ndarray:
    """In [-1, 1], float64 [n, 3, size, size]."""
    return side.glance(count, size, 3).images / 127.5 - 1


@pytest.fixture(scope="module")
def held_out():
    return swap("test")


def test_what_is_held_out_shows_what_each_picture_becomes(held_out):
    a, b = held_out.a.glance(1000, 32), held_out.b.glance(1000, 32)
    assert len(a.images) == len(b.images) == 1000
    assert np.array_equal(a.images[:, ::-1], b.images)
    for ours, theirs in zip(held_out.a.chunks(32, 3), held_out.b.chunks(32, 3), strict=True):
        assert ours.attributes.keys() == theirs.attributes.keys()
        assert all(np.array_equal(ours.attributes[key], theirs.attributes[key]) for key in ours.attributes)
        assert np.array_equal(ours.labels, theirs.labels)


def test_what_is_learnt_from_is_unpaired_and_not_held_out(held_out):
    train = swap()
    assert (len(train.a), len(train.b), len(held_out.a), len(held_out.b)) == (10_000, 10_000, 1_000, 1_000)
    indices = np.arange(10_000)
    a, b = (side.attributes(indices) for side in (train.a, train.b))
    tested = held_out.a.attributes(indices + 2**32)
    for key in a:
        assert abs(np.corrcoef(a[key], b[key])[0, 1]) < 0.05, key
        if key != "shape":
            assert not np.intersect1d(a[key], b[key]).size
            assert not np.intersect1d(a[key], tested[key]).size


@pytest.mark.parametrize(("side", "tint"), [("a", (1, -1, -1)), ("b", (-1, -1, 1))])
def test_a_picture_is_what_its_attributes_say(side, tint):
    source = getattr(swap(), side)
    known = source.attributes(np.arange(200))
    drawn = source.draw(known, 64) / 127.5 - 1
    at = np.arange(200)
    row, column = (np.floor(known[axis] * 64).astype(int) for axis in ("y", "x"))
    middle = drawn[at, :, row, column]
    assert middle == pytest.approx(known["shade"][:, None] * tint, abs=0.005)
    assert drawn[:, :, 0, 0] == pytest.approx(np.repeat(known["background"], 3).reshape(-1, 3), abs=0.005)
    share = (drawn[:, 1] - known["background"][:, None, None]) / (-known["shade"] - known["background"])[:, None, None]
    area = np.where(known["shape"] == 0, np.pi, 4) * known["radius"] ** 2
    wide = np.abs(known["background"] + known["shade"]) > 0.3  # where the two differ enough to tell
    assert share.mean((1, 2))[wide] == pytest.approx(area[wide], abs=0.003 + 0.01)
    edge = np.concatenate([drawn[:, :, 0], drawn[:, :, -1], drawn[..., 0], drawn[..., -1]], axis=-1)
    assert np.ptp(edge, axis=(1, 2)).max() == 0  # the shape is wholly inside


def test_attributes_fill_their_ranges():
    known = swap().a.attributes(np.arange(10_000))
    for key, low, high in [("background", -0.6, 0.2), ("shade", 0.5, 1.0), ("radius", 0.16, 0.252)]:
        assert low <= known[key].min() < low + 0.01
        assert high - 0.01 < known[key].max() < high
        assert known[key].mean() == pytest.approx((low + high) / 2, abs=0.01)
    for axis in ("x", "y"):
        reach = known["radius"] + MARGIN
        assert (known[axis] >= reach).all()
        assert (known[axis] <= 1 - reach).all()
    assert np.abs(np.bincount(known["shape"]) - 5000).max() < 5 * 50


def test_the_floors_of_the_error(held_out):
    a, b = images(held_out.a), images(held_out.b)
    assert np.abs(a - b).mean() == pytest.approx(0.155, abs=0.002)  # nothing translated
    assert np.abs(images(swap().b).mean(0) - b).mean() == pytest.approx(0.254, abs=0.004)  # always the mean picture
    assert np.abs(-a - b).mean() == pytest.approx(0.50, abs=0.015)  # the negative


def test_grey_and_any_size(held_out):
    for size in (8, 17, 128):
        assert held_out.a.glance(4, size, 1).images.shape == (4, 1, size, size)
        assert held_out.a.glance(4, size).images.shape == (4, 3, size, size)
    a, b = (side.glance(4, 32, 1).images for side in (held_out.a, held_out.b))
    assert a.mean() > b.mean()  # red is brighter than blue, so the sides differ without colours too


def test_every_chunk_is_the_same_however_they_are_cut():
    whole, cut = SwapSide("b"), SwapSide("b")
    for source in (whole, cut):
        source.counts = {"train": 500, "test": 10}
    cut.stretch = lambda size: 37
    first, second = (np.concatenate([chunk.images for chunk in source.chunks(16, 3)]) for source in (whole, cut))
    assert np.array_equal(first, second)
    assert SwapSide("b", seed=1).glance(4, 16).images.tobytes() != whole.glance(4, 16).images.tobytes()


def test_identities_differ_and_the_survey_counts():
    train, test = swap(), swap("test")
    assert len({side.identity() for side in (train.a, train.b, test.a, test.b, SwapSide("a", seed=1))}) == 5
    survey = train.a.survey()
    assert (survey.count, survey.channels, survey.classes) == (10_000, 3, ("disc", "square"))
    assert sum(survey.per_class) == 10_000


def test_it_opens_by_name_as_a_pair_with_its_truth():
    pair = open_data("swap", size=8, split="test")
    assert isinstance(pair, Pair)
    assert pair.facts.shape == (3, 8, 8)
    assert np.array_equal(pair.a.images[:, ::-1], pair.b.images)
    assert set(pair.a.attributes) == {"shape", "background", "shade", "radius", "x", "y"}
    assert pair.licence.startswith("CC0")


def test_the_pictures_are_the_same_on_every_machine():
    drawn = swap("test").a.glance(64, 32).images
    assert hashlib.sha256(drawn.tobytes()).hexdigest()[:16] == "a6ea8a2a3556962d"

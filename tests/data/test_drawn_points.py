"""Ring and grid: the published constants, and points that follow them."""

from __future__ import annotations

import numpy as np
import pytest

from ganzoo.data.drawn import grid, ring

SETS = pytest.mark.parametrize(("build", "modes", "sigma"), [(ring, 8, 0.01414), (grid, 25, 0.01768)])


def everything(source):
    chunks = list(source.chunks(0, 0))
    return np.concatenate([chunk.images for chunk in chunks]), np.concatenate([chunk.labels for chunk in chunks])


@SETS
def test_the_centres_are_distinct_and_far_apart(build, modes, sigma):
    source = build()
    assert source.centres.shape == (modes, 2)
    assert source.sigma == sigma
    apart = np.linalg.norm(source.centres[:, None] - source.centres[None], axis=-1) + 9 * np.eye(modes)
    assert apart.min() > 30 * sigma
    assert source.classes == tuple(str(k) for k in range(modes))


def test_the_centres_lie_as_published():
    assert np.linalg.norm(ring().centres, axis=1) == pytest.approx([1.4144] * 8)
    assert np.unique(grid().centres) == pytest.approx(0.7072 * np.arange(-2, 3))
    assert ring().centres.sum(0) == pytest.approx([0, 0], abs=1e-12)
    assert grid().centres.sum(0) == pytest.approx([0, 0], abs=1e-12)


@SETS
def test_points_fall_around_the_centre_of_their_label(build, modes, sigma):
    source = build()
    points, labels = everything(source)
    assert points.dtype == np.float32
    assert points.shape == (len(source), 2) == (100_000, 2)
    assert points.std() == pytest.approx(1.0, abs=0.01)
    away = np.linalg.norm(points - source.centres[labels], axis=1) / sigma
    assert (away < 3).mean() == pytest.approx(0.98889, abs=0.0017)  # 5 standard errors
    assert (away < 1).mean() == pytest.approx(1 - np.exp(-0.5), abs=0.008)
    nearest = np.argmin(((points[:, None] - source.centres) ** 2).sum(-1), axis=1)
    assert np.array_equal(nearest, labels)
    expected = len(points) / modes
    assert np.abs(np.bincount(labels, minlength=modes) - expected).max() < 5 * np.sqrt(expected)


@SETS
def test_any_stretch_of_points_is_the_same(build, modes, sigma):
    source = build("test")
    points, labels = everything(source)
    source.stretch = lambda size: 777
    again, labels_again = everything(source)
    assert np.array_equal(points, again)
    assert np.array_equal(labels, labels_again)
    assert source.survey().per_class == tuple(np.bincount(labels, minlength=modes))
    assert (source.survey().count, source.survey().channels) == (len(points), 2) == (10_000, 2)

"""Chance that depends on (seed, index, name) only, and arithmetic that is the same on every machine."""

from __future__ import annotations

import numpy as np
import pytest

from ganzoo.data.drawn.chance import between, choice, cosine, log, normal_pair, sine, uniform


def test_an_index_has_its_number_whatever_stands_beside_it():
    together = uniform(np.arange(1000), 7, "hair")
    apart = np.concatenate([uniform(np.array([i]), 7, "hair") for i in range(1000)])
    assert np.array_equal(together, apart)
    assert np.array_equal(together[::-1], uniform(np.arange(1000)[::-1], 7, "hair"))


@pytest.mark.parametrize("start", [0, 1 << 32])
def test_numbers_fill_the_unit_interval_evenly(start):
    numbers = uniform(np.arange(start, start + 100_000), 0, "x")
    counts, _ = np.histogram(numbers, bins=50, range=(0, 1))
    assert counts.sum() == 100_000
    assert ((counts - 2000) ** 2 / 2000).sum() < 105  # chi-square, 49 degrees of freedom: 1 in 100,000


@pytest.mark.parametrize(
    "other", [("x", 1, 0), ("y", 0, 0), ("x", 0, 1), ("x", (1 << 63) + 5, 0)], ids=["seed", "name", "next", "big seed"]
)
def test_names_seeds_and_neighbours_are_unrelated(other):
    name, seed, shift = other
    one = uniform(np.arange(50_000), 0, "x")
    two = uniform(np.arange(50_000) + shift, seed, name)
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.02  # 4.5 sigma


def test_choice_and_between_keep_their_bounds():
    indices = np.arange(20_000)
    chosen = choice(indices, 0, "x", 8)
    assert np.array_equal(np.unique(chosen), np.arange(8))
    assert np.abs(np.bincount(chosen) - 2500).max() < 5 * np.sqrt(2500)
    values = between(indices, 0, "x", -2.0, 3.0)
    assert -2 <= values.min() < -1.99
    assert 2.99 < values.max() < 3


def test_sine_cosine_and_logarithm_are_right():
    turns = np.linspace(-3, 3, 10_001)
    assert np.abs(sine(turns) - np.sin(2 * np.pi * turns)).max() < 1e-12
    assert np.abs(cosine(turns) - np.cos(2 * np.pi * turns)).max() < 1e-12
    values = np.concatenate([np.linspace(1e-9, 3, 10_001), 2.0 ** np.arange(-60, 60)])
    assert np.abs(log(values) - np.log(values)).max() < 1e-13


def test_normals_are_normal():
    pairs = normal_pair(np.arange(200_000), 0, "x")
    assert np.abs(pairs.mean(0)).max() < 0.011
    assert np.abs(np.cov(pairs.T) - np.eye(2)).max() < 0.016
    assert abs((pairs**4).mean() - 3) < 0.08
    assert abs((np.abs(pairs) < 1).mean() - 0.682689) < 0.004

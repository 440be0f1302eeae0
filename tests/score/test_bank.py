"""What is known of real data: looked at once, and found again by whoever comes later."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from ganzoo.data.cache import cache_folder
from ganzoo.data.catalogue import open_data
from ganzoo.score.bank import NEIGHBOURS, Bank
from ganzoo.score.extractors import Extractor, find_extractor
from ganzoo.score.metrics.frechet import distance, moments
from ganzoo.score.metrics.neighbours import reaches


class Known:
    """A pack of which nobody can see the pictures."""

    def __init__(self, pack):
        self.hash, self._count = pack.hash, len(pack)

    def __len__(self) -> int:
        return self._count


@pytest.fixture
def pack(faces, tmp_path, monkeypatch):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))
    return open_data(str(faces.folder), size=16)


@pytest.fixture
def counted():
    """A bank of its own, as another process has one, and how many pictures its extractor was shown."""

    def make() -> tuple[Bank, list[int]]:
        bundled, shown = find_extractor("bundled"), []

        def look(images: torch.Tensor):
            shown.append(len(images))
            return bundled.look(images)

        counting: Extractor = replace(bundled, look=look)
        return Bank(lambda: counting), shown

    return make


def test_a_second_evaluation_looks_at_no_real_picture(pack, counted):
    first, shown = counted()
    told = first.moments_of_data(pack), first.reaches_of_data(pack, 1), first.of_data(pack)
    assert sum(shown) >= len(pack)
    second, shown = counted()
    again = second.moments_of_data(Known(pack)), second.reaches_of_data(Known(pack), 1), second.of_data(Known(pack))
    assert not shown
    assert again[0].count == told[0].count
    assert torch.equal(again[0].mean, told[0].mean)
    assert torch.equal(again[0].covariance, told[0].covariance)
    assert torch.equal(again[1], told[1])
    assert torch.equal(again[2].values, told[2].values)


def test_moments_and_reaches_are_known_without_the_features(pack, counted):
    bank, _ = counted()
    bank.moments_of_data(pack), bank.reaches_of_data(pack, NEIGHBOURS)
    for file in (cache_folder() / "features").iterdir():
        file.unlink()
    again, shown = counted()
    again.moments_of_data(Known(pack)), again.reaches_of_data(Known(pack), NEIGHBOURS)
    assert not shown


def test_what_is_kept_is_what_is_true(pack, counted):
    counted()[0].moments_of_data(pack)
    bank, _ = counted()
    values = bank.of_data(pack).values
    assert distance(bank.moments_of_data(pack), moments(values)) == pytest.approx(0, abs=1e-9)
    for k in (1, 3, NEIGHBOURS, NEIGHBOURS + 2):
        assert torch.equal(bank.reaches_of_data(pack, k), reaches(values, k))

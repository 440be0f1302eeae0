"""Precision, recall, density, coverage against torch-fidelity, hand-made cases and published expectations."""

from __future__ import annotations

import pytest
import torch

from ganzoo.score.metrics import neighbours
from ganzoo.score.metrics.neighbours import nearest, neighbourhood, reaches


def drawn(n: int, seed: int, shift: float = 0.0, d: int = 8) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed)) + shift


@pytest.mark.parametrize("shift", [0.0, 0.5, 3.0])
def test_precision_and_recall_are_torch_fidelitys(shift):
    from torch_fidelity.metric_prc import prc_features_to_metric

    real, fake = drawn(200, 1), drawn(150, 2, shift)
    told = prc_features_to_metric(
        fake, real, prc_neighborhood=3, prc_batch_size=1000, save_cpu_ram=False, verbose=False
    )  # its first set is the fake one
    mine = neighbourhood(real, fake)
    assert (mine.precision, mine.recall) == pytest.approx((told["precision"], told["recall"]), abs=1e-6)


def test_one_law_twice_has_the_density_and_coverage_expected_of_it():
    """Naeem et al. 2020, section 3.3: density 1, coverage 1 - 2^-k for as many fakes as reals."""
    told = [neighbourhood(drawn(400, 2 * i), drawn(400, 2 * i + 1)) for i in range(5)]
    assert sum(each.density for each in told) / 5 == pytest.approx(1, abs=0.05)
    assert sum(each.coverage for each in told) / 5 == pytest.approx(1 - 2**-5, abs=0.02)


def test_points_on_a_line_by_hand():
    real = torch.tensor([[0.0], [1.0], [2.0], [10.0]])
    fake = torch.tensor([[0.5], [1.5], [50.0]])
    assert reaches(real, 1).tolist() == [1, 1, 1, 8]
    told = neighbourhood(real, fake, k=1, k_density=1)
    assert told.precision == pytest.approx(2 / 3)
    assert told.coverage == pytest.approx(3 / 4)  # the nearest fake to 10 is 8.5 away, further than its ball
    # 0.5 lies in the balls of 0 and 1; 1.5 in those of 1 and 2; the ball of 10 ends at 2.
    assert told.density == pytest.approx(4 / 3)


def test_a_collapsed_generator_has_precision_and_no_recall():
    real = drawn(300, 1)
    fake = real[:1] + 1e-3 * drawn(300, 2)
    told = neighbourhood(real, fake)
    assert told.precision > 0.99
    assert told.recall < 0.02
    assert told.coverage < 0.05


def test_rows_that_do_not_fit_at_once_change_nothing(monkeypatch):
    real, fake = drawn(100, 1), drawn(90, 2, 0.3)
    at_once = neighbourhood(real, fake)
    monkeypatch.setattr(neighbours, "HELD", 700)
    assert neighbourhood(real, fake) == pytest.approx(at_once)


def test_nearest_finds_the_twin():
    known = drawn(50, 1)
    gaps, which = nearest(known[[4, 9]], known)
    assert which.tolist() == [4, 9]
    assert gaps.max() < 1e-3

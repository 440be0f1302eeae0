"""Kernel distances against torch-fidelity, and against what is known of one law compared with itself."""

from __future__ import annotations

import pytest
import torch

from ganzoo.score.metrics.kernel import discrepancy, gaussian, kid, polynomial


def drawn(n: int, seed: int, shift: float = 0.0) -> torch.Tensor:
    return torch.randn(n, 8, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + shift


@pytest.mark.parametrize(("subsets", "size"), [(10, 50), (3, 100), (2, 20)])
def test_kid_is_torch_fidelitys(subsets, size):
    from torch_fidelity.metric_kid import kid_features_to_metric

    real, fake = drawn(150, 1), drawn(120, 2, 0.2)
    told = kid_features_to_metric(
        fake, real, kid_subsets=subsets, kid_subset_size=size, rng_seed=2020, verbose=False, kid_kernel="poly",
        kid_kernel_poly_degree=3, kid_kernel_poly_gamma=None, kid_kernel_poly_coef0=1,
    )  # fmt: skip
    mean, spread = kid(fake, real, subsets=subsets, size=size)
    assert mean == pytest.approx(told["kernel_inception_distance_mean"], rel=1e-6)
    assert spread == pytest.approx(told["kernel_inception_distance_std"], rel=1e-6)


def test_a_subset_is_never_larger_than_the_set():
    assert kid(drawn(40, 1), drawn(30, 2), subsets=2)[1] >= 0


@pytest.mark.parametrize("kernel", [polynomial, gaussian((0.5, 1.0, 2.0))])
def test_one_law_is_not_told_from_itself(kernel):
    same = [discrepancy(drawn(200, 2 * i), drawn(200, 2 * i + 1), kernel) for i in range(20)]
    other = discrepancy(drawn(200, 1), drawn(200, 2, 0.5), kernel)
    assert abs(sum(same) / 20) < other / 20
    assert min(same) < 0 < max(same)  # unbiased: on either side of 0


def test_a_shift_of_narrow_gaussians_in_closed_form():
    """E k(x, y) for x, y ~ N(m, s^2 I) and a Gaussian kernel of width w is (w^2 / (w^2 + 2 s^2))^(d/2) e^(...)."""
    w, s, shift, d = 1.5, 0.7, 0.8, 2
    chance = torch.Generator().manual_seed(0)
    x = s * torch.randn(4_000, d, generator=chance, dtype=torch.float64)
    y = s * torch.randn(4_000, d, generator=chance, dtype=torch.float64) + torch.tensor([shift, 0.0])
    near = (w**2 / (w**2 + 2 * s**2)) ** (d / 2)
    far = near * torch.exp(torch.tensor(-(shift**2) / (2 * (w**2 + 2 * s**2)))).item()
    assert discrepancy(x, y, gaussian((w,))) == pytest.approx(2 * near - 2 * far, rel=0.1)

"""The laws that codes are to follow: their shapes, their parts, and the ways through them."""

from __future__ import annotations

from math import cos, pi, sin

import pytest
import torch
from aae_bench import (
    Heard,
    recipe,
)
from ganzoo_aae.priors import Gaussian, Mixture, SwissRoll


def test_the_gaussian_prior_has_its_spread_in_training_and_in_sampling():
    made = recipe(latent=8, spread=5.0)
    made.nets["decoder"] = Heard()
    codes = [made.samples({"image": torch.empty(20_000, 1)})["d"], made.sample(made.nets, 20_000, {})]
    seeded = made.sample(made.nets, 20_000, {"seed": torch.arange(20_000)})
    for code in (*codes, seeded):
        assert code.shape == (20_000, 8)
        assert code.var().item() == pytest.approx(25, rel=0.01)
        assert code.mean().item() == pytest.approx(0, abs=0.05)


def test_petals_of_the_mixture():
    mixture, n = Mixture(), 4_000
    for k in range(10):
        x, y = mixture(n, "cpu", torch.full((n,), k)).double().unbind(1)
        angle = 2 * pi * k / 10
        outwards, across = x * cos(angle) + y * sin(angle), y * cos(angle) - x * sin(angle)
        assert outwards.mean().item() == pytest.approx(1.4, abs=0.03)
        assert outwards.std().item() == pytest.approx(0.5, rel=0.05)
        assert across.std().item() == pytest.approx(0.05, rel=0.05)
        assert across.abs().max() < 6 * 0.05  # nothing lands in another petal


def test_parts_of_the_swiss_roll():
    roll, n = SwissRoll(), 4_000
    for k in range(10):
        z = roll(n, "cpu", torch.full((n,), k)).double()
        place = (z.norm(dim=1) / 3).square()
        assert place.min().item() == pytest.approx(k / 10, abs=1e-3)
        assert place.max().item() == pytest.approx((k + 1) / 10, abs=1e-3)
        along = place.sqrt() * 4 * pi
        assert torch.allclose(z, 3 * place.sqrt()[:, None] * torch.stack((along.cos(), along.sin()), 1), atol=1e-4)


@pytest.mark.parametrize("prior", [Mixture(), SwissRoll(), Mixture(7), SwissRoll(3)])
def test_the_whole_prior_is_its_components_in_equal_parts(prior):
    n, k = 20_000, prior.components
    whole, parts = prior(n, "cpu"), prior(n, "cpu", torch.arange(n) % k)
    cells = [torch.histogramdd(z, [6, 6], [-3.5, 3.5, -3.5, 3.5]).hist / n for z in (whole, parts)]
    assert (cells[0] - cells[1]).abs().max() < 0.012  # three standard errors of the fullest cell
    assert whole.isfinite().all()


@pytest.mark.parametrize("prior", [Gaussian(3, 2.0), Mixture(), SwissRoll()])
def test_a_seed_is_a_place_whatever_stands_beside_it(prior):
    alone = prior(1, "cpu", seeds=torch.tensor([7]))
    assert torch.equal(alone[0], prior(5, "cpu", seeds=torch.tensor([3, 1, 7, 7, 2**62]))[2])
    assert not torch.equal(alone, prior(1, "cpu", seeds=torch.tensor([8])))


@pytest.mark.parametrize("prior", [Gaussian(2), Mixture(), Mixture(7), SwissRoll()])
@pytest.mark.parametrize("component", [None, 3])
def test_the_way_through_a_prior_has_no_jump(prior, component):
    ends = [(start, start + 1) for start in range(20)]  # from seed to seed, most of them in other components
    kept = None if component is None else torch.full((501,), component)
    for start, end in ends:
        share = torch.linspace(0, 1, 501, dtype=torch.float64)
        ways = torch.stack([torch.full_like(share, start), torch.full_like(share, end), share], 1)
        walked = prior(501, "cpu", kept, ways)
        stops = prior(2, "cpu", None if kept is None else kept[:2], torch.tensor([start, end]))
        assert torch.equal(walked[0], stops[0])
        assert torch.allclose(walked[-1], stops[1], atol=1e-4)
        assert (walked[1:] - walked[:-1]).norm(dim=1).max() < 0.05 * prior.reach


def test_between_two_petals_the_way_goes_around_and_by_the_nearer_side():
    mixture, seeds = Mixture(), torch.arange(201)

    def place(seeds: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Distance from the origin, and angle in petals."""
        x, y = mixture(len(seeds), "cpu", seeds=seeds).double().unbind(1)
        return torch.hypot(x, y), torch.atan2(y, x) * 10 / (2 * pi)

    (out, petal), (far, angle) = place(seeds), place(seeds[:-1] + 0.5)
    turn = (petal[1:].round() - petal[:-1].round() + 5) % 10 - 5
    clear = (out[1:] > 0.5) & (out[:-1] > 0.5) & (far > 0.5)  # nearer to the origin petals are too close to be told
    half = (angle - petal[:-1].round() - turn / 2 + 5) % 10 - 5
    assert half[clear].abs().max() < 0.5  # half of the turn, to that side
    assert turn[clear].unique().numel() == 10
    assert far.mean().item() == pytest.approx(1.4, abs=0.1)  # as far out as in a petal, not through the middle


@pytest.mark.parametrize("prior", [Gaussian(2, 5.0), Mixture(), SwissRoll()])
def test_the_prior_lies_within_its_reach(prior):
    distance = prior(20_000, "cpu").norm(dim=1)
    assert (distance <= prior.reach).float().mean() > 0.98
    assert (distance > 0.6 * prior.reach).any()

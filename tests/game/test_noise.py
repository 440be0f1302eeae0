"""Noise: its moments, and seeds that do not see their neighbours."""

from __future__ import annotations

import pytest
import torch

from ganzoo.game import Latent, normal, uniform


def test_uniform_noise_has_unit_variance_within_its_bounds():
    torch.manual_seed(0)
    z = uniform(1_000_000)
    assert z.var().item() == pytest.approx(1.0, abs=0.005)
    assert z.abs().max() <= 1.7321


@pytest.mark.parametrize("draw", [normal, uniform])
def test_a_row_depends_on_its_own_seed_only(draw):
    many = draw(4, 7, seeds=torch.tensor([3, 1, 4, 1]))
    alone = draw(1, 7, seeds=torch.tensor([4]))
    assert torch.equal(many[2:3], alone)
    assert torch.equal(many[1], many[3])
    assert not torch.equal(many[0], many[1])


@pytest.mark.parametrize("law", ["normal", "uniform"])
def test_seeded_noise_follows_the_same_law(law):
    z = Latent(2_000, law)(16, "cpu", torch.arange(16))
    assert z.mean().item() == pytest.approx(0, abs=0.02)
    assert z.var().item() == pytest.approx(1, abs=0.02)


def test_seeded_noise_leaves_the_generator_of_training_alone():
    before = torch.get_rng_state()
    normal(4, 7, seeds=torch.arange(4))
    assert torch.equal(before, torch.get_rng_state())

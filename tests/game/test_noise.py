"""Noise: its moments, and seeds that do not see their neighbours."""

from __future__ import annotations

import pytest
import torch

from ganzoo.game import Latent, normal, uniform, whole


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


def test_whole_seeds_are_what_they_have_always_been():
    for draw, plain in ((normal, torch.randn), (uniform, torch.rand)):
        row = plain(7, generator=torch.Generator().manual_seed(3))
        expected = row if draw is normal else (2 * row - 1) * 3**0.5
        for seeds in (torch.tensor([3]), torch.tensor([3.0]), torch.tensor([[3.0, 9.0, 0.0]], dtype=torch.float64)):
            assert torch.equal(draw(1, 7, seeds=seeds)[0], expected)
    assert torch.equal(normal(1, 7, seeds=torch.tensor([2**63 - 1]))[0].isfinite(), torch.ones(7, dtype=torch.bool))


@pytest.mark.parametrize("draw", [normal, uniform])
def test_a_fraction_lies_on_the_way_to_the_next_seed(draw):
    between = draw(1, 500, seeds=torch.tensor([3.25], dtype=torch.float64))
    assert torch.equal(between, draw(1, 500, seeds=torch.tensor([[3.0, 4.0, 0.25]], dtype=torch.float64)))
    way = draw(9, 500, seeds=torch.linspace(3, 4, 9, dtype=torch.float64))
    steps = (way[1:] - way[:-1]).norm(dim=1)
    assert steps.max() < 1.1 * steps.min()  # an even pace, and no jump where a seed is reached
    near = draw(2, 500, seeds=torch.tensor([4 - 1e-6, 4.0], dtype=torch.float64))
    assert (near[0] - near[1]).abs().max() < 1e-3


@pytest.mark.parametrize("law", ["normal", "uniform"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_noise_between_seeds_follows_the_same_law(law, share):
    ways = torch.tensor([[seed, 1000 + 7 * seed, share] for seed in range(16)], dtype=torch.float64)
    z = Latent(2_000, law)(16, "cpu", ways)
    assert z.mean().item() == pytest.approx(0, abs=0.02)
    assert z.var().item() == pytest.approx(1, abs=0.02)
    kurtosis = {"normal": 3.0, "uniform": 1.8}[law]
    assert z.pow(4).mean().item() == pytest.approx(kurtosis, rel=0.05)
    assert law == "normal" or z.abs().max() <= 1.7321


def test_a_row_between_seeds_depends_on_itself_only():
    many = normal(3, 7, seeds=torch.tensor([0.5, 3.25, 8.0], dtype=torch.float64))
    assert torch.equal(many[1:2], normal(1, 7, seeds=torch.tensor([3.25], dtype=torch.float64)))
    assert torch.equal(many[2:3], normal(1, 7, seeds=torch.tensor([8])))


def test_the_whole_seed_of_a_row():
    assert whole(torch.tensor([3.75, 4.0], dtype=torch.float64)).tolist() == [3, 4]
    assert whole(torch.tensor([[7.0, 2.0, 0.9]], dtype=torch.float64)).tolist() == [7]
    assert whole(torch.tensor([2**63 - 1])).tolist() == [2**63 - 1]


def test_the_edge_of_uniform_noise_has_a_quantile():
    from ganzoo.game.noise import _turned_rank

    edges = torch.tensor([0.0, 0.5, 1 - 2.0**-24])
    for share in (0.0, 0.3, 1.0):
        between = _turned_rank(edges, edges, share)
        assert between.isfinite().all()
        assert ((between >= 0) & (between <= 1)).all()

"""ProGAN at work: turns apart, runs that are cut at every switch, the average while it grows."""

from __future__ import annotations

from dataclasses import replace
from math import floor

import pytest
import torch
from ganzoo_progan.networks import Generator
from progan_bench import engine, recipe

from ganzoo.game import Progress
from ganzoo.testing.subject import differences
from ganzoo.train import checkpoint


@pytest.mark.parametrize("lod", [2.0, 1.5, 1.0, 0.3, 0.0])
def test_a_turn_moves_its_own_network_alone(lod):
    game = recipe()
    growth = replace(game.growth, stable=100, fade=100, share=0)
    images = next(i for i in range(401) if growth.lod(Progress(images=i)) <= lod)
    game.growth = growth
    run = engine(game, images=images)
    for phase, own, other in zip(game.phases(), "dg", "gd", strict=True):
        game.begin(run.now)
        batch = {"image": torch.rand(8, 3, 16, 16), "z": torch.randn(8, 16)}
        before = {name: [p.detach().clone() for p in game.nets[name].parameters()] for name in "gd"}
        run._run(phase, [batch])
        same = {
            name: [torch.equal(a, b) for a, b in zip(before[name], game.nets[name].parameters(), strict=True)]
            for name in "gd"
        }
        assert all(same[other])
        grads = [p.grad for p in game.nets[own].parameters() if p.grad is not None]
        assert all(grad.isfinite().all() for grad in grads)
        # Layers of sizes to come, and of pictures no longer made, have no part in it.
        top, old = 2 - floor(game.lod), game.lod > floor(game.lod)
        blocks = sum(len(list(game.nets[own].blocks[i].parameters())) for i in range(top + 1))
        assert len(grads) == blocks + 2 * (1 + old)


@pytest.mark.parametrize("looked_at", [False, True])
def test_a_run_that_is_cut_anywhere_goes_on_as_if_it_were_not(looked_at, tmp_path):
    """Bit for bit, at cuts inside a size, inside a fade, and right at and beside every switch, of size and batch.

    Sheets are drawn between two steps, where the next size may already be due, and checkpoints written after them.
    """
    settings = {"stable": 16, "fade": 16, "batches": (8, 8, 4)}
    whole = engine(recipe(**settings))
    while whole.now.images < 72:
        whole.step()
        if looked_at:
            whole.recipe.begin(whole.now)
        checkpoint.save(tmp_path / f"{whole.now.images}.safetensors", whole.state(), {})
    end = whole.state()
    for images in (8, 16, 24, 32, 48, 56, 64):
        torch.manual_seed(99)  # nothing outside the checkpoint may matter
        again = engine(recipe(**settings))
        again.load(checkpoint.load(tmp_path / f"{images}.safetensors")[0])
        if looked_at:
            again.recipe.begin(again.now)
        while again.now.images < 72:
            again.step()
        assert again.now == whole.now
        assert not differences(again.state(), end)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_few_steps_through_every_size(channels):
    game = recipe(channels=channels)
    run = engine(game, total=160)
    sizes = set()
    while run.now.images < 160:
        run.step()
        sizes.add(game.lod)
    assert {2.0, 0.0} < sizes
    assert all(torch.tensor(value).isfinite() for value in run.read().values())
    with run.sampling() as nets:
        assert game.sample(nets, 2, {"seed": torch.arange(2)}).shape == (2, channels, 16, 16)


def test_the_average_has_what_sampling_needs():
    """Layers that have not had their turn are averaged with themselves, and how far growth has come is no weight."""
    game = recipe()
    run = engine(game, total=10_000)
    untouched = game.nets["g"].blocks[2][0].weight.clone()
    run.step()
    twin = run.averages["g"].net
    assert torch.allclose(twin.blocks[2][0].weight, untouched, atol=1e-6)
    assert not torch.equal(twin.blocks[0].conv.weight, game.nets["g"].blocks[0].conv.weight)
    assert not list(twin.buffers())


def test_the_average_draws_at_the_size_that_is_due():
    game = recipe()
    run, alone = engine(game, total=96), Generator((3, 16, 16), 16, base=32, width=8)
    for _ in range(12):
        run.step()
        game.begin(run.now)
        with run.sampling() as nets:
            alone.load_state_dict(nets["g"].state_dict(), strict=False)
            drawn = game.sample(nets, 2, {"seed": torch.arange(2)})
            assert torch.equal(drawn, game.sample({"g": alone}, 2, {"seed": torch.arange(2)}))

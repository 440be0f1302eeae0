"""Wasserstein GANs at work: turns apart, runs that are cut, statistics, micro-batches."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from wgan_bench import CLASSES, LABELLED, engine, play

from ganzoo.testing.subject import differences
from ganzoo.train import checkpoint

GAMES = {
    "gp": ({}, (3, 8, 8), 0),
    "clip": ({"variant": "clip", "discriminator": "dcgan", "generator": "dcgan", "warmup": 4}, (3, 16, 16), 0),
    "labels": ({**LABELLED, "decay": True, "fakes": 2, "dither": 1 / 128}, (3, 8, 8), 10),
    "points": ({"generator": "wgan-mlp", "discriminator": "wgan-mlp", "penalty": 0.1}, (2,), 0),
}


def started_game(name: str, **start):
    settings, shape, classes = GAMES[name]
    return engine(play("tiny", shape, classes=CLASSES[:classes], **settings), shape, classes=classes, **start)


@pytest.mark.parametrize("name", GAMES)
@pytest.mark.parametrize("player", ["d", "g"])
def test_a_phase_moves_its_own_player_alone(name, player):
    run = started_game(name)
    recipe = run.recipe
    run.step()  # moments, and a critic that has been clipped
    every = recipe.phases()
    recipe.phases = lambda: [phase for phase in every if phase.name == player]
    other = {"d": "g", "g": "d"}[player]
    before = {key: p.clone() for key, p in recipe.nets[other].named_parameters()}
    mine = [p.clone() for p in recipe.nets[player].parameters()]
    run.step()
    assert all(torch.equal(p, before[key]) for key, p in recipe.nets[other].named_parameters())
    assert not all(map(torch.equal, recipe.nets[player].parameters(), mine))
    for key, p in recipe.nets[player].named_parameters():
        assert p.grad is not None, key
        assert p.grad.isfinite().all(), key


@pytest.mark.parametrize("name", GAMES)
@pytest.mark.parametrize(("first", "cut"), [(0, 1), (0, 3), (22, 3), (498, 2), (498, 3)])
def test_a_run_that_was_cut_ends_bit_for_bit_as_one_that_was_not(name, first, cut, tmp_path):
    """The cuts before and behind turns 25 and 500 lie where the number of critic steps changes."""
    whole = started_game(name, step=first)
    for _ in range(5):
        whole.step()
    half = started_game(name, step=first)
    for _ in range(cut):
        half.step()
    checkpoint.save(tmp_path / "half.safetensors", half.state(), {})
    state, _ = checkpoint.load(tmp_path / "half.safetensors")
    rest = started_game(name)
    for p in (p for net in rest.recipe.nets.values() for p in net.parameters()):
        nn.init.zeros_(p)
    torch.manual_seed(99)
    rest.load(state)
    for _ in range(5 - cut):
        rest.step()
    assert rest.now == whole.now
    assert not differences(rest.state(), whole.state())


def test_statistics_are_counted_once_a_turn_and_copied_into_the_average():
    run = started_game("clip", step=30)
    for _ in range(3):
        run.step()
    norms = [m for m in run.recipe.nets["g"].modules() if isinstance(m, nn.BatchNorm2d)]
    assert {int(m.num_batches_tracked) for m in norms} == {3}
    averaged = [m for m in run.averages["g"].net.modules() if isinstance(m, nn.BatchNorm2d)]
    for live, mean in zip(norms, averaged, strict=True):
        assert torch.equal(live.running_mean, mean.running_mean)
        assert torch.equal(live.running_var, mean.running_var)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("variant", ["gp", "clip"])
def test_the_tiny_preset_trains(channels, variant):
    run = engine(play(shape=(channels, 8, 8), variant=variant), (channels, 8, 8))
    for _ in range(3):
        run.step()
    assert set(run.read()) >= {"d/loss", "d/real", "d/fake", "g/loss"}  # read refuses what is not finite
    with run.sampling() as nets:
        drawn = run.recipe.sample(nets, 3, {"seed": torch.tensor([7, 8, 7])})
    assert drawn.shape == (3, channels, 8, 8)
    assert torch.equal(drawn[0], drawn[2])


def test_micro_batches_give_the_gradient_of_one_batch():
    """With a norm by example nothing ties a batch together, so parts of it may be taken in turn."""
    recipe = play(variant="clip", generator="wgan-mlp", clip=100)
    batch = {"image": torch.rand(8, 3, 8, 8)}
    gradients = []
    for parts in (1, 4):
        weights = list(recipe.nets["d"].parameters())
        recipe.latent = lambda n, device, seeds=None: torch.zeros(n, 8)
        losses = [recipe.d_loss({"image": part})[0] / parts for part in batch["image"].chunk(parts)]
        gradients.append(torch.autograd.grad(sum(losses), weights))
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(*gradients, strict=True))

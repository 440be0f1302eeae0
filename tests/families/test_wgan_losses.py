"""WGAN's game: the critic's schedule, clipping behind the step, the penalty on slopes, the papers' settings."""

from __future__ import annotations

from math import sqrt

import pytest
import torch
from fingerprint import filler
from ganzoo_wgan.recipe import critic_steps
from torch import nn
from torch.optim import Adam, RMSprop
from wgan_bench import engine, family, play

from ganzoo.game import Progress
from ganzoo.zoo.config import resolve


@pytest.mark.parametrize(("turns", "total"), [(25, 2_500), (100, 2_875), (500, 4_875), (1000, 7_470)])
def test_critic_steps_of_the_clipped_schedule(turns, total):
    config = resolve(family(), "clip")
    assert sum(critic_steps(step, config) for step in range(turns)) == total


def test_the_schedule_counts_every_real_image():
    recipe = play(variant="clip", n_critic=2, warmup=4)
    run = engine(recipe, step=23, images=0)
    seen = []
    for _ in range(4):
        run.step()
        seen.append(run.now.images // 8)
    assert seen == [4, 8, 10, 12]  # turns 23 and 24 are of the first 25
    run = engine(recipe, step=499, images=0)
    run.step(), run.step(), run.step()
    assert run.now.images == 8 * (2 + 4 + 2)


def test_the_penalised_critic_has_no_schedule():
    recipe = play(n_critic=3, warmup=50)
    for step in (0, 24, 25, 500):
        recipe.begin(Progress(step=step, batch=8, total=1))
        assert [phase.repeat for phase in recipe.phases()] == [3, 1]


@pytest.mark.parametrize("discriminator", ["dcgan", "wgan-resnet", "wgan-mlp"])
def test_every_parameter_of_the_critic_is_clipped_after_every_step(discriminator):
    shape = (3, 16, 16)
    recipe = play("tiny", shape, variant="clip", warmup=3, discriminator=discriminator)
    clip, judged, met = recipe.after_d, recipe.g_loss, []

    def look():
        met.append(max(p.abs().max().item() for p in recipe.nets["d"].parameters()))

    recipe.after_d = lambda: (clip(), look())
    recipe.g_loss = lambda batch: (look(), judged(batch))[1]
    run = engine(recipe, shape)
    run.step(), run.step()
    assert len(met) == 8  # after three steps of the critic, and when the generator asks it; twice
    assert (
        max(met) == torch.tensor(0.01).item()
    )  # one step of RMSprop from rest is 5e-4: clipping first would leave 0.0105
    generator_weights = [p.abs().max().item() for p in recipe.nets["g"].parameters()]
    assert max(generator_weights) > 0.1


def test_first_step_of_rmsprop():
    recipe = play(variant="clip", warmup=1, clip=100)
    before = {name: p.clone() for name, p in recipe.nets["d"].named_parameters()}
    engine(recipe).step()
    moved = torch.cat([(p - before[name]).abs().flatten() for name, p in recipe.nets["d"].named_parameters()])
    assert moved.max().item() == pytest.approx(5e-4, rel=1e-3)


def test_optimizers_of_either_variant():
    for opt in play(variant="clip").opts.values():
        group = opt.param_groups[0]
        assert isinstance(opt, RMSprop)
        assert (group["lr"], group["alpha"], group["momentum"]) == (5e-5, 0.99, 0)
    for opt in play().opts.values():
        group = opt.param_groups[0]
        assert isinstance(opt, Adam)
        assert (group["lr"], group["betas"]) == (1e-4, (0.0, 0.9))
    assert play(lr=3e-4).opts["g"].param_groups[0]["lr"] == 3e-4


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        (
            "paper",
            {"size": 64, "width": 64, "batch": 64, "n_critic": 5, "penalty": 10, "betas": (0, 0.9), "latent": 128},
        ),
        ("clip", {"size": 64, "width": 64, "batch": 64, "n_critic": 5, "clip": 0.01, "warmup": 100, "latent": 100}),
        ("cifar", {"size": 32, "width": 128, "lr": 2e-4, "decay": True, "fakes": 2, "dither": 1 / 128}),
        ("points", {"batch": 256, "penalty": 0.1, "betas": (0.5, 0.9), "n_critic": 5, "latent": 2, "width": 128}),
    ],
)
def test_the_papers_settings(preset, expected):
    config = resolve(family(), preset)
    assert {name: getattr(config, name) for name in expected} == expected


def test_rate_falls_in_a_line_to_zero():
    recipe = play(decay=True)
    for images, rate in [(0, 1e-4), (500, 5e-5), (1_000, 0), (2_000, 0)]:
        recipe.begin(Progress(images=images, total=1_000))
        assert [opt.param_groups[0]["lr"] for opt in recipe.opts.values()] == pytest.approx([rate, rate])


def test_the_players_want_opposite_things():
    """Whichever sign the papers choose: what lowers the critic's loss on fakes raises the generator's."""
    recipe = play()
    scores = torch.randn(2, 8, requires_grad=True)
    (by_real, by_fake) = torch.autograd.grad(recipe.loss.d(*scores), scores)[0]
    (_, for_g) = torch.autograd.grad(recipe.loss.g(scores[1]), scores)[0]
    assert torch.allclose(by_real, torch.full((8,), -1 / 8))
    assert torch.allclose(by_fake, torch.full((8,), 1 / 8))
    assert torch.allclose(for_g, -by_fake)


def test_loss_of_the_critic_is_the_gap_and_the_penalty():
    recipe = play()
    torch.manual_seed(1)
    loss, shown = recipe.d_loss({"image": torch.rand(8, 3, 8, 8)})
    assert loss.item() == pytest.approx((shown["fake"] - shown["real"] + shown["penalty"]).item(), abs=1e-5)
    assert shown["penalty"] > 0
    assert "penalty" not in play(variant="clip").d_loss({"image": torch.rand(8, 3, 8, 8)})[1]


class Plane(nn.Module):
    """f(x) = w.x over all pixels, w of the given norm; keeps what it was shown."""

    def __init__(self, norm: float):
        super().__init__()
        w = filler(3, 8, 8)
        self.w = nn.Parameter(w * (norm / w.norm()))

    def forward(self, x):
        self.seen = x.detach()
        return (x * self.w).flatten(1).sum(1)


class Bowl(nn.Module):
    """f(x) = |x|^2 / 2, whose slope at x is |x|."""

    def forward(self, x):
        return x.flatten(1).square().sum(1) / 2


@pytest.mark.parametrize(("preset", "weight"), [("paper", 10), ("points", 0.1)])
@pytest.mark.parametrize("norm", [0.5, 1, 3])
def test_a_plane_is_penalised_by_its_slope_wherever_the_data_lie(preset, weight, norm):
    penalise, d = play(preset, width=4, latent=8).penalty, Plane(norm)
    penalty = penalise(d, torch.randn(4, 3, 8, 8), torch.randn(4, 3, 8, 8), {})
    assert penalty.item() == pytest.approx(weight * (norm - 1) ** 2, rel=1e-4, abs=1e-6)
    assert penalty.requires_grad
    (by_w,) = torch.autograd.grad(penalty, d.w)
    assert torch.allclose(by_w, 2 * weight * (norm - 1) * d.w / norm, rtol=1e-3, atol=1e-5)


def test_slopes_of_0_and_of_2_do_not_make_up_for_each_other():
    x = torch.zeros(2, 3, 8, 8)
    x[1] = 2 / sqrt(3 * 8 * 8)
    assert play().penalty(Bowl(), x, x, {}).item() == pytest.approx(10, rel=1e-4)


def test_every_pair_is_mixed_by_a_share_of_its_own():
    d = Plane(1)
    play().penalty(d, torch.ones(64, 3, 8, 8), torch.zeros(64, 3, 8, 8), {})
    shares = d.seen.flatten(1)
    assert torch.equal(shares, shares[:, :1].expand_as(shares))
    assert len(shares[:, 0].unique()) > 60


def test_fakes_are_constants_to_the_critic():
    recipe = play()
    turn, _ = recipe.phases()
    recipe.phases = lambda: [turn]
    engine(recipe).step()
    assert all(p.grad is None for p in recipe.nets["g"].parameters())


def test_the_generator_is_judged_on_fresh_noise_and_as_many_fakes_as_asked():
    recipe = play(fakes=3)
    seen = []
    recipe.nets["g"].register_forward_hook(lambda _net, z, _out: seen.append(z[0]))
    batch = {"image": torch.rand(8, 3, 8, 8)}
    recipe.d_loss(batch), recipe.g_loss(batch)
    assert [len(z) for z in seen] == [8, 24]
    assert not torch.equal(seen[0], seen[1][:8])


@pytest.mark.parametrize("loss", ["hinge", "non-saturating", "relativistic", "least-squares"])
def test_other_losses_may_be_played(loss):
    run = engine(play(loss=loss, fakes=2))
    run.step()
    assert run.read()["g/loss"] != 0


def test_dither_fills_the_steps_between_grey_levels():
    real = torch.zeros(8, 3, 8, 8)
    dithered = play(dither=1 / 128).dithered(real)
    assert dithered.min() >= 0
    assert 0.9 / 128 < dithered.max() <= 1 / 128
    assert play().dithered(real) is real

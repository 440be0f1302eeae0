"""The game over codes, and reconstruction: what each phase is to lose, and in which order they stand."""

from __future__ import annotations

from math import log

import pytest
import torch
from aae_bench import (
    CLASSES,
    DIGITS,
    MNIST,
    VARIANTS,
    Said,
    draw,
    engine,
    recipe,
)
from torch import nn

from ganzoo import Facts, find
from ganzoo.game import Progress
from ganzoo.zoo.config import resolve


def test_an_undecided_discriminator_costs_two_ln_2():
    for variant in VARIANTS:
        made = recipe(variant)
        judges = [net for name, net in made.nets.items() if name in ("d", "d_y")]
        for p in (p for net in judges for p in net.parameters()):
            nn.init.zeros_(p)
        batch = draw(0, 16)
        made.begin(Progress())
        made.reconstruct(batch)
        d_loss, shown = made.judge(batch)
        assert d_loss.item() == pytest.approx(2 * log(2) * len(judges), abs=1e-6)
        assert made.fool(batch)[0].item() == pytest.approx(log(2) * len(judges), abs=1e-6)
        assert all(value.eq(0.5).all() for value in shown.values())


class LogRatio(nn.Module):
    """The best discriminator there is of N(0, I) and N(mean, std^2 I): the logarithm of p over q."""

    def __init__(self, mean: float, std: float):
        super().__init__()
        self.mean, self.std = mean, std

    def forward(self, z):
        q = ((z - self.mean) / self.std).square().sum(1) / 2 + z.shape[1] * log(self.std)
        return q - z.square().sum(1) / 2


def test_the_encoders_gradient_is_that_of_the_log_ratio():
    """Phase 3 against log p/q of known Gaussians: -(1 - sigmoid(l)) grad l."""
    mean, std, n = 1.5, 0.7, 64
    made = recipe(latent=3)
    z = torch.randn(n, 3) * std + mean
    made.nets["encoder"], made.nets["d"] = Said(z), LogRatio(mean, std)
    loss, _ = made.fool({"image": torch.empty(n, 1)})
    (gradient,) = torch.autograd.grad(loss, made.nets["encoder"].words[0])
    chance = torch.sigmoid(made.nets["d"](z)).unsqueeze(1)
    assert torch.allclose(gradient * n, -(1 - chance) * ((z - mean) / std**2 - z), atol=1e-5)


def test_the_best_discriminator_cannot_tell_equal_laws_apart():
    made = recipe(latent=3)
    made.nets["encoder"], made.nets["d"] = Said(torch.randn(64, 3)), LogRatio(0.0, 1.0)
    loss, shown = made.judge({"image": torch.empty(64, 1)})
    assert loss.item() == pytest.approx(1.386294, abs=1e-6)
    assert shown["prior"].eq(0.5).all()
    assert shown["code"].eq(0.5).all()


def test_samples_of_the_prior_are_the_real_ones():
    made = recipe(latent=3)
    made.nets["encoder"], made.nets["d"] = Said(torch.full((64, 3), 9.0)), LogRatio(9.0, 1.0)
    loss, shown = made.judge({"image": torch.empty(64, 1)})
    assert loss.item() < 1e-3
    assert shown["prior"].min() > 0.999
    assert shown["code"].max() < 0.001
    assert made.fool({"image": torch.empty(64, 1)})[0].item() > 50


def test_a_relativistic_loss_also_looks_at_the_prior():
    made = recipe(loss="relativistic")
    for p in made.nets["d"].parameters():
        nn.init.zeros_(p)
    assert made.fool(draw(0, 16))[0].item() == pytest.approx(log(2), abs=1e-6)


def test_reconstruction_is_half_the_squared_distance_in_the_papers_range():
    made = recipe()
    made.nets["decoder"] = Said(torch.full((2, *DIGITS), 0.5))
    image = torch.tensor([-0.5, 1.0])[:, None, None, None].expand(2, *DIGITS)  # 0.25 and 1.0 in [0, 1], against 0.75
    loss, shown = made.reconstruct({"image": image})
    assert shown["mse"].item() == pytest.approx((0.5**2 + 0.25**2) / 2)
    assert loss.item() == pytest.approx(0.5 * 64 * (0.5**2 + 0.25**2) / 2)


def test_the_decoder_listens_to_every_coordinate_of_the_code():
    made = recipe(latent=5, width=64, betas=(0.5, 0.9))
    e = engine(made)
    slopes = []
    for _ in range(60):
        e.recipe.begin(e.now)
        e._run(made.phases()[0], [draw(0, 64)])
        slopes.append(
            torch.autograd.functional.jacobian(made.nets["decoder"], torch.zeros(1, 5)).flatten(0, -2).norm(dim=0)
        )
    assert (slopes[-1] > 1e-2).all()
    assert (slopes[-1] > 10 * slopes[0]).all()


def test_phases_stand_in_the_papers_order():
    assert [phase.name for phase in recipe().phases()] == ["ae", "d", "g"]
    assert [phase.name for phase in recipe("semi-supervised").phases()] == ["ae", "d", "g", "y"]
    assert [phase.name for phase in recipe("clustering").phases()] == ["ae", "d", "g"]


def test_the_papers_settings():
    family = find("families", "aae")
    paper = resolve(family, "paper")
    assert (paper.batch, paper.latent, paper.spread, paper.width) == (100, 8, 5.0, 1000)
    made = family.build(resolve(family, "paper-labels"), Facts(MNIST, count=60_000, classes=CLASSES))
    groups = {name: opt.param_groups[0] for name, opt in made.opts.items()}
    assert {name: group["momentum"] for name, group in groups.items()} == {"ae": 0.9, "d": 0.1, "g": 0.1, "y": 0.9}
    for epoch, fall in [(0, 1), (49.99, 1), (50, 10), (999.99, 10), (1000, 100), (5000, 100)]:
        made.begin(Progress(images=round(epoch * 60_000), batch=100, total=1))
        rates = {name: group["lr"] for name, group in groups.items()}
        assert rates == pytest.approx({"ae": 0.01 / fall, "d": 0.1 / fall, "g": 0.1 / fall, "y": 0.1 / fall})

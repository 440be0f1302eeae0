"""What people get wrong in a Wasserstein GAN, each put in on purpose: a test of the family must then fail."""

from __future__ import annotations

from functools import partial

import pytest
import test_wgan_layers as layers
import test_wgan_losses as losses
import torch
from ganzoo_wgan import FAMILY, convolutions, recipe
from mutation import must_be_caught
from torch import nn
from torch.optim import Adam

from ganzoo.game import Phase, players

pytestmark = pytest.mark.slow


def penalty_of(slope, mean, *, share=lambda n: torch.rand(n, 1, 1, 1), graph=True):
    """A gradient penalty to get wrong: how one example's slope is measured, how the slopes of a batch are judged."""

    def penalty(d, real, fake, cond, weight):
        part = share(len(real))
        x = (part * real + (1 - part) * fake).detach().requires_grad_()
        (gradient,) = torch.autograd.grad(d(x, **cond).sum(), x, create_graph=graph)
        return weight * mean(slope(gradient))

    return penalty


def whole(gradient):
    return gradient.flatten(1).norm(dim=1)


def squared_gap(slopes):
    return (slopes - 1).square().mean()


def one_turn(self):
    return [Phase("d", self.d_loss, "d", after=self.after_d), Phase("g", self.g_loss, "g")]


def clip_before(self):
    def loss(batch):
        self.after_d()
        return self.d_loss(batch)

    return [Phase("d", loss, "d", repeat=self.n_critic), Phase("g", self.g_loss, "g")]


class Uncut:
    """Fakes that nothing separates from the generator."""

    def __init__(self, batch, net, draw):
        net.requires_grad_(True)
        self.fakes = draw()

    def detach(self):
        return self.fakes


plane = partial(losses.test_a_plane_is_penalised_by_its_slope_wherever_the_data_lie, "paper", 10)
clipped = partial(losses.test_every_parameter_of_the_critic_is_clipped_after_every_step, "dcgan")

MUTATIONS = {
    "norm over channels": (
        recipe,
        "gradient_penalty",
        penalty_of(lambda gradient: gradient.norm(dim=1), squared_gap),
        partial(plane, 3),
    ),
    "one share a batch": (
        recipe,
        "gradient_penalty",
        penalty_of(whole, squared_gap, share=lambda n: torch.rand(1, 1, 1, 1)),
        losses.test_every_pair_is_mixed_by_a_share_of_its_own,
    ),
    "one-sided penalty": (
        recipe,
        "gradient_penalty",
        penalty_of(whole, lambda slopes: (slopes - 1).clamp(min=0).square().mean()),
        partial(plane, 0.5),
    ),
    "(E n - 1)^2": (
        recipe,
        "gradient_penalty",
        penalty_of(whole, lambda slopes: (slopes.mean() - 1).square()),
        losses.test_slopes_of_0_and_of_2_do_not_make_up_for_each_other,
    ),
    "no graph of the slope": (
        recipe,
        "gradient_penalty",
        penalty_of(whole, squared_gap, graph=False),
        partial(plane, 3),
    ),
    "batch norm in the critic": (
        convolutions,
        "NORMS",
        {"layer": nn.BatchNorm2d},
        partial(layers.test_a_score_does_not_depend_on_the_batch, "wgan-conv4-layer"),
    ),
    "one critic step a turn": (
        recipe.Wasserstein,
        "phases",
        one_turn,
        losses.test_the_penalised_critic_has_no_schedule,
    ),
    "clipped before the step": (recipe.Wasserstein, "phases", clip_before, clipped),
    "Adam with clipping": (
        recipe,
        "RMSprop",
        lambda weights, lr: Adam(weights, lr, betas=(0.9, 0.999)),
        losses.test_optimizers_of_either_variant,
    ),
    "fakes not cut from the generator": (
        players,
        "drawn_ahead",
        Uncut,
        losses.test_fakes_are_constants_to_the_critic,
    ),
    "a penalty of 10 on points": (
        FAMILY.presets["points"],
        "penalty",
        10.0,
        partial(losses.test_a_plane_is_penalised_by_its_slope_wherever_the_data_lie, "points", 0.1, 3),
    ),
}


@pytest.mark.parametrize(("owner", "name", "mistake", "check"), MUTATIONS.values(), ids=MUTATIONS)
def test_a_mistake_does_not_pass(owner, name, mistake, check, monkeypatch):
    must_be_caught([(owner, name, mistake)], check, monkeypatch)


@pytest.mark.parametrize("norm", [0.5, 3])
def test_the_penalty_that_is_got_wrong_here_is_the_right_one_otherwise(norm, monkeypatch):
    monkeypatch.setattr(recipe, "gradient_penalty", penalty_of(whole, squared_gap))
    plane(norm)
    losses.test_slopes_of_0_and_of_2_do_not_make_up_for_each_other()
    losses.test_every_pair_is_mixed_by_a_share_of_its_own()

"""What people get wrong in the first GAN, each put in on purpose: a test of test_vanilla.py must then fail."""

from __future__ import annotations

from functools import partial

import ganzoo_vanilla.recipe as recipe_module
import pytest
import test_vanilla as checks
import torch
from ganzoo_vanilla import networks
from torch import nn
from torch.nn.functional import softplus

from ganzoo.game import losses, noise
from ganzoo.train.engine import Engine

pytestmark = pytest.mark.slow


def everything_learns(self, opt):
    for p in self._parameters:
        p.requires_grad_(True)


def labels_swapped(self, real, fake):
    return softplus(real).mean() + softplus(-fake).mean()


def unit_bounds(*shape, device="cpu", seeds=None):
    return 2 * torch.rand(shape, device=device) - 1


def rectified(inputs, units, pieces):
    return nn.Sequential(nn.Linear(inputs, units), nn.ReLU())


def normalised(g, facts, latent, width):
    plain(g, facts, latent, width)
    g.body.insert(1, nn.BatchNorm1d(width, 0.8))


def one_for_both(net, **options):
    """The same Adam for whoever asks for one."""
    if held:
        held[0].add_param_group({"params": list(net.parameters())})
    else:
        held.append(torch.optim.Adam(net.parameters(), lr=options["lr"]))
    return held[0]


held: list[torch.optim.Optimizer] = []
plain = networks.Generator.__init__


def fingerprint_of_g():
    g = networks.Generator(checks.DIGITS, 16, 128)
    checks.test_fingerprint_of_the_generator(g, checks.filler(4, 16), (0.519933, 0.114436, 0.584208, 0.300704))


def fingerprint_of_d():
    checks.test_fingerprint_of_the_discriminator((1, 8, 8), 320, (-0.990526, 0.134367, -0.891118, -1.056091))


def order_of_labels():
    """A discriminator that tells them apart has less to pay than one that errs."""
    real, fake = torch.full((4,), 3.0), torch.full((4,), -3.0)
    loss = losses.NonSaturating()
    assert loss.d(real, fake) < 0.1 < loss.d(fake, real)


MUTATIONS = {
    "detach dropped": ([(Engine, "_let_learn", everything_learns)], checks.test_a_turn_moves_one_player),
    "saturating loss": (
        [(losses.NonSaturating, "g", losses.Minimax.g)],
        partial(checks.test_how_a_loss_teaches_a_generator_that_is_seen_through, "non-saturating", -0.9933071),
    ),
    "real and fake swapped": ([(losses.NonSaturating, "d", labels_swapped)], order_of_labels),
    "one optimizer for both": ([(recipe_module, "adam", one_for_both)], checks.test_a_turn_moves_one_player),
    "noise on [-1, 1]": (
        [(noise, "uniform", unit_bounds)],
        checks.test_the_noise_has_unit_variance_and_the_papers_bounds,
    ),
    "ReLU for maxout": ([(networks, "Maxout", rectified)], fingerprint_of_d),
    "batch norm with eps 0.8": ([(networks.Generator, "__init__", normalised)], fingerprint_of_g),
}


@pytest.mark.parametrize(("changes", "check"), MUTATIONS.values(), ids=MUTATIONS)
def test_a_mistake_does_not_pass(changes, check, monkeypatch):
    check()
    held.clear()
    for owner, name, mistake in changes:
        monkeypatch.setattr(owner, name, mistake)
    with pytest.raises(AssertionError):
        check()

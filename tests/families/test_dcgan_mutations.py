"""What people get wrong in DCGAN, each put in on purpose: a test of test_dcgan.py must then fail."""

from __future__ import annotations

from functools import partial

import pytest
import test_dcgan as checks
import torch
from ganzoo_dcgan import networks
from mutation import must_be_caught
from torch import nn

from ganzoo.game import TwoPlayer

pytestmark = pytest.mark.slow

G, D = networks.Generator.__init__, networks.Discriminator.__init__


def fingerprint(which: str) -> None:
    """Built here, where the mistake is: those of the tests' own table were built before it."""
    net, x, shape, expected = {
        "g": (checks.generator, (4, 100), (4, 3, 32, 32), (0.189748, 0.576260, -0.024254, -0.177338)),
        "d": (checks.discriminator, (4, 3, 32, 32), (4,), (0.269749, 0.691126, 1.129380, -0.591327)),
    }[which]
    scale = 0.5 if which == "d" else 1
    checks.test_fingerprints(net(32, 16), scale * checks.filler(*x), shape, expected, torch.contiguous_format)


def normalised_at_the_entrance(d, shape, width):
    D(d, shape, width)
    d.insert(1, nn.BatchNorm2d(width))


def shallow(d, shape, width):
    D(d, shape, width)
    for layer in d:
        if isinstance(layer, nn.LeakyReLU):
            layer.negative_slope = 0.01


def judged_together(self, batch):
    real = batch["image"]
    batch["z"] = self.latent(len(real), real.device)
    fake = self.nets["g"](batch["z"]).detach()
    on_real, on_fake = self.nets["d"](torch.cat((real, fake))).chunk(2)
    return self.loss.d(on_real, on_fake), {}


def started_wide(layer):
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.2)


def with_bias(g, shape, latent, width):
    G(g, shape, latent, width)
    for layer in g:
        if isinstance(layer, nn.ConvTranspose2d):
            layer.bias = nn.Parameter(torch.zeros(layer.out_channels))


def without_norm(g, shape, latent, width):
    G(g, shape, latent, width)
    for i, layer in enumerate(g):
        if isinstance(layer, nn.BatchNorm2d):
            g[i] = nn.Identity()


def without_tanh(g, shape, latent, width):
    G(g, shape, latent, width)
    g[-1] = nn.Identity()


MUTATIONS = {
    "batch norm on D's first layer": ((networks.Discriminator, "__init__", normalised_at_the_entrance),
                                      checks.test_layers_are_those_of_the_reference),
    "slope 0.01": ((networks.Discriminator, "__init__", shallow), partial(fingerprint, "d")),
    "real and fake in one batch": ((TwoPlayer, "d_loss", judged_together), checks.test_batch_norm_counts_of_a_step),
    "started with 0.2": ((networks, "initialise", started_wide), partial(checks.test_spread_at_the_start, 0)),
    "with bias": ((networks.Generator, "__init__", with_bias),
                  partial(checks.test_parameter_counts, 32, 16, 3, 144_352, 42_944)),
    "no batch norm in G": ((networks.Generator, "__init__", without_norm), partial(fingerprint, "g")),
    "no tanh": ((networks.Generator, "__init__", without_tanh), checks.test_pictures_end_in_the_tanh),
}  # fmt: skip


@pytest.mark.parametrize(("change", "check"), MUTATIONS.values(), ids=MUTATIONS)
def test_a_mistake_does_not_pass(change, check, monkeypatch):
    must_be_caught([change], check, monkeypatch)

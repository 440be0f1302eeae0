"""What people get wrong in a conditional GAN, each put in on purpose: a test of the family must then fail."""

from __future__ import annotations

import pytest
import test_cgan_classes as classes
import test_cgan_losses as losses
import test_cgan_networks as networks
import torch
from cgan_bench import LABEL
from ganzoo_cgan import residual
from ganzoo_cgan.recipe import Conditional, LabelPrior
from mutation import must_be_caught
from torch import nn
from torch.nn import functional as F

from ganzoo.game.nn import SpectralNorm

LABELLED = (0.255949, 0.488045, 0.573875, -0.012405)
JUDGED = (114.211748, 33.106879, 161.433197, 120.186974)


def fingerprint_of_g():
    networks.test_fingerprint_of_the_residual_generator(10, LABELLED, torch.contiguous_format)


def fingerprint_of_d():
    networks.test_fingerprint_of_the_projection_discriminator(LABEL, networks.converge, JUDGED)


def deaf(self, x, label=None):
    for block in self.blocks:
        x = block(x)
    return self.score(F.relu(x).sum((2, 3))).flatten()


def mean_pooled(self, x, label=None):
    for block in self.blocks:
        x = block(x)
    seen = F.relu(x).mean((2, 3))
    return self.score(seen).flatten() + (self.vectors(label) * seen).sum(1)


def other_label(self, batch):
    z, drawn = self.drawn(self.fakes * len(batch["image"]), "cpu")
    return self.loss.g(self.nets["d"](self.nets["g"](z, label=drawn), label=drawn.roll(1))), {}


class GainFromZero(residual.ConditionalBatchNorm2d):
    def __init__(self, channels, classes):
        super().__init__(channels, classes)
        nn.init.zeros_(self.gain)


def batch_labels(self, label):
    self.latest = label


def same_labels(self, n):
    return self.latest.repeat(n // len(self.latest))


def remembers_always(self, matrix):
    v = F.normalize(self.u @ matrix, dim=0)
    u = F.normalize(matrix @ v, dim=0)
    self.u.copy_(u)
    return u, v


MUTATIONS = {
    "D ignores the label": ([(residual.Projection, "forward", deaf)], fingerprint_of_d),
    "another label for D than for G": (
        [(Conditional, "g_loss", other_label)],
        losses.test_a_fake_is_judged_under_the_label_it_was_drawn_under,
    ),
    "gains start at zero": (
        [(residual, "ConditionalBatchNorm2d", GainFromZero)],
        networks.test_the_residual_networks_start_by_glorot,
    ),
    "no spectral norm on the vectors": (
        [(residual, "SpectralEmbedding", nn.Embedding)],
        classes.test_every_layer_of_the_discriminator_is_under_spectral_norm,
    ),
    "mean pool": ([(residual.Projection, "forward", mean_pooled)], fingerprint_of_d),
    "bilinear doubling": (
        [(residual, "doubled", lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"))],
        fingerprint_of_g,
    ),
    "labels of the batch, sorted as it is": (
        [(LabelPrior, "meet", batch_labels), (LabelPrior, "draw", same_labels)],
        losses.test_labels_of_fakes_follow_the_prior_and_not_the_batch,
    ),
    "u moves in evaluation": (
        [(SpectralNorm, "iterate", torch.no_grad()(remembers_always))],
        classes.test_every_layer_of_the_discriminator_is_under_spectral_norm,
    ),
}


@pytest.mark.parametrize(("changes", "check"), MUTATIONS.values(), ids=MUTATIONS)
def test_a_mistake_does_not_pass(changes, check, monkeypatch):
    must_be_caught(changes, check, monkeypatch)

"""What people get wrong in an adversarial autoencoder, each put in on purpose: a test of the family must then fail."""

from __future__ import annotations

import pytest
import test_aae_labels as labels
import test_aae_losses as losses
import test_aae_networks as networks
import test_aae_priors as priors
import test_aae_runs as runs
import torch
from aae_bench import DIGITS
from fingerprint import filler
from ganzoo_aae import recipe
from ganzoo_aae.networks import Encoder, initialise
from ganzoo_aae.recipe import Plain, SemiSupervised
from mutation import must_be_caught
from torch import nn

from ganzoo.game import adam

phases, fool, samples = Plain.phases, Plain.fool, Plain.samples


def swapped(self, batch):
    codes, drawn = self.codes(batch), self.samples(batch)
    loss = self.loss.d(self.nets["d"](codes["d"]), self.nets["d"](drawn["d"]))
    return loss, {"prior": torch.tensor(1.0), "code": torch.tensor(0.0)}


def pictures_judged(self, batch):
    return {"d": self.rebuilt(self.nets, batch).flatten(1)}


def softmax_twice(self, batch):
    x, y = self.known(batch)
    logits = self.nets["encoder"](x)[0].softmax(1)
    return nn.functional.cross_entropy(logits, y), {"accuracy": (logits.argmax(1) == y).float().mean()}


def narrow_in_training(self, batch):
    return {"d": samples(self, batch)["d"] / self.prior.spread}


def one_optimizer(config, nets):
    both = adam(nets["encoder"], nets["decoder"], lr=config.lr, betas=config.betas)
    return {"ae": both, "g": both, "d": adam(nets["d"], lr=config.lr, betas=config.betas)}


def timid(self, batch):
    loss, shown = fool(self, batch)
    return 0.001 * loss, shown


class Normalised(nn.Module):
    """A discriminator of codes with batch norm."""

    def __init__(self, inputs, width):
        super().__init__()
        layers = nn.Linear(inputs, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, 1), nn.Flatten(0)
        self.body = nn.Sequential(*layers).apply(initialise)

    def forward(self, code):
        return self.body(code)


class Leaky(Encoder):
    def __init__(self, shape, outputs, width):
        super().__init__(shape, outputs, width)
        for i in (1, 3):
            self.body[i] = nn.LeakyReLU(0.2)


def fingerprint_of_the_encoder():
    net = networks.Encoder(DIGITS, 2, 256)
    x = filler(4, 64).view(4, *DIGITS)
    networks.test_fingerprints(net, x, (0.619339, 0.367521, 0.732670, 0.451033))


def every_label_seen(self, batch):
    return batch["image"], batch["label"]


MUTATIONS = {
    "real and fake swapped": ([(Plain, "judge", swapped)], losses.test_samples_of_the_prior_are_the_real_ones),
    "nobody fools": (
        [(Plain, "phases", lambda self: phases(self)[:2])],
        losses.test_phases_stand_in_the_papers_order,
    ),
    "D looks at pictures": (
        [(Plain, "codes", pictures_judged)],
        losses.test_the_encoders_gradient_is_that_of_the_log_ratio,
    ),
    "softmax twice": (
        [(SemiSupervised, "classify", softmax_twice)],
        labels.test_categories_are_named_once_and_compared_with_certain_ones,
    ),
    "spread 1 in training, 5 in sampling": (
        [(Plain, "samples", narrow_in_training)],
        priors.test_the_gaussian_prior_has_its_spread_in_training_and_in_sampling,
    ),
    "one optimizer for two aims": (
        [(recipe, "build_optimizers", one_optimizer)],
        lambda: runs.test_a_phase_moves_its_own_networks_and_no_others("plain"),
    ),
    "adversarial weight 0.001": ([(Plain, "fool", timid)], losses.test_an_undecided_discriminator_costs_two_ln_2),
    "batch norm in D": (
        [(recipe, "CodeDiscriminator", Normalised)],
        lambda: networks.test_no_normalisation("plain"),
    ),
    "leaky slopes": ([(networks, "Encoder", Leaky)], fingerprint_of_the_encoder),
    "all labels seen": (
        [(Plain, "known", every_label_seen)],
        lambda: labels.test_no_other_label_is_ever_seen("semi-supervised-few"),
    ),
}


@pytest.mark.parametrize(("changes", "check"), MUTATIONS.values(), ids=MUTATIONS)
def test_a_mistake_does_not_pass(changes, check, monkeypatch):
    must_be_caught(changes, check, monkeypatch)

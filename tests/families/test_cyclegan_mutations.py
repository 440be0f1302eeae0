"""What people get wrong in CycleGAN, each put in on purpose: a test of the family must then fail."""

from __future__ import annotations

import pytest
import test_cyclegan_counts as counts
import test_cyclegan_losses as losses
import test_cyclegan_pool as pool
import test_cyclegan_runs as runs
import torch
from cyclegan_bench import generator
from fingerprint import filler
from ganzoo_cyclegan import networks, recipe
from mutation import must_be_caught
from torch import nn
from torch.nn.functional import l1_loss

G_LOSS, D_LOSS, EXCHANGE = recipe.Translation.g_loss, recipe.Translation.d_loss, networks.Pool.forward


def fingerprint():
    x, shape = filler(2, 3, 32, 32), (2, 3, 32, 32)
    says = (0.232512, 0.470906, 0.174632, -0.205567)
    counts.test_fingerprints(generator(32, 8, 6), x, shape, says, torch.contiguous_format)


def pool_one_by_one():
    pool.test_the_pool_is_the_one_that_takes_pictures_one_by_one(4, 3)


def decay_of_a_late_epoch():
    runs.test_the_papers_learning_rate(150, 50 / 101)


def zeros_around(inputs, outputs, kernel):
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)


class OddSides(nn.ConvTranspose2d):
    def __init__(self, *args, output_padding):
        super().__init__(*args)


def rectified(self, x):
    return torch.relu(x + self.body(x))


def identity_of_the_wrong_side(self, batch):
    loss, shown = G_LOSS(self, batch)
    a, b = batch["a"], batch["b"]
    wrong = l1_loss(self.nets["g_ab"](a), a) + l1_loss(self.nets["g_ba"](b), b)
    weight = self.config.identity * self.config.cycle
    return loss + weight * (wrong - 2 * shown["identity"]), shown | {"identity": wrong / 2}


def forgets(self, new):
    return new.detach()


def keeps_what_it_gives_back(self, new):
    given = EXCHANGE(self, new)
    self.kept.index_copy_(0, torch.randint(self.size, (len(new),)), new)
    return given


def twice(self, batch):
    loss, shown = D_LOSS(self, batch)
    return 2 * loss, shown


def decayed_by_steps(now, share):
    return 1 - max(0, now.step + 1 - 100) / 101


def over_the_whole_batch(self, x):
    return torch.nn.functional.batch_norm(x, None, None, training=True)


MUTATIONS = {
    "zero padding": ([(networks, "reflected", zeros_around)], fingerprint),
    "no output padding": ([(networks.nn, "ConvTranspose2d", OddSides)], fingerprint),
    "ReLU behind the sum": ([(networks.Residual, "forward", rectified)], fingerprint),
    "batch norm": ([(networks.InstanceNorm, "forward", over_the_whole_batch)], fingerprint),
    "identity of the wrong side": (
        [(recipe.Translation, "g_loss", identity_of_the_wrong_side)],
        losses.test_the_terms_and_their_weights,
    ),
    "D without its half": ([(recipe.Translation, "d_loss", twice)], losses.test_the_terms_and_their_weights),
    "no pool": ([(networks.Pool, "forward", forgets)], pool_one_by_one),
    "a pool that keeps what it gives back": ([(networks.Pool, "forward", keeps_what_it_gives_back)], pool_one_by_one),
    "a schedule of steps": ([(recipe, "decayed", decayed_by_steps)], decay_of_a_late_epoch),
}


@pytest.mark.parametrize(("changes", "check"), MUTATIONS.values(), ids=MUTATIONS)
def test_a_mistake_does_not_pass(changes, check, monkeypatch):
    must_be_caught(changes, check, monkeypatch)

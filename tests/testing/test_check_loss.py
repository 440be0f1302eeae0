"""The contract of a loss: each wrong one is caught, and told what to change."""

from __future__ import annotations

import random

import pytest
import torch
from torch.nn.functional import binary_cross_entropy, softplus

import ganzoo
from ganzoo.testing import ContractBroken, check_loss, examine
from ganzoo.zoo.registry import zoo


class Plain:
    """A loss with nothing wrong in it."""

    def d(self, real, fake):
        return softplus(-real).mean() + softplus(fake).mean()

    def g(self, fake):
        return softplus(-fake).mean()


class OfProbabilities(Plain):
    def d(self, real, fake):
        return -(real.log() + (1 - fake).log()).mean()


class OfTorchsProbabilities(Plain):
    def g(self, fake):
        return binary_cross_entropy(fake, torch.ones_like(fake))


class Overflows(Plain):
    def d(self, real, fake):
        return -(real.sigmoid().log() + (1 - fake.sigmoid()).log()).mean()


class NotANumber(Plain):
    def g(self, fake):
        return (fake - fake).sqrt().mean() / 0


class OneEach(Plain):
    def d(self, real, fake):
        return softplus(-real) + softplus(fake)


class PythonsNumber(Plain):
    def g(self, fake):
        return softplus(-fake).mean().item()


class Detached(Plain):
    def d(self, real, fake):
        return softplus(-real).mean() + softplus(fake.detach()).mean()


class WrongSign(Plain):
    def d(self, real, fake):
        return softplus(real).mean() + softplus(-fake).mean()


class WrongSignOfFakes(Plain):
    def d(self, real, fake):
        return softplus(-real).mean() + softplus(-fake).mean()


class HelpsTheOther(Plain):
    def g(self, fake):
        return softplus(fake).mean()


class Sums(Plain):
    def d(self, real, fake):
        return softplus(-real).sum() + softplus(fake).sum()


class Remembers(Plain):
    seen = 0.0

    def d(self, real, fake):
        self.seen = 0.9 * self.seen + 0.1 * real.mean().item()
        return super().d(real - self.seen, fake)


class PythonsChance(Plain):
    def d(self, real, fake):
        return random.uniform(0.9, 1) * super().d(real, fake)


class NoChances(Plain):
    def belief(self, logits):
        return logits


def card(build, **changes) -> ganzoo.Loss:
    build.__module__ = "ganzoo"  # what listing it would import
    return ganzoo.Loss(**{"name": "wrong", "summary": "wrong in one thing", "build": build} | changes)


def broken(card) -> dict[str, str]:
    return {finding.check: finding.message for finding in examine(card) if not finding.kept}


def test_a_loss_with_nothing_wrong_passes():
    check_loss(card(Plain))


@pytest.mark.parametrize("name", [card.name for card in zoo().all("losses")])
def test_every_loss_of_the_zoo_passes(name):
    check_loss(name)


@pytest.mark.parametrize(
    ("loss", "promise", "advice"),
    [
        (OfProbabilities, "logits", "takes probabilities alone, and is given logits"),
        (OfTorchsProbabilities, "logits", "write it with torch.nn.functional.softplus"),
        (Overflows, "logits", "write -softplus(-x)"),
        (NotANumber, "logits", "not a number"),
        (OneEach, "one number", "end in .mean()"),
        (PythonsNumber, "one number", "give back a tensor"),
        (Detached, "gradient", "no gradient of d() reaches fake: is there a detach()"),
        (WrongSign, "sign", "d() is no less where reals have the higher logits"),
        (WrongSignOfFakes, "sign", "d() is no less"),
        (HelpsTheOther, "sign", "g() is no less where fakes have the higher logits"),
        (Sums, "mean", "2.00 times as much: take the mean"),
        (Remembers, "no memory", "keep no memory in a loss"),
        (PythonsChance, "no memory", "draw by chance with torch alone"),
        (NoChances, "belief", "say belief = None"),
    ],
)
def test_a_wrong_loss_is_caught_and_told_what_to_change(loss, promise, advice):
    found = broken(card(loss))
    assert advice in found.get(promise, ""), found
    with pytest.raises(ContractBroken, match=promise):
        check_loss(card(loss))


@pytest.mark.parametrize(
    ("summary", "advice"), [("", "has no summary"), ("It hinges.", "without a full stop"), ("two\nlines", "one line")]
)
def test_a_card_that_says_nothing_is_caught(summary, advice):
    assert advice in broken(card(Plain, summary=summary))["card"]

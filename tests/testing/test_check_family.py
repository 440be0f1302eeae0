"""The contract catches who breaks it, and says what to change: one wrong family for each promise."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

import ganzoo
from ganzoo.game import Latent, Phase, Recipe, TwoPlayer, adam
from ganzoo.game.losses import NonSaturating
from ganzoo.testing import ContractBroken, check_family, examine


@dataclass(frozen=True)
class Config(ganzoo.Config):
    width: int = 8  # units of a hidden layer


class Plain(TwoPlayer):
    """A family with nothing wrong in it."""

    def __init__(self, facts, **options):
        pixels = int(np.prod(facts.shape))
        g = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, pixels), nn.Tanh(), nn.Unflatten(1, facts.shape))
        d = nn.Sequential(nn.Flatten(), nn.Linear(pixels, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1), nn.Flatten(0))
        opts = {name: adam(net, lr=1e-3, betas=(0.5, 0.99)) for name, net in {"g": g, "d": d}.items()}
        super().__init__(g, d, NonSaturating(), opts, latent=Latent(4), **options)


class CountsItself(Plain):
    """A schedule kept in an attribute."""

    turns = 0

    def begin(self, now):
        self.turns += 1
        self.opts["g"].param_groups[0]["lr"] = 1e-3 * 0.9**self.turns


class PoolInAList(Plain):
    """Memory that no checkpoint holds."""

    def __init__(self, facts):
        super().__init__(facts)
        self.pool = []

    def d_loss(self, batch):
        loss, shown = super().d_loss(batch)
        self.pool.append(batch["image"][:1])
        return loss + self.nets["d"](torch.cat(self.pool)).square().mean(), shown


class ForgetsToDetach(Plain):
    """The generator's turn leaves its fake, graph and all, for the discriminator's."""

    def phases(self):
        return [Phase("g", self.fool, "g"), Phase("d", self.judge, "d")]

    def fool(self, batch):
        batch["fake"] = self.nets["g"](torch.randn(len(batch["image"]), 4))
        return self.loss.g(self.nets["d"](batch["fake"])), {}

    def judge(self, batch):
        return self.loss.d(self.nets["d"](batch["image"]), self.nets["d"](batch["fake"])), {}


class DetachesTooMuch(Plain):
    def g_loss(self, batch):
        return self.loss.g(self.nets["d"](self.nets["g"](batch["z"]).detach())), {}


class Probabilities(Plain):
    def __init__(self, facts):
        super().__init__(facts)
        self.nets["d"].insert(4, nn.Sigmoid())


class PythonsChance(Plain):
    def d_loss(self, batch):
        return super().d_loss({**batch, "image": batch["image"] * random.random()})

    def g_loss(self, batch):
        return super().g_loss({**batch, "z": self.latent(len(batch["image"]), "cpu")})


class NumpysChance(PythonsChance):
    def d_loss(self, batch):
        return TwoPlayer.d_loss(self, {**batch, "image": batch["image"] * float(np.random.rand())})


class Sums(Plain):
    def d_loss(self, batch):
        loss, shown = super().d_loss(batch)
        return loss * len(batch["image"]), shown


class OwnNoise(Plain):
    def sample(self, nets, n, cond):
        return nets["g"](self.latent(n, "cpu"))


class LooksAround(Plain):
    def sample(self, nets, n, cond):
        z = self.latent(n, "cpu", cond["seed"])
        return nets["g"](z - z.mean(0))


class MovesTheOther(Plain):
    def phases(self):
        def nudge():
            self.nets["g"][0].bias.data += 1e-3

        return [Phase("d", self.judge, "d", after=None), Phase("g", self.g_loss, "g")]

    def judge(self, batch):
        with torch.no_grad():
            self.nets["g"][0].bias.add_(1e-3)
        return super().d_loss(batch)


class NotANumber(Plain):
    def g_loss(self, batch):
        loss, shown = super().g_loss(batch)
        return loss * (loss - loss - 1).sqrt(), shown


class Unreached(Plain):
    def __init__(self, facts):
        super().__init__(facts)
        self.nets["g"].extra = nn.Identity()
        self.nets["idle"] = nn.Linear(2, 2)
        self.opts["g"].add_param_group({"params": list(self.nets["idle"].parameters())})


class OnlyEight(Plain):
    def __init__(self, facts):
        if facts.shape[1:] != (8, 8):
            raise ValueError("eight or nothing")
        super().__init__(facts)


class Remembers(Plain):
    """Sampling leaves a trace in a buffer."""

    def __init__(self, facts):
        super().__init__(facts)
        self.nets["g"].register_buffer("drawn", torch.zeros(()))

    def sample(self, nets, n, cond):
        nets["g"].drawn += n
        return super().sample(nets, n, cond)


def family(recipe: type[Recipe], **changes) -> ganzoo.Family:
    said = {word: f"{word} of it" for word in ("summary", "paper", "idea", "game", "good_for", "weakness")}
    presets = {"default": {}, "paper": {}, "tiny": {"size": 8, "batch": 8, "images": 160}}
    build = lambda config, facts: recipe(facts)  # noqa: E731
    build.__module__ = "ganzoo"  # what listing it would import
    card = {"name": "wrong", "year": 2020, "build": build, "config": Config, "presets": presets, **said}
    return ganzoo.Family(**card | changes)


def test_a_family_with_nothing_wrong_passes():
    check_family(family(Plain))


@pytest.mark.parametrize(
    ("recipe", "promise", "advice"),
    [
        (CountsItself, "schedule", "compute it in begin"),
        (PoolInAList, "exact resume", "Keep memory in buffers of a module in nets"),
        (ForgetsToDetach, "own parameters", "detach what one phase leaves in the batch"),
        (DetachesTooMuch, "own parameters", "a detach too many"),
        (Probabilities, "logits", "leave the sigmoid out"),
        (PythonsChance, "randomness", "draw with torch"),
        (NumpysChance, "randomness", "draw with torch"),
        (Sums, "micro-batches", "take the mean over the batch"),
        (OwnNoise, "a seed is a sample", "draw noise by cond"),
        (LooksAround, "a seed is a sample", "use no statistics of the batch"),
        (MovesTheOther, "own parameters", "which its optimizer does not hold"),
        (NotANumber, "finite", "g/loss is not finite at step 0"),
        (Unreached, "own parameters", "no loss reaches idle"),
        (OnlyEight, "sizes and channels", "Raise RequestError with a size that works"),
        (Remembers, "drawing changes nothing", "networks draw in evaluation mode"),
    ],
)
def test_a_wrong_family_is_caught_and_told_what_to_change(recipe, promise, advice):
    broken = {finding.check: finding.message for finding in examine(family(recipe)) if not finding.kept}
    assert advice in broken.get(promise, ""), broken


@pytest.mark.parametrize(
    ("changes", "promise", "advice"),
    [
        ({"paper": "", "weakness": ""}, "card", "says nothing of paper, weakness"),
        ({"presets": {"tiny": {"size": 8, "batch": 8}}}, "card", "no preset default nor paper"),
        ({"config": ganzoo.Config, "idea": ""}, "card", "says nothing of idea"),
    ],
)
def test_a_card_with_gaps_is_caught(changes, promise, advice):
    broken = {finding.check: finding.message for finding in examine(family(Plain, **changes)) if not finding.kept}
    assert advice in broken[promise]


def test_listing_that_waits_for_torch_is_caught():
    card = family(Plain)
    card.build.__module__ = "ganzoo.game"
    broken = {finding.check: finding.message for finding in examine(card) if not finding.kept}
    assert broken == {"light to list": "importing ganzoo.game imports torch: do that inside build()"}


def test_all_that_is_broken_is_raised_at_once():
    with pytest.raises(ContractBroken, match=r"randomness: .*draw with torch"):
        check_family(family(PythonsChance))

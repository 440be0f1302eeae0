"""The contracts of discriminators and generators: each wrong one is caught, and told what to change."""

from __future__ import annotations

import random
from math import prod

import pytest
import torch
from torch import nn

import ganzoo
from ganzoo.testing import check_discriminator, check_generator, examine


class Judge(nn.Sequential):
    """A discriminator with nothing wrong in it."""

    def __init__(self, facts, width):
        if facts.shape[1] == 20:
            raise ganzoo.RequestError("20 px do not fit: use --size 16.")
        n = prod(facts.shape)
        super().__init__(nn.Flatten(), nn.Linear(n, width), nn.LeakyReLU(), nn.Linear(width, 1), nn.Flatten(0))


class Painter(nn.Sequential):
    """A generator with nothing wrong in it."""

    def __init__(self, facts, latent, width):
        super().__init__(nn.Linear(latent, prod(facts.shape)), nn.Tanh(), nn.Unflatten(1, facts.shape))


class Probabilities(Judge):
    def forward(self, x):
        return super().forward(x).sigmoid()


class AColumn(Judge):
    def forward(self, x):
        return super().forward(x)[:, None]


class SeesNoGradient(Judge):
    def forward(self, x):
        return super().forward(x.detach())


class Remembers(Judge):
    mean = 0.0

    def forward(self, x):
        y = super().forward(x)
        self.mean = self.mean + y.mean().item()
        return y - self.mean


class PythonsChance(Judge):
    def forward(self, x):
        return super().forward(x * random.random())


class NumbersAlone(Judge):
    def __init__(self, facts, width):
        super().__init__(facts, width)
        for p in self.parameters():
            p.requires_grad = False


class OnlySixteen(Judge):
    def __init__(self, facts, width):
        if facts.shape[1] != 16:
            raise ValueError("sixteen or nothing")
        super().__init__(facts, width)


class OwnNoise(Painter):
    def forward(self, z):
        return super().forward(torch.ones_like(z)) + 0 * z.sum()


class LooksAround(Painter):
    def forward(self, z):
        return super().forward(z - z.mean(0))


class FlatPictures(Painter):
    def forward(self, z):
        return super().forward(z).flatten(1)


def card(kind, net):
    build = lambda facts, **sizes: net(facts, **sizes)  # noqa: E731
    build.__module__ = "ganzoo"  # what listing it would import
    return kind(name="wrong", summary="wrong in one thing", build=build)


def test_networks_with_nothing_wrong_pass():
    check_discriminator(card(ganzoo.Discriminator, Judge))
    check_generator(card(ganzoo.Generator, Painter))


@pytest.mark.parametrize("name", ["dcgan", "conditional-maxout", "projection", "progan", "stylegan2"])
def test_networks_of_the_zoo_pass(name):
    check_discriminator(name)


@pytest.mark.parametrize("name", ["dcgan", "conditional-mlp", "progan", "stylegan2"])
def test_generators_of_the_zoo_pass(name):
    check_generator(name)


@pytest.mark.parametrize(
    ("net", "promise", "advice"),
    [
        (Probabilities, "logits", "leave the sigmoid out"),
        (AColumn, "shape", "end in nn.Flatten(0)"),
        (SeesNoGradient, "gradient", "no gradient reaches the pictures"),
        (NumbersAlone, "gradient", "no gradient reaches any parameter"),
        (Remembers, "no memory", "keep memory in buffers"),
        (PythonsChance, "no memory", "draw by chance with torch alone"),
        (OnlySixteen, "sizes and channels", "Raise RequestError with a size that works"),
    ],
)
def test_a_wrong_discriminator_is_caught_and_told_what_to_change(net, promise, advice):
    found = {each.check: each.message for each in examine(card(ganzoo.Discriminator, net)) if not each.kept}
    assert advice in found.get(promise, ""), found


@pytest.mark.parametrize(
    ("net", "promise", "advice"),
    [
        (OwnNoise, "a seed is a sample", "two vectors of noise give one picture"),
        (LooksAround, "a seed is a sample", "use no statistics of the batch"),
        (FlatPictures, "shape", "pictures are [n, C, H, W]"),
    ],
)
def test_a_wrong_generator_is_caught_and_told_what_to_change(net, promise, advice):
    found = {each.check: each.message for each in examine(card(ganzoo.Generator, net)) if not each.kept}
    assert advice in found.get(promise, ""), found

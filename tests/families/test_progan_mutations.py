"""What people get wrong in progressive growing, each put in on purpose: a test of the family must then fail."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, sqrt

import pytest
import test_progan_growth as growing
import test_progan_networks as built
import test_progan_runs as running
import torch
from ganzoo_progan import networks, recipe
from mutation import must_be_caught
from torch import Tensor, nn

from ganzoo.game import growth
from ganzoo.game.nn import EqualizedLinear, MinibatchStd
from ganzoo.game.nn.equalized import Equalized

pytestmark = pytest.mark.slow


def fingerprint_of_g():
    built.test_fingerprint_of_the_generator(0.0, (0.148904, 0.703252, 0.139680, 0.228574))


def fingerprint_of_d():
    built.test_fingerprint_of_the_discriminator(0.0, False, (0.549297, 0.020084, 0.579091, 0.557628))


def fingerprint_of_d_half_way():
    built.test_fingerprint_of_the_discriminator(0.5, False, (0.509188, 0.019728, 0.528721, 0.499602))


def scaled_bias(self):
    return self.weight * self.scale, None if self.bias is None else self.bias * self.scale


class Squashed(networks.Generator):
    def forward(self, z: Tensor, lod: float = 0.0, label: Tensor | None = None) -> Tensor:
        return super().forward(z, lod, label).tanh()


judge = networks.Discriminator.judge


def judge_once_faded(self, x, lod=0.0):
    """D grows where the fade of G ends."""
    return judge(self, x, ceil(lod))


def judge_abruptly_at_first(self, x, lod=0.0):
    """D fades no 8x8 in."""
    return judge(self, x, int(lod) if len(self.blocks) - 1 - int(lod) == 1 else lod)


class ByEpochs(growth.Growth):
    def lod(self, now):
        return super().lod(replace(now, images=now.images - now.images % 8))


class Remembering(networks.Generator):
    """How far it has grown is one of its weights, as in the released code, and so is averaged like any."""

    def __init__(self, *args, **sizes):
        super().__init__(*args, **sizes)
        self.grown = nn.Parameter(torch.zeros(()), requires_grad=False)

    def forward(self, z: Tensor, lod: float = 0.0, label: Tensor | None = None) -> Tensor:
        if self.training:
            self.grown.data.fill_(lod)
        return super().forward(z, self.grown.item(), label)


class LateDeviation(networks.Discriminator):
    def __init__(self, shape, *, group=4, **sizes):
        super().__init__(shape, group=group, **sizes)
        deviation, conv, activation, flatten, dense, *rest = self.blocks[0]
        maps = len(conv.weight)
        conv, dense = networks.convolved(maps, maps), EqualizedLinear(16 * (maps + 1), len(dense.weight))
        self.blocks[0] = nn.Sequential(conv, deviation, activation, flatten, dense, *rest)


def deviation(correction: int, neighbours: bool):
    def forward(self, x: Tensor) -> Tensor:
        n, _, h, w = x.shape
        y = x.view(n // self.group, self.group, -1) if neighbours else x.view(self.group, n // self.group, -1)
        std = (y.var(int(neighbours), correction=correction) + 1e-8).sqrt().mean(1)  # groups
        each = std.repeat_interleave(self.group) if neighbours else std.repeat(self.group)
        return torch.cat([x, each.view(n, 1, 1, 1).expand(-1, -1, h, w)], 1)

    return forward


def ungained(inputs: int, outputs: int, gain: float = sqrt(2), **how):
    return EqualizedLinear(inputs, outputs, gain=gain if gain == 1 else sqrt(2), **how)


def late_fade(x: Tensor, lod: float) -> Tensor:
    return networks.reduced(x, 2 ** int(lod))


MUTATIONS = {
    "biases are scaled as weights are": ([(Equalized, "used", scaled_bias)], fingerprint_of_g),
    "tanh": (
        [(built, "Generator", Squashed)],
        built.test_features_are_normalised_and_the_picture_is_not,
    ),
    "G fades before D has grown": ([(networks.Discriminator, "judge", judge_once_faded)], fingerprint_of_d_half_way),
    "D fades no 8x8 in": (
        [(networks.Discriminator, "judge", judge_abruptly_at_first)],
        lambda: growing.test_the_discriminator_averages_larger_pictures_down(2),
    ),
    "fades by epochs": ([(recipe, "Growth", ByEpochs)], growing.test_growth_follows_every_image),
    "growth is averaged": (
        [(recipe, "Generator", Remembering)],
        running.test_the_average_draws_at_the_size_that_is_due,
    ),
    "moments are kept": (
        [(recipe, "renew", lambda opts, lod: None)],
        growing.test_moments_are_forgotten_where_a_size_begins_or_ends_to_fade_in,
    ),
    "deviation behind the convolution": ([(built, "Discriminator", LateDeviation)], fingerprint_of_d),
    "Bessel's deviation": ([(MinibatchStd, "forward", deviation(1, False))], fingerprint_of_d),
    "groups of neighbours": ([(MinibatchStd, "forward", deviation(0, True))], fingerprint_of_d),
    "no quarter in the first gain": ([(networks, "EqualizedLinear", ungained)], fingerprint_of_g),
    "real pictures do not fade": (
        [(recipe, "faded", late_fade)],
        growing.test_reals_are_judged_as_faded_as_fakes_are,
    ),
}


@pytest.mark.parametrize(("changes", "check"), MUTATIONS.values(), ids=MUTATIONS)
def test_a_mistake_does_not_pass(changes, check, monkeypatch):
    must_be_caught(changes, check, monkeypatch)


def test_the_deviation_that_is_mutated_is_the_right_one_without_mistake(monkeypatch):
    monkeypatch.setattr(MinibatchStd, "forward", deviation(0, False))
    fingerprint_of_d()

"""What people get wrong in StyleGAN, each put in on purpose: a test of the family must then fail."""

from __future__ import annotations

import math

import pytest
import test_stylegan as training
import test_stylegan_augment as augmentation
import test_stylegan_networks as networks
import torch
from ganzoo_stylegan import modulated, recipe, styled
from ganzoo_stylegan.activated import Activated
from ganzoo_stylegan.augment import Augment
from ganzoo_stylegan.filter import Filter
from ganzoo_stylegan.generator import TRACKING, Generator
from ganzoo_stylegan.growing import Blur
from ganzoo_stylegan.modulated import StyledConv2d
from ganzoo_stylegan.pathlength import PathLength
from ganzoo_stylegan.recipe import StyleGAN2
from mutation import must_be_caught

from ganzoo.game import adam, penalties
from ganzoo.game.nn import EqualizedLinear, MinibatchStd

pytestmark = pytest.mark.slow


def fingerprints():
    networks.test_fingerprints(torch.contiguous_format)


def path_lengths_teach():
    try:
        training.test_the_mean_path_length_is_followed_and_teaches()
    except RuntimeError as error:  # what has no graph cannot be differentiated, and torch says so
        raise AssertionError from error


def never_demodulated(self, scale):
    return torch.ones(len(scale), len(self.weight))


def half_gain(self):
    weight, bias = right_used(self)
    return weight / self.gain, bias


right_used = Activated.used


class FromZero(EqualizedLinear):
    def __init__(self, style, maps):
        super().__init__(style, maps, gain=1)


def one_for_all(self, noise, x):
    return self.noise if noise == "constant" else torch.randn(1, 1, *x.shape[2:])


def one_for_all_layers(self, noise, x):
    if noise == "constant":
        return self.noise
    random = torch.Generator().manual_seed(x.shape[-1])
    return torch.randn(x.shape[0], 1, *x.shape[2:], generator=random)


def always_tracked(self, z, label=None, **blend):
    if not self.training:
        self.mean_style.lerp_(self.mapping(z, label).detach().mean(0), TRACKING)
    return right_styles(self, z, label, **blend)


def both_tracked(self, z, label=None, **blend):
    if self.training and "second" in blend:
        self.mean_style.lerp_(self.mapping(blend["second"], label).detach().mean(0), TRACKING)
    return right_styles(self, z, label, **blend)


right_styles = Generator.styles


def truncated_path(self, batch):
    g = self.nets["g"]
    z, blend = self.noise(max(1, len(batch["image"]) // 2), "cpu")
    ws = g.styles(z, truncation=0.0, **blend)
    penalty, length = self.nets["path"](g.synthesis(ws), ws)
    return self.config.path_every * self.config.path * penalty, {"length": length}


def rare_slope(self, batch):
    loss, shown = right_r1(self, batch)
    return loss / self.config.r1_every, shown


def rare_path(self, batch):
    loss, shown = right_path(self, batch)
    return loss / self.config.path_every, shown


def slope_behind_the_changes(self, batch):
    penalty = penalties.r1(self.nets["d"], self.augmented(self.real(batch)), {}, weight=self.config.gamma)
    return self.config.r1_every * penalty, {"penalty": penalty}


right_r1, right_path = StyleGAN2.r1_loss, StyleGAN2.path_loss


def whole_slope(d, real, cond, weight=1.0):
    return 2 * penalties.r1(d, real, cond, weight)


def plain_adam(net, config, every):
    return adam(net, lr=config.lr, betas=(0.0, config.beta2))


def changed_reals(self, batch):
    return self.augmented(right_real(self, batch))


right_real = styled.Styled.real


def graphless(self, image, ws):
    y = torch.randn_like(image) / (image.shape[2] * image.shape[3]) ** 0.5
    (slope,) = torch.autograd.grad((image * y).sum(), ws, retain_graph=True)
    lengths = slope.square().sum(2).mean(1).sqrt()
    self.mean.lerp_(lengths.mean(), 0.01)
    return (lengths - self.mean).square().mean(), lengths.mean()


def summed_lengths(self, image, ws):
    square, length = right_lengths(self, image, ws)
    pixels = image.shape[2] * image.shape[3]
    return square * pixels, length * pixels**0.5


right_lengths = PathLength.forward


def loud_filter(self):
    right_filter(self)
    self.kernel.mul_(64)


def loud_blur(self):
    right_blur(self)
    self.kernel.mul_(16)


right_filter, right_blur = Filter.__init__, Blur.__init__


def unbounded(self, step):
    sureness = self.heard[0] / self.heard[1].clamp(min=1)
    self.p.add_(torch.sign(sureness - self.target), alpha=step).clamp_(min=0)
    self.heard.zero_()


def neighbours(self, x):
    n, _, h, w = x.shape
    std = (x.view(n // self.group, self.group, -1, h, w).var(1, correction=0) + 1e-8).sqrt().mean((1, 2, 3))
    return torch.cat([x, std.repeat_interleave(self.group).view(n, 1, 1, 1).expand(-1, -1, h, w)], 1)


MUTATIONS = {
    "no demodulation": ([(StyledConv2d, "demodulation", never_demodulated)], fingerprints),
    "demodulation with a large epsilon": (
        [(modulated, "EPSILON", 1e-2)],
        networks.test_demodulation_takes_out_the_scale_of_weights_and_styles,
    ),
    "no gain behind the activations of dense and plain layers": (
        [(Activated, "used", half_gain)],
        networks.test_layers_keep_the_mean_square_and_learn_at_their_rates,
    ),
    "no gain behind the activations of styled layers": (
        [(modulated, "sqrt", lambda x: 1.0 if x == 2 else math.sqrt(x))],
        fingerprints,
    ),
    "styles start around zero": (
        [(modulated, "Modulation", FromZero)],
        networks.test_a_style_starts_around_one_and_noise_at_nothing,
    ),
    "the same noise for all pictures": (
        [(StyledConv2d, "drawn", one_for_all)],
        networks.test_noise_is_a_map_for_every_picture_and_layer,
    ),
    "one noise map a picture": (
        [(StyledConv2d, "drawn", one_for_all_layers)],
        networks.test_noise_is_a_map_for_every_picture_and_layer,
    ),
    "the mean style moves in evaluation": (
        [(Generator, "styles", always_tracked)],
        networks.test_the_mean_style_follows_training_alone,
    ),
    "the mean style counts both halves of a mixture": (
        [(Generator, "styles", both_tracked)],
        networks.test_the_mean_style_follows_training_alone,
    ),
    "the rare slope counts once": (
        [(StyleGAN2, "r1_loss", rare_slope)],
        training.test_r1_of_a_plane_and_its_lazy_total,
    ),
    "the rare path counts once": (
        [(StyleGAN2, "path_loss", rare_path)],
        training.test_the_mean_path_length_is_followed_and_teaches,
    ),
    "gamma is not halved": ([(recipe, "r1", whole_slope)], training.test_r1_of_a_plane_and_its_lazy_total),
    "the slope at the changed picture": (
        [(StyleGAN2, "r1_loss", slope_behind_the_changes)],
        training.test_r1_of_a_plane_and_its_lazy_total,
    ),
    "Adam is not slowed": ([(recipe, "lazy_adam", plain_adam)], training.test_adam_is_slowed_for_the_lazy_turns),
    "reals alone are augmented": (
        [(StyleGAN2, "judged", styled.Styled.judged), (StyleGAN2, "real", changed_reals)],
        training.test_reals_and_fakes_are_augmented_in_every_turn,
    ),
    "path lengths without a graph": (
        [(PathLength, "forward", graphless)],
        path_lengths_teach,
    ),
    "path lengths that grow with the size": (
        [(PathLength, "forward", summed_lengths)],
        training.test_path_lengths_of_a_linear_picture,
    ),
    "path lengths of truncated styles": (
        [(StyleGAN2, "path_loss", truncated_path)],
        training.test_the_mean_path_length_is_followed_and_teaches,
    ),
    "a filter that is not normalised": ([(Filter, "__init__", loud_filter)], networks.test_the_filter_on_ones),
    "a blur that is not normalised": ([(Blur, "__init__", loud_blur)], networks.test_fingerprints_of_version_1),
    "no bound on augmentation": (
        [(Augment, "adjust", torch.no_grad()(unbounded))],
        augmentation.test_the_controller_follows_the_signs_of_real_logits,
    ),
    "groups of neighbours": (
        [(MinibatchStd, "forward", neighbours)],
        networks.test_groups_of_the_minibatch_are_strided,
    ),
}


@pytest.mark.parametrize(("changes", "check"), MUTATIONS.values(), ids=MUTATIONS)
def test_a_mistake_does_not_pass(changes, check, monkeypatch):
    must_be_caught(changes, check, monkeypatch)

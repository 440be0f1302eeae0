"""WGAN's layers: padding, how they start, and norms that leave an example to itself."""

from __future__ import annotations

from math import sqrt

import pytest
import torch
from ganzoo_wgan.layers import (
    ClassBatchNorm,
    LayerNorm,
    SameConv2d,
    SameConvTranspose2d,
    started,
)
from ganzoo_wgan.resnets import CifarCritic, GoodCritic
from torch import nn
from wgan_bench import PICTURE_BODIES, critic

from ganzoo import Facts
from ganzoo.game.penalties import gradient_penalty


@pytest.mark.parametrize(("kernel", "side", "before"), [(5, 8, 1), (3, 8, 0), (5, 7, 2)])
def test_padding_of_a_strided_convolution_is_behind(kernel, side, before):
    layer, x = SameConv2d(1, 1, kernel, 2, bias=False), torch.randn(1, 1, side, side)
    nn.init.zeros_(layer.weight)
    layer.weight.data[..., before, before] = 1  # the tap that meets the first pixel
    assert torch.equal(layer(x), x[:, :, ::2, ::2])


@pytest.mark.parametrize("kernel", [3, 5])
def test_the_transposed_convolution_is_the_transpose(kernel):
    torch.manual_seed(0)
    down, up = SameConv2d(3, 5, kernel, 2, bias=False).double(), SameConvTranspose2d(5, 3, kernel).double()
    up.weight.data.copy_(down.weight)
    nn.init.zeros_(up.bias)
    x, y = torch.randn(2, 3, 8, 8, dtype=torch.float64), torch.randn(2, 5, 4, 4, dtype=torch.float64)
    assert (down(x) * y).sum().item() == pytest.approx((x * up(y)).sum().item())


@pytest.mark.parametrize(
    ("layer", "gain", "std"),
    [
        (nn.Conv2d(128, 64, 3), sqrt(2), sqrt(4 / (9 * 192))),
        (nn.Conv2d(128, 64, 1), 1, sqrt(2 / 192)),
        (nn.Conv2d(32, 128, 5, 2), sqrt(2), sqrt(4 / (25 * 32 + 25 * 128 / 4))),
        (nn.ConvTranspose2d(128, 32, 5, 2), sqrt(2), sqrt(4 / (25 * 128 / 4 + 25 * 32))),
        (nn.Linear(128, 2048), 1, sqrt(2 / 2176)),
    ],
)
def test_how_layers_start(layer, gain, std):
    torch.manual_seed(0)
    started(layer, gain=gain)
    assert layer.weight.std().item() == pytest.approx(std, rel=0.02)
    assert layer.weight.abs().max().item() <= sqrt(3) * std * 1.0001  # uniform
    assert not layer.bias.any()


def test_layer_norm_forgets_an_examples_scale_and_offset():
    torch.manual_seed(0)
    norm, x = LayerNorm(6), torch.randn(4, 6, 5, 5)
    assert [tuple(p.shape) for p in norm.parameters()] == [(6,), (6,)]
    scaled = x * torch.tensor([0.5, 1, 3, 20]).view(4, 1, 1, 1) + torch.randn(4, 1, 1, 1)
    assert torch.allclose(norm(scaled), norm(x), atol=1e-4)
    assert not torch.allclose(norm(x * torch.rand(1, 6, 1, 1)), norm(x), atol=1e-2)  # not channel by channel


@pytest.mark.parametrize("name", [*PICTURE_BODIES, "wgan-conv4-layer", "wgan-conv5-plain"])
def test_a_score_does_not_depend_on_the_batch(name):
    torch.manual_seed(0)
    d, x = critic(name, 16, 8).train(), torch.randn(6, 3, 16, 16)
    alone = torch.cat([d(x[i : i + 1]) for i in range(6)])
    assert torch.allclose(d(x), alone, atol=1e-5)


@pytest.mark.parametrize("name", ["dcgan", "wgan-conv5-batch"])
def test_with_batch_norm_it_does(name):
    torch.manual_seed(0)
    d, x = critic(name, 16, 8).train(), torch.randn(6, 3, 16, 16)
    assert not torch.allclose(d(x)[:3], d(x[:3]), atol=1e-3)


@pytest.mark.parametrize(
    "d", [GoodCritic(Facts((3, 16, 16)), 4), CifarCritic(Facts((3, 16, 16)), 4)], ids=["good", "cifar"]
)
def test_the_penalty_teaches_every_layer(d):
    torch.manual_seed(0)
    penalty = gradient_penalty(d, torch.randn(4, 3, 16, 16), torch.randn(4, 3, 16, 16), {})
    weights = {name: p for name, p in d.named_parameters() if name.endswith("weight")}
    for name, gradient in zip(weights, torch.autograd.grad(penalty, list(weights.values())), strict=True):
        assert gradient.abs().sum() > 0, name


def test_norm_by_class_starts_as_plain_batch_norm_and_tells_labels_apart():
    torch.manual_seed(0)
    norm, x, label = ClassBatchNorm(4, 3), torch.randn(6, 4, 5, 5), torch.tensor([0, 1, 2, 0, 1, 2])
    assert torch.allclose(norm(x, label), nn.BatchNorm2d(4)(x))
    norm.gain.data[1] = 3
    moved = norm(x, label) - nn.BatchNorm2d(4)(x)
    assert moved[[1, 4]].abs().sum() > 1
    assert not moved[[0, 2, 3, 5]].any()

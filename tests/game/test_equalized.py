"""Equalised layers, pixel norm and the deviation of a batch, against numbers measured on the released code."""

from __future__ import annotations

from math import sqrt

import pytest
import torch
from torch import nn

from ganzoo.game import adam
from ganzoo.game.nn import EqualizedConv2d, EqualizedLinear, MinibatchStd, PixelNorm


@pytest.mark.parametrize("lr_mul", [1.0, 0.01])
@pytest.mark.parametrize(
    ("build", "fan_in"),
    [(lambda **s: EqualizedLinear(256, 300, **s), 256), (lambda **s: EqualizedConv2d(32, 64, 3, **s), 288)],
    ids=["linear", "conv"],
)
def test_weights_are_stored_large_and_used_at_hes_scale(build, fan_in, lr_mul):
    torch.manual_seed(0)
    layer = build(gain=1.5, lr_mul=lr_mul)
    assert layer.weight.std().item() == pytest.approx(1 / lr_mul, rel=0.03)
    assert not layer.bias.any()
    nn.init.ones_(layer.bias)
    weight, bias = layer.used()
    assert torch.allclose(weight, layer.weight * (1.5 / sqrt(fan_in) * lr_mul))
    assert torch.allclose(bias, torch.full_like(bias, lr_mul))  # the bias knows no He constant


def test_a_convolution_of_unit_noise_has_the_variance_that_its_gain_says():
    torch.manual_seed(0)
    layer = EqualizedConv2d(64, 64, 3, gain=sqrt(2))
    with torch.no_grad():
        inner = layer(torch.randn(16, 64, 18, 18))[:, :, 1:-1, 1:-1]
    assert inner.var().item() == pytest.approx(2.0, rel=0.06)
    assert nn.functional.leaky_relu(inner, 0.2).square().mean().item() == pytest.approx(1.04, rel=0.06)


def test_layers_compute_what_torch_computes_with_the_used_weights():
    conv, linear = EqualizedConv2d(3, 5, 3, lr_mul=0.1), EqualizedLinear(7, 4, bias=False)
    nn.init.normal_(conv.bias)
    x, v = torch.randn(2, 3, 8, 8), torch.randn(2, 7)
    weight, bias = conv.used()
    assert torch.equal(conv(x), nn.functional.conv2d(x, weight, bias, padding=1))
    assert torch.equal(linear(v), v @ linear.used()[0].T)
    assert EqualizedConv2d(3, 5, 1)(x).shape == (2, 5, 8, 8)


@pytest.mark.parametrize("lr_mul", [1.0, 0.01])
def test_a_step_of_adam_changes_every_layer_by_the_same_fraction(lr_mul):
    torch.manual_seed(0)
    net = nn.Sequential(
        EqualizedLinear(8, 1024, lr_mul=lr_mul), nn.LeakyReLU(0.2), EqualizedLinear(1024, 1, gain=1, lr_mul=lr_mul)
    )
    layers = net[0], net[2]
    before = [layer.used()[0].detach().clone() for layer in layers]
    opt = adam(net, lr=1e-3, betas=(0.0, 0.99))
    net(torch.randn(64, 8)).square().mean().backward()
    opt.step()
    for was, layer in zip(before, layers, strict=True):
        share = (layer.used()[0] - was).norm() / was.norm()
        assert share.item() == pytest.approx(1e-3 * lr_mul, rel=0.1)  # a layer of 8 inputs like one of 1024


def test_pixel_norm_makes_every_pixel_a_vector_of_unit_mean_square():
    torch.manual_seed(0)
    x = torch.randn(4, 32, 5, 5) * torch.logspace(-2, 2, 25).view(5, 5)
    rms = PixelNorm()(x).square().mean(1).sqrt()
    assert torch.allclose(rms, torch.ones_like(rms), atol=1e-4)
    assert torch.allclose(PixelNorm()(x[..., 4, 4]).square().mean(1), torch.ones(4), atol=1e-6)
    assert torch.equal(PixelNorm()(torch.zeros(1, 3)), torch.zeros(1, 3))


def test_a_batch_of_twins_has_no_deviation_but_epsilon():
    y = MinibatchStd()(torch.randn(1, 6, 4, 4).expand(8, -1, -1, -1))
    assert y.shape == (8, 7, 4, 4)
    assert torch.allclose(y[:, 6], torch.tensor(1e-4), rtol=1e-3)


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        ([1, 0, 2, 0, 3, 0, 4, 0], [1.1180, 1e-4]),
        ([1, 2, 3, 4, 0, 0, 0, 0], [0.5, 1.0, 1.5, 2.0]),  # pairs (1, 0), (2, 0), ...: strided, not neighbours
    ],
)
def test_groups_stride_over_the_batch_and_divide_by_their_size(batch, expected):
    x = torch.tensor(batch, dtype=torch.float32).view(8, 1, 1, 1)
    y = MinibatchStd(8 // len(expected))(x)[:, 1, 0, 0]
    assert y.tolist() == pytest.approx(expected * (8 // len(expected)), abs=1e-4)


def test_a_group_of_four_on_two_halves():
    x = torch.tensor([1.0, 2, 3, 4, 0, 0, 0, 0]).view(8, 1, 1, 1)
    assert MinibatchStd(4)(x)[:, 1, 0, 0].tolist() == pytest.approx([1.2247, 1.6583] * 4, abs=1e-4)


def test_several_maps_average_their_own_share_of_the_features():
    x = torch.randn(4, 6, 4, 4)
    x[:, 3:] = 0
    y = MinibatchStd(4, channels=2)(x)[:, 6:]
    assert y.shape == (4, 2, 4, 4)
    assert torch.allclose(y[:, 1], torch.tensor(1e-4))
    assert torch.allclose(y[:, 0], x[:, :3].std(0, correction=0).mean(), atol=1e-4)


@pytest.mark.parametrize(("n", "group", "like"), [(14, 16, 14), (6, 4, 3), (3, 16, 3), (7, 4, 1), (12, 4, 4)])
def test_a_group_that_does_not_divide_the_batch_shrinks_until_it_does(n, group, like):
    x = torch.randn(n, 3, 4, 4)
    assert torch.equal(MinibatchStd(group)(x), MinibatchStd(like)(x))


def test_statistics_are_taken_in_full_precision():
    x = torch.randn(8, 16, 4, 4)
    for layer in (PixelNorm(), MinibatchStd(4)):
        low = layer(x.bfloat16())
        assert low.dtype == torch.bfloat16
        assert torch.allclose(low.float(), layer(x), atol=0.03)


@pytest.mark.parametrize("layer", [PixelNorm(), MinibatchStd(4)])
def test_gradients_of_first_and_second_order(layer):
    torch.manual_seed(0)
    x = torch.randn(8, 2, 2, 2, dtype=torch.float64)

    def exact(x):  # the layers compute in float32 by design
        return layer(x.float()).double()

    x.requires_grad_()
    (slope,) = torch.autograd.grad(exact(x).square().sum() + exact(x)[0].sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(slope.square().sum(), x)
    assert slope.isfinite().all()
    assert second.isfinite().all()
    h, v = 1e-2, torch.randn_like(x)
    with torch.no_grad():
        rise = sum(s * (exact(x + s * h * v).square().sum() + exact(x + s * h * v)[0].sum()) for s in (1, -1)) / (2 * h)
    assert (slope * v).sum().item() == pytest.approx(rise.item(), rel=0.02, abs=0.01)

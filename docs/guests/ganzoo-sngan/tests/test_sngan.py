"""SNGAN's discriminator against the paper: its table, its arithmetic, and a run with it."""

from __future__ import annotations

import pytest
import torch
from ganzoo_sngan import build
from torch import nn
from torch.nn import functional as F

import ganzoo
from ganzoo.game.nn import SpectralConv2d, SpectralLinear
from ganzoo.testing import check_discriminator


def discriminator(size: int = 32, width: int = 64, channels: int = 3) -> nn.Sequential:
    torch.manual_seed(0)
    return build(ganzoo.Facts((channels, size, size)), width=width)


def convolutions(net: nn.Sequential) -> list[SpectralConv2d]:
    return [layer for layer in net if isinstance(layer, SpectralConv2d)]


def test_at_32_px_it_is_the_table_of_the_paper():
    layers = convolutions(discriminator())
    told = [(each.in_channels, each.out_channels, each.kernel_size[0], each.stride[0]) for each in layers]
    assert told == [
        (3, 64, 3, 1),
        (64, 64, 4, 2),
        (64, 128, 3, 1),
        (128, 128, 4, 2),
        (128, 256, 3, 1),
        (256, 256, 4, 2),
        (256, 512, 3, 1),
    ]
    assert sum(p.numel() for p in discriminator().parameters()) == 2_935_873


def test_every_weight_is_divided_by_its_norm_and_no_layer_is_normalised_otherwise():
    net = discriminator(width=8)
    known = (SpectralConv2d, SpectralLinear, nn.LeakyReLU, nn.Flatten)
    assert all(isinstance(layer, known) for layer in net)
    assert {layer.negative_slope for layer in net if isinstance(layer, nn.LeakyReLU)} == {0.1}


def test_the_first_pass_is_one_power_iteration():
    """Algorithm 1 by hand, in double precision: v, then u, then the estimate of the norm."""
    layer = convolutions(discriminator(width=8))[2]
    matrix, u = layer.weight.detach().flatten(1).double(), layer.norm.u.double()
    x = torch.randn(2, 8, 5, 5)
    v = F.normalize(matrix.T @ u, dim=0)
    u = F.normalize(matrix @ v, dim=0)
    expected = F.conv2d(x.double(), layer.weight.double() / (u @ matrix @ v), layer.bias.double(), padding=1)
    assert torch.allclose(layer(x).double(), expected, atol=1e-5)


def test_after_some_passes_the_largest_singular_value_is_one():
    net = discriminator(size=8, width=8)
    for _ in range(300):
        net(torch.randn(1, 3, 8, 8))
    for layer in convolutions(net):
        norm = torch.linalg.svdvals(layer.norm(layer.weight).detach().flatten(1)).max()
        assert norm.item() == pytest.approx(1, abs=1e-2)


def test_the_gradient_is_equation_12():
    """1 / sigma (G - <G, W / sigma> u v'), where G is the gradient by the normalised weight."""
    layer = SpectralLinear(6, 4).eval()
    gradient = torch.randn(4, 6)
    layer.norm(layer.weight).backward(gradient)
    with torch.no_grad():
        u, v = layer.norm.iterate(layer.weight)
        sigma = u @ layer.weight @ v
        pulled = (gradient * layer.weight).sum() / sigma
        expected = (gradient - pulled * torch.outer(u, v)) / sigma
    assert torch.allclose(layer.weight.grad, expected, atol=1e-5)


@pytest.mark.parametrize(("size", "channels"), [(8, 1), (16, 3), (64, 4)])
def test_other_pictures(size, channels):
    assert discriminator(size, 4, channels)(torch.randn(2, channels, size, size)).shape == (2,)


def test_a_side_it_cannot_have_names_the_nearest():
    with pytest.raises(ganzoo.RequestError, match="--size 32"):
        discriminator(size=36)


def test_the_zoo_has_it():
    assert ganzoo.find("discriminators", "sngan").build is build


def test_contract():
    check_discriminator("sngan")

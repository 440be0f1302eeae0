"""Spectral normalisation: what the estimate promises after how many passes, and what it remembers."""

from __future__ import annotations

import pytest
import torch
from torch.autograd import gradcheck

from ganzoo.game.nn import SpectralConv2d, SpectralEmbedding, SpectralLinear, SpectralNorm

SHAPES = [(128, 128), (64, 576), (10, 128), (128, 1152), (1, 64)]


def largest(weight: torch.Tensor) -> float:
    return torch.linalg.matrix_norm(weight.double().flatten(1), 2).item()


def passes(norm: SpectralNorm, weight: torch.Tensor, n: int) -> torch.Tensor:
    with torch.no_grad():
        for _ in range(n):
            out = norm(weight)
    return out


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_the_estimate_comes_from_below_and_closer_with_every_pass(shape, seed):
    torch.manual_seed(seed)
    norm, weight = SpectralNorm(shape[0]), torch.randn(shape)
    for more, bound in [(1, 1.44), (14, 1.04), (35, 1.02), (450, 1.0001)]:
        assert 1 - 1e-4 <= largest(passes(norm, weight, more)) <= bound


def test_one_pass_is_one_power_iteration_from_the_u_it_was_given():
    torch.manual_seed(0)
    norm, weight, u = SpectralNorm(6), torch.randn(6, 4, 3, 3), torch.randn(6)
    norm.u.copy_(u / u.norm())
    matrix = weight.flatten(1)
    v = matrix.T @ u
    after = matrix @ v / v.norm()
    assert torch.allclose(norm(weight), weight / after.norm(), atol=1e-6)
    assert torch.allclose(norm.u, after / after.norm(), atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "x"),
    [
        (SpectralConv2d(3, 8, 3, 1, 1), torch.randn(2, 3, 8, 8)),
        (SpectralLinear(5, 8), torch.randn(2, 5)),
        (SpectralEmbedding(10, 8), torch.tensor([3, 7])),
    ],
    ids=["conv", "linear", "embedding"],
)
def test_layers_remember_in_training_and_scale_does_not_matter(layer, x):
    layer.eval()
    before = layer.norm.u.clone()
    out = layer(x)
    assert torch.equal(layer.norm.u, before)
    assert torch.equal(layer(x), out)
    with torch.no_grad():
        layer.weight.mul_(2)
    assert torch.allclose(layer(x), out, atol=1e-6)
    layer.train()(x)
    assert not torch.equal(layer.norm.u, before)
    assert layer.norm.u.norm().item() == pytest.approx(1, abs=1e-6)


def test_u_is_part_of_the_state_and_no_parameter():
    layer = SpectralConv2d(3, 8, 3)
    assert set(layer.state_dict()) == {"weight", "bias", "norm.u"}
    assert {name for name, _ in layer.named_parameters()} == {"weight", "bias"}


def test_the_gradient_goes_through_the_estimate_but_not_through_its_vectors():
    torch.manual_seed(0)
    norm, weight = SpectralNorm(4).double(), torch.randn(4, 6, dtype=torch.double, requires_grad=True)
    passes(norm, weight, 500)  # at the fixed point the vectors' own gradient is zero, and finite differences agree
    assert gradcheck(norm.eval(), (weight,))
    # A weight that only grows says nothing: the gradient has no part along it.
    (slope,) = torch.autograd.grad(norm(weight).square().sum(), weight)
    assert (slope * weight).sum().item() == pytest.approx(0, abs=1e-8)


def test_two_passes_before_one_backward():
    layer = SpectralLinear(5, 8)
    (layer(torch.randn(2, 5)).sum() - layer(torch.randn(2, 5)).sum()).backward()
    assert layer.weight.grad.isfinite().all()


def test_the_estimate_keeps_full_precision_under_autocast():
    layer = SpectralLinear(64, 64)
    plain = layer.eval().norm(layer.weight)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(layer.norm(layer.weight), plain)
        assert layer(torch.randn(2, 64)).dtype == torch.bfloat16


def test_a_weight_of_zeros_stays_zero():
    assert torch.equal(SpectralNorm(4)(torch.zeros(4, 3)), torch.zeros(4, 3))

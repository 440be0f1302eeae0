from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from ganzoo.game.nn import Linear
from ganzoo.game.nn.linear import Product, linear


def slopes(product, x, weight, bias):
    """First derivatives, and those of a penalty on a slope, as gradient penalties have it."""
    leaves = [each.clone().requires_grad_() for each in (x, weight, bias)]
    y = product(*leaves).tanh()
    (slope,) = torch.autograd.grad(y.sum(), leaves[0], create_graph=True)
    return y, slope, *torch.autograd.grad(y.square().mean() + slope.square().mean(), leaves)


@pytest.mark.parametrize(("n", "inputs", "outputs"), [(7, 40, 33), (64, 784, 240), (1, 32, 32)])
def test_it_is_torchs_own_to_any_order(n, inputs, outputs):
    x, weight, bias = torch.randn(n, inputs), torch.randn(outputs, inputs) / inputs**0.5, torch.randn(outputs)
    for ours, theirs in zip(slopes(linear, x, weight, bias), slopes(F.linear, x, weight, bias), strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_derivatives_are_those_of_differences():
    a, b, c = (torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in ((3, 5), (3, 5), (3,)))

    def double(*each):
        return Product.apply(*(x.float() for x in each)).double()

    assert torch.autograd.gradcheck(double, (a, b, c), eps=1e-2, atol=1e-3)
    assert torch.autograd.gradgradcheck(double, (a, b, c), eps=1e-2, atol=1e-3)


@pytest.mark.parametrize(
    "x",
    [torch.randn(4, 3, 40), torch.randn(4, 40, dtype=torch.float64), torch.empty(4, 40, device="meta")],
    ids=["three dimensions", "double", "meta"],
)
def test_what_it_is_not_made_for_goes_to_torch(x):
    layer = torch.nn.Linear(40, 50, dtype=x.dtype, device=x.device)
    ours = linear(x, layer.weight, layer.bias)
    assert ours.shape == (*x.shape[:-1], 50)
    assert ours.device.type == "meta" or torch.equal(ours, layer(x))


def test_autocast_has_its_way():
    with torch.autocast("cpu", torch.bfloat16):
        assert linear(torch.randn(4, 40), torch.randn(50, 40)).dtype == torch.bfloat16


def test_first_weights_are_those_of_torchs_layer():
    torch.manual_seed(0)
    ours = Linear(40, 50)
    torch.manual_seed(0)
    theirs = torch.nn.Linear(40, 50)
    assert torch.equal(ours.weight, theirs.weight)
    assert torch.equal(ours.bias, theirs.bias)


def test_a_network_with_it_can_be_exported():
    exported = torch.export.export(torch.nn.Sequential(Linear(40, 50)), (torch.randn(4, 40),))
    assert not [node for node in exported.graph.nodes if "mkldnn" in str(node.target)]

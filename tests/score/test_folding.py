"""Batch norms that became part of their convolutions: the same network, but for rounding."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from ganzoo.score.folding import folded


class Layer(nn.Module):
    def __init__(self, inputs: int, outputs: int, bias: bool):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=bias)
        self.bn = nn.BatchNorm2d(outputs, eps=1e-3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.bn(self.conv(x)))


@pytest.mark.parametrize("bias", [False, True])
def test_folded_is_what_it_was(bias):
    torch.manual_seed(0)
    net = nn.Sequential(Layer(3, 8, bias), Layer(8, 5, bias)).eval().requires_grad_(False)
    for layer in net:
        layer.bn.running_mean.normal_()
        layer.bn.running_var.uniform_(1e-2, 4)
        layer.bn.weight.normal_()
        layer.bn.bias.normal_()
    x = torch.randn(2, 3, 9, 9)
    expected = copy.deepcopy(net)(x)
    short = folded(net)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in short.modules())
    assert not any(p.requires_grad for p in short.parameters())
    torch.testing.assert_close(short(x), expected, rtol=1e-5, atol=1e-5)

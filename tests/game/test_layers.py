"""Layers: maxout is a maximum, and held statistics stay."""

from __future__ import annotations

import torch
from torch import nn

from ganzoo.game.nn import Maxout, statistics_held


def test_maxout_is_the_largest_of_each_units_own_pieces():
    layer, x = Maxout(6, 4, 5), torch.randn(3, 6)
    pieces = layer.linear(x)
    for unit in range(4):
        assert torch.equal(layer(x)[:, unit], pieces[:, 5 * unit : 5 * unit + 5].max(1).values)


def test_maxout_without_biases_is_homogeneous_and_not_odd():
    layer, x = Maxout(6, 4, 5), torch.randn(3, 6)
    nn.init.zeros_(layer.linear.bias)
    assert torch.allclose(layer(2 * x), 2 * layer(x), atol=1e-6)
    assert not torch.allclose(layer(-x), -layer(x), atol=1e-2)


def test_held_statistics_normalise_by_the_batch_and_count_nothing():
    net, x = nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4)), torch.randn(16, 5)
    before = {key: value.clone() for key, value in net.state_dict().items()}
    with statistics_held(net):
        held = net(x)
    for key, value in net.state_dict().items():
        assert torch.equal(value, before[key]), key
    assert torch.equal(held, net(x))  # the same normalisation as a step that counts
    assert net[1].num_batches_tracked == 1

"""Floating-point operations of networks whose number can be told by hand."""

from __future__ import annotations

from itertools import count

import pytest
import torch
from torch import nn

from ganzoo.bench.tally import Tally, Work


def test_a_dense_layer_forward_and_backward():
    layer, x = nn.Linear(30, 20, bias=False), torch.randn(8, 30)
    with Tally() as tally:
        loss = layer(x).sum()
        tally.lap("forward")
        loss.backward()
        tally.lap("backward")
    assert tally.parts["forward"].products == 2 * 8 * 30 * 20
    assert tally.parts["backward"].products == 2 * 8 * 30 * 20  # of the weights: x asks for none
    assert tally.parts["forward"].convolutions == 0


def test_a_frozen_layer_hands_a_gradient_through_and_makes_none():
    layer, x = nn.Linear(30, 20, bias=False).requires_grad_(False), torch.randn(8, 30, requires_grad=True)
    with Tally() as tally:
        layer(x).sum().backward()
        tally.lap("all")
    assert tally.parts["all"].flops == 2 * 2 * 8 * 30 * 20


@pytest.mark.parametrize("groups", [1, 4])
def test_a_convolution(groups):
    conv, x = nn.Conv2d(8, 16, 3, padding=1, groups=groups), torch.randn(2, 8, 10, 10, requires_grad=True)
    with Tally() as tally:
        conv(x).sum().backward()
        tally.lap("all")
    assert tally.parts["all"].convolutions == 3 * 2 * (2 * 10 * 10) * 9 * 8 * 16 / groups
    assert tally.parts["all"].products == 0


def test_gradients_of_gradients_are_counted():
    net, x = nn.Sequential(nn.Linear(30, 20, bias=False), nn.Softplus()), torch.randn(8, 30, requires_grad=True)
    with Tally() as tally:
        (slope,) = torch.autograd.grad(net(x).sum(), x, create_graph=True)
        tally.lap("once")
        slope.square().sum().backward()
        tally.lap("twice")
    unit = 2 * 8 * 30 * 20
    assert tally.parts["once"].products == 2 * unit  # forward; backward to the pictures
    assert tally.parts["twice"].products >= 3 * unit


def test_laps_of_one_name_are_added():
    a = torch.randn(4, 4)
    with Tally() as tally:
        for part in "dgd":
            a @ a
            tally.lap(part)
    assert {name: (done.products, done.operations) for name, done in tally.parts.items()} == {
        "d": (256, 2),
        "g": (128, 1),
    }


def test_work_is_weighed_and_added():
    assert Work(4, 8, 2) * 0.5 + Work(1, 1, 1) == Work(3, 5, 2)
    assert Work(4, 8, 2).flops == 12


def test_time_is_told_apart_by_what_it_went_into(monkeypatch):
    """By a clock that goes a second at every look."""
    seconds = count()
    monkeypatch.setattr("ganzoo.bench.tally.time.perf_counter", lambda: next(seconds))
    a, waits = torch.randn(4, 4), []
    with Tally(lambda: waits.append(1)) as tally:
        (a @ a).relu().add(1)
        tally.lap("all")
    done = tally.parts["all"]
    assert (done.operations, done.seconds, done.product_seconds) == (3, 3, 1)
    assert len(waits) == 3

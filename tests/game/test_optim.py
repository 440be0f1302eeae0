from __future__ import annotations

from copy import deepcopy

import pytest
import torch

from ganzoo.game.optim import adam


def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.ReLU(), torch.nn.Linear(5, 1))


def learn(net: torch.nn.Module, opt: torch.optim.Optimizer, steps: int) -> None:
    torch.manual_seed(1)
    for _ in range(steps):
        opt.zero_grad()
        net(torch.randn(8, 3)).square().mean().backward()
        opt.step()


def test_it_is_torchs_adam_to_the_last_bit():
    ours, theirs = network(), network()
    learn(ours, adam(ours, lr=0.01, betas=(0.5, 0.9)), 20)
    learn(theirs, torch.optim.Adam(theirs.parameters(), 0.01, (0.5, 0.9), fused=True), 20)
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(mine, other)
        assert mine.requires_grad


def test_its_state_goes_on_in_torchs_adam():
    ours, theirs = network(), network()
    opt = adam(ours, lr=0.01, betas=(0.5, 0.9))
    learn(ours, opt, 5)
    theirs.load_state_dict(ours.state_dict())
    other = torch.optim.Adam(theirs.parameters(), fused=True)
    other.load_state_dict(deepcopy(opt.state_dict()))
    learn(ours, opt, 5)
    learn(theirs, other, 5)
    for mine, their in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(mine, their)


def test_hooks_around_a_step_are_called():
    net, calls = network(), []
    opt = adam(net, lr=0.01, betas=(0.5, 0.9))
    opt.register_step_post_hook(lambda *_: calls.append("after"))
    learn(net, opt, 2)
    assert calls == ["after", "after"]


def test_whole_numbers_are_taken_for_betas():
    assert adam(network(), lr=0.1, betas=(0, 0.9)).defaults["betas"] == (0.0, 0.9)
    with pytest.raises(ValueError, match="beta"):
        adam(network(), lr=0.1, betas=(0.5, 1.5))


@pytest.mark.parametrize(
    "options", [{"amsgrad": True}, {"maximize": True}, {"fused": False}, {"weight_decay": 0.1}, {}]
)
def test_whatever_a_group_asks_for_is_what_torch_does(options):
    ours, theirs = network(), network()
    mine = adam(ours, lr=0.01, betas=(0.5, 0.9))
    for group in mine.param_groups:
        group.update(options)
    learn(ours, mine, 3)
    learn(theirs, torch.optim.Adam(theirs.parameters(), 0.01, (0.5, 0.9), **{"fused": True, **options}), 3)
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))


def test_who_has_no_gradient_does_not_move_and_begins_when_it_has_one():
    ours, theirs = network(), network()
    mine, other = (
        adam(ours, lr=0.1, betas=(0.5, 0.9)),
        torch.optim.Adam(theirs.parameters(), 0.1, (0.5, 0.9), fused=True),
    )
    for net, opt in ((ours, mine), (theirs, other)):
        net[0].requires_grad_(False)
        before = net[0].weight.clone()
        learn(net, opt, 2)
        assert torch.equal(net[0].weight, before)
        net[0].requires_grad_(True)
        learn(net, opt, 2)
        assert not torch.equal(net[0].weight, before)
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))

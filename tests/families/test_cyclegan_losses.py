"""CycleGAN's two games: the terms and their weights, and whom each turn moves."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from cyclegan_bench import CPU, draw, engine, parameters, recipe, stepped, with_nets

from ganzoo.data.drawn import swap
from ganzoo.game import Progress
from ganzoo.train.engine import Engine

TRANSLATORS, JUDGES = ("g_ab", "g_ba"), ("d_a", "d_b")


def test_translators_that_change_nothing_lose_only_to_their_judges():
    made = with_nets(recipe(), g_ab=torch.clone, g_ba=torch.clone, d_a=torch.zeros_like, d_b=torch.zeros_like)
    batch = draw(0, 4)
    loss, shown = made.g_loss(batch)
    assert shown["cycle"] == shown["identity"] == 0
    assert loss.item() == shown["fooled"].item() * 2 == 2.0  # 1 for each translator
    assert made.d_loss(batch)[0].item() == 1.0  # half of 1 for each judge


def test_the_terms_and_their_weights():
    made = with_nets(
        recipe(cycle=7.0, identity=0.25),
        g_ab=lambda x: 2 * x,
        g_ba=lambda x: x - 1,
        d_a=lambda x: x,
        d_b=lambda x: 3 * x,
    )
    batch = draw(0, 4)
    a, b = batch["a"].clone(), batch["b"].clone()
    loss, shown = made.g_loss(batch)
    fooled = (2 * a * 3 - 1).square().mean() + (b - 1 - 1).square().mean()
    cycle = (2 * a - 1 - a).abs().mean() + (2 * (b - 1) - b).abs().mean()
    identity = (2 * b - b).abs().mean() + (a - 1 - a).abs().mean()  # each translator is fed what it should make
    assert loss.item() == pytest.approx((fooled + 7 * cycle + 7 * 0.25 * identity).item(), rel=1e-5)
    for name, value in {"fooled": fooled, "cycle": cycle, "identity": identity}.items():
        assert shown[name].item() == pytest.approx(value.item() / 2, rel=1e-5)
    on_a, on_b = (
        (a - 1).square().mean() + (b - 1).square().mean(),
        (3 * b - 1).square().mean() + (6 * a).square().mean(),
    )
    d_loss, _ = made.d_loss(batch)
    assert d_loss.item() == pytest.approx(0.5 * (on_a + on_b).item(), rel=1e-5)


def test_without_identity_the_term_and_its_passes_are_gone():
    made = recipe(identity=0)
    passes = []
    made.nets["g_ab"].register_forward_hook(lambda _net, args, _out: passes.append(len(args[0])))
    loss, shown = made.g_loss(draw(0, 4))
    assert passes == [4, 4]
    assert shown.keys() == {"fooled", "cycle"}
    assert loss.item() == pytest.approx((2 * shown["fooled"] + 20 * shown["cycle"]).item())


def test_the_translators_turn_and_the_judges_turn_move_their_own_networks_alone():
    e = engine()
    e.recipe.begin(e.now)
    micro, names = [draw(0, 4)], []
    for phase, own in zip(e.recipe.phases(), (TRANSLATORS, JUDGES), strict=True):
        names.append(phase.name)
        before = {key: value.clone() for name in TRANSLATORS + JUDGES for key, value in parameters(e, name).items()}
        e._run(phase, micro)
        for name in TRANSLATORS + JUDGES:
            for key, p in parameters(e, name).items():
                if name not in own:
                    assert torch.equal(p, before[key]), (phase.name, key)
                else:
                    assert p.grad.isfinite().all()
                    assert not torch.equal(p, before[key]) or key.endswith("bias"), key  # a norm may undo a bias
    assert names == ["g", "d"]


def test_one_optimizer_holds_both_translators_and_one_both_judges():
    made = recipe("paper", size=32, width=4, width_d=4)
    for opt, names in {"g": TRANSLATORS, "d": JUDGES}.items():
        held = {id(p) for group in made.opts[opt].param_groups for p in group["params"]}
        assert held == {id(p) for name in names for p in made.nets[name].parameters()}
        assert made.opts[opt].param_groups[0]["betas"] == (0.5, 0.999)
    config = made.config
    assert (config.lr, config.cycle, config.identity, config.pool, config.batch) == (2e-4, 10, 0.5, 50, 1)
    assert (config.ema, config.enlarge, config.flip) == (0, 30, True)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tiny_learns_with_finite_losses(channels):
    e = engine(channels=channels)
    for _ in range(4):
        e.step()
    values = e.read()
    assert all(abs(value) < 1e3 for value in values.values())
    assert {"g/loss", "g/cycle", "g/identity", "d/loss", "d/real_a", "d/fake_b"} <= values.keys()
    assert e.averages.keys() == set(TRANSLATORS)


@pytest.mark.parametrize("loss", ["non-saturating", "hinge", "wasserstein", "relativistic"])
def test_other_games(loss):
    e = engine(loss=loss, accumulate=2, flip=True, enlarge=2)
    e.step()
    assert e.read()["g/loss"] != 0


def test_the_cycle_is_learnt():
    pair = swap()
    sides = {side: torch.from_numpy(getattr(pair, side).glance(64, 16).images / np.float32(127.5) - 1) for side in "ab"}
    torch.manual_seed(0)
    start = Progress(batch=4, total=10_000)
    e = Engine(recipe(lr=2e-3), lambda at, n: {side: x[at % 64 :][:n] for side, x in sides.items()}, CPU, start)
    first = (e.step(), e.read())[1]["g/cycle"]
    stepped(e, 50).read()
    assert (e.step(), e.read())[1]["g/cycle"] < 0.75 * first

"""StackGAN's losses: the judgements and their weights, the divergence, what scales owe each other."""

from __future__ import annotations

from dataclasses import replace
from math import log

import pytest
import torch
from fingerprint import filler
from ganzoo_stackgan import tree
from ganzoo_stackgan.captioned import others
from ganzoo_stackgan.tree import colours
from stackgan_bench import TREE, captions, engine, examples, recipe, run
from torch import nn
from torch.nn import functional as F

from ganzoo import RequestError

LN2 = log(2)


def silent(*heads: nn.Module) -> None:
    """Have heads say 0 of everything."""
    for each in heads:
        for p in each[0].parameters():
            nn.init.zeros_(p)


def test_losses_where_nothing_is_known():
    for stage, names in ((1, "gd"), (2, ("g2", "d2"))):
        game = recipe(kl=0.0)
        run(game, stage)
        d = game.nets[names[1]]
        silent(*[head for head in (d.joint[-1], d.alone) if head is not None])
        batch = examples(8)
        assert game.d_loss(batch)[0].item() == pytest.approx(2 * LN2)
        assert game.g_loss(batch)[0].item() == pytest.approx(stage * LN2)


def test_losses_of_the_tree_where_nothing_is_known():
    game = recipe(kl=0.0, **TREE)
    run(game, 1)
    for d in game.judges:
        silent(d.joint[-1], d.alone)
    batch = examples(8)
    assert game.d_loss(batch)[0].item() == pytest.approx(2 * 6 * LN2)  # two scales, six sums
    assert game.g_loss(batch)[0].item() == pytest.approx(2 * 2 * LN2)


def test_stage_two_weighs_its_five_judgements():
    """(real + real alone) / 2 + (wrong + fake + fake alone) / 3."""
    game = recipe()
    run(game, 2)
    d, matched, alone = game.nets["d2"], [], []
    d.joint.register_forward_hook(lambda _m, _i, out: matched.append(out))
    d.alone.register_forward_hook(lambda _m, _i, out: alone.append(out))
    loss, _ = game.d_loss(examples(8))
    (right, fake, wrong), (real_alone, fake_alone) = matched, alone
    yes, no = (
        (F.softplus(-right), F.softplus(-real_alone)),
        (F.softplus(wrong), F.softplus(fake), F.softplus(fake_alone)),
    )
    expected = sum(each.mean() for each in yes) / 2 + sum(each.mean() for each in no) / 3
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_tree_takes_a_picture_under_a_wrong_caption_for_real():
    game = recipe(version=2, branches=1)
    run(game, 1)
    (d,), matched, alone = game.judges, [], []
    d.joint.register_forward_hook(lambda _m, _i, out: matched.append(out))
    d.alone.register_forward_hook(lambda _m, _i, out: alone.append(out))
    nn.init.constant_(d.alone[0].bias, 3.0)
    loss, _ = game.d_loss(examples(8))
    (right, fake, wrong), (real_alone, fake_alone, wrong_alone) = matched, alone
    assert torch.allclose(wrong_alone, real_alone[others(captions(8))[0]], atol=1e-5)
    yes, no = (right, real_alone, wrong_alone), (wrong, fake, fake_alone)
    expected = sum(F.softplus(-each).mean() for each in yes) + sum(F.softplus(each).mean() for each in no)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_divergence_has_its_weight():
    for settings in ({}, TREE):
        game = recipe(**settings)
        run(game, 1)
        batch = examples(8)
        game.d_loss(batch)
        loss, shown = game.g_loss(batch)
        game.config = replace(game.config, kl=0.0)
        free, _ = game.g_loss(batch)
        assert shown["kl"] > 0
        assert (loss - free).item() == pytest.approx(2 * shown["kl"].item(), rel=1e-3)


@pytest.mark.parametrize("settings", [{}, TREE], ids=["stages", "tree"])
@pytest.mark.parametrize("stage", [1, 2])
def test_the_discriminators_condition_is_no_way_to_please_it(settings, stage):
    """G's turn: what is asked for hears from the pictures alone; D is told the mean, not what was drawn around it."""
    game = recipe(kl=0.0, **settings)
    run(game, stage)
    batch = examples(8)
    g = game.drawer if not settings else game.nets["g"]
    g.requires_grad_(False)
    game.d_loss(batch)
    g.requires_grad_(True)  # so that its own turn draws
    laws, told = [], []
    g.conditioning.register_forward_hook(lambda _m, _i, out: laws.append(out))
    judges = [game.judge] if not settings else game.judges
    for d in judges:
        match = d.match
        d.match = lambda seen, condition, match=match: told.append(condition) or match(seen, condition)
    game.g_loss(batch)
    ((_, mu, _),) = laws
    assert len(told) == len(judges)
    assert all(torch.equal(each, mu) and not each.requires_grad for each in told)
    game.d_loss(batch)
    assert torch.equal(told[len(judges)], laws[-1][1])  # right pairs
    if not settings:
        assert torch.equal(told[-1], laws[-1][1][others(batch["text"])[0]])  # wrong ones


def test_colours_that_agree_cost_nothing():
    small = filler(2, 3, 8, 8)
    assert tree.inconsistency(F.interpolate(small, scale_factor=2), small, 50.0).item() == pytest.approx(0, abs=1e-9)
    brighter = small + 0.1
    assert tree.inconsistency(brighter, small, 50.0).item() == pytest.approx(50 * 0.01, rel=1e-4)
    mean, spread = colours(small)
    stretched = mean[:, :, None, None] + 2 * (small - mean[:, :, None, None])
    assert tree.inconsistency(stretched, small, 50.0).item() == pytest.approx(
        250 * (3 * spread).square().mean().item(), rel=1e-4
    )


def test_a_scale_does_not_follow_the_one_above():
    fine, coarse = filler(2, 3, 16, 16).requires_grad_(), filler(2, 3, 8, 8).requires_grad_()
    slopes = torch.autograd.grad(tree.inconsistency(fine, coarse, 50.0), (fine, coarse), allow_unused=True)
    assert slopes[0].abs().sum() > 0
    assert slopes[1] is None


def test_a_game_of_pairs_is_refused():
    with pytest.raises(RequestError, match="relativistic"):
        recipe(loss="relativistic")


@pytest.mark.parametrize("loss", ["hinge", "least-squares", "minimax", "wasserstein"])
def test_other_games(loss):
    for settings in ({}, TREE):
        started = engine(recipe(loss=loss, **settings), images=0)
        started.step()
        assert all(torch.tensor(value).isfinite() for value in started.read().values())

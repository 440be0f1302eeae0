"""The conditional game: which label a fake has, whom it is shown to, what an undecided discriminator costs."""

from __future__ import annotations

from math import log

import pytest
import torch
from cgan_bench import STEPS, draw, engine, steps
from ganzoo_cgan.recipe import LabelPrior
from torch import nn

from ganzoo.train.engine import Engine


def heard(e: Engine, player: str) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """What a player is given from now on, and with which label."""
    calls: list[tuple[torch.Tensor, torch.Tensor]] = []

    def note(_net, given, named, out):
        calls.append((out if player == "g" else given[0], named["label"]))

    e.recipe.nets[player].register_forward_hook(note, with_kwargs=True)
    return calls


def test_a_fake_is_judged_under_the_label_it_was_drawn_under():
    e = engine("tiny", n_critic=5)
    drawn, judged = heard(e, "g"), heard(e, "d")
    e.step()
    assert [len(label) for _, label in drawn] == [16] * 5 + [32]  # twice as many in the generator's turn
    assert [len(label) for _, label in judged] == [16] * 10 + [32]
    real, fake = judged[0:10:2], [*judged[1:10:2], judged[10]]
    for (picture, label), (same_picture, same_label) in zip(drawn, fake, strict=True):
        assert torch.equal(picture, same_picture)
        assert torch.equal(label, same_label)
    for turn, (picture, label) in enumerate(real):
        assert torch.equal(picture, draw(16 * turn, 16)["image"])
        assert torch.equal(label, draw(16 * turn, 16)["label"])


def test_labels_of_fakes_follow_the_prior_and_not_the_batch():
    e = engine("tiny")
    e.draw = lambda position, n: {**draw(position, n), "label": torch.full((n,), position // n % 4)}  # sorted
    drawn = heard(e, "g")
    steps(e, STEPS)
    late = torch.cat([label for _, label in drawn[6:]])
    assert all(label.unique().numel() > 1 for _, label in drawn[6:])
    assert (torch.bincount(late, minlength=4) / len(late) > 0.15).all()


def test_the_prior_is_that_of_the_data():
    torch.manual_seed(0)
    prior, label = LabelPrior(3), torch.tensor([0] * 70 + [1] * 25 + [2] * 5)
    assert torch.bincount(prior.draw(3000)).tolist() == pytest.approx([1000] * 3, rel=0.1)
    for _ in range(50):
        prior.meet(label[torch.randperm(100)])
    share = torch.bincount(prior.draw(20_000)) / 20_000
    assert share.tolist() == pytest.approx([0.7, 0.25, 0.05], abs=0.01)


@pytest.mark.parametrize(("preset", "d", "g"), [("tiny", 2, 0), ("paper", 2 * log(2), log(2))])
def test_the_game_at_an_undecided_discriminator(preset, d, g):
    recipe = engine(preset).recipe
    for p in recipe.nets["d"].parameters():
        nn.init.zeros_(p)
    batch = draw(0, 16)
    loss, shown = recipe.d_loss(batch)
    assert loss.item() == pytest.approx(d, abs=1e-6)
    assert recipe.g_loss(batch)[0].item() == pytest.approx(g, abs=1e-6)
    assert shown["real"].eq(0.5).all()
    assert shown["fake"].eq(0.5).all()


def test_a_pairwise_loss_has_as_many_reals_as_fakes():
    e = steps(engine("tiny", loss="relativistic"), 1)
    assert e.read()["g/loss"] == pytest.approx(log(2), abs=0.5)

"""The memory of earlier fakes: it is the paper's, one picture after the other, and each judge has its own."""

from __future__ import annotations

import pytest
import torch
from cyclegan_bench import draw, recipe, with_nets
from ganzoo_cyclegan.networks import Pool


def one_by_one(kept: list[float], size: int, new: list[float], chances: list[float], places: list[int]) -> list[float]:
    """The pool as the paper's code has it, one picture after the other."""
    given = []
    for picture, chance, place in zip(new, chances, places, strict=True):
        if len(kept) < size:
            kept.append(picture)
            given.append(picture)
        elif chance < 0.5:
            given.append(kept[place])
            kept[place] = picture
        else:
            given.append(picture)
    return given


@pytest.mark.parametrize("size", [1, 3, 50])
@pytest.mark.parametrize("batch", [1, 4, 7, 64])
def test_the_pool_is_the_one_that_takes_pictures_one_by_one(size, batch):
    pool, kept = Pool(size, (1, 1, 1)), []
    for turn in range(40):
        new = torch.arange(turn * batch, (turn + 1) * batch).float()
        torch.manual_seed(turn)
        given = pool(new.view(-1, 1, 1, 1)).flatten().tolist()
        torch.manual_seed(turn)
        chances = torch.rand(batch).tolist()
        places = torch.randint(size, (batch,)).tolist()
        assert given == one_by_one(kept, size, new.tolist(), chances, places)
        assert pool.kept.flatten()[: len(kept)].tolist() == kept
        assert pool.count == len(kept)


def test_the_pool_gives_half_new_and_half_about_a_hundred_old():
    torch.manual_seed(0)
    pool, batch, ages = Pool(50, (1, 1, 1)), 4, []
    for start in range(0, 38_000, batch):
        now = torch.arange(start, start + batch)
        given = pool(now.float().view(-1, 1, 1, 1)).flatten()
        if start < 50 - batch:
            assert given.tolist() == now.tolist()
        ages.append(now - given.long())
    ages = torch.cat(ages)[1_000:]
    assert (ages == 0).float().mean().item() == pytest.approx(0.5, abs=0.011)
    old = ages[ages > 0].double()
    assert old.mean().item() == pytest.approx(100, abs=4)
    assert old.median().item() == pytest.approx(69, abs=4)


def test_the_pool_keeps_no_graph_and_full_precision():
    pool = Pool(2, (3, 4, 4))
    fake = torch.randn(4, 3, 4, 4, requires_grad=True)
    given = pool(2 * fake)
    assert not given.requires_grad
    assert not pool.kept.requires_grad
    assert pool(given.bfloat16()).shape == given.shape
    assert pool.kept.dtype == torch.float32
    assert not Pool(0, (3, 4, 4))(fake).requires_grad
    assert torch.equal(Pool(0, (3, 4, 4))(fake), fake)


def test_each_judge_sees_the_pool_of_its_own_side():
    made = with_nets(recipe(), g_ab=lambda x: 0 * x + 0.25, g_ba=lambda x: 0 * x - 0.25)
    batch = {side: x.requires_grad_() for side, x in draw(0, 4).items()}
    made.g_loss(batch)
    assert not batch["fake_a"].requires_grad  # the judges' turn does not hold on to the translators' graph
    assert not batch["fake_b"].requires_grad
    made.d_loss(batch)
    assert (made.nets["pool_b"].kept[:4] == 0.25).all()
    assert (made.nets["pool_a"].kept[:4] == -0.25).all()
    assert made.nets["pool_a"].count == 4

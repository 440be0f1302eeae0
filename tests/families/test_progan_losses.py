"""ProGAN's game, with and without classes, and what can be asked of it."""

from __future__ import annotations

import pytest
import torch
from fingerprint import count
from progan_bench import engine, recipe
from torch import nn

from ganzoo import Facts, RequestError, find
from ganzoo.game import Progress
from ganzoo.zoo.config import resolve


def test_the_loss_of_a_critic_that_sees_nothing():
    """Constant scores: no gap, no slope, and the drift term alone speaks of their height."""
    game = recipe()
    game.begin(Progress(total=100))
    last = game.nets["d"].blocks[0][-1]
    nn.init.zeros_(last.weight)
    nn.init.constant_(last.bias, 20.0)
    batch = {"image": torch.rand(8, 3, 16, 16)}
    loss, shown = game.d_loss(batch)
    assert shown["penalty"].item() == pytest.approx(10, abs=1e-4)
    assert loss.item() == pytest.approx(10 + 0.001 * 400, abs=1e-4)
    assert game.g_loss(batch)[0].item() == pytest.approx(-20, abs=1e-5)
    cifar, x = recipe(target=750.0), torch.rand(8, 3, 16, 16)
    penalty = cifar.steepness(game.nets["d"], x, x, {"lod": 0.0})
    assert penalty.item() == pytest.approx(10, abs=1e-4)  # 10 / T^2 times T^2


def test_classes_are_drawn_and_named():
    game = recipe(classes=("a", "b", "c"), labels=True)
    run = engine(game, total=160)
    while run.now.images < 160:
        run.step()
    assert all(torch.tensor(value).isfinite() for value in run.read().values())
    seed, label = torch.tensor([5, 5]), torch.tensor([0, 1])
    with run.sampling() as nets:
        a, b = game.sample(nets, 2, {"seed": seed, "label": label})
    assert not torch.equal(a, b)


def test_naming_adds_its_cross_entropy():
    game = recipe(classes=("a", "b", "c"), labels=True)
    nn.init.zeros_(game.nets["d"].blocks[0][-1].weight)
    nn.init.zeros_(game.nets["d"].blocks[0][-1].bias)
    batch = {"image": torch.rand(8, 3, 16, 16), "label": torch.arange(8) % 3}
    uniform = torch.tensor(3.0).log().item()
    assert game.d_loss(batch)[0].item() == pytest.approx(10 + 2 * uniform, abs=1e-4)
    assert game.g_loss(batch)[0].item() == pytest.approx(uniform, abs=1e-5)


def test_a_relativistic_game_with_and_without_classes():
    for game in (recipe(loss="relativistic"), recipe(classes=("a", "b", "c"), labels=True, loss="relativistic")):
        run = engine(game)
        run.step()
        assert all(torch.tensor(value).isfinite() for value in run.read().values())


def test_classes_need_data_that_has_them():
    with pytest.raises(RequestError, match="no classes"):
        recipe(labels=True)


@pytest.mark.parametrize(
    "settings",
    [
        {"latent": 0},
        {"growth": 1.5},
        {"stable": -1},
        {"target": 0.0},
    ],
)
def test_settings_that_cannot_be(settings):
    with pytest.raises(RequestError, match=next(iter(settings))):
        resolve(find("families", "progan"), "tiny", settings)


def test_every_batch_of_the_schedule_must_fall_into_the_parts_of_accumulate():
    """Said before a run begins, not when growth comes to that size; a batch that no size uses does not matter."""
    family = find("families", "progan")
    with pytest.raises(RequestError, match="accumulate=2: a batch of 3 "):
        resolve(family, "paper", {"accumulate": 2})
    with pytest.raises(RequestError, match="accumulate=3: a batch of 16 "):
        resolve(family, "tiny", {"accumulate": 3})
    assert resolve(family, "tiny", {"accumulate": 3, "batches": (6, 3)}).batch == 16
    with pytest.raises(RequestError, match="a batch of 0"):
        resolve(family, "tiny", {"batches": (8, 0)})


def test_the_papers_settings():
    family = find("families", "progan")
    paper = resolve(family, "paper")
    with torch.device("meta"):
        game = family.build(paper, Facts((3, paper.size, paper.size)))
    assert (count(game.nets["g"]), count(game.nets["d"])) == (23_079_115, 23_087_249)
    assert (paper.lr, paper.betas, paper.group, paper.drift, paper.penalty) == (1e-3, (0.0, 0.99), 16, 1e-3, 10)
    assert game.opts["g"].param_groups[0]["eps"] == 1e-8
    seen = []
    for phase in range(9):
        game.begin(Progress(images=1_600_000 * phase, total=paper.images))
        seen.append((game.lod, game.batch))
    assert seen == list(zip([8, 7, 6, 5, 4, 3, 2, 1, 0], [16] * 6 + [14, 6, 3], strict=True))


def test_the_second_releases_settings():
    family = find("families", "progan")
    with torch.device("meta"):
        game = family.build(resolve(family, "released"), Facts((3, 1024, 1024)))
    seen = []
    for phase in range(9):
        game.begin(Progress(images=1_200_000 * phase, total=12_000_000))
        seen.append((4 << phase, game.batch, game.opts["d"].param_groups[0]["lr"]))
    assert {size: batch for size, batch, _ in seen} == {
        4: 128, 8: 128, 16: 128, 32: 64, 64: 32, 128: 16, 256: 8, 512: 4, 1024: 4
    }  # fmt: skip
    assert [rate for *_, rate in seen] == [1e-3] * 8 + [1.5e-3]

"""ProGAN's growth: it follows every image, moves neither pictures nor losses, and sets batch and rate."""

from __future__ import annotations

from itertools import pairwise
from math import floor

import pytest
import torch
from ganzoo_progan.networks import Discriminator, Generator
from progan_bench import TINY, engine, recipe

from ganzoo.game import Progress
from ganzoo.game.nn.pyramid import enlarged, reduced
from ganzoo.game.penalties import gradient_penalty
from ganzoo.train.length import images_of


def test_growth_follows_every_image():
    game, lods = recipe(stable=16, fade=16), []
    for images in range(65):
        game.begin(Progress(images=images))
        lods.append(game.lod)
    fades = [1 - i / 16 for i in range(1, 17)]
    assert lods == [2.0] * 17 + [1 + part for part in fades] + [1.0] * 16 + fades


def test_reals_are_judged_as_faded_as_fakes_are():
    game, real = recipe(), torch.randn(4, 3, 16, 16)
    game.lod = 1.25
    batch = {"image": real}
    game.d_loss(batch)
    small = reduced(real, 2)
    assert torch.allclose(batch["image"], 0.75 * small + 0.25 * enlarged(reduced(small, 2), 2), atol=1e-6)


def test_pictures_at_a_level_are_squares_of_one_colour():
    game = recipe(32)
    for level in range(4):
        game.lod = float(level)
        with torch.no_grad():
            drawn = game.sample(game.nets, 2, {"seed": torch.arange(2)})
        assert drawn.shape == (2, 3, 32, 32)
        assert drawn.abs().max() <= 1
        assert torch.equal(enlarged(drawn[:, :, :: 2**level, :: 2**level], 2**level), drawn)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_half_way_is_the_mean_of_both_sizes(level):
    torch.manual_seed(0)
    g, z = Generator((3, 32, 32), 8, **TINY), torch.randn(4, 8)
    with torch.no_grad():
        half, new, old = g(z, level + 0.5), g(z, level), enlarged(g(z, level + 1), 2)
        assert (half - (new + old) / 2).abs().max() < 1e-5
        assert torch.allclose(g(z, level + 1 - 1e-6), old, atol=1e-4)  # a new size starts as the old picture


@pytest.mark.parametrize("level", [0, 1, 2])
def test_the_discriminator_averages_larger_pictures_down(level):
    torch.manual_seed(0)
    d, x = Discriminator((3, 32, 32), **TINY), torch.randn(8, 3, 32, 32)
    with torch.no_grad():
        at_once = d(x, level)
        assert torch.allclose(at_once, d(reduced(x, 2**level), level), atol=1e-5)
        assert torch.allclose(d(x, level + 1 - 1e-6), d(reduced(x, 2 ** (level + 1)), level + 1), atol=1e-4)
        assert (d(x, level + 0.5) - at_once).abs().max() > 1e-3  # the fade is felt at every size, 8x8 too


@pytest.mark.parametrize("level", [1, 2])
def test_growing_moves_neither_pictures_nor_losses(level):
    """A size's last pictures are the first of the next, and every term of the losses has the same value on both."""
    game, real = recipe(32), torch.rand(8, 3, 32, 32) * 2 - 1
    seen = []
    for lod in (level + 1e-6, level - 1e-6):
        game.lod = lod
        torch.manual_seed(1)
        batch = {"image": real}
        loss, shown = game.d_loss(batch)
        g_loss, _ = game.g_loss(batch)
        with torch.no_grad():
            drawn = game.sample(game.nets, 4, {"seed": torch.arange(4)})
        seen.append((drawn, loss.item(), g_loss.item(), shown["penalty"].item()))
    (before, *losses), (after, *then) = seen
    assert (before - after).abs().max() < 1e-5
    assert then == pytest.approx(losses, abs=1e-3)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_the_penalty_is_that_of_pictures_of_the_full_size(level):
    game = recipe()
    game.lod = float(level)
    d, real, fake = (
        game.nets["d"],
        torch.rand(8, 3, 16, 16),
        enlarged(torch.rand(8, 3, 16 >> level, 16 >> level), 2**level),
    )
    torch.manual_seed(3)
    full = gradient_penalty(d, real, fake, {"lod": level})
    torch.manual_seed(3)
    small = game.steepness(d, reduced(real, 2**level), reduced(fake, 2**level), {"lod": level})
    assert small.item() == pytest.approx(full.item(), rel=1e-4)


def test_moments_are_forgotten_where_a_size_begins_or_ends_to_fade_in():
    game = recipe()  # two sizes to grow: stable, fade, stable, fade, and the rest; 4 batches of 8 each
    run = engine(game, total=240)
    ages = []
    for _ in range(22):
        run.step()
        ages.append(int(game.opts["d"].state[game.nets["d"].blocks[0][-1].weight]["step"]))
    # A turn lasts 36 images, four and a half batches: the first batch inside it begins anew.
    turns = [game.growth.lod(Progress(images=8 * i, total=240)) for i in range(22)]
    kinds = [floor(lod) - floor(-lod) for lod in turns]
    fresh = [i for i in range(22) if i == 0 or kinds[i] != kinds[i - 1]]
    assert [i for i, age in enumerate(ages) if age == 1] == fresh
    assert fresh == [0, 5, 9, 14, 18]


def test_batch_and_rate_of_every_size():
    game = recipe(stable=16, fade=16, batches=(8, 4, 2), rates=(1e-3, 2e-3))
    run = engine(game, batch=16)
    drawn = []
    feed = run.draw
    run.draw = lambda position, n: drawn.append((position, n)) or feed(position, n)
    rates = []
    while run.now.images < 64:
        run.step()
        rates.append(game.opts["g"].param_groups[0]["lr"])
    assert [n for _, n in drawn] == [8] * 3 + [4] * 7 + [2] * 6
    assert all(position + n == after for (position, n), (after, _) in pairwise(drawn))
    assert rates == [1e-3] * 3 + [2e-3] * 13


def test_a_run_of_so_many_steps_grows_fully_whatever_its_batches():
    settings = {"size": 16, "base": 32, "batches": (16, 8, 4)}
    game = recipe(**settings)
    run = engine(game, total=images_of(30, game, batch=8))
    for _ in range(30):
        run.step()
    assert run.now.images == run.now.total
    assert game.lod == 0


def test_the_batch_is_the_runs_own_where_no_other_is_asked_for():
    game = recipe()
    game.begin(Progress())
    assert game.batch is None

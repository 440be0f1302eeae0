"""ProGAN against its paper and the released code: counts, fingerprints, growth, continuity, resuming."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import floor, sqrt

import pytest
import torch
from fingerprint import count, filler, summary
from ganzoo_progan.networks import Discriminator, Generator
from torch import Tensor, nn

from ganzoo import Facts, RequestError, find
from ganzoo.game import Progress
from ganzoo.game.nn.pyramid import enlarged, reduced
from ganzoo.game.penalties import gradient_penalty, slopes
from ganzoo.train import checkpoint
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.train.length import images_of
from ganzoo.zoo.config import resolve

SMALL = {"base": 512, "width": 64}
TINY = {"base": 32, "width": 8}


@torch.no_grad()
def fill(net: nn.Module) -> nn.Module:
    """As `fingerprint.fill`, for weights that are scaled when they are used."""
    for name, p in net.named_parameters():
        p.copy_((0.1 if name.endswith("bias") else 1.0) * filler(*p.shape))
    return net


def recipe(size: int = 16, channels: int = 3, classes: tuple[str, ...] = (), **settings):
    family = find("families", "progan")
    torch.manual_seed(0)
    config = resolve(family, "tiny", {"size": size, "base": 32, **settings})
    return family.build(config, Facts((channels, size, size), classes=classes))


def engine(game, *, total: int = 96, batch: int = 8, images: int = 0) -> Engine:
    """An engine on drawn noise; every batch is a pure function of its position."""
    size, channels = 4 << game.growth.levels, game.nets["g"].to_picture[0].weight.shape[0]

    def draw(position: int, n: int) -> dict[str, Tensor]:
        rng = torch.Generator().manual_seed(position)
        pictures = torch.rand(n, channels, size, size, generator=rng) * 2 - 1
        return {"image": pictures, "label": torch.arange(position, position + n) % 3}

    return Engine(game, draw, Backend.choose("cpu"), Progress(images=images, batch=batch, total=total), halflife=50)


# Counts


@pytest.mark.parametrize(
    ("size", "base", "width", "latent", "g", "d"),
    [
        (1024, 8192, 512, 512, 23_079_115, 23_087_249),
        (512, 8192, 512, 512, 23_072_120, 23_080_225),
        (256, 8192, 512, 512, 23_044_309, 23_052_353),
        (128, 8192, 512, 512, 22_933_394, 22_941_313),
        (64, 8192, 512, 512, 22_490_383, 22_498_049),
        (32, 8192, 512, 512, 20_719_628, 20_726_785),
        (16, 8192, 512, 512, 15_998_473, 16_005_121),
        (8, 8192, 512, 512, 11_277_318, 11_283_457),
        (4, 8192, 512, 512, 6_556_163, 6_561_793),
        (64, 1024, 128, 128, 1_140_079, 1_141_921),
        (32, 1024, 128, 128, 1_112_268, 1_114_049),
        (32, 512, 64, 64, 278_636, 279_521),
        (1024, 2048, 512, 512, 13_639_031, 13_646_165),
    ],
)
def test_parameter_counts(size, base, width, latent, g, d):
    with torch.device("meta"):
        assert count(Generator((3, size, size), latent, base=base, width=width)) == g
        assert count(Discriminator((3, size, size), base=base, width=width)) == d


def test_parameter_counts_in_grey_and_with_classes():
    full = {"base": 8192, "width": 512}
    with torch.device("meta"):
        assert count(Generator((1, 32, 32), 512, **full)) == 20_715_524
        assert count(Discriminator((1, 32, 32), **full)) == 20_722_689
        assert count(Generator((3, 32, 32), 512, classes=10, **full)) == 20_801_548
        assert count(Discriminator((3, 32, 32), classes=10, **full)) == 20_731_915


def test_parameters_of_every_size():
    """The table of the fact sheet, row by row: block, to picture, from picture."""
    with torch.device("meta"):
        g = Generator((3, 1024, 1024), 512, base=8192, width=512)
        d = Discriminator((3, 1024, 1024), base=8192, width=512)
    blocks = [4_719_616] * 3 + [1_769_984, 442_624, 110_720, 27_712, 6_944]
    assert [count(block) for block in g.blocks] == [4_194_816 + 2_359_808, *blocks]
    assert [count(layer) for layer in g.to_picture] == [1_539] * 4 + [771, 387, 195, 99, 51]
    blocks = [4_719_616] * 3 + [1_770_240, 442_752, 110_784, 27_744, 6_960]
    assert [count(block) for block in d.blocks] == [2_364_416 + 4_194_816 + 513, *blocks]
    assert [count(layer) for layer in d.from_picture] == [2_048] * 4 + [1_024, 512, 256, 128, 64]


# Fingerprints


@pytest.mark.parametrize(
    ("lod", "expected"),
    [
        (0.0, (0.148904, 0.703252, 0.139680, 0.228574)),
        (0.5, (0.270179, 0.449152, 0.330629, 0.867800)),
        (1.0, (0.391453, 0.702495, 0.521578, 1.507025)),
        (2.0, (0.121893, 0.921926, 0.124219, 0.068571)),
        (3.0, (0.005070, 1.066693, 1.236441, 0.042290)),
    ],
)
def test_fingerprint_of_the_generator(lod, expected):
    out = fill(Generator((3, 32, 32), 64, **SMALL))(filler(4, 64), lod)
    assert out.shape == (4, 3, 32 >> floor(lod), 32 >> floor(lod))
    assert summary(enlarged(out, 2 ** floor(lod))) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("lod", "fused", "expected"),
    [
        (0.0, False, (0.549297, 0.020084, 0.579091, 0.557628)),
        (0.5, False, (0.509188, 0.019728, 0.528721, 0.499602)),
        (1.0, False, (0.437098, 0.014699, 0.417581, 0.424473)),
        (0.0, True, (0.546276, 0.027300, 0.573072, 0.577020)),
        (0.5, True, (0.503819, 0.022927, 0.518203, 0.500592)),
        (1.0, True, (0.426611, 0.022597, 0.390767, 0.409811)),
    ],
)
def test_fingerprint_of_the_discriminator(lod, fused, expected):
    out = fill(Discriminator((3, 32, 32), fused=fused, **SMALL))(0.5 * filler(8, 3, 32, 32), lod)
    assert out.shape == (8,)
    assert summary(out) == pytest.approx(expected, abs=1e-4)


# Growth


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


# The game


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
    assert cifar.steepness(game.nets["d"], x, x, {"lod": 0.0}).item() == pytest.approx(
        10, abs=1e-4
    )  # 10 / T^2 times T^2


def test_gains_of_the_first_and_the_last_layers():
    g, d = Generator((3, 16, 16), 12, **TINY), Discriminator((3, 16, 16), **TINY)
    root = g.blocks[0]
    assert root.dense.scale == pytest.approx(sqrt(2) / 4 / sqrt(12))
    assert root.dense.bias is None
    assert root.bias.shape == (8,)  # one a map, not one a pixel
    assert [layer.scale for layer in g.to_picture] == pytest.approx([1 / sqrt(8)] * 2 + [1 / sqrt(4)])
    assert d.blocks[0][-1].scale == pytest.approx(1 / sqrt(8))
    assert d.from_picture[0][0].scale == pytest.approx(sqrt(2) / sqrt(3))


def test_features_are_normalised_and_the_picture_is_not():
    torch.manual_seed(0)
    g, z = Generator((3, 16, 16), 8, **TINY), torch.randn(16, 8)
    heights = []
    for block in g.blocks:
        block.register_forward_hook(lambda _m, _i, out: heights.append(out.square().mean(1)))
    with torch.no_grad():
        fake = g(z)
        assert torch.allclose(g(7 * z), fake, atol=1e-4)  # noise lives on a sphere
    assert len(heights) == 6  # twice three
    assert all(torch.allclose(each, torch.ones_like(each), atol=1e-5) for each in heights)
    assert fake.abs().max() > 1  # no tanh


def test_the_discriminator_knows_how_much_a_batch_varies():
    torch.manual_seed(0)
    d, x = Discriminator((3, 8, 8), **TINY), torch.randn(4, 3, 8, 8)
    alone = torch.cat([d(each[None].expand(4, -1, -1, -1))[:1] for each in x])
    assert (d(x) - alone).abs().min() > 1e-4


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


@pytest.mark.parametrize("lod", [2.0, 1.5, 1.0, 0.3, 0.0])
def test_a_turn_moves_its_own_network_alone(lod):
    game = recipe()
    growth = replace(game.growth, stable=100, fade=100, share=0)
    images = next(i for i in range(401) if growth.lod(Progress(images=i)) <= lod)
    game.growth = growth
    run = engine(game, images=images)
    for phase, own, other in zip(game.phases(), "dg", "gd", strict=True):
        game.begin(run.now)
        batch = {"image": torch.rand(8, 3, 16, 16), "z": torch.randn(8, 16)}
        before = {name: [p.detach().clone() for p in game.nets[name].parameters()] for name in "gd"}
        run._run(phase, [batch])
        same = {
            name: [torch.equal(a, b) for a, b in zip(before[name], game.nets[name].parameters(), strict=True)]
            for name in "gd"
        }
        assert all(same[other])
        grads = [p.grad for p in game.nets[own].parameters() if p.grad is not None]
        assert all(grad.isfinite().all() for grad in grads)
        # Layers of sizes to come, and of pictures no longer made, have no part in it.
        top, old = 2 - floor(game.lod), game.lod > floor(game.lod)
        blocks = sum(len(list(game.nets[own].blocks[i].parameters())) for i in range(top + 1))
        assert len(grads) == blocks + 2 * (1 + old)


@pytest.mark.parametrize("looked_at", [False, True])
def test_a_run_that_is_cut_anywhere_goes_on_as_if_it_were_not(looked_at, tmp_path):
    """Bit for bit, at cuts inside a size, inside a fade, and right at and beside every switch, of size and batch.

    Sheets are drawn between two steps, where the next size may already be due, and checkpoints written after them.
    """
    settings = {"stable": 16, "fade": 16, "batches": (8, 8, 4)}
    whole = engine(recipe(**settings))
    while whole.now.images < 72:
        whole.step()
        if looked_at:
            whole.recipe.begin(whole.now)
        checkpoint.save(tmp_path / f"{whole.now.images}.safetensors", whole.state(), {})
    end = whole.state()
    for images in (8, 16, 24, 32, 48, 56, 64):
        torch.manual_seed(99)  # nothing outside the checkpoint may matter
        again = engine(recipe(**settings))
        again.load(checkpoint.load(tmp_path / f"{images}.safetensors")[0])
        if looked_at:
            again.recipe.begin(again.now)
        while again.now.images < 72:
            again.step()
        assert again.now == whole.now
        assert_equal(again.state(), end)


def assert_equal(a, b) -> None:
    if isinstance(a, Tensor):
        assert torch.equal(a, b)
    elif isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a:
            assert_equal(a[key], b[key])
    elif isinstance(a, list | tuple):
        for x, y in zip(a, b, strict=True):
            assert_equal(x, y)
    else:
        assert a == b


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_few_steps_through_every_size(channels):
    game = recipe(channels=channels)
    run = engine(game, total=160)
    sizes = set()
    while run.now.images < 160:
        run.step()
        sizes.add(game.lod)
    assert {2.0, 0.0} < sizes
    assert all(torch.tensor(value).isfinite() for value in run.read().values())
    with run.sampling() as nets:
        assert game.sample(nets, 2, {"seed": torch.arange(2)}).shape == (2, channels, 16, 16)


def test_the_average_has_what_sampling_needs():
    """Layers that have not had their turn are averaged with themselves, and how far growth has come is no weight."""
    game = recipe()
    run = engine(game, total=10_000)
    untouched = game.nets["g"].blocks[2][1].weight.clone()
    run.step()
    twin = run.averages["g"].net
    assert torch.allclose(twin.blocks[2][1].weight, untouched, atol=1e-6)
    assert not torch.equal(twin.blocks[0].conv.weight, game.nets["g"].blocks[0].conv.weight)
    assert not list(twin.buffers())


def test_the_average_draws_at_the_size_that_is_due():
    game = recipe()
    run, alone = engine(game, total=96), Generator((3, 16, 16), 16, base=32, width=8)
    for _ in range(12):
        run.step()
        game.begin(run.now)
        with run.sampling() as nets:
            alone.load_state_dict(nets["g"].state_dict(), strict=False)
            drawn = game.sample(nets, 2, {"seed": torch.arange(2)})
            assert torch.equal(drawn, game.sample({"g": alone}, 2, {"seed": torch.arange(2)}))


# With classes


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


# What can be asked


@pytest.mark.parametrize(("size", "nearest"), [(48, 32), (2, 4), (7, 8)])
def test_a_size_it_cannot_have_names_the_nearest(size, nearest):
    with pytest.raises(RequestError, match=f"--size {nearest}\\."):
        Generator((3, size, size), 8, **TINY)


def test_points_and_oblongs_are_refused():
    with pytest.raises(RequestError, match="points"):
        Generator((2,), 8, **TINY)
    with pytest.raises(RequestError, match="16x32"):
        Discriminator((3, 16, 32), **TINY)


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


def test_its_networks_serve_other_families():
    family = find("families", "dcgan")
    parts = {"generator": "progan", "discriminator": "progan", "loss": "hinge"}
    game = family.build(resolve(family, "tiny", parts), Facts((1, 16, 16)))
    batch = {"image": torch.rand(8, 1, 16, 16)}
    loss, _ = game.d_loss(batch)
    assert loss.isfinite()
    assert slopes(game.nets["d"], batch["image"], {}).shape == (8, 1, 16, 16)

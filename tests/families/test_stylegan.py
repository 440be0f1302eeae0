"""StyleGAN 1 and 2 in training: their losses, lazy turns, growth, exact resume, sampling, settings."""

from __future__ import annotations

import copy
from math import log, sqrt

import pytest
import torch
from ganzoo_stylegan.original import FASTER
from ganzoo_stylegan.pathlength import PathLength
from torch import Tensor, nn

from ganzoo import Facts, RequestError, find
from ganzoo.game import Progress
from ganzoo.train import checkpoint
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.train.sampling import draw
from ganzoo.zoo.config import resolve

FAMILY = find("families", "stylegan")
CPU = Backend.choose("cpu", "fp32")


def recipe_of(preset: str, facts: Facts | None = None, seed: int = 0, **settings):
    config = resolve(FAMILY, preset, settings)
    torch.manual_seed(seed)
    return FAMILY.build(config, facts or Facts((3, config.size, config.size))), config


SMALLEST = {"size": 8, "base": 32, "width": 4, "latent": 4, "style": 4, "batch": 4, "group": 2}


def engine_of(preset: str = "tiny", channels: int = 3, classes: int = 0, seed: int = 0, **settings) -> Engine:
    config = resolve(FAMILY, preset, settings)
    shape = (channels, config.size, config.size)
    recipe, _ = recipe_of(preset, Facts(shape, classes=tuple(map(str, range(classes)))), seed, **settings)
    for net in recipe.nets.values():
        CPU.place(net)

    def pictures(position: int, n: int) -> dict[str, Tensor]:
        rows = [torch.rand(shape, generator=torch.Generator().manual_seed(position + i)) for i in range(n)]
        batch = {"image": 2 * torch.stack(rows) - 1}
        return batch | ({"label": (position + torch.arange(n)) % classes} if classes else {})

    start = Progress(batch=config.batch, total=config.images)
    return Engine(recipe, pictures, CPU, start, accumulate=config.accumulate, halflife=config.ema)


# Losses and lazy regularisation


class Plane(nn.Module):
    """A discriminator whose slope is known."""

    def __init__(self, shape: tuple[int, ...]):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(shape))

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.weight).flatten(1).sum(1)


class Dim(nn.Module):
    """An augmentation that is easy to recognise."""

    def forward(self, x: Tensor) -> Tensor:
        return x / 2


class Unit(nn.Module):
    """A path length penalty of 1, for half a batch of 8."""

    def forward(self, image: Tensor, ws: Tensor) -> tuple[Tensor, Tensor]:
        assert (image.shape, ws.shape) == ((4, 3, 16, 16), (4, 6, 16))
        return torch.ones(()), torch.ones(())


def test_r1_of_a_plane_and_its_lazy_total():
    recipe, config = recipe_of("tiny", gamma=3.0)
    d = recipe.nets["d"] = Plane((3, 16, 16))
    loss, shown = recipe.r1_loss({"image": torch.randn(8, 3, 16, 16)})
    one = 1.5 * d.weight.square().sum().item()
    assert shown["penalty"].item() == pytest.approx(one, rel=1e-5)
    assert loss.item() == pytest.approx(16 * one, rel=1e-5)  # once in 16 steps, 16 times as strong
    assert config.r1_every == 16
    recipe.nets["augment"] = Dim()
    assert recipe.r1_loss({"image": torch.randn(8, 3, 16, 16)})[1]["penalty"].item() == pytest.approx(one / 4, rel=1e-5)


def test_reals_and_fakes_are_augmented_in_every_turn():
    recipe, _ = recipe_of("tiny")
    seen: list[Tensor] = []
    recipe.nets["d"].register_forward_pre_hook(lambda _d, args: seen.append(args[0]))
    image = torch.rand(8, 3, 16, 16)

    def views() -> list[Tensor]:
        seen.clear()
        for turn in (recipe.d_loss, recipe.g_loss):
            torch.manual_seed(0)
            turn({"image": image})
        return list(seen)

    plain = views()
    recipe.nets["augment"] = Dim()
    recipe.nets["augment"].heed = lambda _logits: None
    recipe.nets["augment"].p = torch.zeros(())
    assert len(plain) == 3
    for before, after in zip(plain, views(), strict=True):
        assert torch.allclose(after, before / 2, atol=1e-5)


@pytest.mark.parametrize("version", [1, 2])
def test_the_game_at_an_undecided_discriminator(version):
    recipe, _ = recipe_of("tiny", version=version)
    for p in recipe.nets["d"].parameters():
        nn.init.zeros_(p)
    batch = {"image": torch.rand(8, 3, 16, 16)}
    loss, shown = recipe.d_loss(batch)
    assert loss.item() == pytest.approx(2 * log(2), abs=1e-6)
    assert recipe.g_loss(batch)[0].item() == pytest.approx(log(2), abs=1e-6)
    assert shown["real"].eq(0.5).all()
    assert shown["fake"].eq(0.5).all()


def path(linear: Tensor, side: int, n: int = 4_000) -> tuple[float, float]:
    """Mean and mean square of the lengths of a picture that is a linear map of one style."""
    torch.manual_seed(0)
    net = PathLength().eval()
    ws = torch.randn(n, 1, linear.shape[1], requires_grad=True)
    image = (ws[:, 0] @ linear.t()).view(n, 1, side, side)
    square, length = net(image, ws)
    assert net.mean == 0
    return length.item(), square.item()


def test_path_lengths_of_a_linear_picture():
    """A of 1024 pixels and 512 coordinates, singular values c = 5: a mean square of |A|^2 / 1024 = 12.5.

    A length is the root of sum s_i^2 n_i^2 / 1024, n normal. Its variance is about sum s^4 / (2 * 1024 sum s^2): for
    equal values c^2 / 2048 = 0.0122; spread evenly in the exponent over two decades, 4.6 times that in the limit of
    many coordinates.
    """
    side, style = 32, 512
    torch.manual_seed(0)
    basis, _ = torch.linalg.qr(torch.randn(side * side, style))
    turn, _ = torch.linalg.qr(torch.randn(style, style))
    c = 5.0
    length, square = path(c * basis, side)
    assert square == pytest.approx(c**2 * style / side**2, rel=0.02)  # |A|^2 / HW
    spread = square - length**2
    assert spread == pytest.approx(c**2 / (2 * side**2), rel=0.1)  # not zero, even for an isometry
    uneven = basis * torch.logspace(-1, 1, style) @ turn
    uneven = uneven * (c * sqrt(style) / uneven.norm())
    length, square = path(uneven, side)
    assert square == pytest.approx(c**2 * style / side**2, rel=0.02)
    assert 4 * spread < square - length**2 < 4.8 * spread  # as long on average, and unequal; the sheet measured 4.4


def test_the_mean_path_length_is_followed_and_teaches():
    recipe, config = recipe_of("tiny")
    torch.manual_seed(0)
    loss, shown = recipe.path_loss({"image": torch.rand(8, 3, 16, 16)})
    assert recipe.nets["path"].mean.item() == pytest.approx(0.01 * shown["length"].item(), rel=1e-4)
    loss.backward()
    reached = {name for name, p in recipe.nets["g"].named_parameters() if p.grad is not None and p.grad.any()}
    assert {"mapping.layers.0.weight", "synthesis.start", "synthesis.to_picture.2.weight"} <= reached
    assert (config.path, config.path_every) == (2.0, 4)
    recipe.nets["path"] = Unit()
    assert recipe.path_loss({"image": torch.rand(8, 3, 16, 16)})[0].item() == 8  # once in 4 steps, 4 times as strong


def test_adam_is_slowed_for_the_lazy_turns():
    recipe, _ = recipe_of("tiny", lr=0.002)
    g, d = (recipe.opts[name].param_groups[0] for name in "gd")
    assert (g["lr"], g["betas"]) == (pytest.approx(0.0016), (0.0, pytest.approx(0.991992, abs=1e-6)))
    assert (d["lr"], d["betas"]) == (pytest.approx(0.00188235, abs=1e-8), (0.0, pytest.approx(0.990585, abs=1e-6)))
    assert g["eps"] == 1e-8
    plain, _ = recipe_of("tiny", lr=0.002, path=0, gamma=0)
    assert {opt.param_groups[0]["lr"] for opt in plain.opts.values()} == {0.002}
    assert [phase.name for phase in plain.phases()] == ["g", "d"]


@pytest.mark.parametrize("version", [1, 2])
def test_rates_fall_at_the_end_where_asked(version):
    recipe, _ = recipe_of("tiny", version=version, decay=0.4)
    first = {name: opt.param_groups[0]["lr"] for name, opt in recipe.opts.items()}
    for share, left in [(0, 1), (0.6, 1), (0.8, 0.5), (1, 0), (0.9, 0.25)]:
        recipe.begin(Progress(images=int(1000 * share), total=1000))
        assert {name: opt.param_groups[0]["lr"] for name, opt in recipe.opts.items()} == {
            name: pytest.approx(left * rate) for name, rate in first.items()
        }


def test_the_mapping_learns_at_its_own_rate_and_starts_the_same():
    slow, fast = (recipe_of("tiny", mapping_lr=rate)[0].nets["g"] for rate in (0.01, 0.5))
    z = torch.randn(4, 16)
    assert torch.allclose(slow.mapping(z), fast.mapping(z), atol=1e-5)
    moves = []
    for g in (slow, fast):
        before = g.mapping(z)
        with torch.no_grad():
            for p in g.mapping.parameters():
                p += 1e-3
        moves.append((g.mapping(z) - before).norm().item())
    assert moves[1] / moves[0] == pytest.approx(50, rel=0.05)


# Mixing


def test_training_mixes_as_often_as_it_is_told():
    recipe, config = recipe_of("tiny", mixing=0.5)
    torch.manual_seed(0)
    cuts = torch.stack([recipe.noise(1, torch.device("cpu"))[1]["cut"] for _ in range(600)])
    layers = recipe.nets["g"].synthesis.layers
    assert (cuts < layers).float().mean().item() == pytest.approx(config.mixing, abs=0.07)
    assert set(cuts.tolist()) == set(range(1, layers + 1))
    off, _ = recipe_of("tiny", mixing=0)
    assert off.noise(1, torch.device("cpu"))[1] == {}


# Version 1


def test_growth_starts_at_8_pixels():
    with torch.device("meta"):
        recipe, _ = recipe_of("original1024")
    golden = [(0, 7.0), (600_000, 7.0), (601_000, 7 - 1 / 600), (900_000, 6.5), (1_200_000, 6.0), (1_800_000, 6.0)]
    for images, lod in [*golden, (8_400_000, 0.0), (25_000_000, 0.0)]:
        recipe.begin(Progress(images=images))
        assert recipe.at["lod"] == pytest.approx(lod)


def test_growth_is_over_in_time_where_nobody_says_how_long():
    recipe, _ = recipe_of("tiny", version=1, size=32, grow=0)
    for total in (100, 60_000):
        course = []
        for share in (0, 0.3, 0.6, 1):
            recipe.begin(Progress(images=int(share * total), total=total))
            course.append(recipe.at["lod"])
        assert course == pytest.approx([2, 1, 0, 0])


def test_version_1_follows_its_schedule():
    recipe, config = recipe_of("original", size=256, width=8, base=64, grow=1_000, batch=10, decay=0)
    rates, sides = [], []
    for images in range(0, 11_000, 1_000):
        recipe.begin(Progress(images=images, batch=10, total=1))
        rates.append(recipe.opts["g"].param_groups[0]["lr"] / config.lr)
        sides.append(recipe.real({"image": torch.zeros(1, 3, 256, 256)}).shape[-1])
    # At every even thousand a size is whole; before it, it was being faded in.
    assert sides == [8, 8, 16, 16, 32, 32, 64, 64, 128, 128, 256]
    assert rates == pytest.approx([1, 1, 1, 1, 1, 1, 1, 1, 1.5, 1.5, 2])
    assert recipe.layers() == 14
    assert recipe.batch is None
    recipe.begin(Progress(images=0, batch=10, total=1))
    assert recipe.layers() == 4


def test_version_1_has_a_batch_for_every_size():
    recipe, _ = recipe_of("original1024", size=128, width=8, base=64, grow=1_000)
    batches = []
    for images in range(0, 10_000, 1_000):
        recipe.begin(Progress(images=images, batch=10, total=1))
        batches.append(recipe.batch)
    assert batches == [256, 256, 128, 128, 64, 64, 32, 32, 32, 32]
    with pytest.raises(RequestError, match="accumulate=2: a batch of 7"):
        resolve(FAMILY, "original", {"batches": "8,7", "accumulate": 2})


def test_adam_forgets_when_the_networks_change():
    e = engine_of(
        "tiny", version=1, grow=32, batch=8, **{k: v for k, v in SMALLEST.items() if k not in ("size", "batch")}
    )
    remembered = []
    for _ in range(14):
        e.step()
        remembered.append({int(s["step"]) for s in e.recipe.opts["g"].state.values()})
    # 4 steps at 8 pixels and the first of fading (still 8), 4 of fading in 16 pixels, then the whole of it.
    longest = [max(steps) for steps in remembered]
    assert longest == [1, 2, 3, 4, 5, 1, 2, 3, 1, 2, 3, 4, 5, 6]


# The turns, in the engine

KINDS = {
    "plain": {},
    "ada": {"augment": "ada", "augment_images": 100},
    "conditional": {"conditional": True, "classes": 3},
    "version1": {"version": 1, "size": 16, "grow": 8, "base": 32, "batches": (4, 2)},
}
every_kind = pytest.mark.parametrize("kind", KINDS)


def weights(e: Engine) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    checkpoint._split({k: v for k, v in e.state().items() if k != "progress"}, "", tensors)
    return tensors


def smallest(kind: str, seed: int = 0) -> Engine:
    return engine_of("tiny", seed=seed, **{**SMALLEST, **KINDS[kind]})


@every_kind
def test_a_turn_moves_its_own_player_and_no_other(kind):
    e = smallest(kind)
    e.recipe.begin(e.now)
    micro = e._fresh(0)
    for phase in e.recipe.phases():
        before = {name: copy.deepcopy(dict(net.named_parameters())) for name, net in e.recipe.nets.items()}
        e._run(phase, micro)
        for name, net in e.recipe.nets.items():
            moved = [key for key, p in net.named_parameters() if not torch.equal(p, before[name][key])]
            assert bool(moved) == (name == phase.opt), (phase.name, name)
            if name == phase.opt:
                assert all(p.grad.isfinite().all() for p in net.parameters() if p.grad is not None)
                if phase.name in "gd" and kind != "version1":  # grown later, or beyond a penalty's reach
                    assert all(p.grad is not None for p in net.parameters()), phase.name


@every_kind
def test_resume_is_bit_equal_at_every_edge(kind, tmp_path):
    last = 18
    edges = {"version1": (1, 2, 3, 4, 5, 6, 7, 8, 9)}.get(kind, (1, 3, 4, 5, 8, 15, 16, 17))
    walker, saved = smallest(kind), {}
    for step in range(1, last + 1):
        walker.step()
        if step in edges:
            checkpoint.save(tmp_path / f"{step}.safetensors", walker.state(), {})
            saved[step] = tmp_path / f"{step}.safetensors"
    straight = weights(walker)
    assert any(key.endswith(("g/mean_style", "path/mean", "augment/p")) for key in straight)
    for step, path_ in saved.items():
        again = smallest(kind, seed=99)
        again.load(checkpoint.load(path_)[0])
        for _ in range(last - step):
            again.step()
        resumed = weights(again)
        assert resumed.keys() == straight.keys()
        for key, value in straight.items():
            assert torch.equal(value, resumed[key]), (step, key)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tiny_takes_steps_on_any_channels(version, channels):
    e = engine_of("tiny", channels, version=version, grow=8, augment="ada" if version == 2 else "none", accumulate=2)
    for _ in range(5):
        e.step()
    seen = e.read()
    assert {"d/loss", "g/loss"} <= set(seen)
    assert all(torch.tensor(list(seen.values())).isfinite())


@pytest.mark.parametrize("kind", KINDS)
def test_half_precision_takes_the_same_turns(kind):
    e = smallest(kind)
    e.backend = Backend.choose("cpu", "bf16")
    for _ in range(4):
        e.step()
    assert all(torch.tensor(list(e.read().values())).isfinite())
    assert all(p.dtype == torch.float32 for net in e.recipe.nets.values() for p in net.parameters())


# Sampling


@pytest.mark.parametrize("kind", ["plain", "conditional", "version1"])
def test_a_seed_is_one_picture(kind):
    e = smallest(kind)
    for _ in range(2):
        e.step()
    with e.sampling() as nets:
        many = draw(e.recipe, nets, range(20), {}, CPU.device)
        few = draw(e.recipe, nets, [7, 18], {}, CPU.device)
    assert (few == many[[7, 18]]).all()
    assert many.shape[1:] == e.recipe.sample(nets, 1, {}).shape[1:]
    assert abs(many).max() <= 1


@pytest.mark.parametrize("version", [1, 2])
def test_samples_come_with_the_same_noise_or_without(version):
    drawn = {}
    for noise in ("constant", "none"):
        recipe, _ = recipe_of("tiny", version=version, noise=noise)
        for name, p in recipe.nets["g"].named_parameters():
            if name.endswith("strength"):
                nn.init.constant_(p, 0.3)
        recipe.nets["g"].eval()
        seeds = torch.tensor([1, 1, 2])
        with torch.no_grad():
            drawn[noise] = recipe.sample(recipe.nets, 3, {"seed": seeds})
        assert torch.equal(drawn[noise][0], drawn[noise][1])
    assert not torch.allclose(drawn["constant"], drawn["none"], atol=1e-2)


def test_samples_are_truncated_and_mixed_on_request():
    e = smallest("plain")
    e.step()
    with e.sampling() as nets:
        cond = {"truncation": torch.tensor([0.0, 0.0, 1.0])}
        drawn = draw(e.recipe, nets, range(3), cond, CPU.device)
        assert (drawn[0] == drawn[1]).all()  # the mean style's picture
        plain = draw(e.recipe, nets, range(3), {}, CPU.device)
        assert (drawn[2] == plain[2]).all()
        layers = nets["g"].synthesis.layers
        mixed = {"mix": torch.tensor([5, 5, 5]), "cut": torch.tensor([layers, 0, 2])}
        drawn = draw(e.recipe, nets, range(3), mixed, CPU.device)
        other = draw(e.recipe, nets, [5], {}, CPU.device)[0]
    assert (drawn[0] == plain[0]).all()
    assert abs(drawn[1] - other).max() < 1e-5
    assert abs(drawn[2] - plain[2]).max() > 0
    assert abs(drawn[2] - other).max() > 0


# What it refuses, what its presets are


def test_requests_that_make_no_sense_are_refused():
    with pytest.raises(RequestError, match="version=1"):
        resolve(FAMILY, "tiny", {"version": 1, "augment": "ada"})
    with pytest.raises(RequestError, match="probability"):
        resolve(FAMILY, "tiny", {"mixing": 1.5})
    with pytest.raises(RequestError, match="no classes"):
        recipe_of("tiny", Facts((3, 16, 16), count=100), conditional=True)


def test_the_published_settings():
    paper = resolve(FAMILY, "paper")
    assert paper == resolve(FAMILY, "ffhq1024")
    assert (paper.size, paper.batch, paper.group, paper.base, paper.mapping) == (1024, 32, 4, 32_768, 8)
    assert (paper.lr, paper.gamma, paper.ema, paper.images, paper.mixing) == (0.002, 10, 10_000, 25_000_000, 0.9)
    p256 = resolve(FAMILY, "paper256")
    assert (p256.batch, p256.group, p256.base, p256.lr, p256.gamma, p256.ema) == (64, 8, 16_384, 0.0025, 1, 20_000)
    cifar = resolve(FAMILY, "cifar")
    assert (cifar.group, cifar.gamma, cifar.ema, cifar.mapping, cifar.images) == (32, 0.01, 500_000, 2, 100_000_000)
    assert (cifar.path, cifar.mixing, cifar.residual, cifar.augment) == (0, 0, False, "ada")
    first = resolve(FAMILY, "original1024")
    assert (first.version, first.base, first.lr, first.gamma, first.grow) == (1, 16_384, 0.001, 10, 600_000)
    assert (first.truncation, first.truncated, first.mapping) == (0.7, 8, 8)
    assert FASTER == {128: 1.5, 256: 2.0, 512: 3.0, 1024: 3.0}

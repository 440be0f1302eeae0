"""CycleGAN against its paper and reference: counts, fingerprints, geometry, the two games, memory, schedule, resume."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from fingerprint import count, fill, filler, summary
from ganzoo_cyclegan.networks import Discriminator, Generator, Pool
from ganzoo_cyclegan.recipe import decayed
from torch import nn

from ganzoo import Facts, RequestError, find
from ganzoo.data.drawn import swap
from ganzoo.game import Progress
from ganzoo.train import checkpoint
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.zoo.config import resolve

CPU = Backend.choose("cpu", "fp32")
TRANSLATORS, JUDGES = ("g_ab", "g_ba"), ("d_a", "d_b")


def generator(size: int, width: int, blocks: int, channels: int = 3) -> Generator:
    return Generator((channels, size, size), width, blocks)


def discriminator(size: int, width: int, layers: int = 3, channels: int = 3) -> Discriminator:
    return Discriminator((channels, size, size), width, layers)


def recipe(preset: str = "tiny", channels: int = 3, **settings):
    family = find("families", "cyclegan")
    config = resolve(family, preset, settings)
    return family.build(config, Facts((channels, config.size, config.size)))


def draw(position: int, n: int, channels: int = 3) -> dict[str, torch.Tensor]:
    """Pictures as a pure function of their place in the order; each side has its own."""
    seeds = [torch.Generator().manual_seed(position + i) for i in range(n)]
    return {
        side: torch.stack([2 * torch.rand(channels, 16, 16, generator=seed) - 1 for seed in seeds]) for side in "ab"
    }


def engine(seed: int = 0, total: int = 48, channels: int = 3, **settings) -> Engine:
    torch.manual_seed(seed)
    start = Progress(batch=4, total=total)
    options = {"accumulate": settings.pop("accumulate", 1), "halflife": settings.pop("halflife", 20.0)}
    made = recipe(channels=channels, **settings)
    return Engine(made, lambda position, n: draw(position, n, channels), CPU, start, **options)


# networks


@pytest.mark.parametrize(
    ("width", "blocks", "channels", "parameters"),
    [
        (64, 9, 3, 11_378_179),
        (64, 6, 3, 7_837_699),
        (64, 9, 1, 11_365_633),
        (32, 9, 3, 2_850_563),
        (32, 6, 3, 1_965_059),
        (16, 9, 3, 715_651),
        (16, 6, 3, 494_083),
        (8, 9, 3, 180_419),
        (8, 6, 3, 124_931),
    ],
)
def test_parameters_of_a_generator(width, blocks, channels, parameters):
    with torch.device("meta"):
        assert count(generator(256, width, blocks, channels)) == parameters


@pytest.mark.parametrize(
    ("width", "layers", "parameters"),
    [
        (64, 3, 2_764_737),
        (64, 1, 136_385),
        (64, 2, 662_977),
        (64, 4, 6_959_553),
        (32, 3, 694_241),
        (16, 3, 175_089),
        (16, 2, 42_865),
        (16, 1, 9_521),
    ],
)
def test_parameters_of_a_discriminator(width, layers, parameters):
    with torch.device("meta"):
        assert count(discriminator(256, width, layers)) == parameters


def test_the_paper_builds_four_networks_of_the_published_size():
    with torch.device("meta"):
        nets = recipe("paper").nets
    assert sum(map(count, nets.values())) == 28_285_832
    assert [len(list(nets[name].parameters())) for name in ("g_ab", "d_a")] == [48, 10]


def test_layers_are_those_of_the_reference():
    with torch.device("meta"):
        g, d, x = generator(256, 64, 9), discriminator(256, 64), torch.empty(1, 3, 256, 256)
        sizes = {
            net: [
                (tuple(stage.shape[1:]), count(layer))
                for layer, stage in walk(net, x)
                if count(layer)
            ]
            for net in (g, d)
        }  # fmt: skip
    assert sizes[g] == [
        ((64, 256, 256), 9_472),
        ((128, 128, 128), 73_856),
        ((256, 64, 64), 295_168),
        *[((256, 64, 64), 1_180_160)] * 9,
        ((128, 128, 128), 295_040),
        ((64, 256, 256), 73_792),
        ((3, 256, 256), 9_411),
    ]
    assert sizes[d] == [
        ((64, 128, 128), 3_136),
        ((128, 64, 64), 131_200),
        ((256, 32, 32), 524_544),
        ((512, 31, 31), 2_097_664),
        ((1, 30, 30), 8_193),
    ]
    assert not isinstance(d[1], nn.InstanceNorm2d)
    assert isinstance(d[-1], nn.Conv2d)  # logits, no sigmoid
    assert [layer.negative_slope for layer in d if isinstance(layer, nn.LeakyReLU)] == [0.2] * 4


def walk(net: nn.Sequential, x: torch.Tensor):
    for layer in net:
        x = layer(x)
        yield layer, x


@pytest.mark.parametrize(
    ("net", "x", "shape", "expected"),
    [
        (generator(64, 16, 9), filler(2, 3, 64, 64), (2, 3, 64, 64), (0.096925, 0.568987, 0.707167, -0.102434)),
        (generator(32, 8, 6), filler(2, 3, 32, 32), (2, 3, 32, 32), (0.232512, 0.470906, 0.174632, -0.205567)),
        (discriminator(64, 16), filler(2, 3, 64, 64), (2, 1, 6, 6), (0.332076, 0.737652, 1.079355, 0.335456)),
    ],
    ids=["G9", "G6", "D"],
)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_fingerprints(net, x, shape, expected, layout):
    out = fill(net).train().to(memory_format=layout)(0.5 * x)
    assert out.shape == shape
    assert summary(out) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(("layers", "seen"), [(1, 16), (2, 34), (3, 70), (4, 142)])
def test_a_logit_sees_a_patch_of_just_that_size(layers, seen):
    torch.manual_seed(0)
    d = without_norm(discriminator(256, 4, layers))  # the norm's mean and variance see the whole picture
    x = torch.randn(1, 3, 256, 256, requires_grad=True)
    logits = d(x)[0, 0]
    middle = len(logits) // 2
    (gradient,) = torch.autograd.grad(logits[middle, middle], x)
    for axis in (2, 3):
        touched = gradient.abs().amax([dim for dim in range(4) if dim != axis]).nonzero().flatten().tolist()
        assert touched == list(range(touched[0], touched[0] + seen))
    if layers == 3:
        assert touched[0] == 97


@pytest.mark.parametrize(("size", "side"), [(256, 30), (128, 14), (64, 6), (32, 2)])
def test_logits_of_a_picture(size, side):
    with torch.device("meta"):
        assert discriminator(size, 8)(torch.empty(2, 3, size, size)).shape == (2, 1, side, side)


def without_norm(net: nn.Sequential) -> nn.Sequential:
    return nn.Sequential(*(layer for layer in net if not isinstance(layer, nn.InstanceNorm2d)))


def test_what_moves_by_the_stride_is_translated_alike():
    torch.manual_seed(0)
    g = generator(192, 8, 6)
    objects, inside = torch.randn(1, 3, 32, 32), slice(64, 128)

    def translated(shift: int) -> torch.Tensor:
        x = torch.zeros(1, 3, 192, 192)
        x[..., 80 + shift : 112 + shift, 80 + shift : 112 + shift] = objects
        with torch.no_grad():
            return g(x).roll((-shift, -shift), (2, 3))[..., inside, inside]

    there = translated(0)
    assert (translated(4) - there).abs().max() < 1e-5
    assert all((translated(shift) - there).abs().max() > 0.1 for shift in (1, 2))


def test_edges_are_mirrored():
    """A convolution that mirrors keeps a flat picture flat; one that pads with zeros shows a frame."""
    torch.manual_seed(0)
    keeping = [m for m in generator(32, 8, 2).modules() if isinstance(m, nn.Conv2d) and m.stride == (1, 1)]
    assert [conv.kernel_size[0] for conv in keeping] == [7, 3, 3, 3, 3, 7]
    for conv in keeping:
        flat = conv(torch.ones(1, conv.in_channels, 32, 32))
        assert (flat - flat[..., :1, :1]).abs().max() < 1e-5


def test_instance_norm_is_plain():
    g = generator(32, 8, 6)
    norms = [layer for layer in g.modules() if isinstance(layer, nn.InstanceNorm2d)]
    assert len(norms) == 3 + 12 + 2
    assert not list(g.buffers())
    x = 3 * torch.randn(2, 8, 16, 16) + 5
    variance, mean = torch.var_mean(norms[0](x), (2, 3), correction=0)
    assert mean.abs().max() < 1e-5
    assert torch.allclose(variance, torch.ones(2, 8), atol=1e-4)
    assert {norm.eps for norm in norms} == {1e-5}


def test_nothing_happens_behind_the_sum_of_a_residual_block():
    g = generator(32, 8, 1)
    residual = next(layer for layer in g if hasattr(layer, "body"))
    x = torch.randn(2, 32, 8, 8)
    assert torch.equal(residual(x), x + residual.body(x))
    assert residual(x).min() < 0


@pytest.mark.parametrize("seed", range(3))
def test_spread_at_the_start(seed):
    torch.manual_seed(seed)
    g, d, x = generator(256, 64, 9), discriminator(256, 64), (0.5 * torch.randn(1, 3, 256, 256)).clamp(-1, 1)
    with torch.no_grad():
        fake, loss = g(x), find("losses", "least-squares").build()
        on_real, on_fake = d(torch.cat([x, fake])).chunk(2)
    assert 0.50 < fake.std() < 0.67
    assert 1.05 < on_real.std() < 1.30
    assert 1.5 < loss.d(on_real, on_fake) < 2.6
    assert 1.8 < loss.g(on_fake) < 3.3
    assert 0.56 < (fake - x).abs().mean() < 0.70
    assert all(not p.any() for net in (g, d) for name, p in net.named_parameters() if name.endswith("bias"))


@pytest.mark.parametrize(
    ("size", "layers", "nearest"),
    [(30, 2, 32), (33, 2, 32), (18, 1, 20), (5, 1, 8), (10, 2, 12), (20, 3, 24), (255, 3, 256), (10, 3, 24)],
)
def test_a_size_it_cannot_have_names_the_nearest(size, layers, nearest):
    with pytest.raises(RequestError, match=f"--size {nearest}"):
        recipe(size=size, layers=layers)
    assert recipe(size=nearest, layers=layers).nets


def test_points_are_refused():
    family = find("families", "cyclegan")
    with pytest.raises(RequestError, match="points"):
        family.build(resolve(family, "tiny"), Facts((2,)))


# the two games


class Changed(nn.Module):
    """A network that is one line of arithmetic."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def forward(self, x):
        return self.change(x)


def with_nets(made, **nets):
    made.nets.update({name: Changed(change) for name, change in nets.items()})
    return made


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


def parameters(e: Engine, name: str) -> dict[str, torch.Tensor]:
    return {f"{name}.{key}": p for key, p in e.recipe.nets[name].named_parameters()}


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


# memory


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


# schedule, resume, sampling


@pytest.mark.parametrize(
    ("epoch", "multiplier"), [(0, 1), (98, 1), (99, 1), (100, 100 / 101), (150, 50 / 101), (199, 1 / 101)]
)
def test_the_papers_learning_rate(epoch, multiplier):
    """Constant within an epoch: here one of 1,334 pictures, 200 in the run."""
    made = recipe("paper", size=32, width=4, width_d=4)
    for images in (epoch * 1334, epoch * 1334 + 1333):
        made.begin(Progress(step=7, images=images, total=200 * 1334))
        rates = [group["lr"] for opt in made.opts.values() for group in opt.param_groups]
        assert rates == pytest.approx([2e-4 * multiplier] * 2, rel=1e-12)


def test_the_share_of_the_decay():
    def at(images, share):
        return decayed(Progress(images=images, total=1000), share)

    assert [at(images, 0.0) for images in (0, 999, 1000)] == [1, 1, 1]
    assert [at(images, 1.0) for images in (0, 1000)] == pytest.approx([200 / 201, 1 / 201])
    assert at(895, 0.1) == 1 > at(900, 0.1) > at(999, 0.1) > 0


def test_resume_is_bit_equal_wherever_the_run_is_cut(tmp_path):
    """The pool fills at step 2, and the learning rate falls from the half of the run on."""
    steps, settings = 10, {"total": 40, "pool": 7, "flip": True, "enlarge": 2}
    straight = weights(stepped(engine(**settings), steps))
    for cut in (1, 2, 4, 5, 6, 9):
        first = stepped(engine(**settings), cut)
        checkpoint.save(tmp_path / "c.safetensors", first.state(), {})
        second = engine(seed=99, **settings)
        second.load(checkpoint.load(tmp_path / "c.safetensors")[0])
        resumed = weights(stepped(second, steps - cut))
        assert resumed.keys() == straight.keys()
        assert any(key.endswith("pool_a/kept") for key in resumed)
        for key, value in straight.items():
            assert torch.equal(value, resumed[key]), (cut, key)


def stepped(e: Engine, n: int) -> Engine:
    for _ in range(n):
        e.step()
    return e


def weights(e: Engine) -> dict[str, torch.Tensor]:
    tensors: dict[str, torch.Tensor] = {}
    checkpoint._split(e.state(), "", tensors)
    return tensors


def test_a_sample_is_a_translation_either_way_and_back():
    made = recipe()
    nets, batch = made.nets, draw(0, 4)
    with torch.no_grad():
        there = made.sample(nets, 4, {"a": batch["a"], "seed": torch.arange(4)})
        assert torch.equal(there, nets["g_ab"](batch["a"]))
        assert torch.equal(made.sample(nets, 4, {"b": there}), nets["g_ba"](there))
        assert torch.equal(made.sample(nets, 4, batch), there)
        alone = made.sample(nets, 1, {"a": batch["a"][:1]})
        assert torch.allclose(alone, there[:1], atol=1e-5)
        larger = torch.rand(1, 3, 24, 40)
        assert made.sample(nets, 1, {"a": larger}).shape == larger.shape
    with pytest.raises(RequestError, match="--input"):
        made.sample(nets, 4, {"seed": torch.arange(4)})


def test_pictures_are_cropped_and_mirrored_each_by_itself():
    torch.manual_seed(0)
    ramp = torch.linspace(-1, 1, 16).expand(64, 1, 16, 16).contiguous()  # brighter to the right
    mirrored = recipe(channels=1, flip=True).shifted(ramp)
    flipped = mirrored[:, 0, 0, 0] > 0
    assert 16 < flipped.sum() < 48
    assert torch.equal(mirrored, torch.where(flipped[:, None, None, None], ramp.flip(3), ramp))
    cropped = recipe(channels=1, enlarge=16).shifted(ramp)
    assert cropped.shape == ramp.shape
    assert cropped.abs().max() <= 1
    assert (cropped.diff(dim=3) > -1e-6).all()
    assert cropped[:, 0, 0, 0].unique().numel() > 8
    assert torch.equal(recipe(channels=1).shifted(ramp), ramp)


@pytest.mark.parametrize("setting", [{"layers": 0}, {"decay": 1.5}, {"pool": -1}, {"enlarge": -2}])
def test_a_setting_out_of_range_is_refused(setting):
    with pytest.raises(RequestError, match=next(iter(setting))):
        recipe(**setting)


def test_other_families_can_have_its_discriminator():
    d = find("discriminators", "patchgan").build(Facts((3, 32, 32)), width=8)
    x = torch.randn(5, 3, 32, 32)
    assert torch.allclose(d(x), d[0](x).mean((1, 2, 3)), atol=1e-6)

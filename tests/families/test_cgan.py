"""The conditional GANs against their papers and released code: counts, fingerprints, labels, schedules, resume."""

from __future__ import annotations

import copy
from math import log

import pytest
import torch
from fingerprint import count, fill, filler, summary
from ganzoo_cgan.networks import Discriminator, Generator, MaxoutPerceptron, Perceptron
from ganzoo_cgan.recipe import LabelPrior
from ganzoo_cgan.residual import Concatenation, ConditionalBatchNorm2d, Projection, ResidualGenerator
from torch import nn

from ganzoo import Facts, RequestError, find
from ganzoo.cli.show import count_parameters, usual_facts
from ganzoo.game import Progress
from ganzoo.game.nn import SpectralNorm
from ganzoo.train import checkpoint
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.zoo.config import resolve

LABEL = torch.tensor([0, 3, 7, 9])


def data(size: int, classes: int = 10, channels: int = 3) -> Facts:
    return Facts((channels, size, size), count=640, classes=tuple(map(str, range(classes))))


@torch.no_grad()
def filled(net: nn.Module) -> nn.Module:
    """Filled as the fact sheet has it: a conditional gain is a gain, and the power iteration starts from a known u."""
    for name, p in fill(net).named_parameters():
        if name.endswith("gain"):
            p.copy_(1 + 0.1 * filler(*p.shape))
    for norm in (m for m in net.modules() if isinstance(m, SpectralNorm)):
        u = filler(*norm.u.shape)
        norm.u.copy_(u / u.norm())
    return net


@torch.no_grad()
def converge(net: nn.Module) -> nn.Module:
    """Put every estimate where power iteration would end: at the leading left singular vector."""
    for layer in net.modules():
        if isinstance(getattr(layer, "norm", None), SpectralNorm):
            layer.norm.u.copy_(torch.linalg.svd(layer.weight.flatten(1), full_matrices=False).U[:, 0])
    return net


# Counts


@pytest.mark.parametrize(
    ("net", "parameters"),
    [
        (lambda: Perceptron(data(28, channels=1), 100, 1200), 2_413_984),
        (lambda: MaxoutPerceptron(data(28, channels=1), 1200), 1_224_351),
        (lambda: Generator(data(28, channels=1), 100, 64), 6_820_538),
        (lambda: Discriminator(data(28, channels=1), 64), 6_688_202),
        (lambda: Concatenation(data(128, 1000), 64), 30_538_625),
    ],
    ids=["mlp-G", "mlp-D", "dcgan-G", "dcgan-D", "concatenation-128"],
)
def test_parameter_counts(net, parameters):
    with torch.device("meta"):
        assert count(net()) == parameters


@pytest.mark.parametrize(
    ("size", "classes", "widths", "g", "d"),
    [
        (32, 10, (256, 128), 4_304_387, 1_055_104),
        (32, 0, (256, 128), 4_276_739, 1_053_824),
        (32, 10, (64, 64), 375_683, 265_408),
        (32, 10, (32, 32), 129_475, 67_168),
        (64, 1000, (64, 64), 17_974_915, 11_165_441),
        (64, 10, (64, 64), 12_272_515, 10_151_681),
        (64, 0, (64, 64), 12_220_675, 10_141_441),
        (128, 1000, (64, 64), 41_996_931, 30_041_857),
        (128, 10, (64, 64), 32_239_491, 29_028_097),
        (128, 0, (64, 64), 32_150_787, 29_017_857),
    ],
)
def test_parameter_counts_of_projection(size, classes, widths, g, d):
    with torch.device("meta"):
        assert count(ResidualGenerator(data(size, classes), 128, widths[0])) == g
        assert count(Projection(data(size, classes), widths[1])) == d


@pytest.mark.parametrize(
    ("preset", "g", "d"),
    [
        ("paper", 2_413_984, 1_224_351),
        ("dcgan", 6_820_538, 6_688_202),
        ("cifar", 4_304_387, 1_055_104),
        ("imagenet64", 12_272_515, 10_151_681),
        ("imagenet128", 32_239_491, 29_028_097),
    ],
)
def test_presets_have_the_papers_networks(preset, g, d):
    family = find("families", "cgan")
    config = resolve(family, preset)
    assert count_parameters(family, config, usual_facts(family, config)) == {"g": g, "d": d}


# Fingerprints


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        (0, (0.258120, 0.489618, 0.576846, -0.043412)),
        (10, (0.255949, 0.488045, 0.573875, -0.012405)),
    ],
    ids=["unconditional", "10 classes"],
)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_fingerprint_of_the_residual_generator(classes, expected, layout):
    g = filled(ResidualGenerator(data(32, classes), 128, 32)).train().to(memory_format=layout)
    out = g(filler(4, 128), LABEL)
    assert out.shape == (4, 3, 32, 32)
    assert summary(out) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("label", "prepare", "expected"),
    [
        (LABEL, lambda d: d, (120.402647, 45.645832, 182.581512, 135.957138)),
        (LABEL, converge, (114.211748, 33.106879, 161.433197, 120.186974)),
        (None, converge, (95.237087, 0.182992, 95.147881, 95.313995)),
    ],
    ids=["one pass", "converged", "converged, no label"],
)
def test_fingerprint_of_the_projection_discriminator(label, prepare, expected):
    d = prepare(filled(Projection(data(32), 32)))
    out = d.train()(0.5 * filler(4, 3, 32, 32), label=label)
    assert out.shape == (4,)
    assert summary(out) == pytest.approx(expected, rel=2e-3)


def test_layers_of_the_label_everywhere_networks():
    g, d = Generator(data(28, channels=1), 100, 64), Discriminator(data(28, channels=1), 64)
    assert [tuple(p.shape) for p in g.parameters()] == [(1024, 110), (6272, 1034), (138, 64, 5, 5), (74, 1, 5, 5)]
    assert [tuple(p.shape) for p in d.parameters()] == [(64, 11, 5, 5), (128, 74, 5, 5), (1024, 6282), (1, 1034)]
    assert [m.negative_slope for m in d.modules() if isinstance(m, nn.LeakyReLU)] == [0.2] * 3
    norms = [m for net in (g, d) for m in net.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    assert len(norms) == 5
    assert not any(m.affine for m in norms)


def test_dropout_of_the_perceptrons():
    nets = Perceptron(data(28, channels=1), 100, 1200), MaxoutPerceptron(data(28, channels=1), 1200)
    assert [[m.p for m in net.modules() if isinstance(m, nn.Dropout)] for net in nets] == [[0.5] * 3] * 2


def test_the_residual_networks_start_by_glorot():
    torch.manual_seed(0)
    g, d = ResidualGenerator(data(32), 128, 32), Projection(data(32), 32)
    for weight, gain in [
        (g.blocks[0].conv1.weight, 2**0.5),
        (d.blocks[1].conv2.weight, 2**0.5),
        (g.blocks[0].shortcut.weight, 1),
        (g.picture.weight, 1),
        (g.grid[0].weight, 1),
        (d.vectors.weight, 1),
    ]:
        rows, columns, field = *weight.shape[:2], weight[0, 0].numel()
        bound = gain * (6 / ((rows + columns) * field)) ** 0.5
        assert bound * 0.97 < weight.abs().max() <= bound
    assert not any(p.any() for net in (g, d) for name, p in net.named_parameters() if name.endswith("bias"))
    assert all((p == 1).all() for name, p in g.named_parameters() if name.endswith("gain"))


# The class


def test_the_label_term_is_an_inner_product():
    d = filled(Projection(data(32), 32)).eval()
    x, seen = 0.5 * filler(4, 3, 32, 32), []
    d.score.register_forward_hook(lambda _layer, given, _out: seen.append(given[0]))
    with torch.no_grad():
        difference = d(x, label=torch.full((4,), 3)) - d(x, label=torch.full((4,), 8))
        vectors = d.vectors(torch.arange(10))
    assert torch.allclose(difference, seen[0] @ (vectors[3] - vectors[8]), rtol=1e-5, atol=1e-5 * seen[0].abs().max())
    assert difference.abs().min() > 1


def test_without_vectors_the_label_says_nothing():
    d = filled(Projection(data(32), 32)).eval()
    x = 0.5 * filler(4, 3, 32, 32)
    nn.init.zeros_(d.vectors.weight)
    assert torch.equal(d(x, label=LABEL), d(x, label=LABEL.flip(0)))
    assert torch.equal(d(x, label=LABEL), d(x))


def test_every_layer_of_the_discriminator_is_under_spectral_norm():
    d = filled(Projection(data(32), 32)).eval()
    x = 0.5 * filler(4, 3, 32, 32)
    before = {name: u.clone() for name, u in d.named_buffers()}
    out = d(x, label=LABEL)
    assert len(before) == sum(p.dim() > 1 for p in d.parameters()) == 12
    assert all(torch.equal(u, before[name]) for name, u in d.named_buffers())
    with torch.no_grad():
        for p in d.parameters():
            p.mul_(2 if p.dim() > 1 else 1)
    assert torch.allclose(d(x, label=LABEL), out, rtol=1e-4)
    d.train()(x, label=LABEL)
    # Of a single row there is only one direction.
    assert all(len(u) == 1 or not torch.equal(u, before[name]) for name, u in d.named_buffers())


def test_conditional_batch_norm_is_batch_norm_until_it_learns():
    layer, plain = ConditionalBatchNorm2d(6, 10), nn.BatchNorm2d(6, eps=2e-5, momentum=0.1)
    x = 3 * torch.randn(4, 6, 5, 5) + 1
    assert torch.allclose(layer(x, LABEL), plain(x), atol=1e-6)
    assert torch.allclose(layer.norm.running_var, plain.running_var)
    assert torch.allclose(layer.eval()(x, LABEL), plain.eval()(x), atol=1e-6)


def test_classes_have_no_order():
    """Permuting the labels together with what was learned of each changes nothing."""
    order = torch.randperm(10)
    g, d = filled(ResidualGenerator(data(32), 128, 8)), filled(Projection(data(32), 8)).eval()
    z, x = filler(4, 128), 0.5 * filler(4, 3, 32, 32)
    drawn, judged = g(z, LABEL), d(x, LABEL)
    with torch.no_grad():
        for name, p in [*g.named_parameters(), ("gain", d.vectors.weight), ("gain", d.vectors.norm.u)]:
            if name.endswith("gain") or (p.dim() == 2 and name.endswith("bias")):
                p.copy_(p[order])
    renamed = torch.argsort(order)[LABEL]
    assert torch.allclose(g(z, renamed), drawn, atol=1e-6)
    assert torch.allclose(d(x, renamed), judged, rtol=1e-4)


NETWORKS = [
    (Perceptron, MaxoutPerceptron),
    (Generator, Discriminator),
    (ResidualGenerator, Projection),
    (ResidualGenerator, Concatenation),
]
every_pair = pytest.mark.parametrize(("make_g", "make_d"), NETWORKS, ids=lambda net: net.__name__)


@every_pair
def test_both_players_listen_to_the_class(make_g, make_d):
    torch.manual_seed(0)
    g, d = make_g(data(16), 8, 24).eval(), make_d(data(16), 24).eval()
    z = torch.randn(1, 8).expand(4, -1)
    drawn = g(z, label=LABEL)
    apart = (drawn[0] - drawn[1:]).abs().amax((1, 2, 3))
    if make_g is ResidualGenerator:  # its gains start alike for all classes
        assert (apart == 0).all()
        nn.init.normal_(g.blocks[0].norm1.gain)
        drawn = g(z, label=LABEL)
        apart = (drawn[0] - drawn[1:]).abs().amax((1, 2, 3))
    assert (apart > 1e-4).all()
    assert torch.equal(g(z, label=LABEL), drawn)
    judged = d(drawn[:1].expand(4, -1, -1, -1), label=LABEL)
    assert judged.unique().numel() == 4


@every_pair
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", [8, 28, 48])
def test_every_size_and_number_of_channels(make_g, make_d, channels, size):
    facts = data(size, 3, channels)
    fake = make_g(facts, 5, 8)(torch.randn(2, 5), label=torch.tensor([0, 2]))
    assert fake.shape == (2, channels, size, size)
    assert fake.abs().max() <= 1
    assert make_d(facts, 8)(fake, label=torch.tensor([0, 2])).shape == (2,)


@pytest.mark.parametrize(("size", "nearest"), [(4, 8), (7, 8), (10, 8), (15, 16), (30, 28), (33, 32), (100, 96)])
def test_a_size_it_cannot_have_names_the_nearest(size, nearest):
    for net in (lambda: Generator(data(size), 8, 8), lambda: Projection(data(size), 8)):
        with pytest.raises(RequestError, match=f"--size {nearest}"):
            net()


# The game


def draw(position: int, n: int, channels: int = 3, size: int = 16) -> dict[str, torch.Tensor]:
    """Pictures whose shade tells their class, as a pure function of their place in the order."""
    each = torch.Generator().manual_seed(position)
    label = torch.arange(position, position + n) % 4
    noise = 0.1 * torch.rand(n, channels, size, size, generator=each)
    return {"image": noise + (label / 2 - 1)[:, None, None, None], "label": label}


PRESETS = {
    "tiny": {},
    "paper": {"size": 16, "width": 48, "width_d": 48, "batch": 16},
    "dcgan": {"size": 16, "width": 4, "width_d": 4, "batch": 16},
}
STEPS = 8


def engine(preset: str, seed: int = 0, channels: int = 3, **changes) -> Engine:
    family = find("families", "cgan")
    config = resolve(family, preset, PRESETS[preset], changes)
    torch.manual_seed(seed)
    recipe = family.build(config, data(config.size, 4, channels))
    start = Progress(batch=config.batch, total=STEPS * config.n_critic * config.batch)
    source = lambda position, n: draw(position, n, channels, config.size)  # noqa: E731
    return Engine(recipe, source, Backend.choose("cpu", "fp32"), start, halflife=100.0)


def steps(e: Engine, n: int) -> Engine:
    for _ in range(n):
        e.step()
    return e


def weights(e: Engine) -> dict[str, torch.Tensor]:
    tensors: dict[str, torch.Tensor] = {}
    checkpoint._split({k: v for k, v in e.state().items() if k != "progress"}, "", tensors)
    return tensors


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("preset", PRESETS)
def test_a_few_steps_are_finite(preset, channels):
    e = steps(engine(preset, channels=channels), 3)
    assert all(torch.tensor(value).isfinite() for value in e.read().values())


@pytest.mark.parametrize("preset", PRESETS)
def test_resume_is_bit_equal_wherever_the_run_is_cut(preset, tmp_path):
    straight = weights(steps(engine(preset), STEPS))
    for cut in (1, STEPS // 2, STEPS // 2 + 1, STEPS - 1):  # `dcgan` starts to fall in the middle
        checkpoint.save(tmp_path / "c.safetensors", steps(engine(preset), cut).state(), {})
        second = engine(preset, seed=99)
        second.load(checkpoint.load(tmp_path / "c.safetensors")[0])
        resumed = weights(steps(second, STEPS - cut))
        assert resumed.keys() == straight.keys()
        for key, value in straight.items():
            assert torch.equal(value, resumed[key]), (cut, key)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_turn_moves_its_own_player_and_no_other(preset):
    e = engine(preset)
    for phase in e.recipe.phases():
        before = {name: copy.deepcopy(dict(net.named_parameters())) for name, net in e.recipe.nets.items()}
        e.recipe.phases = lambda turn=phase: [turn]
        e.step()
        for name, net in e.recipe.nets.items():
            for at, p in net.named_parameters():
                if name == phase.name:
                    assert p.grad is not None, at
                    assert p.grad.isfinite().all()
                else:
                    assert torch.equal(p, before[name][at]), at
        assert any(not torch.equal(p, before[phase.name][at]) for at, p in e.recipe.nets[phase.name].named_parameters())


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
    assert shown["real"].item() == shown["fake"].item() == 0.5


def test_a_pairwise_loss_has_as_many_reals_as_fakes():
    e = steps(engine("tiny", loss="relativistic"), 1)
    assert e.read()["g/loss"] == pytest.approx(log(2), abs=0.5)


def test_a_seed_and_a_label_are_a_picture():
    e = steps(engine("paper"), 2)
    seeds = torch.tensor([5, 6, 5, 5])
    with e.sampling() as nets:
        drawn = e.recipe.sample(nets, 4, {"seed": seeds, "label": torch.tensor([1, 1, 1, 2])})
    assert torch.equal(drawn[0], drawn[2])
    assert not torch.allclose(drawn[0], drawn[1])
    assert not torch.allclose(drawn[0], drawn[3])


# Settings


@pytest.mark.parametrize(
    ("preset", "fractions", "expected"),
    [
        ("cifar", (0, 0.5, 0.75, 1), (1, 0.5, 0.25, 0)),
        ("imagenet64", (0, 400 / 450, 425 / 450, 1), (1, 1, 0.5, 0)),
        ("dcgan", (0, 0.5, 0.75, 1), (1, 1, 0.5, 0)),
    ],
)
def test_rates_fall_in_a_line_to_nothing(preset, fractions, expected):
    family = find("families", "cgan")
    with torch.device("meta"):
        recipe = family.build(resolve(family, preset), data(64 if preset == "imagenet64" else 32))
    for fraction, rate in zip(fractions, expected, strict=True):
        recipe.begin(Progress(images=round(fraction * 900_000), total=900_000))
        for opt in recipe.opts.values():
            assert opt.param_groups[0]["lr"] == pytest.approx(2e-4 * rate, abs=1e-12)


def test_the_first_papers_schedule_of_rate_and_momentum():
    family = find("families", "cgan")
    with torch.device("meta"):
        recipe = family.build(resolve(family, "paper"), Facts((1, 28, 28), count=50_000, classes=("0", "1")))
    for images, step, rate, momentum in [
        (0, 0, 0.1, 0.5),
        (6_250_000, 62_500, 0.1 * 1.00004**-62_500, 0.6),  # 125 of 250 epochs
        (50_000_000, 30_000_000, 1e-6, 0.7),
    ]:
        recipe.begin(Progress(step=step, images=images, batch=100, total=1))
        group = recipe.opts["g"].param_groups[0]
        assert group["lr"] == pytest.approx(rate)
        assert group["momentum"] == pytest.approx(momentum)
        assert recipe.opts["d"].param_groups[0]["lr"] == pytest.approx(max(rate / 2, 1e-6))


def test_the_papers_settings():
    family = find("families", "cgan")
    cifar, dcgan = resolve(family, "cifar"), resolve(family, "dcgan")
    assert (cifar.batch, cifar.n_critic, cifar.fakes, cifar.lr, cifar.betas) == (64, 5, 2, 2e-4, (0.0, 0.9))
    assert cifar.images == 50_000 * cifar.n_critic * cifar.batch
    assert (dcgan.batch, dcgan.lr, dcgan.betas, dcgan.l2) == (128, 2e-4, (0.5, 0.999), 2.5e-5)
    assert engine("dcgan").recipe.opts["d"].param_groups[0]["weight_decay"] == 2.5e-5


def test_a_network_that_cannot_hear_the_class_is_refused():
    family, vanilla = find("families", "cgan"), find("families", "vanilla")
    with pytest.raises(RequestError, match="mlp has no ear"):
        family.build(resolve(family, "tiny", {"generator": "mlp"}), data(16))
    with pytest.raises(RequestError, match="needs label"):
        resolve(vanilla, "tiny", {"discriminator": "projection"})


@pytest.mark.parametrize("setting", [{"n_critic": 0}, {"fakes": 0}, {"steady": 1.5}])
def test_a_setting_out_of_range_is_refused(setting):
    with pytest.raises(RequestError, match=next(iter(setting))):
        resolve(find("families", "cgan"), "tiny", setting)

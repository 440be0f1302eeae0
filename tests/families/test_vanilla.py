"""The vanilla GAN against its paper and released code: counts, fingerprints, schedule, and the ring."""

from __future__ import annotations

from math import log

import digits
import numpy as np
import pytest
import torch
from fingerprint import count, fill, filler, summary
from ganzoo_vanilla.networks import Generator, MaxoutDiscriminator, MLPDiscriminator

from ganzoo import Facts, find
from ganzoo.game import Progress
from ganzoo.game.nn import Maxout
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.zoo.config import resolve

MNIST, DIGITS, PLANE = Facts((1, 28, 28)), Facts((1, 8, 8)), Facts((2,))


@pytest.mark.parametrize(
    ("net", "parameters"),
    [
        (Generator(MNIST, 100, 1200), 2_503_984),
        (MaxoutDiscriminator(MNIST.shape, 1200), 1_231_441),
        (Generator(DIGITS, 16, 128), 26_944),
        (MaxoutDiscriminator(DIGITS.shape, 320), 41_665),
        (Generator(PLANE, 2, 512), 527_874),
        (MLPDiscriminator(PLANE.shape, 512), 527_361),
        (Generator(PLANE, 2, 128), 33_666),
        (MLPDiscriminator(PLANE.shape, 128), 33_537),
    ],
    ids=["G", "D", "G-digits", "D-digits", "G-plane-512", "D-plane-512", "G-plane-128", "D-plane-128"],
)
def test_parameter_counts(net, parameters):
    assert count(net) == parameters


@pytest.mark.parametrize(
    ("net", "z", "expected"),
    [
        (Generator(MNIST, 100, 1200), filler(4, 100), (0.500063, 0.128898, 0.893163, 0.427800)),
        (Generator(DIGITS, 16, 128), filler(4, 16), (0.519933, 0.114436, 0.584208, 0.300704)),
    ],
    ids=["full", "small"],
)
def test_fingerprint_of_the_generator(net, z, expected):
    out = (fill(net)(z) + 1) / 2  # the fact sheet has the paper's range
    assert summary(out) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("shape", "width", "expected"),
    [
        ((1, 28, 28), 1200, (-0.575823, 0.471317, -0.313159, 0.052550)),
        ((1, 8, 8), 320, (-0.990526, 0.134367, -0.891118, -1.056091)),
    ],
    ids=["full", "small"],
)
def test_fingerprint_of_the_discriminator(shape, width, expected):
    x = 0.5 * filler(4, int(np.prod(shape))).view(4, *shape) + 0.5
    out = fill(MaxoutDiscriminator(shape, width)).eval()(2 * x - 1)
    assert out.shape == (4,)
    assert summary(out) == pytest.approx(expected, abs=1e-3)


def test_no_normalisation_and_dropout_where_the_released_code_has_it():
    kinds = [type(m).__name__ for m in MaxoutDiscriminator(MNIST.shape, 1200).modules()]
    assert not any("Norm" in kind for kind in kinds)
    drops = [m.p for m in MaxoutDiscriminator(MNIST.shape, 1200).modules() if isinstance(m, torch.nn.Dropout)]
    assert drops == [0.2, 0.5, 0.5]


def test_pictures_start_at_the_mean_of_the_data():
    mean = np.linspace(-0.9, 0.9, 64, dtype=np.float32).reshape(1, 8, 8)
    torch.manual_seed(0)
    drawn = Generator(Facts((1, 8, 8), mean=mean), 16, 32)(torch.zeros(1, 16))
    assert torch.allclose(drawn[0], torch.from_numpy(mean), atol=1e-5)


def test_weights_start_within_the_released_bounds():
    torch.manual_seed(0)
    for p in Generator(MNIST, 100, 1200).parameters():
        assert p.abs().max() <= 0.05
    for p in MaxoutDiscriminator(MNIST.shape, 1200).parameters():
        assert p.abs().max() <= 0.005


def test_the_papers_schedule_of_rate_and_momentum():
    family = find("families", "vanilla")
    paper = resolve(family, "paper")
    assert (paper.batch, paper.noise, paper.latent) == (100, "uniform", 100)
    recipe = family.build(paper, Facts((1, 28, 28), count=50_000))
    for images, step, rate, momentum in [
        (0, 0, 0.1, 0.5),
        (6_250_000, 62_500, 0.1 * 1.000004**-62_500, 0.6),  # 125 of 250 epochs
        (50_000_000, 500_000, 0.1 * 1.000004**-500_000, 0.7),
        (0, 10_000_000, 1e-6, 0.5),
    ]:
        recipe.begin(Progress(step=step, images=images, batch=100, total=1))
        group = recipe.opts["g"].param_groups[0]
        assert group["lr"] == pytest.approx(rate)
        assert group["momentum"] == pytest.approx(momentum)
        assert recipe.opts["d"].param_groups[0]["lr"] == pytest.approx(max(rate / 2, 1e-6))


def test_the_game_at_an_undecided_discriminator():
    family = find("families", "vanilla")
    recipe = family.build(resolve(family, "tiny"), Facts((1, 8, 8)))
    for p in recipe.nets["d"].parameters():
        torch.nn.init.zeros_(p)
    batch = {"image": torch.rand(16, 1, 8, 8)}
    d_loss, shown = recipe.d_loss(batch)
    assert d_loss.item() == pytest.approx(2 * log(2), abs=1e-6)
    assert recipe.g_loss(batch)[0].item() == pytest.approx(log(2), abs=1e-6)
    assert shown["real"].eq(0.5).all()
    assert shown["fake"].eq(0.5).all()


def test_a_turn_moves_one_player():
    """The other one is bit-identical, and not even differentiated."""
    family = find("families", "vanilla")
    torch.manual_seed(0)
    recipe = family.build(resolve(family, "tiny"), Facts((1, 8, 8)))
    draw = lambda _position, n: {"image": torch.rand(n, 1, 8, 8)}  # noqa: E731
    engine = Engine(recipe, draw, Backend.choose("cpu", "fp32"), Progress(batch=16, total=999))
    micro = engine._fresh(0)
    for phase, other in zip(recipe.phases(), ("g", "d"), strict=True):
        for p in recipe.nets[other].parameters():
            p.grad = None
        before = [p.clone() for p in recipe.nets[other].parameters()]
        engine._run(phase, micro)
        assert all(torch.equal(p, was) for p, was in zip(recipe.nets[other].parameters(), before, strict=True))
        assert all(p.grad is None for p in recipe.nets[other].parameters())
        assert all(p.grad.isfinite().all() for p in recipe.nets[phase.name].parameters())


def test_the_noise_has_unit_variance_and_the_papers_bounds():
    family = find("families", "vanilla")
    z = family.build(resolve(family, "paper"), MNIST).latent(10_000, "cpu")  # a million numbers
    assert z.var().item() == pytest.approx(1, abs=0.005)
    assert 1.73 < z.abs().max() <= 1.7321


def test_the_optimal_discriminator_reads_off_the_divergence():
    """V at D* = p / (p + q) is -2 ln 2 + 2 JSD(p, q) (Goodfellow et al. 2014, theorem 1)."""
    p = torch.tensor([0.1, 0.2, 0.3, 0.25, 0.15], dtype=torch.float64)
    q = torch.tensor([0.3, 0.1, 0.2, 0.05, 0.35], dtype=torch.float64)
    logits, mean = (p / q).log(), (p + q) / 2
    v = (p * torch.nn.functional.logsigmoid(logits) + q * torch.nn.functional.logsigmoid(-logits)).sum()
    divergence = ((p * (p / mean).log()).sum() + (q * (q / mean).log()).sum()) / 2
    assert v.item() == pytest.approx(-2 * log(2) + 2 * divergence.item(), abs=1e-12)


@pytest.mark.parametrize(("loss", "slope"), [("minimax", -0.0066929), ("non-saturating", -0.9933071)])
def test_how_a_loss_teaches_a_generator_that_is_seen_through(loss, slope):
    logit = torch.tensor([-5.0], requires_grad=True)
    (gradient,) = torch.autograd.grad(find("losses", loss).build().g(logit), logit)
    assert gradient.item() == pytest.approx(slope, abs=1e-6)


def test_the_preset_plays_the_released_form_of_the_game():
    assert resolve(find("families", "vanilla")).loss == "non-saturating"


def test_a_maxout_unit_is_the_largest_of_its_pieces():
    torch.manual_seed(0)
    layer = Maxout(6, 4, 5)
    for bias in (p for name, p in layer.named_parameters() if name.endswith("bias")):
        torch.nn.init.zeros_(bias)
    x = torch.randn(3, 6)
    (weight,) = (p for p in layer.parameters() if p.dim() == 2)
    assert torch.allclose(layer(x), (x @ weight.T).view(3, 4, 5).max(2).values, atol=1e-6)
    assert torch.allclose(layer(2 * x), 2 * layer(x), atol=1e-5)
    assert not torch.allclose(layer(-x), -layer(x))


@pytest.mark.slow
def test_the_ring_keeps_most_of_its_modes():
    """The published plain GAN keeps 6.3 of 8 (Lin et al. 2018, table 1): at least that, and never all of them always.

    Five seeds gave 8, 8, 8, 8, 5 when the preset was chosen; two of them are trained here, at half the length.
    """
    from ganzoo.data.catalogue import find_source, open_data
    from ganzoo.data.feed import Feed
    from ganzoo.train.sampling import draw

    source, data = find_source("ring"), open_data("ring", size=32)
    family, backend = find("families", "vanilla"), Backend.choose("cpu", "fp32")
    config = resolve(family, "points", {"images": 1_000_000})
    for seed in range(2):
        torch.manual_seed(seed)
        recipe = family.build(config, data.facts)
        start = Progress(batch=config.batch, total=config.images)
        engine = Engine(recipe, Feed(data, seed).batch, backend, start, halflife=config.ema)
        while engine.now.images < config.images:
            engine.step()
            if engine.now.step % 500 == 0:
                engine.read()
        with engine.sampling() as nets:
            points = draw(recipe, nets, range(2_500), {}, backend.device)
        distance = np.linalg.norm(points[:, None] - np.asarray(source.centres)[None], axis=2)
        near = distance.min(1) < 3 * source.sigma
        modes = (np.bincount(distance.argmin(1)[near], minlength=8) >= 25).sum()
        assert modes >= 4, (seed, modes)
        assert near.mean() >= 0.6, (seed, near.mean())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_digits(shared, seed):
    """Small networks on digits of 8x8: closer than any broken sampler, and harder to tell apart.

    Measured with seeds 0 and 1: Frechet 0.40 and 0.36, 1-NN 0.857 and 0.867; a Gaussian with all covariances has 0.21
    and 0.87. The bounds are the sheet's.
    """
    images, _ = digits.digits(shared)
    seen, unseen = images[:1500], digits.flat(images[1500:])
    family = find("families", "vanilla")
    config = resolve(family, "tiny", {"width": 256, "latent": 32, "lr": 5e-4, "lr_d": 1e-3})
    torch.manual_seed(seed)
    recipe = family.build(config, Facts((1, 8, 8), count=1500, mean=seen.mean(0).numpy()))
    start = Progress(batch=100, total=100 * 6_000)
    engine = Engine(recipe, digits.feed({"image": seen}, seed), Backend.choose("cpu", "fp32"), start, halflife=5_000)
    for _ in range(6_000):
        engine.step()
    with engine.sampling() as nets:
        drawn = digits.flat(recipe.sample(nets, 1_000, {"seed": torch.arange(1_000)}))
    told = digits.distance(drawn, unseen), digits.told_apart(drawn, unseen)
    assert told[0] < 1.0, told
    assert told[1] < 0.92, told

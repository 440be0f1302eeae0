"""The conditional GANs' networks against papers and released code: counts, fingerprints, how they start."""

from __future__ import annotations

import pytest
import torch
from cgan_bench import LABEL, data, every_pair, filled
from fingerprint import count, filler, summary
from ganzoo_cgan.networks import Discriminator, Generator, MaxoutPerceptron, Perceptron
from ganzoo_cgan.residual import Concatenation, Projection, ResidualGenerator
from torch import nn

from ganzoo import RequestError, find
from ganzoo.cli.show import usual_facts
from ganzoo.game.nn import SpectralNorm
from ganzoo.train.blueprint import count_parameters
from ganzoo.zoo.config import resolve


@torch.no_grad()
def converge(net: nn.Module) -> nn.Module:
    """Put every estimate where power iteration would end: at the leading left singular vector."""
    for layer in net.modules():
        if isinstance(getattr(layer, "norm", None), SpectralNorm):
            layer.norm.u.copy_(torch.linalg.svd(layer.weight.flatten(1), full_matrices=False).U[:, 0])
    return net


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

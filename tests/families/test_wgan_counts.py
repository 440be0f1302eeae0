"""The networks of WGAN's two papers and their code: parameters, fingerprints, the sizes they can have."""

from __future__ import annotations

import pytest
import torch
from fingerprint import count, fill, filler, summary
from ganzoo_wgan.layers import (
    ClassBatchNorm,
)
from ganzoo_wgan.resnets import CifarGenerator, GoodGenerator
from torch import nn
from wgan_bench import CLASSES, PICTURE_BODIES, critic, family, generator

from ganzoo import Facts, RequestError, find
from ganzoo.zoo.config import resolve


@pytest.mark.parametrize(
    ("name", "size", "width", "latent", "channels", "parameters"),
    [
        ("dcgan", 64, 64, 100, 3, 3_576_704),
        ("wgan-conv4-batch", 64, 64, 100, 3, 3_576_704),
        ("wgan-conv4", 64, 64, 100, 3, 3_574_784),
        ("wgan-conv4", 32, 64, 100, 3, 1_068_032),
        ("wgan-conv4", 32, 32, 100, 3, 370_176),
        ("wgan-conv4", 32, 16, 100, 3, 144_128),
        ("wgan-mlp", 64, 512, 100, 3, 6_880_768),
        ("wgan-mlp", 32, 512, 100, 3, 2_152_960),
        ("wgan-mlp", 28, 512, 100, 1, 979_216),
        ("wgan-mlp-4", 64, 512, 128, 3, 7_157_760),
        ("wgan-resnet", 64, 64, 128, 3, 8_540_483),
        ("wgan-resnet", 64, 32, 128, 3, 2_401_443),
        ("wgan-resnet", 64, 16, 128, 3, 733_523),
        ("wgan-resnet-101", 64, 64, 128, 3, 9_189_587),
        ("wgan-resnet-cifar", 32, 128, 128, 3, 1_204_483),
        ("wgan-resnet-cifar", 32, 64, 128, 3, 368_771),
        ("wgan-resnet-cifar", 32, 32, 128, 3, 126_019),
        ("wgan-conv5", 64, 64, 128, 3, 5_364_739),
        ("wgan-conv5-cifar", 32, 128, 128, 3, 5_179_907),
        ("wgan-conv5-cifar", 32, 64, 128, 3, 1_565_955),
        ("wgan-conv5-cifar", 32, 32, 128, 3, 526_979),
        ("wgan-conv5-plain", 28, 64, 128, 1, 1_554_177),
        ("wgan-conv5-plain", 28, 32, 128, 1, 521_089),
        ("wgan-conv5-plain", 28, 16, 128, 1, 196_545),
    ],
)
def test_parameters_of_generators(name, size, width, latent, channels, parameters):
    assert count(generator(name, size, width, latent, channels)) == parameters


@pytest.mark.parametrize(
    ("name", "size", "width", "channels", "parameters"),
    [
        ("dcgan", 64, 64, 3, 2_765_568),
        ("wgan-conv4", 64, 64, 3, 2_763_776),
        ("wgan-conv4", 32, 64, 3, 662_528),
        ("wgan-conv4", 32, 32, 3, 167_424),
        ("wgan-conv4", 32, 16, 3, 42_752),
        ("wgan-conv4-layer", 64, 64, 3, 2_765_568),
        ("wgan-mlp", 64, 512, 3, 6_817_793),
        ("wgan-mlp", 32, 512, 3, 2_099_201),
        ("wgan-mlp", 28, 512, 1, 927_745),
        ("wgan-resnet", 64, 64, 3, 7_491_841),
        ("wgan-resnet", 64, 32, 3, 1_877_121),
        ("wgan-resnet", 64, 16, 3, 471_361),
        ("wgan-resnet-101", 64, 64, 3, 7_618_801),
        ("wgan-resnet-cifar", 32, 128, 3, 1_053_825),
        ("wgan-resnet-cifar", 32, 64, 3, 264_769),
        ("wgan-resnet-cifar", 32, 32, 3, 66_849),
        ("wgan-conv5", 64, 64, 3, 4_316_545),
        ("wgan-conv5-plain", 32, 128, 3, 4_114_689),
        ("wgan-conv5-plain", 32, 64, 3, 1_033_345),
        ("wgan-conv5-plain", 32, 32, 3, 260_673),
        ("wgan-conv5-batch", 32, 128, 3, 4_116_225),
        ("wgan-conv5-plain", 28, 64, 1, 1_030_145),
        ("wgan-conv5-plain", 28, 32, 1, 259_073),
        ("wgan-conv5-plain", 28, 16, 1, 65_537),
    ],
)
def test_parameters_of_critics(name, size, width, channels, parameters):
    assert count(critic(name, size, width, channels)) == parameters


@pytest.mark.parametrize(
    ("width", "g", "d"), [(128, 1_218_307, 1_055_115), (64, 375_683, 265_419), (32, 129_475, 67_179)]
)
def test_parameters_with_ten_labels(width, g, d):
    assert count(generator("wgan-resnet-cifar", 32, width, classes=CLASSES)) == g
    assert count(critic("wgan-resnet-cifar", 32, width, classes=CLASSES)) == d


@pytest.mark.parametrize(("width", "g", "d"), [(512, 527_874, 527_361), (128, 33_666, 33_537), (64, 8_642, 8_577)])
def test_parameters_on_points(width, g, d):
    plane = Facts((2,))
    assert count(find("generators", "wgan-mlp").build(plane, latent=2, width=width)) == g
    assert count(find("discriminators", "wgan-mlp").build(plane, width=width)) == d


@pytest.mark.parametrize(
    ("net", "x", "shape", "expected"),
    [
        (("g", "dcgan", 32, 16, 100), filler(4, 100), (4, 3, 32, 32), (0.189748, 0.576260, -0.024254, -0.177338)),
        (
            ("g", "wgan-conv4-batch", 32, 16, 100),
            filler(4, 100),
            (4, 3, 32, 32),
            (0.189748, 0.576260, -0.024254, -0.177338),
        ),
        (("d", "dcgan", 32, 16), 0.5 * filler(4, 3, 32, 32), (4,), (0.269749, 0.691126, 1.129380, -0.591327)),
        (("g", "wgan-resnet", 64, 16), filler(4, 128), (4, 3, 64, 64), (0.149959, 0.531572, 0.084079, 0.695634)),
        (("d", "wgan-resnet", 64, 16), 0.5 * filler(4, 3, 64, 64), (4,), (-0.154956, 0.048725, -0.238075, -0.113793)),
    ],
    ids=["G32", "own-G32", "D32", "good-G", "good-D"],
)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_fingerprints(net, x, shape, expected, layout):
    player, *how = net
    built = generator(*how) if player == "g" else critic(*how)
    out = fill(built).train().to(memory_format=layout)(x)
    assert out.shape == shape
    assert summary(out) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("classes", "expected"),
    [((), (0.258120, 0.489618, 0.576846, -0.043412)), (CLASSES, (0.255949, 0.488045, 0.573875, -0.012405))],
    ids=["plain", "labels"],
)
def test_fingerprint_of_the_cifar_generator(classes, expected):
    """That of the projection GAN's generator, which is this one with a larger epsilon."""
    g = fill(generator("wgan-resnet-cifar", 32, 32, classes=classes)).train()
    for layer in g.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eps = 2e-5
        if isinstance(layer, ClassBatchNorm):
            nn.init.constant_(layer.gain, 1)
            layer.gain.data += 0.1 * filler(*layer.gain.shape)
    label = {"label": torch.tensor([0, 3, 7, 9])} if classes else {}
    assert summary(g(filler(4, 128), **label)) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("name", PICTURE_BODIES)
@pytest.mark.parametrize(("size", "channels"), [(8, 1), (16, 4), (32, 3)])
def test_every_size_and_number_of_channels(name, size, channels):
    fake = generator(name, size, 4, 5, channels)(torch.randn(2, 5))
    assert fake.shape == (2, channels, size, size)
    assert fake.abs().max() <= 1
    assert critic(name, size, 4, channels)(fake).shape == (2,)


@pytest.mark.parametrize("size", [9, 28, 45])
def test_five_by_five_takes_any_side(size):
    fake = generator("wgan-conv5", size, 4, 5)(torch.randn(2, 5))
    assert fake.shape == (2, 3, size, size)
    assert critic("wgan-conv5", size, 4)(fake).shape == (2,)


@pytest.mark.parametrize("name", ["wgan-resnet", "wgan-resnet-cifar", "wgan-resnet-101", "wgan-conv4"])
@pytest.mark.parametrize(("size", "nearest"), [(48, 32), (33, 32), (4, 8), (100, 128), (28, 32)])
def test_a_size_it_cannot_have_names_the_nearest(name, size, nearest):
    with pytest.raises(RequestError, match=f"--size {nearest}"):
        generator(name, size, 8)
    with pytest.raises(RequestError, match=f"--size {nearest}"):
        critic(name, size, 8)


def test_good_is_good_at_every_size():
    """At 64 the widths of the paper; at other sides one block less or more."""
    assert [b.conv1.out_channels for b in GoodGenerator(Facts((3, 64, 64)), 8, 4).blocks] == [32, 16, 8, 4]
    assert [b.conv1.out_channels for b in GoodGenerator(Facts((3, 16, 16)), 8, 4).blocks] == [8, 4]
    assert [b.conv1.out_channels for b in CifarGenerator(Facts((3, 16, 16)), 8, 4).blocks] == [4, 4]


def test_networks_are_shown_before_data_is_open():
    config = resolve(family(), "cifar", {"conditional": True})
    with torch.device("meta"):
        recipe = family().build(config, Facts((3, 32, 32)))
    assert {name: count(net) for name, net in recipe.nets.items()} == {"g": 1_218_307, "d": 1_055_115}

"""CycleGAN's networks against paper and reference: parameters, layers, fingerprints, the sizes they can have."""

from __future__ import annotations

import pytest
import torch
from cyclegan_bench import discriminator, generator, recipe
from fingerprint import count, fill, filler, summary
from ganzoo_cyclegan import networks
from torch import nn

from ganzoo import Facts, RequestError, find
from ganzoo.zoo.config import resolve


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
    assert not isinstance(d[1], networks.InstanceNorm)
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


def test_other_families_can_have_its_discriminator():
    d = find("discriminators", "patchgan").build(Facts((3, 32, 32)), width=8)
    x = torch.randn(5, 3, 32, 32)
    assert torch.allclose(d(x), d[0](x).mean((1, 2, 3)), atol=1e-6)

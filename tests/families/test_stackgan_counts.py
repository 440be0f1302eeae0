"""StackGAN's networks against its papers and released code: counts and fingerprints of stages and trees."""

from __future__ import annotations

import pytest
import torch
from fingerprint import count, fill, filler, summary
from ganzoo_stackgan.networks import Discriminator, StageOne, StageTwo
from ganzoo_stackgan.tree import Tree
from torch import Tensor, nn

from ganzoo import find
from ganzoo.cli.show import usual_facts
from ganzoo.train.blueprint import count_parameters
from ganzoo.zoo.config import resolve

SMALL = {"text": 32, "condition": 16}


@pytest.mark.parametrize(
    ("options", "g", "d", "g2", "d2"),
    [
        ((1024, 128, 100, 128, 64, 4), 10_301_248, 5_715_713, 26_290_080, 71_269_122),  # the paper's
        ((1024, 128, 100, 192, 96, 2), 20_020_832, 12_407_425, 37_130_480, 159_889_538),  # COCO
        ((32, 16, 16, 32, 16, 1), 532_912, 341_441, 726_088, 4_441_794),
        ((64, 16, 32, 32, 16, 2), 599_472, 341_441, 1_022_536, 4_441_794),
    ],
)
def test_parameter_counts_of_the_stages(options, g, d, g2, d2):
    text, condition, latent, width, width_d, residuals = options
    small, large, heard = (3, 64, 64), (3, 256, 256), {"text": text, "condition": condition, "width": width}
    told = {"condition": condition, "width": width_d}
    with torch.device("meta"):
        assert count(StageOne(small, latent=latent, **heard)) == g
        assert count(Discriminator(small, alone=False, **told)) == d
        assert count(StageTwo(large, residuals=residuals, **heard)) == g2
        assert count(Discriminator(large, alone=True, **told)) == d2


def test_parameter_counts_of_every_layer_of_stage_one():
    with torch.device("meta"):
        g = StageOne((3, 64, 64), text=1024, condition=128, latent=100, width=128)
        d = Discriminator((3, 64, 64), width=64, condition=128, alone=False)
    assert [count(g.conditioning), count(g.root), count(g.to_picture)] == [262_400, 3_768_320, 1_728]
    assert [count(layer) for layer in g.up] == [4_719_616, 1_180_160, 295_168, 73_856]
    assert [count(layer) for layer in d.look if count(layer)] == [3_072, 131_072, 256, 524_288, 512, 2_097_152, 1_024]
    assert [count(d.joint[:2]), count(d.joint[3])] == [2_950_144, 8_193]


@pytest.mark.parametrize(
    ("branches", "g", "small", "d", "alone"),
    [
        (1, 20_600_768, 1_065_392, 5_723_906, 2_765_569),
        (2, 21_082_016, 1_084_232, 18_834_178, 15_875_841),
        (3, 21_239_696, 1_090_196, 71_269_122, 68_310_785),
    ],
)
def test_parameter_counts_of_the_tree(branches, g, small, d, alone):
    shape = (3, 32 << branches, 32 << branches)
    birds = {"text": 1024, "condition": 128, "latent": 100, "width": 64, "residuals": 2}
    with torch.device("meta"):
        assert count(Tree(shape, branches=branches, **birds)) == g
        assert count(Tree(shape, branches=branches, **SMALL, latent=16, width=16, residuals=1)) == small
        assert count(Discriminator(shape, width=64, condition=128, alone=True)) == d
        assert count(Discriminator(shape, width=64, condition=0, alone=True)) == alone


def test_parameter_counts_of_small_discriminators_and_a_tree_without_captions():
    with torch.device("meta"):
        counts = [count(Discriminator((3, s, s), width=16, condition=16, alone=True)) for s in (64, 128, 256)]
        g = Tree((3, 256, 256), text=0, condition=0, latent=100, width=64, residuals=2)
    assert counts == [343_490, 1_163_458, 4_441_794]
    assert count(g) == 16_472_208


@pytest.mark.parametrize(
    ("preset", "counts"),
    [
        ("paper", {"g": 10_301_248, "d": 5_715_713, "g2": 26_290_080, "d2": 71_269_122}),
        ("coco", {"g": 20_020_832, "d": 12_407_425, "g2": 37_130_480, "d2": 159_889_538}),
        ("birds", {"g": 21_239_696, "d1": 5_723_906, "d2": 18_834_178, "d3": 71_269_122}),
    ],
)
def test_presets_of_the_papers_have_their_networks(preset, counts):
    family = find("families", "stackgan")
    config = resolve(family, preset)
    found = count_parameters(family, config, usual_facts(family, config))
    assert {name: found[name] for name in found if name not in ("text", "eye")} == counts


def near(x: Tensor, *expected: float) -> None:
    assert summary(x) == pytest.approx(expected, abs=1e-4)


@torch.no_grad()
def test_fingerprints_of_both_stages():
    text, z, eps = filler(4, 32), filler(4, 16), torch.zeros(4, 16)
    g = fill(StageOne((3, 64, 64), latent=16, width=32, slope=0.0, **SMALL))
    g2 = fill(StageTwo((3, 256, 256), width=32, residuals=1, slope=0.0, **SMALL))
    small, mu, logvar = g(z, text, eps)
    assert small.shape == (4, 3, 64, 64)
    near(small, 0.153344, 0.537092, -0.011489, -0.069844)
    near(mu, 0.794979, 1.453155, 5.525510, 0)
    near(logvar, 0.369856, 0.478511, 0, 0.390819)
    large = g2(small, text, eps).picture
    assert large.shape == (4, 3, 256, 256)
    near(large, -0.055612, 0.487525, -0.550815, 0.203061)


@torch.no_grad()
def test_fingerprints_of_their_discriminators():
    d = fill(Discriminator((3, 64, 64), width=16, condition=16, alone=False))
    match = d.match(d(0.5 * filler(4, 3, 64, 64)), filler(4, 16))
    near(match.sigmoid(), 0.583615, 0.106425, 0.698226, 0.642161)
    d2 = fill(Discriminator((3, 256, 256), width=16, condition=16, alone=True))
    seen = d2(0.25 * filler(2, 3, 256, 256))
    near(d2.match(seen, filler(2, 16)).sigmoid(), 0.754284, 0.004596, 0.749688, 0.758880)
    near(d2.judge(seen).sigmoid(), 0.609213, 0.137061, 0.472153, 0.746274)


@torch.no_grad()
def test_fingerprints_of_the_tree():
    g = fill(Tree((3, 256, 256), latent=16, width=16, residuals=1, **SMALL))
    pictures = g(filler(4, 16), filler(4, 32), torch.zeros(4, 16)).pictures
    assert [x.shape[1:] for x in pictures] == [(3, 64, 64), (3, 128, 128), (3, 256, 256)]
    near(pictures[0], -0.033217, 0.397232, -0.024576, -0.044059)
    near(pictures[1], -0.042141, 0.426285, -0.215567, 0.199787)
    near(pictures[2], 0.007602, 0.450984, -0.305397, 0.243082)


@torch.no_grad()
def test_fingerprint_of_its_discriminator():
    d = fill(Discriminator((3, 64, 64), width=16, condition=16, alone=True))
    weight = d.joint[0].weight
    weight.copy_(torch.cat([weight[:, 16:], weight[:, :16]], 1))  # the release puts the condition in front
    seen = d(0.5 * filler(4, 3, 64, 64))
    assert seen.shape == (4, 128, 4, 4)
    near(d.match(seen, filler(4, 16)).sigmoid(), 0.662883, 0.073555, 0.698403, 0.538201)
    near(d.judge(seen).sigmoid(), 0.513991, 0.160627, 0.704234, 0.512307)


def test_large_pictures_come_to_as_many_features_as_small_ones():
    d = Discriminator((3, 256, 256), width=2, condition=4, alone=True)
    sizes = []
    for layer in d.look:
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(lambda _m, _i, out: sizes.append(tuple(out.shape[1:])))
    d(torch.zeros(2, 3, 256, 256))
    assert sizes[-3:] == [(64, 4, 4), (32, 4, 4), (16, 4, 4)]  # 2048, 1024 and 512 at the paper's width of 64

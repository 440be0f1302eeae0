"""ProGAN's networks against paper and released code: counts, fingerprints, gains, the sizes they can have."""

from __future__ import annotations

from math import floor, sqrt

import pytest
import torch
from fingerprint import count, filler, summary
from ganzoo_progan.networks import Discriminator, Generator
from progan_bench import TINY
from torch import nn

from ganzoo import Facts, RequestError, find
from ganzoo.game.nn.pyramid import enlarged
from ganzoo.game.penalties import slopes
from ganzoo.zoo.config import resolve

SMALL = {"base": 512, "width": 64}


@torch.no_grad()
def fill(net: nn.Module) -> nn.Module:
    """As `fingerprint.fill`, for weights that are scaled when they are used."""
    for name, p in net.named_parameters():
        p.copy_((0.1 if name.endswith("bias") else 1.0) * filler(*p.shape))
    return net


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


@pytest.mark.parametrize(("size", "nearest"), [(48, 32), (2, 4), (7, 8)])
def test_a_size_it_cannot_have_names_the_nearest(size, nearest):
    with pytest.raises(RequestError, match=f"--size {nearest}\\."):
        Generator((3, size, size), 8, **TINY)


def test_points_and_oblongs_are_refused():
    with pytest.raises(RequestError, match="points"):
        Generator((2,), 8, **TINY)
    with pytest.raises(RequestError, match="16x32"):
        Discriminator((3, 16, 32), **TINY)


def test_its_networks_serve_other_families():
    family = find("families", "dcgan")
    parts = {"generator": "progan", "discriminator": "progan", "loss": "hinge"}
    game = family.build(resolve(family, "tiny", parts), Facts((1, 16, 16)))
    batch = {"image": torch.rand(8, 1, 16, 16)}
    loss, _ = game.d_loss(batch)
    assert loss.isfinite()
    assert slopes(game.nets["d"], batch["image"], {}).shape == (8, 1, 16, 16)

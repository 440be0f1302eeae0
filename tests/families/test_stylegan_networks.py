"""The networks of StyleGAN 1 and 2 against their papers: counts, fingerprints, closed forms of their layers."""

from __future__ import annotations

from math import sqrt

import pytest
import torch
from fingerprint import count, filler, summary
from ganzoo_stylegan.activated import ActivatedConv2d, ActivatedLinear
from ganzoo_stylegan.discriminator import Discriminator
from ganzoo_stylegan.filter import Filter
from ganzoo_stylegan.growing import GrowingDiscriminator
from ganzoo_stylegan.modulated import StyledConv2d
from ganzoo_stylegan.networks import growing_generator, skip_generator
from torch import nn
from torch.nn import functional as F

from ganzoo import Facts, RequestError, find
from ganzoo.game.nn import MinibatchStd
from ganzoo.game.nn.equalized import Equalized
from ganzoo.game.nn.pyramid import enlarged, reduced


@torch.no_grad()
def fill(net: nn.Module) -> nn.Module:
    """The fact sheet's rule for equalised layers: weights H / lr_mul, biases 0.1 H; the noise stays off."""
    slowed = {id(p): m.lr_mul for m in net.modules() if isinstance(m, Equalized) for p in m.parameters()}
    for name, p in net.named_parameters():
        if p.dim():
            p.copy_(0.1 * filler(*p.shape) if name.endswith("bias") else filler(*p.shape) / slowed.get(id(p), 1))
    return net


def generator(size: int, base: int, width: int, layers: int, style: int = 0, version: int = 2, **more) -> nn.Module:
    make = skip_generator if version == 2 else growing_generator
    return make((3, size, size), style or width, style=style or width, layers=layers, base=base, width=width, **more)


# Counts and fingerprints


@pytest.mark.parametrize(
    ("size", "base", "layers", "classes", "residual", "g", "d"),
    [
        (1024, 32_768, 8, 0, True, 30_370_060, 29_012_513),
        (512, 32_768, 8, 0, True, 30_276_583, 28_982_849),
        (256, 32_768, 8, 0, True, 30_034_338, 28_864_129),
        (256, 16_384, 8, 0, True, 24_767_458, 24_001_089),
        (256, 16_384, 8, 10, True, 25_035_234, 26_370_112),
        (256, 16_384, 2, 0, True, 23_191_522, 24_001_089),
        (128, 16_384, 2, 0, True, 22_949_277, 23_882_369),
        (64, 16_384, 2, 0, True, 22_243_608, 23_407_361),
        (32, 16_384, 8, 0, True, 21_523_475, 21_507_073),
        (32, 16_384, 2, 0, True, 19_947_539, 21_507_073),
        (32, 32_768, 2, 0, False, 19_947_539, 20_720_641),
        (32, 32_768, 2, 10, False, 20_215_315, 23_089_664),
    ],
)
def test_parameter_counts(size, base, layers, classes, residual, g, d):
    with torch.device("meta"):
        assert count(generator(size, base, 512, layers, classes=classes)) == g
        shape = (3, size, size)
        assert count(Discriminator(shape, base=base, width=512, residual=residual, classes=classes)) == d


@pytest.mark.parametrize(
    ("size", "base", "width", "g", "d"),
    [(32, 2048, 64, 314_387, 337_281), (64, 2048, 64, 350_520, 366_945), (32, 1024, 32, 79_379, 84_673)],
)
def test_parameter_counts_of_small_ones(size, base, width, g, d):
    assert count(generator(size, base, width, 2)) == g
    assert count(Discriminator((3, size, size), base=base, width=width)) == d


def test_parameter_counts_by_part():
    with torch.device("meta"):
        g, d = generator(1024, 32_768, 512, 8), Discriminator((3, 1024, 1024), base=32_768, width=512)
    s = g.synthesis
    assert count(g.mapping) == 2_101_248
    assert s.start.numel() + count(s.first) + count(s.to_picture[0]) == 2_894_852
    blocks = [sum(map(count, each)) for each in zip(s.grow, s.refine, s.to_picture[1:], strict=True)]
    assert blocks == [*[5_509_125] * 4, 2_296_069, 705_669, 242_245, 93_477]
    assert s.layers == 18
    first, *halvings = [count(each) for each in d.body if count(each)]
    assert [first + halvings[0], *halvings[1:8]] == [29_920, 118_976, 475_520, 1_901_312, *[4_981_760] * 4]
    assert sum(halvings[8:]) == 6_559_745


@pytest.mark.parametrize(
    ("size", "base", "width", "g", "d"),
    [
        (1024, 16_384, 512, 26_219_627, 23_087_249),
        (512, 16_384, 512, 26_179_768, 23_080_225),
        (256, 16_384, 512, 26_086_229, 23_052_353),
        (128, 16_384, 512, 25_843_858, 22_941_313),
        (64, 16_384, 512, 25_137_935, 22_498_049),
        (32, 16_384, 512, 22_841_356, 20_726_785),
        (32, 2048, 128, 1_216_332, 1_114_049),
        (64, 2048, 128, 1_260_719, 1_141_921),
        (32, 1024, 64, 306_092, 279_521),
    ],
)
def test_parameter_counts_of_version_1(size, base, width, g, d):
    with torch.device("meta"):
        net = generator(size, base, width, 8, version=1)
        assert count(net) == g
        assert count(net.mapping) == 8 * width * (width + 1)
        assert count(GrowingDiscriminator((3, size, size), base=base, width=width)) == d


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_fingerprints(layout):
    g = fill(generator(32, 2048, 64, 2)).to(memory_format=layout)
    expected = pytest.approx((0.793769, 1.507060, 2.110885, -0.678765), abs=1e-3)
    assert summary(g.mapping(filler(4, 64))) == expected
    drawn = g(filler(4, 64), noise="none")
    assert drawn.shape == (4, 3, 32, 32)
    assert summary(drawn) == pytest.approx((-1.176706, 2.864807, -0.453214, 0.374624), abs=1e-3)
    for residual, expected in [
        (True, (0.478363, 0.036321, 0.428824, 0.463273)),
        (False, (0.396351, 0.009792, 0.384669, 0.410944)),
    ]:
        d = fill(Discriminator((3, 32, 32), base=2048, width=64, residual=residual)).to(memory_format=layout)
        assert summary(d(0.5 * filler(4, 3, 32, 32))) == pytest.approx(expected, abs=1e-3)


def test_fingerprints_of_version_1():
    g = fill(generator(32, 1024, 64, 8, version=1))
    assert summary(g.mapping(filler(4, 64))) == pytest.approx((1.971744, 3.711813, -0.838766, 2.363755), abs=1e-3)
    for lod, expected in [
        (0.0, (-3.354692, 5.181975, -0.186385, 0.805982)),
        (0.5, (-1.867977, 4.028959, 2.598453, -2.003476)),
        (1.0, (-0.381262, 5.851645, 5.383292, -4.812934)),
    ]:
        drawn = g(filler(4, 64), noise="none", at={"lod": lod})
        assert drawn.shape[-1] == (16 if lod == 1 else 32)
        whole = enlarged(drawn, 32 // drawn.shape[-1])
        assert summary(whole) == pytest.approx(expected, abs=1e-3)
    d = fill(GrowingDiscriminator((3, 32, 32), base=1024, width=64))
    for lod, expected in [
        (0.0, (0.514433, 0.013902, 0.539547, 0.510449)),
        (0.5, (0.489653, 0.009974, 0.494840, 0.483989)),
    ]:
        assert summary(d(0.5 * filler(8, 3, 32, 32), lod=lod)) == pytest.approx(expected, abs=1e-3)


# Modulation and demodulation


def layer(up: bool = False, maps: int = 48) -> StyledConv2d:
    torch.manual_seed(1)
    made = StyledConv2d(maps, maps, 16, 60 if up else 30, up)
    nn.init.normal_(made.modulation.weight)
    nn.init.normal_(made.bias)
    return made


@pytest.mark.parametrize("up", [False, True])
def test_scaled_features_are_scaled_weights(up):
    """The form that ships against the paper's equations 1 and 3: one convolution a sample, with weights of its own."""
    net, x, w = layer(up), torch.randn(5, 48, 30, 30), torch.randn(5, 16)
    scaled = net.weight * net.modulation(w)[:, None, :, None, None]  # N x outputs x inputs x 3 x 3
    weights = scaled * (scaled.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()
    assert torch.allclose(weights.square().sum((2, 3, 4)), torch.ones(5, 48), atol=1e-5)
    rows = []
    for sample, weight in zip(x[:, None], weights, strict=True):
        if up:
            y = F.conv_transpose2d(sample, weight.transpose(0, 1), stride=2)
            rows.append(4 * Filter()(y, padding=1))
        else:
            rows.append(F.conv2d(sample, weight, padding=1))
    expected = sqrt(2) * F.leaky_relu(torch.cat(rows) + net.bias[:, None, None], 0.2)
    assert torch.allclose(net(x, w, "none"), expected, atol=2e-5)


def test_demodulation_makes_unit_variance_of_any_style():
    net, x, w = layer(), torch.randn(16, 48, 34, 34), torch.randn(16, 16)
    s = net.modulation(w)
    y = F.conv2d(x * s[:, :, None, None], net.weight) * net.demodulation(s)[:, :, None, None]
    assert y.std().item() == pytest.approx(1, abs=0.02)
    each = y.std((2, 3))
    assert each.min() > 0.85
    assert each.max() < 1.15


def test_demodulation_takes_out_the_scale_of_weights_and_styles():
    net, x, w = layer(), torch.randn(2, 48, 30, 30), torch.randn(2, 16)
    before = net(x, w, "none")
    for weights, styles in [(7, 3), (0.01, 0.1)]:  # small ones too, which a large epsilon would show in
        with torch.no_grad():
            net.weight.mul_(weights)
            net.modulation.weight.mul_(styles)
            net.modulation.bias.mul_(styles)
        assert torch.allclose(net(x, w, "none"), before, atol=2e-4)


def test_a_style_starts_around_one_and_noise_at_nothing():
    torch.manual_seed(0)
    g = generator(16, 256, 32, 2)
    convs = [m for m in g.modules() if isinstance(m, StyledConv2d)]
    assert len(convs) == 5
    w = g.styles(torch.randn(256, 32))[:, 0]
    assert torch.stack([m.modulation(w).mean() for m in convs]).mean().item() == pytest.approx(1, abs=0.1)
    assert all((m.modulation.bias == 1).all() for m in convs)
    assert all(m.strength == 0 for m in convs)


def test_noise_is_off_at_the_start_and_fresh_for_every_picture_later():
    torch.manual_seed(0)
    g, z = generator(16, 256, 32, 2), torch.randn(1, 32).expand(2, -1)
    assert torch.equal(g(z), g(z))
    assert torch.equal(*g(z))
    for m in g.modules():
        if isinstance(m, StyledConv2d):
            nn.init.constant_(m.strength, 0.3)
    a, b = g(z)
    assert not torch.equal(a, b)  # one map a picture
    a, b = g.eval()(z)
    assert torch.equal(a, b)  # the same for all in evaluation
    assert torch.equal(g(z), g(z))
    assert not torch.equal(g(z), g(z, noise="none"))


def test_noise_is_a_map_for_every_picture_and_layer():
    """What fresh noise adds in front of the activation: one map of unit variance for all features of a picture."""
    torch.manual_seed(0)
    g, seen = generator(16, 256, 32, 2), {}
    layers = [m for m in g.modules() if isinstance(m, StyledConv2d)]
    for m in layers:
        nn.init.constant_(m.strength, 0.3)
        m.register_forward_hook(lambda m, given, y: seen.update({m: (*given[:2], y)}))
    g(torch.randn(8, 32))
    maps = []
    for m in layers:
        x, w, y = seen[m]
        loud, quiet = (torch.where(each < 0, each / 0.2, each) for each in (y, m(x, w, "none")))
        maps.append((loud - quiet) / (sqrt(2) * 0.3))  # 8 x features x side x side
    for noise in maps:
        one = noise[:, :1]
        assert torch.allclose(noise, one.expand_as(noise), atol=1e-3)
        assert one.std().item() == pytest.approx(1, abs=0.15)
        assert torch.corrcoef(one.flatten(1)).triu(1).abs().max() < 0.9
    for first, second in [(1, 3), (2, 4)]:  # two layers of the same size
        together = torch.stack([maps[first][:, 0].flatten(), maps[second][:, 0].flatten()])
        assert torch.corrcoef(together)[0, 1].abs() < 0.2


def test_pictures_and_styles_at_the_start():
    """The fact sheet measured 1.32 and 0.98 on one generator of 64 pixels; these are means over several."""
    spreads, styles = [], []
    for seed in range(6):
        torch.manual_seed(seed)
        g = generator(64, 2048, 64, 2)
        z = torch.randn(16, 64)
        spreads.append(g(z).std().item())
        w = g.styles(z)[:, 0]
        styles += [m.modulation(w).mean().item() for m in g.modules() if isinstance(m, StyledConv2d)]
    assert sum(spreads) / len(spreads) == pytest.approx(1.32, abs=0.1)  # one by one 1.22 to 1.53
    assert sum(styles) / len(styles) == pytest.approx(0.98, abs=0.04)


# Filters, gains and other layers


def test_the_filter_on_ones():
    ones, smooth = torch.ones(1, 2, 8, 8), Filter()
    up, down = smooth.doubled(ones)[0, 0], smooth.halved(ones)[0, 0]
    assert up.shape == (16, 16)
    assert down.shape == (4, 4)
    assert torch.equal(up[1:-1, 1:-1], torch.ones(14, 14))
    assert (up[0, 0].item(), up[0, 5].item()) == (0.5625, 0.75)
    assert (down[1, 1].item(), down[0, 0].item()) == (1.0, 0.765625)


def test_layers_keep_the_mean_square_and_learn_at_their_rates():
    torch.manual_seed(0)
    conv = ActivatedConv2d(64, 64, 3)
    assert conv(torch.randn(8, 64, 32, 32))[..., 1:-1, 1:-1].square().mean().item() == pytest.approx(1.04, abs=0.05)
    dense = ActivatedLinear(512, 512, lr_mul=0.01)
    assert dense.weight.std().item() == pytest.approx(100, rel=0.02)
    weight, _ = dense.used()
    assert (weight / sqrt(2)).std().item() == pytest.approx(1 / sqrt(512), rel=0.02)
    nn.init.constant_(dense.weight, 0)
    nn.init.constant_(dense.bias, 100)
    assert dense(torch.zeros(1, 512))[0, 0].item() == pytest.approx(sqrt(2))  # bias * lr_mul * gain


def test_noise_is_brought_to_unit_mean_square():
    g = generator(8, 64, 512, 1, style=512)
    seen = g.mapping.norm(7 * torch.randn(4, 512))
    assert seen.square().mean(1).sqrt().tolist() == pytest.approx([1] * 4, abs=1e-5)
    assert seen.norm(dim=1).tolist() == pytest.approx([22.627] * 4, abs=1e-3)


def test_groups_of_the_minibatch_are_strided():
    x = torch.tensor([1.0, 2, 3, 4, 0, 0, 0, 0]).view(8, 1, 1, 1)
    felt = MinibatchStd(4)(x)[:, 1].flatten()
    assert felt.tolist() == pytest.approx([1.2247, 1.6583] * 4, abs=1e-4)


# Styles: their mean, truncation, mixing


def test_the_mean_style_follows_training_alone():
    torch.manual_seed(0)
    g, z, other = generator(16, 256, 32, 2), torch.randn(64, 32), torch.randn(64, 32)
    w = g.mapping(z)
    g.eval()(z)
    assert not g.mean_style.any()
    g.train().styles(z, second=other, cut=torch.tensor(2))
    assert torch.allclose(g.mean_style, 0.005 * w.mean(0), atol=1e-6)


def test_truncation_pulls_towards_the_mean_style():
    g = generator(32, 256, 32, 2).eval()
    nn.init.normal_(g.mean_style)
    z = torch.randn(3, 32)
    full = g.styles(z)
    assert full.shape == (3, 8, 32)
    assert torch.equal(g.styles(z, truncation=0.0), g.mean_style.expand(3, 8, -1))
    half = g.styles(z, truncation=0.5, layers=4)
    assert torch.equal(half[:, 4:], full[:, 4:])
    assert torch.allclose(half[:, :4], (full[:, :4] + g.mean_style) / 2, atol=1e-6)
    by_row = g.styles(z, truncation=torch.tensor([1.0, 0.0, 0.5]))
    assert torch.equal(by_row[0], full[0])
    assert torch.equal(by_row[1], g.mean_style.expand(8, -1))


@pytest.mark.parametrize("cut", [1, 3, 5])
def test_mixing_leaves_every_layer_before_the_cut_alone(cut):
    torch.manual_seed(0)
    g = generator(16, 256, 32, 2).eval()
    s, seen = g.synthesis, []
    inner = [s.first, *[each for pair in zip(s.grow, s.refine, strict=True) for each in pair]]
    for m in inner:
        m.register_forward_hook(lambda _m, _x, y: seen.append(y))
    z, second = torch.randn(2, 2, 32)
    g(z)
    g(z, second=second, cut=torch.tensor(cut))
    before, after = seen[: len(inner)], seen[len(inner) :]
    same = [torch.equal(a, b) for a, b in zip(before, after, strict=True)]
    assert same == [place < cut for place in range(len(inner))]


# Version 1, export, sizes


def test_details_fade_in_between_two_sizes():
    torch.manual_seed(0)
    g, z = generator(16, 256, 16, 2, version=1), torch.randn(4, 16)
    old, between, new = (g(z, noise="none", at={"lod": lod}) for lod in (1.0, 0.25, 0.0))
    assert torch.allclose(between, 0.25 * enlarged(old, 2) + 0.75 * new, atol=1e-5)
    d, x = GrowingDiscriminator((3, 16, 16), base=256, width=16), torch.randn(4, 3, 16, 16)
    assert torch.allclose(d(x, lod=1 - 1e-6), d(reduced(x, 2), lod=1.0), atol=1e-4)


def test_version_1_starts_from_ones_with_styles_that_change_nothing():
    g = generator(8, 64, 16, 8, version=1)
    assert (g.synthesis.root.start == 1).all()
    w = torch.zeros(2, 16)
    y = g.synthesis.root.first(torch.randn(2, 16, 4, 4), w, "none")
    assert y.mean((2, 3)).abs().max() < 1e-5  # instance norm, then times 0 + 1, plus 0
    assert torch.allclose(y.var((2, 3), correction=0), torch.ones(2, 16), atol=1e-4)


def test_the_generator_can_be_exported_for_any_number_of_pictures():
    torch.manual_seed(0)
    g = generator(8, 64, 8, 1).eval()
    exported = torch.export.export(g, (torch.randn(3, 8),), dynamic_shapes=({0: torch.export.Dim("n")},))
    z = torch.randn(5, 8)
    assert torch.allclose(exported.module()(z), g(z), atol=1e-6)


@pytest.mark.parametrize(("size", "nearest"), [(48, 32), (33, 32), (4, 8), (100, 128), (7, 8), (90, 64)])
@pytest.mark.parametrize("version", [1, 2])
def test_a_size_it_cannot_have_names_the_nearest(version, size, nearest):
    with pytest.raises(RequestError, match=f"--size {nearest}"):
        generator(size, 64, 8, 1, version=version)
    with pytest.raises(RequestError, match="points"):
        Discriminator((2,), base=64, width=8)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", [8, 64])
def test_every_size_and_number_of_channels(size, channels):
    facts = Facts((channels, size, size))
    g = find("generators", "stylegan2").build(facts, latent=5, width=4)
    d = find("discriminators", "stylegan2").build(facts, width=4)
    fake = g(torch.randn(2, 5))
    assert fake.shape == (2, channels, size, size)
    assert d(fake).shape == (2,)

"""DCGAN against its paper and reference: counts, fingerprints, numbers at the start."""

from __future__ import annotations

import pytest
import torch
from fingerprint import count, fill, filler, summary
from ganzoo_dcgan.networks import Discriminator, Generator
from ganzoo_dcgan.published import PublishedDiscriminator, PublishedGenerator
from torch import nn

from ganzoo import Facts, RequestError, find
from ganzoo.game import Progress
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.zoo.config import resolve


def generator(size: int, width: int, channels: int = 3, latent: int = 100) -> Generator:
    return Generator((channels, size, size), latent, width)


def discriminator(size: int, width: int, channels: int = 3) -> Discriminator:
    return Discriminator((channels, size, size), width)


@pytest.mark.parametrize(
    ("size", "width", "channels", "g", "d"),
    [
        (64, 64, 3, 3_576_704, 2_765_568),
        (64, 64, 1, 3_574_656, 2_763_520),
        (64, 128, 3, 12_658_432, 11_036_160),
        (64, 32, 3, 1_100_224, 694_656),
        (64, 16, 3, 378_080, 175_296),
        (64, 8, 3, 146_032, 44_640),
        (32, 64, 3, 1_068_928, 663_296),
        (32, 32, 3, 370_624, 167_808),
        (32, 16, 3, 144_352, 42_944),
        (16, 64, 3, 339_328, 136_448),
        (16, 32, 3, 136_896, 35_456),
        (16, 16, 3, 60_256, 9_536),
    ],
)
def test_parameter_counts(size, width, channels, g, d):
    assert count(generator(size, width, channels)) == g
    assert count(discriminator(size, width, channels)) == d


def test_layers_are_those_of_the_reference():
    g, d = generator(64, 64), discriminator(64, 64)
    assert (len(list(g.parameters())), len(list(d.parameters()))) == (13, 11)
    sides = [tuple(p.shape) for p in g.parameters() if p.dim() == 4]
    assert sides == [(100, 512, 4, 4), (512, 256, 4, 4), (256, 128, 4, 4), (128, 64, 4, 4), (64, 3, 4, 4)]
    assert not isinstance(d[1], nn.BatchNorm2d)
    assert [layer.negative_slope for layer in d if isinstance(layer, nn.LeakyReLU)] == [0.2] * 4


@pytest.mark.parametrize(
    ("net", "x", "shape", "expected"),
    [
        (generator(64, 16), filler(4, 100), (4, 3, 64, 64), (0.193593, 0.580027, -0.018487, -0.139496)),
        (discriminator(64, 16), 0.5 * filler(4, 3, 64, 64), (4,), (-0.097511, 0.690064, 0.721462, -0.096841)),
        (generator(32, 16), filler(4, 100), (4, 3, 32, 32), (0.189748, 0.576260, -0.024254, -0.177338)),
        (discriminator(32, 16), 0.5 * filler(4, 3, 32, 32), (4,), (0.269749, 0.691126, 1.129380, -0.591327)),
    ],
    ids=["G64", "D64", "G32", "D32"],
)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_fingerprints(net, x, shape, expected, layout):
    out = fill(net).train().to(memory_format=layout)(x)
    assert out.shape == shape
    assert summary(out) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_spread_at_the_start(seed):
    torch.manual_seed(seed)
    g, d = generator(64, 64), discriminator(64, 64)
    with torch.no_grad():
        # torch's own start gives 0.58, 0.2 instead of 0.02 gives 0.78
        assert g(torch.randn(64, 100)).std().item() == pytest.approx(0.205, abs=0.025)
        assert torch.sigmoid(d(torch.randn(64, 3, 64, 64).tanh())).std().item() == pytest.approx(0.21, abs=0.05)


def test_the_discriminator_looks_at_every_pixel():
    x = torch.randn(8, 3, 64, 64, requires_grad=True)
    (gradient,) = torch.autograd.grad(discriminator(64, 8)(x).sum(), x)
    assert (gradient.abs().sum((0, 1)) > 0).all()


@pytest.mark.parametrize(("size", "nearest"), [(48, 32), (33, 32), (4, 8), (100, 128), (7, 8), (90, 64)])
def test_a_size_it_cannot_have_names_the_nearest(size, nearest):
    with pytest.raises(RequestError, match=f"--size {nearest}"):
        generator(size, 8)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", [8, 16, 128])
def test_every_size_and_number_of_channels(size, channels):
    fake = generator(size, 4, channels, latent=5)(torch.randn(2, 5))
    assert fake.shape == (2, channels, size, size)
    assert fake.abs().max() <= 1
    assert discriminator(size, 4, channels)(fake).shape == (2,)


def test_pictures_end_in_the_tanh():
    torch.manual_seed(0)
    g = generator(16, 8)
    with torch.no_grad():
        g[-2].weight.mul_(1_000)
        assert 0.99 < g(torch.randn(8, 100)).abs().max() <= 1


def test_batch_norm_counts_of_a_step():
    """Three passes of D a step and one of G: real and fake apart, each fake drawn once as far as statistics go."""
    family = find("families", "dcgan")
    config = resolve(family, "tiny")
    torch.manual_seed(0)
    recipe = family.build(config, Facts((3, 16, 16)))
    engine = Engine(
        recipe, lambda _p, n: {"image": torch.rand(n, 3, 16, 16)}, Backend.choose("cpu"), Progress(batch=8, total=999)
    )
    for _ in range(4):
        engine.step()
    tracked = {
        name: {int(m.num_batches_tracked) for m in net.modules() if isinstance(m, nn.BatchNorm2d)}
        for name, net in recipe.nets.items()
    }
    assert tracked == {"g": {4}, "d": {12}}


@pytest.mark.parametrize(("size", "width"), [(64, 128), (32, 8), (8, 4)])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_authors_own_networks(size, width, channels):
    """5x5 kernels and dense ends; at 64 px and width 128 the counts are those of the code for faces."""
    g = PublishedGenerator((channels, size, size), 100, width)
    d = PublishedDiscriminator((channels, size, size), width)
    if (size, channels) == (64, 3):
        assert (count(g), count(d)) == (18_885_760, 17_232_768)
    fake = g(torch.rand(2, 100))
    assert fake.shape == (2, channels, size, size)
    assert d(fake).shape == (2,)


def test_the_published_preset_plays_with_the_authors_own_networks():
    family = find("families", "dcgan")
    recipe = family.build(resolve(family, "published", {"width": 4, "size": 16}), Facts((3, 16, 16)))
    assert isinstance(recipe.nets["g"], PublishedGenerator)
    assert isinstance(recipe.nets["d"], PublishedDiscriminator)
    assert {opt.param_groups[0]["weight_decay"] for opt in recipe.opts.values()} == {1e-5}
    assert recipe.latent(1_000, "cpu").abs().max() <= 3**0.5


def test_smoothed_labels_are_off_and_when_on_those_of_a_cross_entropy():
    family = find("families", "dcgan")
    assert resolve(family).smoothing == 0
    real, fake = torch.randn(50), torch.randn(50)
    smoothed = family.build(resolve(family, "tiny", {"smoothing": 0.1}), Facts((3, 16, 16))).loss
    targets = torch.cat((torch.full((50,), 0.9), torch.zeros(50)))
    entropy = nn.functional.binary_cross_entropy_with_logits(torch.cat((real, fake)), targets)
    assert smoothed.d(real, fake).item() == pytest.approx(2 * entropy.item(), rel=1e-5)
    assert smoothed.g(fake) == find("losses", "non-saturating").build().g(fake)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"smoothing": 0.7}, "expected a part below a half"),
        ({"smoothing": 0.1, "loss": "hinge"}, "hinge has none. Use --set loss=non-saturating"),
    ],
)
def test_labels_that_cannot_be_smoothed_so(settings, message):
    with pytest.raises(RequestError, match=message):
        resolve(find("families", "dcgan"), "tiny", settings)


def test_the_papers_settings():
    family = find("families", "dcgan")
    paper = resolve(family, "paper")
    assert (paper.size, paper.width, paper.batch, paper.latent) == (64, 64, 128, 100)
    assert (paper.lr, paper.betas) == (2e-4, (0.5, 0.999))

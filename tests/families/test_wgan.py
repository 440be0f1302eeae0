"""WGAN against its two papers and their released code: counts, fingerprints, the schedule, the bounds, the gates."""

from __future__ import annotations

from math import sqrt

import pytest
import torch
from fingerprint import count, fill, filler, summary
from ganzoo_wgan.layers import (
    ClassBatchNorm,
    DownConv2d,
    LayerNorm,
    SameConv2d,
    SameConvTranspose2d,
    UpConv2d,
    started,
)
from ganzoo_wgan.recipe import critic_steps
from ganzoo_wgan.resnets import CifarCritic, CifarGenerator, GoodCritic, GoodGenerator
from torch import nn
from torch.nn import functional as F
from torch.optim import Adam, RMSprop

from ganzoo import Facts, RequestError, find
from ganzoo.game import Progress
from ganzoo.game.penalties import gradient_penalty
from ganzoo.train import checkpoint
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.zoo.config import resolve

CLASSES = tuple("abcdefghij")


def generator(name: str, size: int, width: int, latent: int = 128, channels: int = 3, classes=()) -> nn.Module:
    return find("generators", name).build(Facts((channels, size, size), classes=classes), latent=latent, width=width)


def critic(name: str, size: int, width: int, channels: int = 3, classes=()) -> nn.Module:
    return find("discriminators", name).build(Facts((channels, size, size), classes=classes), width=width)


def family():
    return find("families", "wgan")


def play(preset: str = "tiny", shape: tuple[int, ...] = (3, 8, 8), *, classes=(), **settings):
    torch.manual_seed(0)
    config = resolve(family(), preset, settings)
    return family().build(config, Facts(shape, count=100, classes=classes))


def engine(recipe, shape=(3, 8, 8), *, classes=0, batch=8, **start) -> Engine:
    """The engine on fixed data: a batch is a function of its position alone."""

    def draw(position: int, n: int):
        source = torch.Generator().manual_seed(position)
        labels = {"label": torch.randint(classes, (n,), generator=source)} if classes else {}
        return {"image": torch.rand(n, *shape, generator=source) * 2 - 1, **labels}

    return Engine(recipe, draw, Backend.choose("cpu"), Progress(batch=batch, total=10_000, **start), halflife=50)


# The networks


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


PICTURE_BODIES = ["wgan-resnet", "wgan-resnet-cifar", "wgan-resnet-101", "wgan-conv4", "wgan-conv5", "wgan-mlp"]


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


@pytest.mark.parametrize(("convolution", "plain"), [(UpConv2d, "up"), (DownConv2d, "down")])
def test_resampling_convolutions_are_those_of_two_steps(convolution, plain):
    torch.manual_seed(0)
    layer, x = convolution(3, 5, 3).double(), torch.randn(2, 3, 6, 8, dtype=torch.float64)
    if plain == "up":
        expected = F.conv2d(F.interpolate(x, scale_factor=2), layer.weight, layer.bias, padding=1)
    else:
        expected = F.avg_pool2d(F.conv2d(x, layer.weight, layer.bias, padding=1), 2)
    assert torch.allclose(layer(x), expected, atol=1e-12)


@pytest.mark.parametrize(("kernel", "side", "before"), [(5, 8, 1), (3, 8, 0), (5, 7, 2)])
def test_padding_of_a_strided_convolution_is_behind(kernel, side, before):
    layer, x = SameConv2d(1, 1, kernel, 2, bias=False), torch.randn(1, 1, side, side)
    nn.init.zeros_(layer.weight)
    layer.weight.data[..., before, before] = 1  # the tap that meets the first pixel
    assert torch.equal(layer(x), x[:, :, ::2, ::2])


@pytest.mark.parametrize("kernel", [3, 5])
def test_the_transposed_convolution_is_the_transpose(kernel):
    torch.manual_seed(0)
    down, up = SameConv2d(3, 5, kernel, 2, bias=False).double(), SameConvTranspose2d(5, 3, kernel).double()
    up.weight.data.copy_(down.weight)
    nn.init.zeros_(up.bias)
    x, y = torch.randn(2, 3, 8, 8, dtype=torch.float64), torch.randn(2, 5, 4, 4, dtype=torch.float64)
    assert (down(x) * y).sum().item() == pytest.approx((x * up(y)).sum().item())


@pytest.mark.parametrize(
    ("layer", "gain", "std"),
    [
        (nn.Conv2d(128, 64, 3), sqrt(2), sqrt(4 / (9 * 192))),
        (nn.Conv2d(128, 64, 1), 1, sqrt(2 / 192)),
        (nn.Conv2d(32, 128, 5, 2), sqrt(2), sqrt(4 / (25 * 32 + 25 * 128 / 4))),
        (nn.ConvTranspose2d(128, 32, 5, 2), sqrt(2), sqrt(4 / (25 * 128 / 4 + 25 * 32))),
        (nn.Linear(128, 2048), 1, sqrt(2 / 2176)),
    ],
)
def test_how_layers_start(layer, gain, std):
    torch.manual_seed(0)
    started(layer, gain=gain)
    assert layer.weight.std().item() == pytest.approx(std, rel=0.02)
    assert layer.weight.abs().max().item() <= sqrt(3) * std * 1.0001  # uniform
    assert not layer.bias.any()


def test_layer_norm_forgets_an_examples_scale_and_offset():
    torch.manual_seed(0)
    norm, x = LayerNorm(6), torch.randn(4, 6, 5, 5)
    assert [tuple(p.shape) for p in norm.parameters()] == [(6,), (6,)]
    scaled = x * torch.tensor([0.5, 1, 3, 20]).view(4, 1, 1, 1) + torch.randn(4, 1, 1, 1)
    assert torch.allclose(norm(scaled), norm(x), atol=1e-4)
    assert not torch.allclose(norm(x * torch.rand(1, 6, 1, 1)), norm(x), atol=1e-2)  # not channel by channel


@pytest.mark.parametrize("name", [*PICTURE_BODIES, "wgan-conv4-layer", "wgan-conv5-plain"])
def test_a_score_does_not_depend_on_the_batch(name):
    torch.manual_seed(0)
    d, x = critic(name, 16, 8).train(), torch.randn(6, 3, 16, 16)
    alone = torch.cat([d(x[i : i + 1]) for i in range(6)])
    assert torch.allclose(d(x), alone, atol=1e-5)


@pytest.mark.parametrize("name", ["dcgan", "wgan-conv5-batch"])
def test_with_batch_norm_it_does(name):
    torch.manual_seed(0)
    d, x = critic(name, 16, 8).train(), torch.randn(6, 3, 16, 16)
    assert not torch.allclose(d(x)[:3], d(x[:3]), atol=1e-3)


@pytest.mark.parametrize(
    "d", [GoodCritic(Facts((3, 16, 16)), 4), CifarCritic(Facts((3, 16, 16)), 4)], ids=["good", "cifar"]
)
def test_the_penalty_teaches_every_layer(d):
    torch.manual_seed(0)
    penalty = gradient_penalty(d, torch.randn(4, 3, 16, 16), torch.randn(4, 3, 16, 16), {})
    weights = {name: p for name, p in d.named_parameters() if name.endswith("weight")}
    for name, gradient in zip(weights, torch.autograd.grad(penalty, list(weights.values())), strict=True):
        assert gradient.abs().sum() > 0, name


def test_norm_by_class_starts_as_plain_batch_norm_and_tells_labels_apart():
    torch.manual_seed(0)
    norm, x, label = ClassBatchNorm(4, 3), torch.randn(6, 4, 5, 5), torch.tensor([0, 1, 2, 0, 1, 2])
    assert torch.allclose(norm(x, label), nn.BatchNorm2d(4)(x))
    norm.gain.data[1] = 3
    moved = norm(x, label) - nn.BatchNorm2d(4)(x)
    assert moved[[1, 4]].abs().sum() > 1
    assert not moved[[0, 2, 3, 5]].any()


def test_good_is_good_at_every_size():
    """At 64 the widths of the paper; at other sides one block less or more."""
    assert [b.conv1.out_channels for b in GoodGenerator(Facts((3, 64, 64)), 8, 4).blocks] == [32, 16, 8, 4]
    assert [b.conv1.out_channels for b in GoodGenerator(Facts((3, 16, 16)), 8, 4).blocks] == [8, 4]
    assert [b.conv1.out_channels for b in CifarGenerator(Facts((3, 16, 16)), 8, 4).blocks] == [4, 4]


# The game


@pytest.mark.parametrize(("turns", "total"), [(25, 2_500), (100, 2_875), (500, 4_875), (1000, 7_470)])
def test_critic_steps_of_the_clipped_schedule(turns, total):
    config = resolve(family(), "clip")
    assert sum(critic_steps(step, config) for step in range(turns)) == total


def test_the_schedule_counts_every_real_image():
    recipe = play(variant="clip", n_critic=2, warmup=4)
    run = engine(recipe, step=23, images=0)
    seen = []
    for _ in range(4):
        run.step()
        seen.append(run.now.images // 8)
    assert seen == [4, 8, 10, 12]  # turns 23 and 24 are of the first 25
    run = engine(recipe, step=499, images=0)
    run.step(), run.step(), run.step()
    assert run.now.images == 8 * (2 + 4 + 2)


def test_the_penalised_critic_has_no_schedule():
    recipe = play(n_critic=3, warmup=50)
    for step in (0, 24, 25, 500):
        recipe.begin(Progress(step=step, batch=8, total=1))
        assert [phase.repeat for phase in recipe.phases()] == [3, 1]


@pytest.mark.parametrize("discriminator", ["dcgan", "wgan-resnet", "wgan-mlp"])
def test_every_parameter_of_the_critic_is_clipped_after_every_step(discriminator):
    shape = (3, 16, 16)
    recipe = play("tiny", shape, variant="clip", warmup=3, discriminator=discriminator)
    clip, judged, met = recipe.after_d, recipe.g_loss, []

    def look():
        met.append(max(p.abs().max().item() for p in recipe.nets["d"].parameters()))

    recipe.after_d = lambda: (clip(), look())
    recipe.g_loss = lambda batch: (look(), judged(batch))[1]
    run = engine(recipe, shape)
    run.step(), run.step()
    assert len(met) == 8  # after three steps of the critic, and when the generator asks it; twice
    assert (
        max(met) == torch.tensor(0.01).item()
    )  # one step of RMSprop from rest is 5e-4: clipping first would leave 0.0105
    generator_weights = [p.abs().max().item() for p in recipe.nets["g"].parameters()]
    assert max(generator_weights) > 0.1


def test_first_step_of_rmsprop():
    recipe = play(variant="clip", warmup=1, clip=100)
    before = {name: p.clone() for name, p in recipe.nets["d"].named_parameters()}
    engine(recipe).step()
    moved = torch.cat([(p - before[name]).abs().flatten() for name, p in recipe.nets["d"].named_parameters()])
    assert moved.max().item() == pytest.approx(5e-4, rel=1e-3)


def test_optimizers_of_either_variant():
    for opt in play(variant="clip").opts.values():
        group = opt.param_groups[0]
        assert isinstance(opt, RMSprop)
        assert (group["lr"], group["alpha"], group["momentum"]) == (5e-5, 0.99, 0)
    for opt in play().opts.values():
        group = opt.param_groups[0]
        assert isinstance(opt, Adam)
        assert (group["lr"], group["betas"]) == (1e-4, (0.0, 0.9))
    assert play(lr=3e-4).opts["g"].param_groups[0]["lr"] == 3e-4


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        (
            "paper",
            {"size": 64, "width": 64, "batch": 64, "n_critic": 5, "penalty": 10, "betas": (0, 0.9), "latent": 128},
        ),
        ("clip", {"size": 64, "width": 64, "batch": 64, "n_critic": 5, "clip": 0.01, "warmup": 100, "latent": 100}),
        ("cifar", {"size": 32, "width": 128, "lr": 2e-4, "decay": True, "fakes": 2, "dither": 1 / 128}),
        ("points", {"batch": 256, "penalty": 0.1, "betas": (0.5, 0.9), "n_critic": 5, "latent": 2, "width": 128}),
    ],
)
def test_the_papers_settings(preset, expected):
    config = resolve(family(), preset)
    assert {name: getattr(config, name) for name in expected} == expected


def test_rate_falls_in_a_line_to_zero():
    recipe = play(decay=True)
    for images, rate in [(0, 1e-4), (500, 5e-5), (1_000, 0), (2_000, 0)]:
        recipe.begin(Progress(images=images, total=1_000))
        assert [opt.param_groups[0]["lr"] for opt in recipe.opts.values()] == pytest.approx([rate, rate])


def test_the_players_want_opposite_things():
    """Whichever sign the papers choose: what lowers the critic's loss on fakes raises the generator's."""
    recipe = play()
    scores = torch.randn(2, 8, requires_grad=True)
    (by_real, by_fake) = torch.autograd.grad(recipe.loss.d(*scores), scores)[0]
    (_, for_g) = torch.autograd.grad(recipe.loss.g(scores[1]), scores)[0]
    assert torch.allclose(by_real, torch.full((8,), -1 / 8))
    assert torch.allclose(by_fake, torch.full((8,), 1 / 8))
    assert torch.allclose(for_g, -by_fake)


def test_loss_of_the_critic_is_the_gap_and_the_penalty():
    recipe = play()
    torch.manual_seed(1)
    loss, shown = recipe.d_loss({"image": torch.rand(8, 3, 8, 8)})
    assert loss.item() == pytest.approx((shown["fake"] - shown["real"] + shown["penalty"]).item(), abs=1e-5)
    assert shown["penalty"] > 0
    assert "penalty" not in play(variant="clip").d_loss({"image": torch.rand(8, 3, 8, 8)})[1]


class Plane(nn.Module):
    """f(x) = w.x over all pixels, w of the given norm; keeps what it was shown."""

    def __init__(self, norm: float):
        super().__init__()
        w = filler(3, 8, 8)
        self.w = nn.Parameter(w * (norm / w.norm()))

    def forward(self, x):
        self.seen = x.detach()
        return (x * self.w).flatten(1).sum(1)


class Bowl(nn.Module):
    """f(x) = |x|^2 / 2, whose slope at x is |x|."""

    def forward(self, x):
        return x.flatten(1).square().sum(1) / 2


@pytest.mark.parametrize(("preset", "weight"), [("paper", 10), ("points", 0.1)])
@pytest.mark.parametrize("norm", [0.5, 1, 3])
def test_a_plane_is_penalised_by_its_slope_wherever_the_data_lie(preset, weight, norm):
    penalise, d = play(preset, width=4, latent=8).penalty, Plane(norm)
    penalty = penalise(d, torch.randn(4, 3, 8, 8), torch.randn(4, 3, 8, 8), {})
    assert penalty.item() == pytest.approx(weight * (norm - 1) ** 2, rel=1e-4, abs=1e-6)
    assert penalty.requires_grad
    (by_w,) = torch.autograd.grad(penalty, d.w)
    assert torch.allclose(by_w, 2 * weight * (norm - 1) * d.w / norm, rtol=1e-3, atol=1e-5)


def test_slopes_of_0_and_of_2_do_not_make_up_for_each_other():
    x = torch.zeros(2, 3, 8, 8)
    x[1] = 2 / sqrt(3 * 8 * 8)
    assert play().penalty(Bowl(), x, x, {}).item() == pytest.approx(10, rel=1e-4)


def test_every_pair_is_mixed_by_a_share_of_its_own():
    d = Plane(1)
    play().penalty(d, torch.ones(64, 3, 8, 8), torch.zeros(64, 3, 8, 8), {})
    shares = d.seen.flatten(1)
    assert torch.equal(shares, shares[:, :1].expand_as(shares))
    assert len(shares[:, 0].unique()) > 60


def test_fakes_are_constants_to_the_critic():
    recipe = play()
    turn, _ = recipe.phases()
    recipe.phases = lambda: [turn]
    engine(recipe).step()
    assert all(p.grad is None for p in recipe.nets["g"].parameters())


def test_the_generator_is_judged_on_fresh_noise_and_as_many_fakes_as_asked():
    recipe = play(fakes=3)
    seen = []
    recipe.nets["g"].register_forward_hook(lambda _net, z, _out: seen.append(z[0]))
    batch = {"image": torch.rand(8, 3, 8, 8)}
    recipe.d_loss(batch), recipe.g_loss(batch)
    assert [len(z) for z in seen] == [8, 24]
    assert not torch.equal(seen[0], seen[1][:8])


@pytest.mark.parametrize("loss", ["hinge", "non-saturating", "relativistic", "least-squares"])
def test_other_losses_may_be_played(loss):
    run = engine(play(loss=loss, fakes=2))
    run.step()
    assert run.read()["g/loss"] != 0


def test_dither_fills_the_steps_between_grey_levels():
    real = torch.zeros(8, 3, 8, 8)
    dithered = play(dither=1 / 128).dithered(real)
    assert dithered.min() >= 0
    assert 0.9 / 128 < dithered.max() <= 1 / 128
    assert play().dithered(real) is real


LABELLED = {"generator": "wgan-resnet-cifar", "discriminator": "wgan-resnet-cifar", "conditional": True}
SMALL_LABELLED = {"generator": "wgan-conv4-batch", "discriminator": "wgan-conv4-layer", "conditional": True}
either_labelled = pytest.mark.parametrize(
    "parts",
    [LABELLED, SMALL_LABELLED, {**SMALL_LABELLED, "generator": "wgan-resnet"}],
    ids=["cifar", "default", "residual"],
)


@either_labelled
def test_labels_reach_the_generator_and_the_critic_names_them(parts):
    recipe = play(classes=CLASSES, **parts)
    batch = {"image": torch.rand(8, 3, 8, 8), "label": torch.arange(8)}
    loss, shown = recipe.d_loss(batch)
    parts = shown["fake"] - shown["real"] + shown["penalty"] + shown["naming"]
    assert loss.item() == pytest.approx(parts.item(), abs=1e-5)
    loss, shown = recipe.g_loss(batch)
    assert 1 < shown["naming"].item() < 5  # log 10 where nothing is known
    assert "naming" not in play(classes=CLASSES).d_loss(batch)[1]
    assert play(classes=CLASSES).nets["g"](torch.randn(2, 8)).shape == (2, 3, 8, 8)  # labels are not asked for


def test_the_generator_gains_a_tenth_of_its_naming_unless_told_otherwise():
    losses, named = [], []
    for naming in ({}, {"naming": 1.0}):
        recipe = play(classes=CLASSES, **LABELLED, **naming)
        loss, shown = recipe.g_loss({"image": torch.zeros(8, 3, 8, 8)})
        losses.append(loss.item()), named.append(shown["naming"].item())
    assert named[0] == named[1]
    assert losses[1] - losses[0] == pytest.approx(0.9 * named[0], rel=1e-4)


@either_labelled
def test_a_label_changes_the_picture_once_the_norms_differ(parts):
    recipe = play(classes=CLASSES, **parts)
    g = recipe.nets["g"].eval()
    for layer in g.modules():
        if isinstance(layer, ClassBatchNorm):
            nn.init.normal_(layer.gain)
    seeds = torch.tensor([5, 5, 5])
    drawn = recipe.sample(recipe.nets, 3, {"seed": seeds, "label": torch.tensor([0, 1, 0])})
    assert torch.equal(drawn[0], drawn[2])
    assert not torch.allclose(drawn[0], drawn[1], atol=1e-4)


@pytest.mark.parametrize(
    ("settings", "classes", "said"),
    [
        ({"discriminator": "dcgan"}, (), "discriminator=wgan-conv4-layer"),
        ({"discriminator": "wgan-conv5-batch"}, (), "variant=clip"),
        ({"conditional": True}, (), "has no classes"),
        ({"conditional": True}, CLASSES, "discriminator=wgan-conv4-layer"),
        ({**SMALL_LABELLED, "generator": "dcgan"}, CLASSES, "generator=wgan-conv4-batch"),
        ({"n_critic": 0}, (), "n_critic=0"),
        ({"warmup": 0}, (), "warmup=0"),
        ({"fakes": 0}, (), "fakes=0"),
        ({"clip": 0}, (), "clip=0"),
        ({"generator": "wgan-resnet-101", "width": 6}, (), "multiple of 4"),
    ],
)
def test_what_cannot_be_played_says_what_can(settings, classes, said):
    with pytest.raises(RequestError, match=said):
        play("tiny", (3, 16, 16), classes=classes, **settings)


def test_networks_are_shown_before_data_is_open():
    config = resolve(family(), "cifar", {"conditional": True})
    with torch.device("meta"):
        recipe = family().build(config, Facts((3, 32, 32)))
    assert {name: count(net) for name, net in recipe.nets.items()} == {"g": 1_218_307, "d": 1_055_115}


@pytest.mark.parametrize("name", ["dcgan", "vanilla"])
def test_a_family_without_labels_may_use_these_networks_on_labelled_data(name):
    parts = {"generator": "wgan-resnet", "discriminator": "wgan-resnet-cifar", "width": 4, "size": 8}
    other = find("families", name)
    recipe = other.build(resolve(other, "tiny", parts), Facts((3, 8, 8), count=100, classes=CLASSES))
    run = engine(recipe, classes=10)
    run.step()
    assert set(run.read()) >= {"d/loss", "g/loss"}


def test_points_have_no_classes_to_draw():
    with pytest.raises(RequestError, match="holds points"):
        play("points", (2,), classes=CLASSES, conditional=True)


def test_points_ask_for_perceptrons():
    with pytest.raises(RequestError, match="--preset points"):
        play("default", (2,), generator="wgan-resnet", discriminator="wgan-resnet")


# The gates

GAMES = {
    "gp": ({}, (3, 8, 8), 0),
    "clip": ({"variant": "clip", "discriminator": "dcgan", "generator": "dcgan", "warmup": 4}, (3, 16, 16), 0),
    "labels": ({**LABELLED, "decay": True, "fakes": 2, "dither": 1 / 128}, (3, 8, 8), 10),
    "points": ({"generator": "wgan-mlp", "discriminator": "wgan-mlp", "penalty": 0.1}, (2,), 0),
}


def started_game(name: str, **start):
    settings, shape, classes = GAMES[name]
    return engine(play("tiny", shape, classes=CLASSES[:classes], **settings), shape, classes=classes, **start)


@pytest.mark.parametrize("name", GAMES)
@pytest.mark.parametrize("player", ["d", "g"])
def test_a_phase_moves_its_own_player_alone(name, player):
    run = started_game(name)
    recipe = run.recipe
    run.step()  # moments, and a critic that has been clipped
    every = recipe.phases()
    recipe.phases = lambda: [phase for phase in every if phase.name == player]
    other = {"d": "g", "g": "d"}[player]
    before = {key: p.clone() for key, p in recipe.nets[other].named_parameters()}
    mine = [p.clone() for p in recipe.nets[player].parameters()]
    run.step()
    assert all(torch.equal(p, before[key]) for key, p in recipe.nets[other].named_parameters())
    assert not all(map(torch.equal, recipe.nets[player].parameters(), mine))
    for key, p in recipe.nets[player].named_parameters():
        assert p.grad is not None, key
        assert p.grad.isfinite().all(), key


@pytest.mark.parametrize("name", GAMES)
@pytest.mark.parametrize(("first", "cut"), [(0, 1), (0, 3), (22, 3), (498, 2), (498, 3)])
def test_a_run_that_was_cut_ends_bit_for_bit_as_one_that_was_not(name, first, cut, tmp_path):
    """The cuts before and behind turns 25 and 500 lie where the number of critic steps changes."""
    whole = started_game(name, step=first)
    for _ in range(5):
        whole.step()
    half = started_game(name, step=first)
    for _ in range(cut):
        half.step()
    checkpoint.save(tmp_path / "half.safetensors", half.state(), {})
    state, _ = checkpoint.load(tmp_path / "half.safetensors")
    rest = started_game(name)
    for p in (p for net in rest.recipe.nets.values() for p in net.parameters()):
        nn.init.zeros_(p)
    torch.manual_seed(99)
    rest.load(state)
    for _ in range(5 - cut):
        rest.step()
    assert rest.now == whole.now
    for kind in ("nets", "averages"):
        for net, weights in whole.state()[kind].items():
            for key, value in weights.items():
                assert torch.equal(value, rest.state()[kind][net][key]), (kind, net, key)


def test_statistics_are_counted_once_a_turn_and_copied_into_the_average():
    run = started_game("clip", step=30)
    for _ in range(3):
        run.step()
    norms = [m for m in run.recipe.nets["g"].modules() if isinstance(m, nn.BatchNorm2d)]
    assert {int(m.num_batches_tracked) for m in norms} == {3}
    averaged = [m for m in run.averages["g"].net.modules() if isinstance(m, nn.BatchNorm2d)]
    for live, mean in zip(norms, averaged, strict=True):
        assert torch.equal(live.running_mean, mean.running_mean)
        assert torch.equal(live.running_var, mean.running_var)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("variant", ["gp", "clip"])
def test_the_tiny_preset_trains(channels, variant):
    run = engine(play(shape=(channels, 8, 8), variant=variant), (channels, 8, 8))
    for _ in range(3):
        run.step()
    assert set(run.read()) >= {"d/loss", "d/real", "d/fake", "g/loss"}  # read refuses what is not finite
    with run.sampling() as nets:
        drawn = run.recipe.sample(nets, 3, {"seed": torch.tensor([7, 8, 7])})
    assert drawn.shape == (3, channels, 8, 8)
    assert torch.equal(drawn[0], drawn[2])


def test_micro_batches_give_the_gradient_of_one_batch():
    """With a norm by example nothing ties a batch together, so parts of it may be taken in turn."""
    recipe = play(variant="clip", generator="wgan-mlp", clip=100)
    batch = {"image": torch.rand(8, 3, 8, 8)}
    gradients = []
    for parts in (1, 4):
        weights = list(recipe.nets["d"].parameters())
        recipe.latent = lambda n, device, seeds=None: torch.zeros(n, 8)
        losses = [recipe.d_loss({"image": part})[0] / parts for part in batch["image"].chunk(parts)]
        gradients.append(torch.autograd.grad(sum(losses), weights))
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(*gradients, strict=True))

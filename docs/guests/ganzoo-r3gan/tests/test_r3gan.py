"""R3GAN against its paper: the game and both penalties in closed form, how it starts, counts, schedule, contract."""

from __future__ import annotations

from math import log, prod

import pytest
import torch
from ganzoo_r3gan import FAMILY, Config
from ganzoo_r3gan.networks import GAIN, Basis, Discriminator, Doubled, Generator, Halved, Plan, Residual
from ganzoo_r3gan.recipe import R3GAN, between, judged
from torch import Tensor, nn

import ganzoo
from ganzoo.game import Progress
from ganzoo.testing import check_family


class Plane(nn.Module):
    """A discriminator whose slope is known everywhere: <w, x> + c / 2 |x|^2."""

    def __init__(self, shape: tuple[int, ...], curve: float = 0.0):
        super().__init__()
        self.weight, self.curve = nn.Parameter(torch.randn(shape)), curve

    def forward(self, x: Tensor) -> Tensor:
        return (self.weight * x + self.curve / 2 * x.square()).flatten(1).sum(1)


class Constant(nn.Module):
    """A generator that draws one picture."""

    def __init__(self, image: Tensor):
        super().__init__()
        self.image = nn.Parameter(image)

    def forward(self, z: Tensor) -> Tensor:
        return self.image.expand(len(z), *self.image.shape)


SHAPE = (3, 8, 8)
PLAN = Plan(maps=(16, 16), blocks=(2,), group=16)


def recipe(curve: float = 0.0, **settings) -> R3GAN:
    torch.manual_seed(0)
    return R3GAN(Constant(torch.randn(SHAPE)), Plane(SHAPE, curve), Config(**settings))


def test_the_game_is_the_papers():
    """L = E f(D(G(z)) - D(x)), f(t) = -log(1 + e^-t): G lowers it, D raises it."""
    r = recipe(gamma=(0.0, 0.0))
    batch = {"image": torch.randn(6, *SHAPE)}
    on_real, on_fake = r.nets["d"](batch["image"]), r.nets["d"](r.nets["g"](torch.zeros(6, 64)))
    d_loss, _ = r.d_loss(batch)
    g_loss, _ = r.g_loss(batch)
    assert d_loss.item() == pytest.approx((1 + (on_fake - on_real).exp()).log().mean().item(), rel=1e-5)
    assert g_loss.item() == pytest.approx((1 + (on_real - on_fake).exp()).log().mean().item(), rel=1e-5)


def test_where_the_players_are_even_the_game_is_worth_log_2():
    r = recipe(gamma=(0.0, 0.0))
    same = r.nets["g"](torch.zeros(5, 64)).detach()
    assert r.d_loss({"image": same})[0].item() == pytest.approx(log(2))


def test_both_penalties_in_closed_form():
    """The slope of <w, x> + c / 2 |x|^2 is w + c x; the price is gamma / 2 of its square, at reals and at fakes."""
    r, curve = recipe(curve=0.3, gamma=(0.5, 0.5)), 0.3
    free = recipe(curve=0.3, gamma=(0.0, 0.0))
    real, weight, fake = torch.randn(4, *SHAPE), r.nets["d"].weight, r.nets["g"].image
    r1 = (weight + curve * real).square().flatten(1).sum(1).mean()
    r2 = (weight + curve * fake).square().sum()
    loss, shown = r.d_loss({"image": real})
    plain, _ = free.d_loss({"image": real})
    assert shown["r1"].item() == pytest.approx(r1.item(), rel=1e-5)
    assert shown["r2"].item() == pytest.approx(r2.item(), rel=1e-5)
    assert loss.item() == pytest.approx((plain + 0.25 * (r1 + r2)).item(), rel=1e-5)


def test_the_penalties_teach_the_discriminator():
    """d/dw gamma / 2 |w|^2, twice; where D says the same of both, the game itself pulls by nothing but their gap."""
    r = recipe(gamma=(0.5, 0.5))
    same = r.nets["g"](torch.zeros(3, 64)).detach()
    r.d_loss({"image": same})[0].backward()
    assert torch.allclose(r.nets["d"].weight.grad, 2 * 0.5 * r.nets["d"].weight, atol=1e-5)


def test_logits_and_slope_come_from_one_pass():
    d = Discriminator(SHAPE, PLAN)
    passes = []
    d[0].register_forward_hook(lambda *_: passes.append(1))
    x = torch.randn(4, *SHAPE)
    logits, steepness = judged(d, x)
    assert len(passes) == 1
    assert torch.allclose(logits, d(x), atol=1e-6)
    leaf = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(d(leaf).sum(), leaf)
    assert torch.allclose(steepness, slope.square().flatten(1).sum(1), rtol=1e-4)


def test_every_block_starts_as_the_identity_and_learns_not_to_be():
    torch.manual_seed(0)
    for net in (Generator(SHAPE, 64, PLAN), Discriminator(SHAPE, PLAN)):
        blocks = [module for module in net.modules() if isinstance(module, Residual)]
        assert len(blocks) == 4
        for block in blocks:
            x = torch.randn(2, block.branch[0].in_features, 8, 8)
            assert torch.equal(block(x), x)
            block(x).square().sum().backward()
            assert block.branch[-1].weight.grad.abs().max() > 0


@pytest.mark.parametrize("depth", [1, 8, 16])
def test_fix_up_makes_the_first_convolutions_smaller_by_the_fourth_root_of_the_depth(depth):
    torch.manual_seed(0)
    branch = Residual(64, 16, depth).branch
    for conv in (branch[0], branch[2]):
        expected = GAIN / prod(conv.weight.shape[1:]) ** 0.5 * depth**-0.25
        assert conv.weight.std().item() == pytest.approx(expected, rel=0.03)
    assert branch[2].groups == 8


def test_pictures_and_logits_start_with_a_spread_of_about_one():
    torch.manual_seed(0)
    plan = Plan(maps=(64, 64), blocks=(2, 1), group=16)
    fake = Generator((3, 32, 32), 64, plan)(torch.randn(200, 64))
    assert 0.4 < fake.std().item() < 1.6
    assert Discriminator((3, 32, 32), plan)(fake).std().item() < 2


PAPER = Plan(maps=(768, 768, 768, 768), blocks=(2,), group=16)


@pytest.mark.parametrize(
    ("size", "plan", "g", "d"),
    [
        (32, PAPER, 20_732_160, 20_683_776),
        (64, PAPER, 22_429_824, 22_381_440),
        (256, PAPER, 23_057_952, 23_009_568),
        (32, Plan(maps=(48, 48, 48, 48), blocks=(1,), group=8), 69_264, 66_240),
    ],
    ids=["CIFAR-10", "FFHQ-64", "FFHQ-256", "small"],
)
def test_parameter_counts_are_those_of_the_published_networks(size, plan, g, d):
    with torch.device("meta"):
        nets = Generator((3, size, size), 64, plan), Discriminator((3, size, size), plan)
    assert [sum(p.numel() for p in net.parameters()) for net in nets] == [g, d]


def test_a_plan_goes_on_beyond_what_it_says():
    plan = Plan(maps=(12, 6), blocks=(3, 1), group=16)
    assert plan.widths(4) == [12]
    assert (plan.widths(32), plan.depths(32)) == ([12, 6, 3, 1], [3, 1, 1, 1])


def test_the_discriminator_may_be_slimmer():
    r = FAMILY.build(Config(**FAMILY.presets["tiny"] | {"d_maps": (4,)}), ganzoo.Facts(SHAPE))
    assert r.nets["g"][0].pictures.shape[0] == 16
    assert r.nets["d"][0].out_features == 2


def test_noise_weighs_learned_pictures():
    basis = Basis(5, 3)
    z = torch.randn(2, 5)
    out = basis(z)
    assert out.shape == (2, 3, 4, 4)
    assert torch.allclose(basis(2 * z), 2 * out)
    assert torch.allclose(out[1, 2], basis.pictures[2] * (basis.weights.weight[2] @ z[1]), atol=1e-6)


def test_a_ramp_stays_a_ramp_when_it_is_resampled():
    ramp = torch.arange(8.0).expand(1, 1, 8, 8)
    assert torch.allclose(Doubled()(ramp)[0, 0, 4, 1:-1], torch.arange(14) / 2 + 0.25)
    assert torch.equal(Halved()(ramp)[0, 0, 0], torch.tensor([0.5, 2.5, 4.5, 6.5]))


@pytest.mark.parametrize(("size", "nearest"), [(48, 32), (4, 8), (100, 128)])
def test_a_side_it_cannot_have_names_the_nearest(size, nearest):
    with pytest.raises(ganzoo.RequestError, match=f"--size {nearest}"):
        Discriminator((3, size, size), PLAN)


def test_the_schedule_is_half_a_cosine_and_knows_nothing_but_the_time():
    assert [between((3.0, 1.0), done) for done in (0, 0.5, 1)] == [3, 2, 1]
    config = {"gamma": (0.4, 0.1), "lr": (1e-3, 2e-4), "beta2": (0.9, 0.99), "burn_in": 0.5}
    for images, done in ((0, 0.0), (250, 0.5), (500, 1.0), (1_000, 1.0)):
        r = recipe(**config)
        r.begin(Progress(images=999 if done == 0 else 0, total=1_000))  # wherever it was before
        r.begin(Progress(images=images, total=1_000))
        assert r.gamma == pytest.approx(between((0.4, 0.1), done))
        for opt in r.opts.values():
            assert opt.param_groups[0]["lr"] == pytest.approx(between((1e-3, 2e-4), done))
            assert opt.param_groups[0]["betas"] == (0.0, pytest.approx(between((0.9, 0.99), done)))


def test_without_a_burn_in_the_second_numbers_hold_from_the_start():
    r = recipe(gamma=(0.4, 0.1), burn_in=0.0)
    r.begin(Progress(total=1_000))
    assert r.gamma == 0.1


def test_the_papers_settings():
    paper = Config(**FAMILY.presets["paper"])
    assert Plan(paper.maps, paper.blocks, paper.group) == PAPER
    assert (paper.size, paper.latent, paper.batch) == (32, 64, 512)
    assert (paper.gamma, paper.lr, paper.beta2) == ((0.05, 0.005), (2e-4, 5e-5), (0.9, 0.99))
    assert paper.burn_in * paper.images == 20_000_000


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"blocks": (0,)}, "blocks"),
        ({"maps": ()}, "maps"),
        ({"latent": 0}, "latent=0"),
        ({"lr": (0.0, 1.0)}, "lr"),
        ({"beta2": (0.9, 1.0)}, "beta2"),
        ({"burn_in": 2.0}, "burn_in"),
    ],
)
def test_settings_that_make_no_sense(setting, message):
    with pytest.raises(ganzoo.RequestError, match=message):
        Config(**setting)


def test_samples_are_pictures():
    r = FAMILY.build(Config(**FAMILY.presets["tiny"]), ganzoo.Facts((3, 16, 16)))
    with torch.no_grad():
        r.nets["g"][-1].weight.mul_(100)
        drawn = r.sample(r.nets, 4, {"seed": torch.arange(4)})
    assert drawn.abs().max() == 1


def test_contract():
    check_family("r3gan")

"""The adversarial autoencoder against its paper: counts, fingerprints, priors, the game over codes, labels, resume."""

from __future__ import annotations

import copy
from math import cos, log, pi, sin

import pytest
import torch
from fingerprint import count, fill, filler, summary
from ganzoo_aae.networks import CodeDiscriminator, Decoder, Encoder, SplitEncoder
from ganzoo_aae.priors import Gaussian, Mixture, SwissRoll
from torch import nn

from ganzoo import Facts, RequestError, find
from ganzoo.game import Progress
from ganzoo.train import checkpoint
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.zoo.config import resolve

CPU = Backend.choose("cpu", "fp32")
MNIST, TFD, DIGITS = (1, 28, 28), (1, 48, 48), (1, 8, 8)
CLASSES = tuple("0123456789")
BATCH = 8
KNOWN = 20  # labels, where only some are to be seen: gathered in the first three batches
VARIANTS = {
    "plain": {},
    "sgd": {"optimizer": "sgd"},
    "supervised": {"variant": "supervised"},
    "conditioned": {"variant": "conditioned", "prior": "mixture"},
    "conditioned-few": {"variant": "conditioned", "prior": "swiss-roll", "labelled": KNOWN},
    "semi-supervised": {"variant": "semi-supervised"},
    "semi-supervised-few": {"variant": "semi-supervised", "labelled": KNOWN, "noise": 0.3},
    "clustering": {"variant": "clustering", "clusters": 4},
}
every_variant = pytest.mark.parametrize("variant", VARIANTS)


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def recipe(variant: str = "plain", shape: tuple[int, ...] = DIGITS, examples: int = 100, **settings):
    family = find("families", "aae")
    config = resolve(family, "tiny", {**VARIANTS[variant], **settings})
    return family.build(config, Facts(shape, count=examples, classes=CLASSES))


def draw(position: int, n: int, shape: tuple[int, ...] = DIGITS) -> dict[str, torch.Tensor]:
    """Examples as a pure function of their place in the order."""
    seeds = [torch.Generator().manual_seed(position + i) for i in range(n)]
    images = torch.stack([2 * torch.rand(shape, generator=seed) - 1 for seed in seeds])
    return {"image": images, "label": (position + torch.arange(n)) * 7 % 10}


def engine(made, feed=draw, **options) -> Engine:
    return Engine(made, feed, CPU, Progress(batch=BATCH, total=999), **{"halflife": 50.0, **options})


def trained(e: Engine, steps: int) -> Engine:
    for _ in range(steps):
        e.step()
    return e


def state(e: Engine) -> dict[str, torch.Tensor]:
    tensors: dict[str, torch.Tensor] = {}
    checkpoint._split({key: value for key, value in e.state().items() if key != "progress"}, "", tensors)
    return tensors


class Said(nn.Module):
    """A network that says what it was told to, whatever it is asked."""

    def __init__(self, *words: torch.Tensor):
        super().__init__()
        self.words = nn.ParameterList(words)

    def forward(self, *_):
        return self.words[0] if len(self.words) == 1 else tuple(self.words)


class Heard(nn.Module):
    """A decoder that hands on the codes that it was given."""

    def __init__(self):
        super().__init__()
        self.anchor = nn.Parameter(torch.zeros(()))

    def forward(self, *code):
        return torch.cat(code, 1)


# networks


@pytest.mark.parametrize(
    ("net", "parameters"),
    [
        (Encoder(MNIST, 8, 1000), 1_794_008),
        (Encoder(MNIST, 2, 1000), 1_788_002),
        (Decoder(MNIST, 8, 1000), 1_794_784),
        (Decoder(MNIST, 2, 1000), 1_788_784),
        (CodeDiscriminator(8, 1000), 1_011_001),
        (CodeDiscriminator(2, 1000), 1_005_001),
        (SplitEncoder(MNIST, 10, 10, 1000), 1_806_020),
        (Decoder(MNIST, 20, 1000), 1_806_784),
        (CodeDiscriminator(10, 1000), 1_013_001),
        (CodeDiscriminator(2 + 11, 1000), 1_016_001),
        (Encoder(TFD, 15, 1000), 3_321_015),
        (Decoder(TFD, 15, 1000), 3_323_304),
        (Encoder(DIGITS, 2, 256), 82_946),
        (Decoder(DIGITS, 2, 256), 83_008),
        (CodeDiscriminator(2, 256), 66_817),
    ],
)
def test_parameter_counts(net, parameters):
    assert count(net) == parameters


@pytest.mark.parametrize(
    ("preset", "settings", "parameters"),
    [
        ("paper", {}, {"encoder": 1_794_008, "decoder": 1_794_784, "d": 1_011_001}),
        ("paper", {"latent": 2}, {"encoder": 1_788_002, "decoder": 1_788_784, "d": 1_005_001}),
        (
            "paper-labels",
            {},
            {"encoder": 1_806_020, "decoder": 1_806_784, "d": 1_013_001, "d_y": 1_013_001, "labels": 0},
        ),
        ("map", {"width": 1000, "size": 28}, {"encoder": 1_788_002, "decoder": 1_788_784, "d": 1_016_001}),
    ],
)
def test_a_recipe_has_the_networks_of_the_paper(preset, settings, parameters):
    family = find("families", "aae")
    with torch.device("meta"):
        nets = family.build(resolve(family, preset, settings), Facts(MNIST)).nets
    assert {name: count(net) for name, net in nets.items()} == parameters


@pytest.mark.parametrize(
    ("net", "x", "expected"),
    [
        (Encoder(DIGITS, 2, 256), filler(4, 64).view(4, *DIGITS), (0.619339, 0.367521, 0.732670, 0.451033)),
        (Decoder(DIGITS, 2, 256), filler(4, 2), (0.498892, 0.108947, 0.637654, 0.596364)),
        (CodeDiscriminator(2, 256), 5 * filler(4, 2), (0.673663, 1.190891, -0.703270, 2.545162)),
    ],
    ids=["encoder", "decoder", "discriminator"],
)
def test_fingerprints(net, x, expected):
    out = fill(net)(x)
    if isinstance(net, Decoder):
        assert out.shape == (4, *DIGITS)
        out = (out + 1) / 2  # the fact sheet has the paper's range
    assert summary(out) == pytest.approx(expected, abs=1e-3)


def test_weights_start_as_in_the_paper():
    for net in (Encoder(MNIST, 8, 300), Decoder(MNIST, 8, 300), CodeDiscriminator(8, 300)):
        for name, p in net.named_parameters():
            assert (p == 0).all() if name.endswith("bias") else p.std().item() == pytest.approx(0.01, rel=0.2)


@every_variant
def test_no_normalisation(variant):
    assert not [m for net in recipe(variant).nets.values() for m in net.modules() if "Norm" in type(m).__name__]


def test_noise_is_for_training_only():
    net, seen = Encoder(DIGITS, 2, 16, noise=0.3), []
    net.body.register_forward_pre_hook(lambda _layer, given: seen.append(given[0]))
    x = draw(0, 64)["image"]
    net.train()(x)
    net.eval()(x)
    clean = (x + 1) / 2
    assert torch.equal(seen[1], clean)
    assert (seen[0] - clean).std().item() == pytest.approx(0.3, rel=0.05)


# priors


def test_the_gaussian_prior_has_its_spread_in_training_and_in_sampling():
    made = recipe(latent=8, spread=5.0)
    made.nets["decoder"] = Heard()
    codes = [made.samples({"image": torch.empty(20_000, 1)})["d"], made.sample(made.nets, 20_000, {})]
    seeded = made.sample(made.nets, 20_000, {"seed": torch.arange(20_000)})
    for code in (*codes, seeded):
        assert code.shape == (20_000, 8)
        assert code.var().item() == pytest.approx(25, rel=0.01)
        assert code.mean().item() == pytest.approx(0, abs=0.05)


def test_petals_of_the_mixture():
    mixture, n = Mixture(), 4_000
    for k in range(10):
        x, y = mixture(n, "cpu", torch.full((n,), k)).double().unbind(1)
        angle = 2 * pi * k / 10
        outwards, across = x * cos(angle) + y * sin(angle), y * cos(angle) - x * sin(angle)
        assert outwards.mean().item() == pytest.approx(1.4, abs=0.03)
        assert outwards.std().item() == pytest.approx(0.5, rel=0.05)
        assert across.std().item() == pytest.approx(0.05, rel=0.05)
        assert across.abs().max() < 6 * 0.05  # nothing lands in another petal


def test_parts_of_the_swiss_roll():
    roll, n = SwissRoll(), 4_000
    for k in range(10):
        z = roll(n, "cpu", torch.full((n,), k)).double()
        place = (z.norm(dim=1) / 3).square()
        assert place.min().item() == pytest.approx(k / 10, abs=1e-3)
        assert place.max().item() == pytest.approx((k + 1) / 10, abs=1e-3)
        along = place.sqrt() * 4 * pi
        assert torch.allclose(z, 3 * place.sqrt()[:, None] * torch.stack((along.cos(), along.sin()), 1), atol=1e-4)


@pytest.mark.parametrize("prior", [Mixture(), SwissRoll(), Mixture(7), SwissRoll(3)])
def test_the_whole_prior_is_its_components_in_equal_parts(prior):
    n, k = 20_000, prior.components
    whole, parts = prior(n, "cpu"), prior(n, "cpu", torch.arange(n) % k)
    cells = [torch.histogramdd(z, [6, 6], [-3.5, 3.5, -3.5, 3.5]).hist / n for z in (whole, parts)]
    assert (cells[0] - cells[1]).abs().max() < 0.012  # three standard errors of the fullest cell
    assert whole.isfinite().all()


@pytest.mark.parametrize("prior", [Gaussian(3, 2.0), Mixture(), SwissRoll()])
def test_a_seed_is_a_place_whatever_stands_beside_it(prior):
    alone = prior(1, "cpu", seeds=torch.tensor([7]))
    assert torch.equal(alone[0], prior(5, "cpu", seeds=torch.tensor([3, 1, 7, 7, 2**62]))[2])
    assert not torch.equal(alone, prior(1, "cpu", seeds=torch.tensor([8])))


# the game over codes


def test_an_undecided_discriminator_costs_two_ln_2():
    for variant in VARIANTS:
        made = recipe(variant)
        judges = [net for name, net in made.nets.items() if name in ("d", "d_y")]
        for p in (p for net in judges for p in net.parameters()):
            nn.init.zeros_(p)
        batch = draw(0, 16)
        made.begin(Progress())
        made.reconstruct(batch)
        d_loss, shown = made.judge(batch)
        assert d_loss.item() == pytest.approx(2 * log(2) * len(judges), abs=1e-6)
        assert made.fool(batch)[0].item() == pytest.approx(log(2) * len(judges), abs=1e-6)
        assert {value.item() for value in shown.values()} == {0.5}


class LogRatio(nn.Module):
    """The best discriminator there is of N(0, I) and N(mean, std^2 I): the logarithm of p over q."""

    def __init__(self, mean: float, std: float):
        super().__init__()
        self.mean, self.std = mean, std

    def forward(self, z):
        q = ((z - self.mean) / self.std).square().sum(1) / 2 + z.shape[1] * log(self.std)
        return q - z.square().sum(1) / 2


def test_the_encoders_gradient_is_that_of_the_log_ratio():
    """Phase 3 against log p/q of known Gaussians: -(1 - sigmoid(l)) grad l."""
    mean, std, n = 1.5, 0.7, 64
    made = recipe(latent=3)
    z = torch.randn(n, 3) * std + mean
    made.nets["encoder"], made.nets["d"] = Said(z), LogRatio(mean, std)
    loss, _ = made.fool({"image": torch.empty(n, 1)})
    (gradient,) = torch.autograd.grad(loss, made.nets["encoder"].words[0])
    chance = torch.sigmoid(made.nets["d"](z)).unsqueeze(1)
    assert torch.allclose(gradient * n, -(1 - chance) * ((z - mean) / std**2 - z), atol=1e-5)


def test_the_best_discriminator_cannot_tell_equal_laws_apart():
    made = recipe(latent=3)
    made.nets["encoder"], made.nets["d"] = Said(torch.randn(64, 3)), LogRatio(0.0, 1.0)
    loss, shown = made.judge({"image": torch.empty(64, 1)})
    assert loss.item() == pytest.approx(1.386294, abs=1e-6)
    assert shown["prior"].item() == shown["code"].item() == 0.5


def test_samples_of_the_prior_are_the_real_ones():
    made = recipe(latent=3)
    made.nets["encoder"], made.nets["d"] = Said(torch.full((64, 3), 9.0)), LogRatio(9.0, 1.0)
    loss, shown = made.judge({"image": torch.empty(64, 1)})
    assert loss.item() < 1e-3
    assert shown["prior"].item() > 0.999
    assert shown["code"].item() < 0.001
    assert made.fool({"image": torch.empty(64, 1)})[0].item() > 50


def test_a_relativistic_loss_also_looks_at_the_prior():
    made = recipe(loss="relativistic")
    for p in made.nets["d"].parameters():
        nn.init.zeros_(p)
    assert made.fool(draw(0, 16))[0].item() == pytest.approx(log(2), abs=1e-6)


def test_reconstruction_is_half_the_squared_distance_in_the_papers_range():
    made = recipe()
    made.nets["decoder"] = Said(torch.full((2, *DIGITS), 0.5))
    image = torch.tensor([-0.5, 1.0])[:, None, None, None].expand(2, *DIGITS)  # 0.25 and 1.0 in [0, 1], against 0.75
    loss, shown = made.reconstruct({"image": image})
    assert shown["mse"].item() == pytest.approx((0.5**2 + 0.25**2) / 2)
    assert loss.item() == pytest.approx(0.5 * 64 * (0.5**2 + 0.25**2) / 2)


def test_the_decoder_listens_to_every_coordinate_of_the_code():
    made = recipe(latent=5, width=64, betas=(0.5, 0.9))
    e = engine(made)
    slopes = []
    for _ in range(60):
        e.recipe.begin(e.now)
        e._run(made.phases()[0], [draw(0, 64)])
        slopes.append(
            torch.autograd.functional.jacobian(made.nets["decoder"], torch.zeros(1, 5)).flatten(0, -2).norm(dim=0)
        )
    assert (slopes[-1] > 1e-2).all()
    assert (slopes[-1] > 10 * slopes[0]).all()


# who learns


@every_variant
def test_a_phase_moves_its_own_networks_and_no_others(variant):
    moves = {"ae": {"encoder", "decoder"}, "d": {"d", "d_y"}, "g": {"encoder"}, "y": {"encoder"}}
    made = recipe(variant)
    e = engine(made)
    trained(e, 3)  # out of the reach of symmetric beginnings
    e.recipe.begin(e.now)
    batch = draw(24, 64)
    for phase in made.phases():
        before = {name: copy.deepcopy(list(net.parameters())) for name, net in made.nets.items()}
        moments = {name: copy.deepcopy(opt.state_dict()["state"]) for name, opt in made.opts.items()}
        e._run(phase, [batch])
        moved = {
            name
            for name, net in made.nets.items()
            if any(not torch.equal(p, old) for p, old in zip(net.parameters(), before[name], strict=True))
        }
        assert moved == moves[phase.name] & made.nets.keys(), phase.name
        for p in (p for name in moved for p in made.nets[name].parameters()):
            assert p.grad is not None
            assert p.grad.isfinite().all()
        for name, opt in made.opts.items():  # no phase shares its momentum with another
            unmoved = all(
                torch.equal(value, moments[name][i][key])
                for i, each in opt.state_dict()["state"].items()
                for key, value in each.items()
            )
            assert unmoved == (name != phase.opt), (phase.name, name)


def test_phases_stand_in_the_papers_order():
    assert [phase.name for phase in recipe().phases()] == ["ae", "d", "g"]
    assert [phase.name for phase in recipe("semi-supervised").phases()] == ["ae", "d", "g", "y"]
    assert [phase.name for phase in recipe("clustering").phases()] == ["ae", "d", "g"]


def test_the_papers_settings():
    family = find("families", "aae")
    paper = resolve(family, "paper")
    assert (paper.batch, paper.latent, paper.spread, paper.width) == (100, 8, 5.0, 1000)
    made = family.build(resolve(family, "paper-labels"), Facts(MNIST, count=60_000, classes=CLASSES))
    groups = {name: opt.param_groups[0] for name, opt in made.opts.items()}
    assert {name: group["momentum"] for name, group in groups.items()} == {"ae": 0.9, "d": 0.1, "g": 0.1, "y": 0.9}
    for epoch, fall in [(0, 1), (49.99, 1), (50, 10), (999.99, 10), (1000, 100), (5000, 100)]:
        made.begin(Progress(images=round(epoch * 60_000), batch=100, total=1))
        rates = {name: group["lr"] for name, group in groups.items()}
        assert rates == pytest.approx({"ae": 0.01 / fall, "d": 0.1 / fall, "g": 0.1 / fall, "y": 0.1 / fall})


# labels


def test_the_decoder_is_told_the_label():
    made = recipe("supervised")
    made.nets["decoder"] = Heard()
    code = made.rebuilt(made.nets, draw(0, 10))
    assert torch.equal(code[:, 2:].argmax(1), draw(0, 10)["label"])
    assert torch.equal(code[:, 2:].sum(1), torch.ones(10))
    seeds = torch.arange(20)
    asked = made.sample(made.nets, 20, {"seed": seeds, "label": 9 - seeds % 10})
    free = made.sample(made.nets, 20, {"seed": seeds})
    assert torch.equal(asked[:, 2:].argmax(1), 9 - seeds % 10)
    assert torch.equal(free[:, 2:].argmax(1), seeds % 10)
    assert torch.equal(asked[:, :2], free[:, :2])  # another label keeps the rest


def test_a_class_of_its_own_for_what_has_no_label():
    made = recipe("conditioned-few")
    made.begin(Progress())
    batch = draw(0, 40)
    made.reconstruct(batch)
    for side in (made.codes(batch)["d"], made.samples(batch)["d"]):
        rows = side[:, 2:]
        assert side.shape == (80, 2 + 11)
        assert torch.equal(rows.sum(1), torch.ones(80))
        assert (rows[:40, 10] == 0).all()
        assert (rows[40:, 10] == 1).all()
    labels, z = rows[:40].argmax(1), side[:, :2]
    place = (z.norm(dim=1) / 3).square()
    assert torch.equal((place[:40] * 10 - 1e-4).clamp(min=0).long(), labels)  # its own part of the roll
    assert len((place[40:] * 10).long().unique()) > 5  # the whole of it


def test_a_label_chooses_its_part_of_the_prior():
    made = recipe("conditioned")
    made.nets["decoder"] = Heard()
    z = made.sample(made.nets, 10, {"seed": torch.full((10,), 3), "label": torch.arange(10)})
    assert torch.allclose(z.norm(dim=1), z[0].norm().expand(10), atol=1e-6)
    turn = torch.atan2(z[:, 1], z[:, 0])
    assert torch.allclose((turn - turn[0]) % (2 * pi), 2 * pi * torch.arange(10) / 10, atol=1e-5)


def test_categories_are_named_once_and_compared_with_certain_ones():
    made = recipe("semi-supervised")
    logits, z = 4 * torch.randn(16, 10), torch.randn(16, 2)
    made.nets["encoder"] = Said(logits, z)
    batch = draw(0, 16)
    named, certain = made.codes(batch)["d_y"], made.samples(batch)["d_y"]
    chance = logits.exp() / logits.exp().sum(1, keepdim=True)
    assert torch.allclose(named, chance, atol=1e-6)
    assert certain.shape == named.shape
    assert torch.equal(certain.sum(1), torch.ones(16))
    assert set(certain.flatten().tolist()) == {0.0, 1.0}
    loss, shown = made.classify(batch)
    assert loss.item() == pytest.approx(-chance[range(16), batch["label"]].log().mean().item(), abs=1e-5)
    assert shown["accuracy"].item() == (logits.argmax(1) == batch["label"]).float().mean().item()
    made.nets["decoder"] = Heard()
    assert torch.allclose(made.rebuilt(made.nets, batch), torch.cat((z, chance), 1), atol=1e-6)


def test_clusters_are_not_the_labels_of_the_data():
    made = recipe("clustering")
    made.nets["decoder"] = Heard()
    seeds = torch.arange(12)
    rows = made.sample(made.nets, 12, {"seed": seeds})[:, 2:]
    assert torch.equal(rows.argmax(1), seeds % 4)
    e = trained(engine(recipe("clustering"), lambda p, n: {"image": draw(p, n)["image"]}), 2)  # no labels at all
    assert all(value == value for value in e.read().values())


@pytest.mark.parametrize("accumulate", [1, 2])
def test_the_first_examples_keep_their_labels(accumulate):
    e = trained(engine(recipe("semi-supervised-few"), accumulate=accumulate), 6)
    memory, first = e.recipe.nets["labels"], draw(0, KNOWN)
    assert torch.equal(memory.images[:KNOWN], first["image"])
    assert torch.equal(memory.labels[:KNOWN], first["label"])
    images, labels = memory.draw(2_000)
    rows = (images[:, None] == first["image"]).flatten(2).all(2).int().argmax(1)
    assert torch.equal(labels, first["label"][rows])
    assert rows.bincount(minlength=KNOWN).min() > 60  # 100 expected


@pytest.mark.parametrize("variant", ["conditioned-few", "semi-supervised-few"])
def test_no_other_label_is_ever_seen(variant):
    def censored(position, n):
        batch = draw(position, n)
        return {**batch, "label": torch.where(position + torch.arange(n) < KNOWN, batch["label"], 3)}

    both = []
    for feed in (draw, censored):
        torch.manual_seed(0)
        both.append(state(trained(engine(recipe(variant), feed), 8)))
    assert all(torch.equal(both[0][key], both[1][key]) for key in both[0])


def test_data_without_labels_is_refused_where_they_are_needed():
    family = find("families", "aae")
    for variant in ("supervised", "semi-supervised", "conditioned"):
        config = resolve(family, "tiny", VARIANTS[variant])
        with pytest.raises(RequestError, match="this data has none"):
            family.build(config, Facts(DIGITS, count=100))
    with pytest.raises(RequestError, match="labelled=20: the data has 19 examples"):
        recipe("semi-supervised-few", examples=19)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"prior": "mixture", "latent": 8}, "Set latent=2"),
        ({"variant": "conditioned"}, "Set prior=mixture"),
        ({"labelled": 100}, "Set variant=semi-supervised"),
        ({"variant": "semi-supervised", "labelled": -1}, "labelled=-1"),
        ({"variant": "clustering", "clusters": 1}, "clusters=1"),
        ({"spread": 0}, "spread=0"),
        ({"noise": -0.1}, "noise=-0.1"),
        ({"latent": 0}, "latent=0"),
    ],
)
def test_what_cannot_be_is_refused(settings, reason):
    with pytest.raises(RequestError, match=reason):
        resolve(find("families", "aae"), "tiny", settings)


# runs


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 8, 8), (4, 5, 7), (3, 1, 1)])
@every_variant
def test_it_learns_and_draws_at_any_shape(variant, shape):
    e = trained(engine(recipe(variant, shape), lambda p, n: draw(p, n, shape)), 3)
    assert all(value == value and abs(value) < 1e6 for value in e.read().values())
    with e.sampling() as nets:
        given = {"seed": torch.arange(6), "plane": torch.rand(6, 2), **draw(0, 6, shape)}
        for asked in ((), ("label",), ("plane",), ("image", "label")):
            cond = {key: given[key] for key in ("seed", *asked) if key == "seed" or key in e.recipe.takes}
            drawn = e.recipe.sample(nets, 6, cond)
            assert drawn.shape == (6, *shape)
            assert drawn.abs().max() <= 1


def test_pictures_and_places_can_be_given_instead_of_a_seed():
    made = recipe()
    x, corners = draw(0, 4)["image"], torch.tensor([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    assert torch.equal(made.sample(made.nets, 4, {"image": x}), made.nets["decoder"](made.nets["encoder"](x)))
    made.nets["decoder"] = Heard()
    assert torch.equal(made.sample(made.nets, 4, {"plane": corners}), made.reach * corners)


@pytest.mark.parametrize("prior", [Gaussian(2, 5.0), Mixture(), SwissRoll()])
def test_the_prior_lies_within_its_reach(prior):
    distance = prior(20_000, "cpu").norm(dim=1)
    assert (distance <= prior.reach).float().mean() > 0.98
    assert (distance > 0.6 * prior.reach).any()


@pytest.mark.parametrize(
    ("variant", "takes"),
    [
        ("plain", ("image", "plane")),
        ("conditioned", ("image", "label", "plane")),
        ("supervised", ("image", "label", "plane")),
        ("semi-supervised", ("image", "label", "plane")),
        ("clustering", ("image", "plane")),
    ],
)
def test_what_a_variant_can_be_asked_for(variant, takes):
    assert recipe(variant, latent=2).takes == takes
    if variant != "conditioned":  # its prior lies in a plane
        assert recipe(variant, latent=3).takes == takes[:-1]


def test_between_two_seeds_the_category_is_that_of_the_first():
    made = recipe("clustering")
    made.nets["decoder"] = Heard()
    rows = made.sample(made.nets, 4, {"seed": torch.tensor([2.0, 2.25, 2.75, 3.0], dtype=torch.float64)})
    assert rows[:, 2:].argmax(1).tolist() == [2, 2, 2, 3]
    ways = torch.tensor([[2.0, 9.0, 0.5], [3.0, 0.0, 0.9]], dtype=torch.float64)
    assert made.sample(made.nets, 2, {"seed": ways})[:, 2:].argmax(1).tolist() == [2, 3]


@every_variant
def test_resume_is_bit_equal_wherever_the_run_is_cut(variant, tmp_path):
    def started(seed):
        torch.manual_seed(seed)
        few = VARIANTS[variant].get("labelled", 0)
        return engine(recipe(variant, examples=max(few, 1)))  # of one example: the rates fall at 50 images

    steps = 11
    straight = state(trained(started(0), steps))
    for cut in (1, 2, 3, 6, 7, 8, 10):  # labels are gathered in steps 0 to 2, rates fall at step 7
        checkpoint.save(tmp_path / "c.safetensors", trained(started(0), cut).state(), {})
        second = started(99)
        second.load(checkpoint.load(tmp_path / "c.safetensors")[0])
        resumed = state(trained(second, steps - cut))
        assert resumed.keys() == straight.keys()
        for key, value in straight.items():
            assert torch.equal(value, resumed[key]), (cut, key)

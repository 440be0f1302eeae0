"""StackGAN and its tree against the papers and the released code: counts, fingerprints, losses, stages, resuming."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import log

import pytest
import torch
from fingerprint import count, fill, filler, summary
from ganzoo_stackgan import captioned, tree
from ganzoo_stackgan.captioned import cropped, others
from ganzoo_stackgan.networks import Conditioning, Discriminator, StageOne, StageTwo, divergence
from ganzoo_stackgan.tree import Tree, colours
from torch import Tensor, nn
from torch.nn import functional as F

from ganzoo import Facts, RequestError, find
from ganzoo.cli.show import count_parameters, usual_facts
from ganzoo.game import Progress
from ganzoo.train import checkpoint
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.zoo.config import resolve

LN2 = log(2)
WORDS = ("a", "blue", "circle", "red", "square")
SMALL = {"text": 32, "condition": 16}
TREE = {"version": 2, "branches": 2}


def recipe(size: int = 16, channels: int = 3, **settings):
    family = find("families", "stackgan")
    torch.manual_seed(0)
    config = resolve(family, "tiny", {"size": size, **settings})
    return family.build(config, Facts((channels, size, size), count=64, words=WORDS))


def captions(n: int, start: int = 0) -> Tensor:
    """ "a red circle", "a red square", "a blue circle" and "a blue square", by turns."""
    place = torch.arange(start, start + n)
    return torch.stack([torch.ones_like(place), 4 - 2 * (place // 2 % 2), 3 + 2 * (place % 2)], 1)


def examples(n: int, start: int = 0, size: int = 16, channels: int = 3) -> dict[str, Tensor]:
    rng = torch.Generator().manual_seed(start)
    return {"image": torch.rand(n, channels, size, size, generator=rng) * 2 - 1, "text": captions(n, start)}


def engine(game, *, total: int = 160, batch: int = 8, images: int = 0, channels: int = 3) -> Engine:
    """An engine whose every batch is a pure function of its position."""

    def draw(position: int, n: int) -> dict[str, Tensor]:
        return examples(n, position, channels=channels)

    return Engine(game, draw, Backend.choose("cpu"), Progress(images=images, batch=batch, total=total), halflife=50)


def run(game, stage: int) -> Engine:
    """An engine that stands in a stage, its recipe begun."""
    started = engine(game, images=0 if stage == 1 else 80)
    game.begin(started.now)
    return started


def silent(*heads: nn.Module) -> None:
    """Have heads say 0 of everything."""
    for each in heads:
        for p in each[0].parameters():
            nn.init.zeros_(p)


# Counts


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


# Fingerprints


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


# Conditioning


@pytest.mark.parametrize(
    ("mu", "logvar", "expected"), [(0, 0, 0), (1, 0, 0.5), (0, 2, 2.194528), (0, log(0.25), 0.318147)]
)
def test_divergence_is_the_mean_of_every_coordinates(mu, logvar, expected):
    law = torch.full((3, 8), float(mu)), torch.full((3, 8), float(logvar))
    assert divergence(*law).item() == pytest.approx(expected, abs=1e-6)


def test_divergence_pulls_the_mean_to_zero():
    mu = filler(4, 8).requires_grad_()
    (slope,) = torch.autograd.grad(divergence(mu, torch.zeros(4, 8)), mu)
    assert torch.allclose(slope, mu / 32)


def test_both_numbers_of_a_law_have_weights_of_their_own():
    law, eps = Conditioning(6, 4), torch.zeros(2, 4)
    for p in law.dense.parameters():
        nn.init.zeros_(p[:4])
    _, mu, logvar = law(filler(2, 6), eps)
    assert torch.equal(mu, torch.zeros(2, 4))
    assert (logvar != 0).all()


def test_a_caption_leaves_room():
    """Two draws under one caption differ, rows differ, and all together they follow the law."""
    game = recipe()
    game.begin(Progress(total=100))
    told = game.nets["text"](captions(1)).detach().expand(10_000, -1)
    conditions, conditioning = [], game.nets["g"].conditioning
    conditioning.register_forward_hook(lambda _m, _i, out: conditions.append([each.detach() for each in out]))
    for _ in range(10):
        game.draw(game.nets, told, *game.noise(10_000, "cpu"))
    c, mu, logvar = (torch.cat(each) for each in zip(*conditions, strict=True))
    assert not torch.equal(c[0], c[10_000])
    assert (c.std(0) / (logvar[0] / 2).exp() - 1).abs().max() < 0.02
    assert ((c.mean(0) - mu[0]) / (logvar[0] / 2).exp()).abs().max() < 0.013


@pytest.mark.parametrize("text", [32, 1024])
def test_a_caption_is_heard_from_the_start(text):
    torch.manual_seed(0)
    g = StageOne((3, 8, 8), text=text, condition=128, latent=4, width=4)
    before = g.conditioning.dense(torch.randn(64, text))
    assert before.std().item() == pytest.approx(0.02 * 1024**0.5, rel=0.1)


def test_the_deviation_of_the_second_release_is_never_below_one():
    told = filler(16, 6)
    _, mu, logvar = Conditioning(6, 4, slope=0.0)(told, torch.zeros(16, 4))
    assert min(mu.min(), logvar.min()) >= 0
    _, mu, logvar = Conditioning(6, 4)(told, torch.zeros(16, 4))
    assert max(mu.min(), logvar.min()) < 0


# Pairs


def test_wrong_pairs_have_another_caption():
    text = captions(8)
    other, exists = captioned.others(text)
    assert exists.all()
    assert (text[other] != text).any(1).all()
    assert other.tolist() == [1, 2, 3, 4, 5, 6, 7, 0]
    sorted_text = text.repeat_interleave(4, 0)[:12]
    other, exists = captioned.others(sorted_text)
    assert exists.all()
    assert other.tolist() == [4] * 4 + [8] * 4 + [0] * 4
    other, exists = captioned.others(text[:1].expand(4, -1))
    assert not exists.any()


def test_a_batch_of_one_caption_plays_the_plain_game():
    game = recipe()
    run(game, 1)
    d, batch = game.nets["d"], examples(8) | {"text": captions(1).expand(8, -1)}
    seen = []
    d.joint.register_forward_hook(lambda _m, _i, out: seen.append(out))
    loss, shown = game.d_loss(batch)
    right, fake, _ = seen
    assert loss.item() == pytest.approx((F.softplus(-right).mean() + F.softplus(fake).mean()).item())
    assert torch.equal(shown["wrong"], shown["fake"])


def test_the_caption_alone_tells_wrong_pairs_from_right_ones():
    """Deaf to the condition, a head says the same of both: BCE(real) + BCE(wrong) / 2 + BCE(fake) / 2."""
    game = recipe()
    run(game, 1)
    d, conv = game.nets["d"], game.nets["d"].joint[0]
    nn.init.zeros_(conv.weight[:, conv.in_channels - 8 :])
    said = []
    d.joint.register_forward_hook(lambda _m, _i, out: said.append(out))
    loss, _ = game.d_loss(examples(8))
    right, fake, wrong = said
    assert torch.equal(right, wrong)
    expected = F.softplus(-right).mean() + (F.softplus(right).mean() + F.softplus(fake).mean()) / 2
    assert loss.item() == pytest.approx(expected.item())


@pytest.mark.parametrize("settings", [{}, TREE], ids=["stages", "tree"])
def test_captions_are_heard_by_the_discriminator(settings):
    game = recipe(**settings)
    run(game, 1)
    torch.manual_seed(1)
    _, shown = game.d_loss(examples(8))
    suffix = "_8" if settings else ""
    assert not torch.equal(shown[f"wrong{suffix}"], shown[f"real{suffix}"])


# Losses


def test_losses_where_nothing_is_known():
    for stage, names in ((1, "gd"), (2, ("g2", "d2"))):
        game = recipe(kl=0.0)
        run(game, stage)
        d = game.nets[names[1]]
        silent(*[head for head in (d.joint[-1], d.alone) if head is not None])
        batch = examples(8)
        assert game.d_loss(batch)[0].item() == pytest.approx(2 * LN2)
        assert game.g_loss(batch)[0].item() == pytest.approx(stage * LN2)


def test_losses_of_the_tree_where_nothing_is_known():
    game = recipe(kl=0.0, **TREE)
    run(game, 1)
    for d in game.judges:
        silent(d.joint[-1], d.alone)
    batch = examples(8)
    assert game.d_loss(batch)[0].item() == pytest.approx(2 * 6 * LN2)  # two scales, six sums
    assert game.g_loss(batch)[0].item() == pytest.approx(2 * 2 * LN2)


def test_stage_two_weighs_its_five_judgements():
    """(real + real alone) / 2 + (wrong + fake + fake alone) / 3."""
    game = recipe()
    run(game, 2)
    d, matched, alone = game.nets["d2"], [], []
    d.joint.register_forward_hook(lambda _m, _i, out: matched.append(out))
    d.alone.register_forward_hook(lambda _m, _i, out: alone.append(out))
    loss, _ = game.d_loss(examples(8))
    (right, fake, wrong), (real_alone, fake_alone) = matched, alone
    yes, no = (
        (F.softplus(-right), F.softplus(-real_alone)),
        (F.softplus(wrong), F.softplus(fake), F.softplus(fake_alone)),
    )
    expected = sum(each.mean() for each in yes) / 2 + sum(each.mean() for each in no) / 3
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_tree_takes_a_picture_under_a_wrong_caption_for_real():
    game = recipe(version=2, branches=1)
    run(game, 1)
    (d,), matched, alone = game.judges, [], []
    d.joint.register_forward_hook(lambda _m, _i, out: matched.append(out))
    d.alone.register_forward_hook(lambda _m, _i, out: alone.append(out))
    nn.init.constant_(d.alone[0].bias, 3.0)
    loss, _ = game.d_loss(examples(8))
    (right, fake, wrong), (real_alone, fake_alone, wrong_alone) = matched, alone
    assert torch.allclose(wrong_alone, real_alone[others(captions(8))[0]], atol=1e-5)
    yes, no = (right, real_alone, wrong_alone), (wrong, fake, fake_alone)
    expected = sum(F.softplus(-each).mean() for each in yes) + sum(F.softplus(each).mean() for each in no)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_divergence_has_its_weight():
    for settings in ({}, TREE):
        game = recipe(**settings)
        run(game, 1)
        batch = examples(8)
        game.d_loss(batch)
        loss, shown = game.g_loss(batch)
        game.config = replace(game.config, kl=0.0)
        free, _ = game.g_loss(batch)
        assert shown["kl"] > 0
        assert (loss - free).item() == pytest.approx(2 * shown["kl"].item(), rel=1e-3)


@pytest.mark.parametrize("settings", [{}, TREE], ids=["stages", "tree"])
@pytest.mark.parametrize("stage", [1, 2])
def test_the_discriminators_condition_is_no_way_to_please_it(settings, stage):
    """G's turn: what is asked for hears from the pictures alone; D is told the mean, not what was drawn around it."""
    game = recipe(kl=0.0, **settings)
    run(game, stage)
    batch = examples(8)
    game.d_loss(batch)
    g = game.drawer if not settings else game.nets["g"]
    laws, told = [], []
    g.conditioning.register_forward_hook(lambda _m, _i, out: laws.append(out))
    judges = [game.judge] if not settings else game.judges
    for d in judges:
        match = d.match
        d.match = lambda seen, condition, match=match: told.append(condition) or match(seen, condition)
    game.g_loss(batch)
    ((_, mu, _),) = laws
    assert len(told) == len(judges)
    assert all(torch.equal(each, mu) and not each.requires_grad for each in told)
    game.d_loss(batch)
    assert torch.equal(told[len(judges)], laws[-1][1])  # right pairs
    if not settings:
        assert torch.equal(told[-1], laws[-1][1][others(batch["text"])[0]])  # wrong ones


def test_colours_that_agree_cost_nothing():
    small = filler(2, 3, 8, 8)
    assert tree.inconsistency(F.interpolate(small, scale_factor=2), small, 50.0).item() == pytest.approx(0, abs=1e-9)
    brighter = small + 0.1
    assert tree.inconsistency(brighter, small, 50.0).item() == pytest.approx(50 * 0.01, rel=1e-4)
    mean, spread = colours(small)
    stretched = mean[:, :, None, None] + 2 * (small - mean[:, :, None, None])
    assert tree.inconsistency(stretched, small, 50.0).item() == pytest.approx(
        250 * (3 * spread).square().mean().item(), rel=1e-4
    )


def test_a_scale_does_not_follow_the_one_above():
    fine, coarse = filler(2, 3, 16, 16).requires_grad_(), filler(2, 3, 8, 8).requires_grad_()
    slopes = torch.autograd.grad(tree.inconsistency(fine, coarse, 50.0), (fine, coarse), allow_unused=True)
    assert slopes[0].abs().sum() > 0
    assert slopes[1] is None


# Stages


@pytest.mark.parametrize(
    ("settings", "stage", "moving"),
    [
        ({}, 1, {"text": {"text", "eye"}, "d": {"d"}, "g": {"g"}}),
        ({}, 2, {"d2": {"d2"}, "g2": {"g2"}}),
        (TREE, 1, {"text": {"text", "eye"}, "d": {"d1", "d2"}, "g": {"g"}}),
        (TREE | {"conditional": False}, 1, {"d": {"d1", "d2"}, "g": {"g"}}),
    ],
    ids=["stage one", "stage two", "tree", "tree without captions"],
)
def test_a_turn_moves_its_own_networks_alone(settings, stage, moving):
    game = recipe(**settings)
    started, batch = run(game, stage), examples(8)
    assert [phase.name for phase in game.phases()] == list(moving)
    for phase in game.phases():
        before = {name: [p.detach().clone() for p in net.parameters()] for name, net in game.nets.items()}
        started._run(phase, [batch])
        for name, net in game.nets.items():
            own = name in moving[phase.name]
            for old, p in zip(before[name], net.parameters(), strict=True):
                assert own or torch.equal(old, p)
                assert not own or (p.grad is not None and p.grad.isfinite().all())
            assert not own or any(not torch.equal(a, b) for a, b in zip(before[name], net.parameters(), strict=True))


def test_stage_two_leaves_stage_one_as_it_is():
    """Neither weights nor statistics nor the encoder of words move; what it draws is what it draws in samples."""
    game = recipe()
    started = run(game, 2)
    before = {name: [t.clone() for t in game.nets[name].state_dict().values()] for name in ("g", "text", "d")}
    for _ in range(3):
        started.step()
    for name, tensors in before.items():
        assert all(torch.equal(a, b) for a, b in zip(tensors, game.nets[name].state_dict().values(), strict=True))
    assert all(p.grad is None for p in game.nets["g"].parameters())
    assert not game.nets["g"].training
    assert game.nets["g2"].training
    told, noise = game.nets["text"](captions(4)), game.noise(4, "cpu")
    in_training = game.nets["g"](noise[0], told, noise[1]).picture
    with started.sampling():
        assert torch.equal(in_training, game.nets["g"](noise[0], told, noise[1]).picture)
    assert not game.nets["g"].training  # nor does a sheet wake it


def test_a_run_goes_from_stage_to_stage():
    game = recipe(first=0.3, reading=0.5, batch_two=4, halvings=1)
    started, seen = engine(game), []
    while started.now.images < 160:
        game.begin(started.now)
        names = [phase.name for phase in game.phases()]
        before = started.now.images
        started.step()
        rate = game.opts[names[-1]].param_groups[0]["lr"]
        seen.append((before, names, started.now.images - before, rate))
    read = [before for before, names, *_ in seen if "text" in names]
    assert read == [0, 8, 16]
    assert [before for before, names, *_ in seen if "d" in names] == [0, 8, 16, 24, 32, 40]
    assert [names for *_, names, _, _ in seen][-1] == ["d2", "g2"]
    assert [size for _, _, size, _ in seen] == [8] * 6 + [4] * 28
    assert [rate for *_, rate in seen] == [2e-4] * 3 + [1e-4] * 3 + [2e-4] * 14 + [1e-4] * 14


def test_the_encoder_comes_to_rest():
    game = recipe(reading=0.5, first=0.5)
    rates = []
    for images in (0, 10, 20, 39, 40, 60):
        game.begin(Progress(images=images, total=160))
        rates.append((game.opts["text"].param_groups[0]["lr"], game.reading))
    assert rates == [
        (pytest.approx(1e-3), True),
        (pytest.approx(7.5e-4), True),
        (pytest.approx(5e-4), True),
        (pytest.approx(2.5e-5), True),
        (0, False),
        (0, False),
    ]


@pytest.mark.parametrize(
    "settings", [{"batch_two": 4}, TREE, TREE | {"conditional": False}], ids=["stages", "tree", "without captions"]
)
def test_a_run_that_is_cut_anywhere_goes_on_as_if_it_were_not(tmp_path, settings):
    """Bit for bit: at chance, where the encoder rests, and at and beside the edge of the stages."""
    game = recipe(crop=1.25, flip=True, halvings=2, **settings)
    whole = engine(game, total=96)
    while whole.now.images < 96:
        whole.step()
        checkpoint.save(tmp_path / f"{whole.now.images}.safetensors", whole.state(), {})
    end = whole.state()
    for images in (8, 24, 40, 48, 56):
        torch.manual_seed(99)  # nothing outside the checkpoint may matter
        again = engine(recipe(crop=1.25, flip=True, halvings=2, **settings), total=96)
        again.load(checkpoint.load(tmp_path / f"{images}.safetensors")[0])
        again.recipe.begin(again.now)  # as a sheet does, between two steps
        while again.now.images < 96:
            again.step()
        assert again.now == whole.now
        assert_equal(again.state(), end)


def assert_equal(a, b) -> None:
    if isinstance(a, Tensor):
        assert torch.equal(a, b)
    elif isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a:
            assert_equal(a[key], b[key])
    elif isinstance(a, list | tuple):
        for x, y in zip(a, b, strict=True):
            assert_equal(x, y)
    else:
        assert a == b


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("settings", [{}, TREE, TREE | {"conditional": False}], ids=["stages", "tree", "colours"])
def test_a_few_steps_to_the_end(channels, settings):
    game = recipe(channels=channels, **settings)
    started = engine(game, total=64, channels=channels)
    while started.now.images < 64:
        started.step()
    assert all(torch.tensor(value).isfinite() for value in started.read().values())
    with started.sampling() as nets:
        drawn = game.sample(nets, 2, {"seed": torch.arange(2), "text": captions(2)})
    assert drawn.shape == (2, channels, 16, 16)
    assert drawn.abs().max() <= 1


def test_the_averages_have_the_statistics_of_their_networks():
    game = recipe()
    started = engine(game)
    for _ in range(12):
        started.step()
    assert game.stage == 2
    for name in ("g", "g2"):
        live, twin = game.nets[name], started.averages[name].net
        assert all(torch.equal(a, b) for a, b in zip(live.buffers(), twin.buffers(), strict=True))
        assert any(not torch.equal(a, b) for a, b in zip(live.parameters(), twin.parameters(), strict=True))


# Samples


@pytest.mark.parametrize(("settings", "images"), [({}, 0), ({}, 80), (TREE, 0)], ids=["one", "two", "tree"])
def test_samples_follow_their_seed_and_their_caption(settings, images):
    game = recipe(**settings)
    started = engine(game, images=images)
    started.step()
    game.begin(started.now)
    seeds = torch.tensor([5, 5, 6, 5])
    red, blue = captions(1), captions(1, start=2)
    with started.sampling() as nets:
        drawn = game.sample(nets, 4, {"seed": seeds, "text": torch.cat([red, red, red, blue])})
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    assert not torch.equal(drawn[0], drawn[3])


def test_stage_one_is_shown_at_the_size_of_stage_two():
    game = recipe()
    game.begin(Progress(total=100))
    with torch.no_grad():
        drawn = game.sample(game.nets, 2, {"seed": torch.arange(2), "text": captions(2)})
    assert drawn.shape == (2, 3, 16, 16)
    assert torch.equal(drawn[:, :, ::2, ::2].repeat_interleave(2, 2).repeat_interleave(2, 3), drawn)


def test_without_words_there_is_nothing_to_draw():
    for settings in ({}, TREE):
        game = recipe(**settings)
        assert game.takes == ("text",)
        with pytest.raises(RequestError, match="--text"):
            game.sample(game.nets, 2, {"seed": torch.arange(2)})
    silent_tree = recipe(conditional=False, **TREE)
    assert silent_tree.takes == ()
    assert silent_tree.sample(silent_tree.nets, 2, {"seed": torch.arange(2)}).shape == (2, 3, 16, 16)


# What real pictures are seen as


def test_crops_lie_within_the_picture_and_differ():
    rows = torch.linspace(-1, 1, 16)[:, None].expand(16, 16)
    x = torch.stack([rows, rows.T])[None].expand(64, -1, -1, -1)  # the colour of a pixel is where it lies
    seen = cropped(x, 1.25, flip=True)
    assert seen.shape == x.shape
    height, width = seen[:, 0, -1, 0] - seen[:, 0, 0, 0], seen[:, 1, 0, -1] - seen[:, 1, 0, 0]
    assert torch.allclose(height, torch.full_like(height, 2 / 1.25), atol=0.15)
    assert torch.allclose(width.abs(), torch.full_like(width, 2 / 1.25), atol=0.15)
    assert 10 < (width < 0).sum() < 54  # mirrored, left and right only
    assert seen[:, 0, 0, 0].std() > 0.1
    assert torch.allclose(cropped(x, 1.0, flip=False), x, atol=1e-5)


# What can be asked


@pytest.mark.parametrize(("size", "nearest"), [(48, 32), (33, 32), (8, 16), (100, 128), (15, 16), (1000, 1024)])
def test_a_size_it_cannot_have_names_the_nearest(size, nearest):
    for settings in ({}, TREE):
        with pytest.raises(RequestError, match=f"--size {nearest}\\."):
            recipe(size, **settings)


def test_smallest_sizes():
    assert recipe(8, version=2, branches=1).nets["d1"].alone is not None
    with pytest.raises(RequestError, match=r"--size 32\."):
        recipe(16, enlarge=4)
    with pytest.raises(RequestError, match=r"--size 32\."):
        recipe(16, version=2, branches=3)


def test_stage_two_may_have_a_width_of_its_own():
    assert count(recipe(width_two=4).nets["g2"]) < count(recipe().nets["g2"]) == count(recipe(width_two=8).nets["g2"])
    assert count(recipe(width_two=4).nets["g"]) == count(recipe().nets["g"])


def test_points_and_oblongs_are_refused():
    discriminator = partial(Discriminator, width=4, condition=4, alone=True)
    with pytest.raises(RequestError, match="points"):
        discriminator((2,))
    with pytest.raises(RequestError, match="16x32"):
        discriminator((3, 16, 32))


@pytest.mark.parametrize(
    "settings",
    [
        {"latent": 0},
        {"residuals": -1},
        {"first": 0.0},
        {"reading": 1.5},
        {"crop": 0.5},
        {"conditional": False},
        {"batch_two": 3, "accumulate": 2},
        {"batch": 1},
        {"batch": 4, "accumulate": 4},
    ],
)
def test_settings_that_cannot_be(settings):
    with pytest.raises(RequestError, match=next(iter(settings))):
        resolve(find("families", "stackgan"), "tiny", settings)


def test_a_game_of_pairs_is_refused():
    with pytest.raises(RequestError, match="relativistic"):
        recipe(loss="relativistic")


@pytest.mark.parametrize("loss", ["hinge", "least-squares", "minimax", "wasserstein"])
def test_other_games(loss):
    for settings in ({}, TREE):
        started = engine(recipe(loss=loss, **settings), images=0)
        started.step()
        assert all(torch.tensor(value).isfinite() for value in started.read().values())


def test_the_papers_settings():
    family = find("families", "stackgan")
    paper = resolve(family, "paper")
    with torch.device("meta"):
        game = family.build(paper, usual_facts(family, paper))
    rates = []
    for epoch in (0, 49, 50, 599, 600, 699, 700, 1799):
        game.begin(Progress(images=epoch * 8_855 + 1, batch=64, total=paper.images))
        name = game.phases()[-1].name
        rates.append((name, game.opts[name].param_groups[0]["lr"]))
    assert rates == [
        ("g", 2e-4), ("g", 2e-4), ("g", 1e-4), ("g", 2e-4 / 2**11),
        ("g2", 2e-4), ("g2", 2e-4), ("g2", 1e-4), ("g2", 2e-4 / 2**11),
    ]  # fmt: skip
    assert (paper.betas, paper.kl, paper.batch, paper.crop) == ((0.5, 0.999), 2.0, 64, 76 / 64)

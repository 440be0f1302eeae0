"""How captions are heard: the law of conditions, wrong pairs, a discriminator that listens."""

from __future__ import annotations

from math import log

import pytest
import torch
from fingerprint import filler
from ganzoo_stackgan import captioned
from ganzoo_stackgan.networks import Conditioning, StageOne, divergence
from stackgan_bench import TREE, captions, examples, recipe, run
from torch import nn
from torch.nn import functional as F

from ganzoo.game import Progress


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

"""The adversarial autoencoder's networks: counts and fingerprints, no norm, noise in training only."""

from __future__ import annotations

import pytest
import torch
from aae_bench import (
    DIGITS,
    MNIST,
    TFD,
    draw,
    every_variant,
    recipe,
)
from fingerprint import count, fill, filler, summary
from ganzoo_aae.networks import CodeDiscriminator, Decoder, Encoder, SplitEncoder

from ganzoo import Facts, find
from ganzoo.zoo.config import resolve


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

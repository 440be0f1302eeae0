"""WGAN with labels, and what cannot be played: said, with what can."""

from __future__ import annotations

import pytest
import torch
from ganzoo_wgan.layers import (
    ClassBatchNorm,
)
from torch import nn
from wgan_bench import CLASSES, LABELLED, engine, play

from ganzoo import Facts, RequestError, find
from ganzoo.zoo.config import resolve

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

"""Labels and clusters: who is told them, which of them may be seen, what a variant asks of the data."""

from __future__ import annotations

from math import pi

import pytest
import torch
from aae_bench import (
    DIGITS,
    KNOWN,
    VARIANTS,
    Heard,
    Said,
    draw,
    engine,
    recipe,
    trained,
)

from ganzoo import Facts, RequestError, find
from ganzoo.game import Progress
from ganzoo.testing.subject import differences
from ganzoo.zoo.config import resolve


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
    asked = made.sample(made.nets, 12, {"seed": seeds, "cluster": 3 - seeds % 4})[:, 2:]
    assert torch.equal(asked.argmax(1), 3 - seeds % 4)
    assert made.clusters == 4
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
        both.append(trained(engine(recipe(variant), feed), 8).state())
    assert not differences(*both)


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


@pytest.mark.parametrize(
    ("variant", "takes"),
    [
        ("plain", ("image", "plane")),
        ("conditioned", ("image", "label", "plane")),
        ("supervised", ("image", "label", "plane")),
        ("semi-supervised", ("image", "label", "plane")),
        ("clustering", ("image", "cluster", "plane")),
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

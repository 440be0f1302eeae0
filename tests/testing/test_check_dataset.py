"""The contract of a data set: each wrong one is caught, and told what to change."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import count

import numpy as np
import pytest

import ganzoo
from ganzoo.data import Chunk, PairSource, Source, Survey
from ganzoo.testing import ContractBroken, check_dataset, examine

COUNT = 40
FRESH = count()


class Plain(Source):
    """A data set with nothing wrong in it."""

    name = "plain"
    licence = "CC0-1.0"
    gives = ("image", "label")
    classes = ("dark", "light")
    splits = ("train", "test")
    version = 1

    def __init__(self, part="train"):
        self.part = part

    def __len__(self):
        return COUNT

    def identity(self):
        return f"plain {self.version} {self.part}"

    def split(self, name):
        return type(self)(name)

    def survey(self):
        return Survey(
            count=COUNT, sizes={}, modes={}, channels=3, classes=self.classes, per_class=(COUNT // 2, COUNT // 2)
        )

    def chunks(self, size, channels):
        chance = np.random.default_rng((self.version, self.part == "test"))
        labels = np.arange(COUNT) % 2
        yield Chunk(chance.integers(0, 256, (COUNT, channels or 3, size, size), np.uint8), labels)


class AnotherOrder(Plain):
    def chunks(self, size, channels):
        (chunk,) = super().chunks(size, channels)
        places = random.sample(range(COUNT), COUNT)
        yield Chunk(chunk.images[places], chunk.labels[places])


class CountsTooMany(Plain):
    def survey(self):
        return replace(super().survey(), count=COUNT + 1)


class LengthLies(Plain):
    def __len__(self):
        return COUNT + 3


class ClassesLie(Plain):
    def survey(self):
        return replace(super().survey(), per_class=(COUNT, 0))


class OutOfRange(Plain):
    def chunks(self, size, channels):
        (chunk,) = super().chunks(size, channels)
        yield Chunk(chunk.images, chunk.labels + 1)


class NoLabels(Plain):
    def chunks(self, size, channels):
        (chunk,) = super().chunks(size, channels)
        yield Chunk(chunk.images)


class Floats(Plain):
    def chunks(self, size, channels):
        (chunk,) = super().chunks(size, channels)
        yield Chunk(chunk.images / np.float32(255), chunk.labels)


class OneSize(Plain):
    def chunks(self, size, channels):
        return super().chunks(16, channels)


class AlwaysColour(Plain):
    def chunks(self, size, channels):
        return super().chunks(size, 3)


class OneIdentity(Plain):
    def identity(self):
        return "plain"


class FreshIdentity(Plain):
    def identity(self):
        return f"{super().identity()} {next(FRESH)}"


class StuckIdentity(Plain):
    def identity(self):
        return f"plain {self.part}"


class GivesMore(Plain):
    gives = ("image", "label", "text")


class Side(Plain):
    """One domain of two, whose identity may leave out which."""

    gives = ("image",)
    classes = ()

    def __init__(self, side, told, part="train"):
        self.side, self.told, self.part = side, told, part

    def identity(self):
        return f"{super().identity()} {self.side * self.told}"

    def split(self, name):
        return Side(self.side, self.told, name)

    def survey(self):
        return replace(super().survey(), classes=(), per_class=())

    def chunks(self, size, channels):
        (chunk,) = super().chunks(size, channels)
        yield Chunk(chunk.images + np.uint8(self.side))


def pair(told):
    return PairSource("pair", Side(0, told), Side(1, told))


def card(build, **changes) -> ganzoo.Dataset:
    make = lambda: build()  # noqa: E731
    make.__module__ = "ganzoo"  # what listing it would import
    said = {"name": "wrong", "summary": "wrong in one thing", "licence": "CC0-1.0", "gives": ("image", "label")}
    return ganzoo.Dataset(**said | {"build": make} | changes)


def broken(card) -> dict[str, str]:
    return {finding.check: finding.message for finding in examine(card) if not finding.kept}


def test_a_data_set_with_nothing_wrong_passes(monkeypatch):
    check_dataset(card(Plain), change=lambda: monkeypatch.setattr(Plain, "version", 2))


@pytest.mark.parametrize("name", ["ring"])
def test_data_sets_of_the_zoo_pass(name):
    check_dataset(name)


@pytest.mark.parametrize(
    ("source", "promise", "advice"),
    [
        (AnotherOrder, "order", "sort what a folder lists"),
        (CountsTooMany, "counts", "survey().count of train is 41, and chunks() give 40"),
        (LengthLies, "counts", "len() of train is 43"),
        (ClassesLie, "counts", "survey().per_class of train"),
        (OutOfRange, "examples", "label 2 is out of range: 2 classes"),
        (NoLabels, "examples", "40 examples come with none of label"),
        (Floats, "examples", "give uint8 [n, C, 16, 16]"),
        (OneSize, "examples", "24 is asked"),
        (AlwaysColour, "examples", "3 channels where 1 are asked for"),
        (OneIdentity, "identity", "put the part into identity()"),
        (FreshIdentity, "identity", "another each time"),
        (GivesMore, "what it gives", "say the same at both places"),
        (dict, "what it gives", "not a ganzoo.data.Source"),
    ],
)
def test_a_wrong_data_set_is_caught_and_told_what_to_change(source, promise, advice):
    found = broken(card(source))
    assert advice in found.get(promise, ""), found


def test_an_identity_that_does_not_follow_the_content_is_caught(monkeypatch):
    with pytest.raises(ContractBroken, match="the same though the content has changed"):
        check_dataset(card(StuckIdentity), change=lambda: monkeypatch.setattr(StuckIdentity, "version", 2))
    with pytest.raises(ContractBroken, match="changes nothing"):
        check_dataset(card(Plain), change=lambda: None)


def test_data_without_a_licence_are_caught():
    assert "name the licence" in broken(card(Plain, licence=""))["card"]


def test_two_domains_are_looked_at_both():
    check_dataset(card(lambda: pair(told=True), gives=("a", "b")))
    found = broken(card(lambda: pair(told=False), gives=("a", "b")))
    assert found.keys() == {"identity"}
    assert found["identity"].startswith("a train and b train have one identity, and are not the same")

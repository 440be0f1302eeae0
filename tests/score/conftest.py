"""Generators whose faults are known, beside data that are theirs."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.data.catalogue import find_source, open_data
from ganzoo.game import Progress, Recipe
from ganzoo.score.bank import Bank
from ganzoo.score.exhibit import Exhibit
from ganzoo.score.extractors import find_extractor
from ganzoo.train.device import Backend
from ganzoo.train.trained import Trained
from ganzoo.zoo.config import resolve
from ganzoo.zoo.registry import find

TRAIN, SIDE = 400, 16


class Replaying(Recipe):
    """Draws the pictures it was given, each by its seed."""

    def __init__(self, pictures: np.ndarray, labels: np.ndarray | None = None):
        self.pictures = torch.from_numpy(pictures).float() / 127.5 - 1
        self.labels = labels
        self.nets, self.opts = {}, {}
        self.takes = () if labels is None else ("label",)

    def sample(self, nets, n, cond):
        if self.labels is None:
            return self.pictures[cond["seed"].long() % len(self.pictures)]
        places = [np.flatnonzero(self.labels == int(label)) for label in cond["label"]]
        rows = [place[int(seed) % len(place)] for place, seed in zip(places, cond["seed"], strict=True)]
        return self.pictures[rows]


class Faces(NamedTuple):
    """A folder of drawn faces, by hair colour, and others that are as good but not in it."""

    folder: Path
    others: np.ndarray
    labels: np.ndarray


@pytest.fixture(scope="session")
def faces(tmp_path_factory) -> Faces:
    folder = tmp_path_factory.mktemp("faces")
    source = find_source("anime")
    chunk = next(iter(source.chunks(SIDE, 3)))
    drawn, labels = chunk.images[: 3 * TRAIN], chunk.labels[: 3 * TRAIN]
    for row in range(2 * TRAIN):
        part = folder / ("train" if row < TRAIN else "test") / source.classes[labels[row]]
        part.mkdir(parents=True, exist_ok=True)
        Image.fromarray(drawn[row].transpose(1, 2, 0)).save(part / f"{row:04d}.png")
    place = np.argsort(np.argsort(source.classes))  # folders are classes in the order of their names
    return Faces(folder, drawn[2 * TRAIN :], place[labels[2 * TRAIN :]])


@pytest.fixture
def exhibit(faces, tmp_path, monkeypatch):
    """Examine pictures as if a generator had drawn them."""
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))
    bank = Bank(lambda: find_extractor("bundled"))

    def examine(pictures: np.ndarray, labels: np.ndarray | None = None, samples: int = TRAIN) -> Exhibit:
        family = find("families", "dcgan")
        config = resolve(family, "tiny", {"size": SIDE})
        facts = open_data(str(faces.folder), size=SIDE).facts
        recipe, request = Replaying(pictures, labels), {"data": str(faces.folder)}
        backend = Backend.choose("cpu", "fp32")
        trained = Trained(
            "replayed", tmp_path, family, config, facts, recipe, Progress(), 1.0, "live", backend, request
        )  # fmt: skip
        return Exhibit(trained, str(faces.folder), bank, samples=samples)

    return examine

"""The reader: what it learns, that it learns the same again, and that it keeps it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ganzoo.data.catalogue import open_data
from ganzoo.score import reader as readers
from ganzoo.score.reader import reader_of, truths, words_of


@pytest.fixture
def pack(faces, monkeypatch, tmp_path):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))
    return open_data(str(faces.folder), size=16)


def test_it_reads_what_it_did_not_learn_from_and_knows_how_well(pack, faces):
    reader = reader_of(pack)
    told = reader.read(faces.others)["class"].argmax(1)
    right = (told.numpy() == faces.labels).mean()
    assert right > 0.9
    assert reader.trusted["class"] == pytest.approx(right, abs=0.1)


def test_it_learns_the_same_again_and_leaves_chance_alone(pack, faces, tmp_path):
    torch.manual_seed(5)
    first = reader_of(pack).read(faces.others[:50])["class"]
    after = torch.rand(1)
    (kept,) = (tmp_path / "readers").iterdir()
    kept.write_bytes(kept.read_bytes()[:500])  # cut short: learned anew
    torch.manual_seed(5)
    again = reader_of(pack).read(faces.others[:50])["class"]
    assert torch.rand(1) == after
    assert (first == again).all()


def test_it_learns_once(pack, monkeypatch):
    reader_of(pack)
    monkeypatch.setattr(readers, "_teach", None)
    assert reader_of(pack).trusted["class"] > 0.8


def test_words_of_captions():
    told = words_of(np.array([[2, 1, 0], [3, 0, 0]]), 3)
    assert told.tolist() == [[True, True, False], [False, False, True]]


def test_what_is_known_of_a_set(pack):
    assert set(truths(pack)) == {"class"}
    assert truths(pack)["class"].shape == (len(pack),)

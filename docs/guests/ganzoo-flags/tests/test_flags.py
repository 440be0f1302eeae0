"""Flags: every one different, drawn and read back, counted as the metric says, shown by the command."""

from __future__ import annotations

import numpy as np
import pytest
from ganzoo_flags.command import read_pictures, write_sheet
from ganzoo_flags.design import FLAGS, draw, plain, read
from ganzoo_flags.metric import count
from ganzoo_flags.source import Flags
from PIL import Image

import ganzoo
from ganzoo.testing import check_dataset, check_metric


def test_there_are_300_and_no_two_are_alike():
    assert len(FLAGS) == len(set(FLAGS)) == 300
    assert len(np.unique(plain(8).reshape(300, -1), axis=0)) == 300
    assert all(a != b != c for _, (a, b, c) in FLAGS)


@pytest.mark.parametrize("size", [8, 16, 32])
def test_a_flag_is_read_as_itself_however_it_waves(size):
    which = np.arange(300)
    for phase in np.linspace(0, 1, 5):
        assert (read(draw(which, np.full(300, phase), size)) == which).all()


def test_the_distances_that_reading_counts_on():
    drawn, known = draw(np.arange(300), np.zeros(300), 32) / 1.0, plain(32) * 0.925
    assert np.sqrt(((drawn - known) ** 2).mean((1, 2, 3))).max() < 14
    flat = known.reshape(300, -1)
    gaps = np.sqrt(((flat[:, None, ::7] - flat[None, :, ::7]) ** 2).mean(2)) + 1e6 * np.eye(300)
    assert gaps.min() > 33


def test_what_is_no_flag_is_not_read_as_one():
    noise = np.random.default_rng(0).integers(0, 256, (20, 3, 16, 16), dtype=np.uint8)
    grey = np.full((1, 3, 16, 16), 128, dtype=np.uint8)
    one_colour = np.tile(np.array([200, 30, 40], dtype=np.uint8)[:, None, None], (1, 1, 16, 16))
    assert (read(np.concatenate([noise, grey, one_colour])) == -1).all()


def test_the_source_keeps_its_word():
    source = Flags()
    survey = source.survey()
    chunks = list(source.chunks(16, 0))
    images = np.concatenate([chunk.images for chunk in chunks])
    known = np.concatenate([chunk.attributes["flag"] for chunk in chunks])
    labels = np.concatenate([chunk.labels for chunk in chunks])
    assert images.shape == (len(source), 3, 16, 16)
    assert survey.per_class == tuple(np.bincount(labels))
    assert (read(images[:2_000]) == known[:2_000]).all()
    assert [source.classes[label] for label in labels[:50]] == [FLAGS[each].layout for each in known[:50]]
    assert np.bincount(known, minlength=300).min() > 0
    assert next(source.chunks(16, 1)).images.shape[1] == 1


def test_parts_share_no_picture_and_no_identity():
    train, test = Flags(), Flags().split("test")
    assert train.identity() != test.identity()
    seen = {(int(which), float(phase)) for which, phase in zip(train.which, train.phase, strict=True)}
    assert not seen & {(int(which), float(phase)) for which, phase in zip(test.which, test.phase, strict=True)}
    with pytest.raises(ganzoo.RequestError, match="no part 'half'"):
        train.split("half")


def test_the_metric_counts_what_is_there():
    ten = draw(np.arange(10), np.zeros(10), 16)
    noise = np.random.default_rng(0).integers(0, 256, (30, 3, 16, 16), dtype=np.uint8)
    told = count(np.concatenate([ten, ten, noise]))
    assert (told["flags_found"], told["flags_legible"]) == (10, 0.4)
    real = count(np.concatenate([chunk.images for chunk in Flags().split("test").chunks(16, 3)]))
    assert real["flags_found"] > 295  # of 2,000 pictures; all 300 among as many as there are to train on
    assert real["flags_legible"] == 1
    assert 5 < real["flags_off"] < 14 < told["flags_off"]


def test_the_sheet_has_every_flag_once(tmp_path):
    write_sheet(tmp_path / "all.png", 9)
    with Image.open(tmp_path / "all.png") as sheet:
        assert sheet.size == (25 * 11 + 2, 12 * 11 + 2)
        pixels = np.asarray(sheet)
    places = [(2 + 11 * row, 2 + 11 * column) for row in range(12) for column in range(25)]
    cut = np.stack([pixels[top : top + 9, left : left + 9].transpose(2, 0, 1) for top, left in places])
    assert (read(cut) == np.arange(300)).all()


def test_reading_says_flag_or_none(tmp_path):
    Image.fromarray(draw(np.array([7]), np.zeros(1), 32)[0].transpose(1, 2, 0)).save(tmp_path / "flag.png")
    Image.new("L", (20, 20), 128).save(tmp_path / "grey.png")
    (tmp_path / "broken.png").write_text("no picture")
    assert read_pictures([tmp_path / "flag.png", tmp_path / "grey.png"]) == [str(FLAGS[7]), "no flag"]
    with pytest.raises(ganzoo.RequestError, match=r"broken\.png"):
        read_pictures([tmp_path / "broken.png"])


@pytest.mark.parametrize("size", [2, 1_000])
def test_a_sheet_of_a_size_that_makes_no_sense(size, tmp_path):
    with pytest.raises(ganzoo.RequestError, match="from 3 to 256"):
        write_sheet(tmp_path / "all.png", size)


def test_contracts():
    check_dataset("flags")
    check_metric("flags_found")

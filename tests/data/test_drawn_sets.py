"""What holds for drawn faces, animals and figures alike; what is seen in them is in the files of their names."""

from __future__ import annotations

import hashlib
import itertools
import subprocess
import sys

import numpy as np
import pytest

from ganzoo.data.captions import words_of
from ganzoo.data.drawn import animal_faces, animals, anime, captioned_shapes, faces, figures
from ganzoo.data.drawn.animals.attributes import RANGES as ANIMAL_RANGES
from ganzoo.data.drawn.canvas import Frame
from ganzoo.data.drawn.faces.attributes import RANGES as FACE_RANGES
from ganzoo.data.drawn.figures.attributes import RANGES as FIGURE_RANGES
from ganzoo.data.drawn.source import DrawnSource

EVERY = pytest.mark.parametrize("drawing", [faces, animals, figures], ids=["faces", "animals", "figures"])
SOURCES = {faces: anime, animals: animal_faces, figures: captioned_shapes}
RANGES = {faces: FACE_RANGES, animals: ANIMAL_RANGES, figures: FIGURE_RANGES}
TINT = {faces: 0.001, animals: 0.002, figures: 0.002}  # how far the mean may be off, in linear light
DERIVED = {faces: set(), animals: {"colour"}, figures: {"background"}}  # depends on another attribute
HASHES = {
    ("anime", "1"): "37637b015f96eca515e3c78802d07d13bac20ec6873ff94ba59c4d6de2c5f6ff",
    ("animals", "1"): "d9e5279996a6bd5e95b8c58d5269da226e27befa31fa4b19c5b3c19a5096396a",
    ("shapes", "1"): "f6fba02355d79196f099b2539c1d3b01ebdb63641a532db6e80b17d50c049669",
}  # of the first 64 pictures of seed 0 at 32 pixels, by version


@EVERY
@pytest.mark.parametrize(("size", "n"), [(16, 64), (32, 160), (128, 12)])
def test_a_picture_is_the_same_in_whatever_batch(drawing, size, n):
    chosen = drawing.attributes(np.arange(n), 3)
    together = drawing.draw(chosen, size)
    for parts in ([slice(i, i + 1) for i in range(n)], [slice(0, 7), slice(7, n)]):
        drawn = [drawing.draw({name: row[part] for name, row in chosen.items()}, size) for part in parts]
        assert np.array_equal(together, np.concatenate(drawn))


@EVERY
def test_a_picture_is_the_same_in_every_process_until_the_version_changes(drawing):
    draw = (
        f"import hashlib, numpy as np; from {drawing.__name__} import attributes, draw; "
        "print(hashlib.sha256(draw(attributes(np.arange(64), 0), 32).tobytes()).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", draw], capture_output=True, text=True, check=True)
    here = hashlib.sha256(drawing.draw(drawing.attributes(np.arange(64), 0), 32).tobytes()).hexdigest()
    assert done.stdout.strip() == here == HASHES[drawing.NAME, drawing.VERSION]


@EVERY
def test_nothing_is_cut_off_by_the_window_it_is_drawn_in(drawing, monkeypatch):
    chosen = drawing.attributes(np.arange(600), 0)
    windowed = drawing.draw(chosen, 32)
    monkeypatch.setattr(Frame, "window", lambda frame, box, size: (slice(0, size), slice(0, size)))
    assert np.array_equal(windowed, drawing.draw(chosen, 32))


@EVERY
def test_attributes_depend_on_seed_and_index_alone(drawing):
    whole, part = drawing.attributes(np.arange(40), 5), drawing.attributes(np.arange(17, 23), 5)
    other = drawing.attributes(np.arange(40), 6)
    for name, rows in whole.items():
        assert np.array_equal(rows[17:23], part[name]), name
        assert not np.array_equal(rows, other[name]), name


def independent(drawing) -> list[str]:
    """Categorical attributes that depend on no other."""
    return [name for name in drawing.NAMES if name not in DERIVED[drawing]]


@EVERY
def test_every_value_is_as_likely_as_the_others_and_independent_of_them(drawing):
    n = 20_000
    chosen = drawing.attributes(np.arange(n), 0)
    free = independent(drawing)
    for name in free:
        expected = n / len(drawing.NAMES[name])
        counts = np.bincount(chosen[name], minlength=len(drawing.NAMES[name]))
        assert np.abs(counts - expected).max() < 5 * np.sqrt(expected), name
    for one, two in itertools.combinations(free, 2):
        table = np.zeros((len(drawing.NAMES[one]), len(drawing.NAMES[two])))
        np.add.at(table, (chosen[one], chosen[two]), 1)
        freedom = table.size - 1
        assert ((table - n / table.size) ** 2 / (n / table.size)).sum() < freedom + 6 * np.sqrt(2 * freedom), (one, two)


@EVERY
def test_continuous_attributes_fill_their_ranges_independently(drawing):
    chosen, ranges = drawing.attributes(np.arange(20_000), 0), RANGES[drawing]
    for name, (low, high) in ranges.items():
        part = (chosen[name].astype(np.float64) - low) / (high - low)
        assert 0 <= part.min() < 0.01, name
        assert 0.99 < part.max() <= 1, name
        assert part.mean() == pytest.approx(0.5, abs=0.011), name
    rows = np.stack([chosen[name] for name in (*ranges, *independent(drawing))]).astype(np.float64)
    assert np.abs(np.corrcoef(rows) - np.eye(len(rows))).max() < 0.04


@EVERY
def test_the_parts_share_no_picture(drawing):
    train, test = (next(SOURCES[drawing](part).chunks(16, 3)).images for part in ("train", "test"))
    seen = {picture.tobytes() for picture in train[:1000]}
    assert len(seen) == 1000
    assert not seen & {picture.tobytes() for picture in test[:1000]}


@EVERY
def test_the_source_counts_labels_and_turns_grey(drawing):
    source = SOURCES[drawing]()
    survey = source.survey()
    assert (source.name, survey.count, survey.captions, survey.channels) == (drawing.NAME, 20_000, 20_000, 3)
    assert survey.classes == drawing.CLASSES
    assert len(SOURCES[drawing]("test")) == 2_000
    source.counts = {"train": 30, "test": 30}
    (colour,), (grey,) = source.chunks(32, 0), source.chunks(32, 1)
    assert (colour.images.shape, grey.images.shape) == ((30, 3, 32, 32), (30, 1, 32, 32))
    assert np.array_equal(np.bincount(colour.labels, minlength=10), np.bincount(grey.labels, minlength=10))
    luma = (colour.images * np.array([0.299, 0.587, 0.114])[:, None, None]).sum(axis=1)
    assert np.abs(grey.images[:, 0] - luma).max() <= 0.51


@EVERY
def test_the_vocabulary_is_that_of_the_captions(drawing):
    written = drawing.captions(drawing.attributes(np.arange(3000), 0))
    assert {len(texts) for texts in written} == {2}
    said = {word for texts in written for text in texts for word in words_of(text)}
    assert said == set(DrawnSource(drawing).words)


@EVERY
def test_a_small_picture_is_a_large_one_seen_from_afar(drawing):
    chosen = drawing.attributes(np.arange(16), 0)
    small, large = (_linear(drawing.draw(chosen, size)) for size in (32, 256))
    seen = large.reshape(16, 3, 32, 8, 32, 8).mean(axis=(3, 5))
    assert np.abs(small - seen).mean() < 0.02
    assert abs((small - seen).mean()) < TINT[drawing]


def _linear(pictures: np.ndarray) -> np.ndarray:
    level = pictures / 255
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)

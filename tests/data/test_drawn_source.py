"""The source of drawn sets: identity, parts, chunks and what a survey tells."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from ganzoo.data.captions import tokenise, words_of
from ganzoo.data.drawn import anime, faces, grid, ring
from ganzoo.data.drawn.source import DrawnSource
from ganzoo.errors import RequestError


def small(source, count: int):
    source.counts = dict.fromkeys(source.counts, count)
    return source


@pytest.mark.parametrize("build", [anime, ring, grid])
def test_the_identity_tells_apart_what_differs(build):
    train, test = build(), build("test")
    reseeded, redrawn = build(), build()
    reseeded.seed, redrawn.version = 1, "other"
    known = [
        source.identity() for source in (train, test, reseeded, redrawn, small(build(), 5), anime(), ring(), grid())
    ]
    assert len(set(known)) == 7  # one of the last three is `build` itself
    assert build().identity() == train.identity() == test.split("train").identity()


def test_the_parts_share_no_example():
    train, test = anime().chunks(8, 3), anime("test").chunks(8, 3)
    seen = {picture.tobytes() for picture in next(train).images[:2000]}
    assert len(seen) == 2000
    assert not seen & {picture.tobytes() for picture in next(test).images[:2000]}


@pytest.mark.parametrize("build", [anime, ring])
def test_what_is_made_after_a_mark_is_the_rest(build):
    source = small(build(), 300)
    source.stretch = lambda size: 128
    whole = list(source.chunks(8, 0))
    for place, chunk in enumerate(whole):
        rest = list(source.chunks_after(8, 0, chunk.mark))
        assert [each.images.tobytes() for each in rest] == [each.images.tobytes() for each in whole[place + 1 :]]


def test_an_unknown_part_is_refused():
    with pytest.raises(RequestError, match="no part 'valid'; it has train, test"):
        anime("valid")


def test_chunks_carry_all_that_is_known_of_each_picture():
    source = small(anime(), 300)
    chunks = list(source.chunks(64, 0))
    assert [len(chunk.images) for chunk in chunks] == [256, 44]
    whole = faces.attributes(np.arange(300), 0)
    for chunk, start in zip(chunks, (0, 256), strict=True):
        n = len(chunk.images)
        assert chunk.images.shape == (n, 3, 64, 64)
        assert chunk.images.dtype == np.uint8
        assert chunk.labels.dtype == np.int64
        assert np.array_equal(chunk.labels, chunk.attributes["hair_colour"])
        assert len(chunk.captions) == n
        for name, values in chunk.attributes.items():
            assert np.array_equal(values, whole[name][start : start + n])


def test_the_survey_counts_without_drawing():
    survey = anime().survey()
    source = anime()
    assert survey.count == survey.captions == len(source) == 20_000
    assert survey.classes == source.classes
    assert sum(survey.per_class) == 20_000
    assert np.abs(np.array(survey.per_class) - 2500).max() < 5 * np.sqrt(2500)
    assert (survey.channels, dict(survey.modes), survey.faults) == (3, {"RGB": 20_000}, ())


def test_grey_is_what_pillow_makes_of_it():
    source = small(anime(), 12)
    (colour,), (grey,) = source.chunks(16, 3), source.chunks(16, 1)
    for picture, plane in zip(colour.images, grey.images, strict=True):
        assert np.array_equal(Image.fromarray(picture.transpose(1, 2, 0)).convert("L"), plane[0])


def test_the_vocabulary_is_that_of_the_captions():
    source = small(anime(), 2000)
    written = faces.captions(faces.attributes(np.arange(2000), 0))
    assert {word for texts in written for text in texts for word in words_of(text)} == set(source.words)
    assert tokenise(written[:50], source.words).all(axis=-1).any()


def test_the_seed_makes_another_set():
    one, two = (small(DrawnSource(faces, seed), 8) for seed in (0, 1))
    assert not np.array_equal(next(one.chunks(16, 3)).images, next(two.chunks(16, 3)).images)


def test_naming_the_sets_loads_no_torch():
    look = (
        "import sys; from ganzoo.data.drawn import anime; anime(); print('torch' in sys.modules, 'PIL' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]

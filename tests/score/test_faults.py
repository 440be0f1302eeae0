"""What scores make of generators whose faults are known."""

from __future__ import annotations

import numpy as np
import pytest

from ganzoo.data.catalogue import open_data
from ganzoo.score import exhibit as exhibits
from ganzoo.score.exhibit import Refused
from ganzoo.score.scores import likeness, obedience, translations, variety


@pytest.fixture
def honest(exhibit, faces):
    return exhibit(faces.others)


@pytest.fixture
def collapsed(exhibit, faces):
    return exhibit(faces.others[:1])


@pytest.fixture
def memorising(exhibit, faces):
    return exhibit(np.array(open_data(str(faces.folder), size=16).images))


def test_a_collapsed_generator_is_exposed(honest, collapsed):
    assert likeness.fid(collapsed) > 10 * likeness.fid(honest)
    assert likeness.prc(collapsed)["recall"] == 0
    assert likeness.coverage(collapsed) < 0.1 < 0.8 < likeness.coverage(honest)
    assert variety.nearest(collapsed)["duplicates"] == 1
    assert variety.nearest(honest)["duplicates"] < 0.1
    assert variety.msssim(collapsed)["msssim"] < 0.01 < 0.9 < variety.msssim(honest)["msssim"]
    assert variety.found_modes(collapsed)["modes"] <= 1


def test_a_generator_that_learned_by_heart_is_exposed(honest, memorising):
    """The distance is as good as can be, which is why it alone says nothing."""
    assert likeness.fid(memorising) < likeness.fid(honest)
    assert variety.nearest(memorising)["nn"] == 1
    assert variety.nearest(honest)["nn"] < 0.1


def test_half_of_the_classes_are_half_of_the_modes(exhibit, faces, honest):
    half = exhibit(faces.others[faces.labels < 4])
    told, whole = variety.found_modes(half), variety.found_modes(honest)
    assert (whole["modes"], whole["modes_there"]) == (8, 8)
    assert told["modes"] == 4
    assert told["reverse_kl"] == pytest.approx(np.log(2), abs=0.2)
    assert likeness.kid(half)["kid"] > likeness.kid(honest)["kid"]


def test_samples_of_the_class_asked_for_are_told_from_others(exhibit, faces):
    obedient = obedience.label_accuracy(exhibit(faces.others, faces.labels))
    deaf = obedience.label_accuracy(exhibit(faces.others, np.roll(faces.labels, 1)))
    assert obedient["label_accuracy"] > 0.9
    assert obedient["label_accuracy_real"] > 0.9
    assert deaf["label_accuracy"] < 0.3


def test_scores_do_not_depend_on_how_many_are_drawn_at_once(exhibit, faces, monkeypatch):
    told = []
    for at_once in (256, 33):
        monkeypatch.setattr(exhibits, "AT_ONCE", at_once)
        examined = exhibit(faces.others)
        told.append((likeness.fid(examined), likeness.kid(examined)["kid"], variety.nearest(examined)["nn"]))
    assert told[0] == told[1]


def test_features_of_data_are_looked_at_once(exhibit, faces, tmp_path):
    first = exhibit(faces.others).real.values
    (kept,) = (tmp_path / "features").glob("*.safetensors")
    stamp = kept.stat().st_mtime_ns
    assert (exhibit(faces.others).real.values == first).all()
    assert kept.stat().st_mtime_ns == stamp


def test_features_cut_short_are_looked_at_again(exhibit, faces, tmp_path):
    examined = exhibit(faces.others)
    first = examined.real.values
    (kept,) = (tmp_path / "features").glob("*.safetensors")
    kept.write_bytes(kept.read_bytes()[:1_000])
    examined._bank._data.clear()
    assert (exhibit(faces.others).real.values == first).all()


@pytest.mark.parametrize(
    "score", [likeness.isc, obedience.text_accuracy, translations.pair_l1, obedience.label_accuracy]
)
def test_a_score_that_cannot_be_says_why(honest, score):
    with pytest.raises(Refused, match=r"\w+"):
        score(honest)

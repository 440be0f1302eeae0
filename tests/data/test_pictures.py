from __future__ import annotations

import json
import os
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganzoo.data.pictures import open_pictures
from ganzoo.data.source import PairSource, Source
from ganzoo.data.tree import Archive, Folder
from ganzoo.errors import RequestError


def zipped(folder: Path, path: Path, prefix: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, prefix + file.relative_to(folder).as_posix())
    return path


def decoded(source: Source, size: int = 8, channels: int = 0):
    chunks = list(source.chunks(size, channels))
    labels = None if chunks[0].labels is None else np.concatenate([chunk.labels for chunk in chunks])
    return np.concatenate([chunk.images for chunk in chunks]), labels, [f for chunk in chunks for f in chunk.faults]


def test_classes_captions_and_documents(tmp_path, draw):
    for name in ("b10/1.png", "b2/1.png", "b2/2.png"):
        draw(f"set/{name}")
    (tmp_path / "set/captions.jsonl").write_text(json.dumps({"file": "b2/1.png", "text": "Hello you"}))
    (tmp_path / "set/LICENSE.txt").write_text("free")
    source = open_pictures(Folder(tmp_path / "set"))
    images, labels, faults = decoded(source)
    assert source.name == "set"
    assert source.gives == ("image", "label", "text")
    assert source.classes == ("b2", "b10")
    assert source.words == ("hello", "you")
    assert source.licence == "see LICENSE.txt"
    assert images.shape == (3, 3, 8, 8)
    assert labels.tolist() == [1, 0, 0]  # in the order of the names: b10/1, b2/1, b2/2
    assert next(source.chunks(8, 0)).captions == [[], ["Hello you"], []]
    assert faults == []


def test_a_zip_reads_as_its_folder(tmp_path, draw):
    for name in ("train/x/1.png", "train/y/1.jpg", "test/x/2.png"):
        draw(f"set/{name}")
    (tmp_path / "set/captions.jsonl").write_text(json.dumps({"file": "train/x/1.png", "text": "one"}))
    folder = open_pictures(Folder(tmp_path / "set"))
    for prefix in ("", "around/it/"):
        archive = open_pictures(Archive(zipped(tmp_path / "set", tmp_path / "set.zip", prefix)))
        assert archive.name == "set"
        assert (archive.classes, archive.splits, archive.gives) == (folder.classes, folder.splits, folder.gives)
        assert np.array_equal(decoded(archive)[0], decoded(folder)[0])
        assert next(archive.chunks(8, 0)).captions == [["one"], []]
        assert archive.survey() == folder.survey()


def test_grey_folder_gives_one_channel_and_a_mixed_one_three(draw, tmp_path):
    draw("grey/1.png", "L")
    draw("grey/2.png", "LA")
    draw("grey/3.png", "1")
    source = open_pictures(Folder(tmp_path / "grey"))
    assert decoded(source)[0].shape == (3, 1, 8, 8)
    assert decoded(source, channels=3)[0].shape == (3, 3, 8, 8)
    assert source.survey().channels == 1
    draw("grey/4.png", "RGB")
    source = open_pictures(Folder(tmp_path / "grey"))
    assert decoded(source)[0].shape == (4, 3, 8, 8)
    assert source.survey().channels == 3


def test_faults_are_named_and_the_rest_is_used(tmp_path, draw):
    for number in range(5):
        draw(f"set/{number}.png")
    whole = (tmp_path / "set/0.png").read_bytes()
    (tmp_path / "set/cut.png").write_bytes(whole[:-40])
    (tmp_path / "set/empty.jpg").touch()
    (tmp_path / "set/words.png").write_text("no picture")
    (tmp_path / "set/clip.mp4").write_bytes(b"1234")
    (tmp_path / "set/gone.png").symlink_to("nowhere.png")
    os.mkfifo(tmp_path / "set/pipe.png")
    (tmp_path / "set/.DS_Store").write_bytes(b"1234")
    source = open_pictures(Folder(tmp_path / "set"))
    images, _, faults = decoded(source)
    assert len(images) == 5
    reasons = {fault.file: fault.reason for fault in faults}
    assert reasons.pop("cut.png").startswith("unreadable: image file is truncated")
    assert reasons == {
        "empty.jpg": "empty file",
        "words.png": "not a picture",
        "clip.mp4": "not a picture (.mp4)",
        "gone.png": "cannot be read: a broken link",
        "pipe.png": "cannot be read: not a regular file",
    }
    survey = source.survey()
    assert survey.count == 5
    assert set(survey.faults) == set(faults)


def test_survey_counts_sizes_modes_classes_and_captions(tmp_path, draw):
    draw("set/a/1.png", "L", (10, 20))
    draw("set/a/2.png", "RGB", (10, 20))
    draw("set/b/1.png", "RGBA", (5, 5))
    (tmp_path / "set/captions.jsonl").write_text(json.dumps({"file": "b/1.png", "text": ["x", "y"]}))
    survey = open_pictures(Folder(tmp_path / "set")).survey()
    assert survey.count == 3
    assert survey.sizes == {(10, 20): 2, (5, 5): 1}
    assert survey.modes == {"L": 1, "RGB": 1, "RGBA": 1}
    assert (survey.classes, survey.per_class) == (("a", "b"), (2, 1))
    assert (survey.captions, survey.channels, survey.faults) == (1, 3, ())


def test_parts_share_classes_and_words(tmp_path, draw):
    for name in ("train/x/1.png", "train/y/1.png", "test/y/2.png"):
        draw(f"set/{name}")
    lines = [{"file": "train/x/1.png", "text": "zebra"}, {"file": "test/y/2.png", "text": "ant"}]
    (tmp_path / "set/captions.jsonl").write_text("\n".join(map(json.dumps, lines)))
    train = open_pictures(Folder(tmp_path / "set"))
    test = train.split("test")
    assert (len(train), len(test)) == (2, 1)
    assert train.classes == test.classes == ("x", "y")
    assert train.words == test.words == ("ant", "zebra")
    assert decoded(test)[1].tolist() == [1]
    assert train.identity() != test.identity()
    with pytest.raises(RequestError, match="'set' has no part 'validation'; it has train, test"):
        train.split("validation")


def test_two_domains(tmp_path, draw):
    for name in ("trainA/1.png", "trainA/2.png", "trainB/1.png", "testA/1.png", "testB/1.png"):
        draw(f"set/{name}")
    (tmp_path / "set/clip.mp4").touch()
    pair = open_pictures(Folder(tmp_path / "set"))
    assert isinstance(pair, PairSource)
    assert pair.gives == ("a", "b")
    assert pair.splits == ("train", "test")
    assert (len(pair.a), len(pair.b)) == (2, 1)
    assert len(pair.split("test").a) == 1
    assert (len(pair.a.survey().faults), len(pair.b.survey().faults)) == (1, 0)


def test_labels_of_a_dataset_json(tmp_path, draw):
    for name in ("00000/1.png", "00000/2.png", "00001/3.png"):
        draw(f"set/{name}")
    labels = [["00000/1.png", 2], ["00000/2.png", 0], ["00001/3.png", 2]]
    described = tmp_path / "set/dataset.json"
    described.write_text(json.dumps({"labels": labels}))
    source = open_pictures(Folder(tmp_path / "set"))
    assert source.classes == ("0", "1", "2")
    assert decoded(source)[1].tolist() == [2, 0, 2]
    described.write_text(json.dumps({"labels": None}))
    assert open_pictures(Folder(tmp_path / "set")).gives == ("image",)
    described.write_text("[")
    source = open_pictures(Folder(tmp_path / "set"))
    assert source.classes == ("00000", "00001")
    assert [fault.file for fault in source.survey().faults] == ["dataset.json"]


def test_identity_follows_the_files(tmp_path, draw):
    draw("set/1.png")
    first = open_pictures(Folder(tmp_path / "set")).identity()
    assert open_pictures(Folder(tmp_path / "set")).identity() == first
    os.utime(tmp_path / "set/1.png", ns=(1, 1))
    second = open_pictures(Folder(tmp_path / "set")).identity()
    draw("set/2.png")
    assert len({first, second, open_pictures(Folder(tmp_path / "set")).identity()}) == 3


def test_links_are_followed_but_not_in_circles(tmp_path, draw):
    draw("elsewhere/1.png")
    draw("set/2.png")
    (tmp_path / "set/linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "set/circle").symlink_to(tmp_path / "set")
    assert len(open_pictures(Folder(tmp_path / "set"))) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_names_that_are_no_unicode(tmp_path, draw):
    draw("set/1.png")
    (tmp_path / os.fsdecode(b"set/\xff.png")).touch()
    source = open_pictures(Folder(tmp_path / "set"))
    assert source.identity()
    assert [fault.file for fault in source.survey().faults] == ["\\xff.png"]


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "it is empty"),
        ({"a.txt": b"x", "b.csv": b"y"}, "only .csv, .txt files"),
        ({"MNIST/raw/train-images-idx3-ubyte.gz": b"x"}, "--data mnist, fashion-mnist or cifar10 with GANZOO_DATA="),
    ],
)
def test_a_folder_without_pictures_says_what_it_has(tmp_path, files, reason):
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    with pytest.raises(RequestError) as refused:
        open_pictures(Folder(tmp_path))
    assert reason in str(refused.value)
    assert str(refused.value).count("\n") <= 1


def test_what_is_wrong_inside_a_zip_is_a_fault(tmp_path, draw):
    draw("set/a.png")
    draw("set/b.png")
    path = zipped(tmp_path / "set", tmp_path / "set.zip")
    data = bytearray(path.read_bytes())
    at = data.find(b"IDAT", data.find(b"b.png"))
    data[at + 6] ^= 0xFF  # stored, so the checksum of the member no longer holds
    path.write_bytes(data)
    survey = open_pictures(Archive(path)).survey()
    assert survey.count == 1
    assert [fault.file for fault in survey.faults] == ["b.png"]
    assert "damaged or locked in the zip" in survey.faults[0].reason


def test_a_zip_that_is_none(tmp_path):
    (tmp_path / "set.zip").write_text("no zip")
    with pytest.raises(RequestError, match="cannot be read as a zip"):
        open_pictures(Archive(tmp_path / "set.zip"))


def test_junk_of_file_managers_is_left_out(tmp_path, draw):
    draw("set/a.png")
    Image.new("L", (2, 2)).save(tmp_path / "x.png")
    with zipfile.ZipFile(zipped(tmp_path / "set", tmp_path / "set.zip"), "a") as archive:
        archive.write(tmp_path / "x.png", "__MACOSX/a.png")
        archive.write(tmp_path / "x.png", "._a.png")
        archive.writestr("Thumbs.db", b"x")
    survey = open_pictures(Archive(tmp_path / "set.zip")).survey()
    assert (survey.count, survey.faults) == (1, ())


def test_a_glance_is_taken_from_everywhere(tmp_path, draw):
    for number in range(40):
        Image.new("L", (4, 4), number * 6).save(draw(f"set/{number:02}.png"))
    images = open_pictures(Folder(tmp_path / "set")).glance(4, 4).images
    assert images[:, 0, 0, 0].tolist() == [0, 60, 120, 180]

from __future__ import annotations

import pytest

from ganzoo.data.layout import natural, read_layout


def test_folders_are_classes_in_natural_order():
    layout = read_layout(["c10/a.png", "c2/a.png", "c2/deep/er/b.jpg", "LICENSE.txt", "captions.jsonl"])
    assert layout.classes == ("c2", "c10")
    assert layout.label == {"c10/a.png": 1, "c2/a.png": 0, "c2/deep/er/b.jpg": 0}
    assert layout.documents == ("LICENSE.txt",)
    assert layout.others == ()


@pytest.mark.parametrize(
    "names",
    [
        ["a.png", "b.png"],
        ["images/a.png", "images/b.png"],  # a folder around everything is no class
        ["cats/a.png", "dogs/b.png", "c.png"],  # one without a class
        ["train/images/a.png", "test/images/b.png"],
    ],
)
def test_no_labels_where_folders_tell_nothing_apart(names):
    layout = read_layout(names)
    assert layout.classes == ()
    assert layout.label == {}


def test_a_folder_around_everything_does_not_count():
    layout = read_layout(["set/train/cats/a.png", "set/train/dogs/b.png", "set/test/cats/c.png"])
    assert layout.classes == ("cats", "dogs")
    assert layout.parts == {
        "": {"train": ("set/train/cats/a.png", "set/train/dogs/b.png"), "test": ("set/test/cats/c.png",)}
    }


@pytest.mark.parametrize("held_out", ["val", "valid", "validation", "Validation"])
def test_names_of_the_validation_part(held_out):
    layout = read_layout([f"{held_out}/x.png", "train/a.png", "stray.png", "more/b.png"])
    assert layout.parts == {"": {"train": ("train/a.png",), "validation": (f"{held_out}/x.png",)}}
    assert layout.astray == ("stray.png", "more/b.png")


def test_every_part_numbers_the_classes_alike():
    layout = read_layout(["train/a/1.png", "train/c/1.png", "test/b/1.png", "test/c/1.png"])
    assert layout.classes == ("a", "b", "c")
    assert layout.label["train/c/1.png"] == layout.label["test/c/1.png"] == 2


def test_train_alone_is_no_class_and_test_alone_no_part():
    assert read_layout(["train/a/1.png", "train/b/2.png"]).classes == ("a", "b")
    assert read_layout(["test/1.png", "other/2.png"]).classes == ("other", "test")


def test_two_domains():
    layout = read_layout(["trainA/1.png", "trainB/2.png", "testA/3.png", "testB/4.png", "preview.png"])
    assert layout.parts == {
        "a": {"train": ("trainA/1.png",), "test": ("testA/3.png",)},
        "b": {"train": ("trainB/2.png",), "test": ("testB/4.png",)},
    }
    assert layout.astray == ("preview.png",)
    assert layout.classes == ()


def test_files_that_are_no_pictures_are_told_from_documents():
    layout = read_layout(["a.PNG", "clip.mp4", "notes.txt", "README.md", "licence-b.txt", "notice.png", "no_suffix"])
    assert layout.parts[""]["train"] == ("a.PNG", "notice.png", "no_suffix")
    assert layout.documents == ("README.md", "licence-b.txt")
    assert layout.others == ("clip.mp4", "notes.txt")


def test_natural_order():
    assert sorted(["10", "9", "b2", "b10", "a", "b"], key=natural) == ["9", "10", "a", "b", "b2", "b10"]


def test_nothing_at_all():
    assert read_layout([]).pictures == 0

from __future__ import annotations

import logging
import zipfile
from pathlib import Path

import pytest

from ganzoo.data.catalogue import facts_of, find_source, open_data
from ganzoo.data.pack import Pair
from ganzoo.errors import RequestError


def test_a_folder_and_a_path_from_home(tmp_path, draw, monkeypatch):
    draw("set/1.png")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert {open_data(name, size=8).hash for name in (str(tmp_path / "set"), "set", "./set", "~/set")} == {
        open_data("set/", size=8).hash
    }


def test_a_zip(tmp_path, draw):
    with zipfile.ZipFile(tmp_path / "set.ZIP", "w") as archive:
        archive.write(draw("set/1.png"), "1.png")
    zipped = open_data(str(tmp_path / "set.ZIP"), size=8)
    assert zipped.name == "set"
    assert zipped.hash == open_data(str(tmp_path / "set"), size=8).hash


def test_a_name_in_zoo_toml(tmp_path, draw):
    draw("pictures/1.png")
    draw("pictures/2.png")
    Path("zoo.toml").write_text(
        f'[data.Mine]\nsource = "{tmp_path}/pictures"\nlicence = "my own"\n[data.other]\nsource = "mine"\n'
    )
    pack = open_data("mine", size=8)
    assert (pack.name, pack.licence, len(pack)) == ("mine", "my own", 2)
    assert open_data(str(tmp_path / "pictures"), size=8).name == "pictures"
    assert (open_data("other", size=8).name, open_data("other", size=8).licence) == ("other", "my own")


def test_names_that_lead_in_a_circle():
    Path("zoo.toml").write_text('[data.one]\nsource = "two"\n[data.two]\nsource = "one"\n')
    with pytest.raises(RequestError, match="leads back to itself"):
        open_data("one", size=8)


def test_a_registered_name_wins_over_a_folder_but_not_over_a_path(draw, tmp_path, monkeypatch):
    draw("mnist/1.png")
    monkeypatch.chdir(tmp_path)
    assert find_source("mnist").classes == tuple("0123456789")
    assert find_source("./mnist").classes == ()


def test_both_sides_of_a_pair_get_the_same_channels(tmp_path, draw):
    draw("set/trainA/1.png", "L")
    draw("set/trainB/1.png", "RGB")
    draw("set/testA/2.png", "L")
    draw("set/testB/2.png", "L")
    pair = open_data(str(tmp_path / "set"), size=8)
    assert isinstance(pair, Pair)
    assert pair.a.facts.shape == pair.b.facts.shape == pair.facts.shape == (3, 8, 8)
    assert open_data(str(tmp_path / "set"), size=8, split="test").facts.shape == (1, 8, 8)
    assert open_data(str(tmp_path / "set"), size=8).hash == pair.hash


def test_facts_are_known_without_packing(tmp_path, draw, monkeypatch):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))
    draw("grey/cats/1.png", "L")
    draw("grey/dogs/2.png", "L")
    draw("pair/trainA/1.png", "L")
    draw("pair/trainB/2.png")
    known = {name: facts_of(str(tmp_path / name), size=8) for name in ("grey", "pair")}
    known |= {name: facts_of(name, size=8) for name in ("ring", "shapes", "animals")}
    assert facts_of("anime", size=1024, channels=1).shape == (1, 1024, 1024)
    assert not (tmp_path / "cache" / "packs").exists()
    assert known["grey"] == open_data(str(tmp_path / "grey"), size=8).facts
    assert known["pair"] == open_data(str(tmp_path / "pair"), size=8).facts
    assert known["ring"] == open_data("ring", size=8).facts
    assert (len(known["animals"].classes), known["shapes"].shape) == (10, (3, 8, 8))
    assert known["shapes"].words


def test_facts_of_faulty_first_pictures_are_looked_for(tmp_path, draw):
    draw("set/2.png")
    (tmp_path / "set/1.png").touch()
    assert facts_of(str(tmp_path / "set"), size=8).count == 1
    (tmp_path / "set/2.png").unlink()
    with pytest.raises(RequestError, match="Nothing usable"):
        facts_of(str(tmp_path / "set"), size=8)


def test_what_was_left_out_is_said_every_time(tmp_path, draw, caplog):
    draw("set/1.png")
    for number in range(5):
        (tmp_path / f"set/bad{number}.png").touch()
    for _ in range(2):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            open_data(str(tmp_path / "set"), size=8)
        assert caplog.messages == [
            "set: 5 left out: bad0.png (empty file), bad1.png (empty file), bad2.png (empty file) and 2 more; "
            "see ganzoo data inspect."
        ]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nmist", "Did you mean mnist"),
        ("hub:someone", "expected hub:owner/name"),
        ("{here}/shards-{{000..127}}.tar", "/shards-000.tar' (128 of 128 are missing)"),
        ("./nowhere/at/all", "Nor is there anything in 'nowhere/at'"),
        ("{here}/pictore", "Did you mean pictures?"),
        ("{here}/words.txt", "is a file, but no zip"),
        ("{here}/broken.zip", "cannot be read as a zip"),
        ("{here}/none.zip", "No folder or zip at"),
        ("{here}/hollow", "it is empty"),
        ("", "No data ''"),
    ],
)
def test_what_cannot_be_opened_is_told_in_a_line_or_two(tmp_path, name, told):
    for folder in ("pictures", "hollow"):
        (tmp_path / folder).mkdir()
    (tmp_path / "words.txt").write_text("words")
    (tmp_path / "broken.zip").write_text("words")
    with pytest.raises(RequestError) as refused:
        open_data(name.format(here=tmp_path), size=8)
    assert told in str(refused.value)
    assert str(refused.value).count("\n") <= 1


def test_a_large_folder_is_listed_once_for_a_command(tmp_path, draw, monkeypatch):
    draw("set/1.png")
    monkeypatch.setattr("ganzoo.data.catalogue.SLOW", -1.0)
    first = find_source(str(tmp_path / "set"))
    draw("set/2.png")
    assert len(find_source(str(tmp_path / "set"))) == len(first) == 1
    monkeypatch.setattr("ganzoo.data.catalogue.RECENT", -1.0)
    assert len(find_source(str(tmp_path / "set"))) == 2


@pytest.mark.parametrize("wrong", [{"size": 0}, {"size": -4}, {"size": 100_000}, {"size": 8, "channels": 2}])
def test_sizes_and_channels_that_cannot_be(wrong):
    with pytest.raises(RequestError, match="expected"):
        open_data("ring", **wrong)


def test_a_part_there_is_not(tmp_path, draw):
    draw("set/1.png")
    with pytest.raises(RequestError, match="has no part 'test'; it has train"):
        open_data(str(tmp_path / "set"), size=8, split="test")

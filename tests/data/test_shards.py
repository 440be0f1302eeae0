from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganzoo.data.catalogue import find_source, open_data
from ganzoo.data.shards import expand
from ganzoo.data.tar import Cut, members
from ganzoo.errors import RequestError

FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def picture(level: int, kind: str = "PNG", mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    Image.new(mode, (8, 8), (level,) * 3 if mode == "RGB" else level).save(file, kind)
    return file.getvalue()


def write(path: Path, files: dict[str, bytes], kind: int = tarfile.USTAR_FORMAT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w", format=kind) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def sharded(folder: Path, shards: int = 3, each: int = 4, beside=lambda number: {}) -> str:
    """Shards whose picture k is grey level k, the keys alike in each; gives the pattern."""
    for shard in range(shards):
        files = {}
        for place in range(each):
            number = shard * each + place
            files |= {f"{place:04}.png": picture(number)}
            files |= {f"{place:04}.{suffix}": content for suffix, content in beside(number).items()}
        write(folder / f"set-{shard:02}.tar", files)
    return str(folder / f"set-{{00..{shards - 1:02}}}.tar")


def levels(images: np.ndarray) -> list[int]:
    return images[:, 0, 0, 0].tolist()


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("a.tar", ["a.tar"]),
        ("s-{08..11}.tar", ["s-08.tar", "s-09.tar", "s-10.tar", "s-11.tar"]),
        ("s-{8..11}.tar", ["s-8.tar", "s-9.tar", "s-10.tar", "s-11.tar"]),
        ("{a,b}/{0..1}.tar", ["a/0.tar", "a/1.tar", "b/0.tar", "b/1.tar"]),
    ],
)
def test_braces_are_written_out_as_a_shell_would(pattern, names):
    assert list(expand(pattern)) == names


@pytest.mark.parametrize("kind", FORMATS)
def test_members_are_found_where_the_standard_library_finds_them(tmp_path, kind):
    rng = np.random.default_rng(0)
    names = ["a.png", "deep/er/b.jpg", "y/" * 60 + "z.png", "ä.png", *(["x" * 99 + ".png"] if kind != "ustar" else [])]
    path = write(tmp_path / "a.tar", {name: rng.bytes(int(rng.integers(0, 2000))) for name in names}, FORMATS[kind])
    with tarfile.open(path) as tar:
        expected = [(info.name, info.offset_data, info.size) for info in tar]
    assert list(members(path)) == expected


def test_pictures_labels_and_captions_of_all_shards_in_their_order(tmp_path):
    beside = lambda number: {"cls": b"%d" % (number % 3), "txt": f"level {number}".encode()}  # noqa: E731
    pack = open_data(sharded(tmp_path, beside=beside), size=8)
    assert pack.name == "set"
    assert pack.gives == ("image", "label", "text")
    assert levels(pack.images) == list(range(12))
    assert pack.labels.tolist() == [number % 3 for number in range(12)]
    assert pack.facts.classes == ("0", "1", "2")
    assert pack.captions == [[f"level {number}"] for number in range(12)]


def test_a_json_may_say_it_all(tmp_path):
    told = lambda n: {"json": json.dumps({"label": "cat" if n % 2 else "ant", "caption": f"c{n}"}).encode()}  # noqa: E731
    pack = open_data(sharded(tmp_path, beside=told), size=8)
    assert pack.facts.classes == ("ant", "cat")
    assert pack.labels.tolist() == [0, 1] * 6
    assert pack.captions[3] == ["c3"]


def test_a_folder_of_shards_one_shard_and_a_pattern_are_alike(tmp_path, monkeypatch):
    pattern = sharded(tmp_path / "set")
    hashes = {
        open_data(name, size=8).hash for name in (pattern, str(tmp_path / "set"), str(tmp_path / "set/set-*.tar"))
    }
    assert len(hashes) == 1
    assert len(find_source(str(tmp_path / "set" / "set-01.tar"))) == 4
    monkeypatch.chdir(tmp_path)
    Path("zoo.toml").write_text('[data.mine]\nsource = "set/set-{00..02}.tar"\nlicence = "my own"\n')
    named = open_data("mine", size=8)
    assert (named.hash in hashes, named.name, named.licence) == (True, "mine", "my own")


def test_a_tar_among_pictures_is_no_shard(tmp_path, draw):
    draw("set/1.png")
    write(tmp_path / "set/more.tar", {"2.png": picture(2)})
    source = find_source(str(tmp_path / "set"))
    assert (len(source), [fault.file for fault in source.survey().faults]) == (1, ["more.tar"])


def test_shards_of_parts(tmp_path):
    for part, level in (("train", 1), ("test", 2)):
        write(tmp_path / f"set/{part}-000.tar", {"a.png": picture(level), "a.cls": b"%d" % level})
    source = find_source(str(tmp_path / "set"))
    assert source.splits == ("train", "test")
    assert levels(open_data(str(tmp_path / "set"), size=8, split="test").images) == [2]
    assert source.split("test").classes == ("0", "1", "2")


def test_grey_shards_are_packed_grey(tmp_path):
    write(tmp_path / "a.tar", {"1.png": picture(5, mode="L"), "2.jpg": picture(9, "JPEG", "L")})
    assert open_data(str(tmp_path / "a.tar"), size=8).images.shape == (2, 1, 8, 8)


def test_labels_that_some_lack_are_left_out_aloud(tmp_path):
    source = find_source(sharded(tmp_path, beside=lambda n: {"cls": b"1"} if n else {}))
    assert source.gives == ("image",)
    assert [fault.reason for fault in source.survey().faults] == ["labels are left out: 1 pictures have none"]


def test_further_pictures_of_a_key_are_named(tmp_path):
    write(tmp_path / "a.tar", {"1.png": picture(1), "1.seg.png": picture(7), "2.png": picture(2)})
    source = find_source(str(tmp_path / "a.tar"))
    assert levels(next(source.chunks(8, 0)).images) == [1, 2]
    assert "1 further pictures of the same key are left out, such as 1.seg.png" in source.survey().faults[0].reason


def test_damage_is_a_fault_and_what_lies_before_it_is_used(tmp_path):
    pattern = sharded(tmp_path)
    cut, torn = tmp_path / "set-00.tar", tmp_path / "set-01.tar"
    os.truncate(cut, next(each for each in members(cut) if each.name == "0002.png").offset + 20)
    data = bytearray(torn.read_bytes())
    data[list(members(torn))[1].offset - 512] ^= 1  # a name that its checksum denies
    torn.write_bytes(data)
    pack = open_data(pattern, size=8)
    assert levels(pack.images) == [0, 1, 4, 8, 9, 10, 11]
    reasons = {fault.file: fault.reason for fault in pack.faults}
    assert "in the middle of 0002.png; the 2 pictures before that are used" in reasons["set-00.tar"]
    assert "damaged at byte" in reasons["set-01.tar"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty"), (b"no tar at all" * 99, "no tar"), (b"\x1f\x8b" + bytes(600), "compressed with gzip")],
)
def test_what_is_no_tar(tmp_path, content, reason):
    path = tmp_path / "a.tar"
    path.write_bytes(content)
    with pytest.raises(Cut, match=reason):
        list(members(path))
    with pytest.raises(RequestError, match=rf"Nothing usable in the shards .*a\.tar: {reason}"):
        open_data(str(path), size=8)


def test_a_tar_without_its_end_says_so(tmp_path):
    path = write(tmp_path / "a.tar", {"1.png": picture(1)})
    (last,) = members(path)
    os.truncate(path, (last.offset + last.size + 511) // 512 * 512)
    assert "without the mark of its end" in find_source(str(path)).survey().faults[0].reason


def test_a_missing_shard_is_named(tmp_path):
    sharded(tmp_path)
    with pytest.raises(RequestError, match=r"No shard at '.*set-03\.tar' \(2 of 5 are missing\)"):
        open_data(str(tmp_path / "set-{00..04}.tar"), size=8)
    with pytest.raises(RequestError, match=r"No shard at '.*nowhere\.tar'\.\n"):
        open_data(str(tmp_path / "nowhere.tar"), size=8)


def test_a_picture_that_is_none_is_named_with_its_shard(tmp_path):
    write(tmp_path / "a.tar", {"1.png": b"words", "2.png": picture(2)})
    assert [(fault.file, fault.reason) for fault in open_data(str(tmp_path / "a.tar"), size=8).faults] == [
        ("a/1.png", "not a picture")
    ]


def test_headers_are_read_once(tmp_path, monkeypatch):
    pattern = sharded(tmp_path)
    find_source(pattern)
    with monkeypatch.context() as patch:
        patch.setattr("ganzoo.data.index.read_index", None)
        source = find_source(pattern)
    assert len(source) == 12
    write(tmp_path / "set-01.tar", {"1.png": picture(1)})
    assert len(find_source(pattern)) == 9
    assert find_source(pattern).identity() != source.identity()


def test_a_crew_reads_the_same(tmp_path, monkeypatch):
    pattern = sharded(tmp_path, beside=lambda n: {"cls": b"%d" % n})
    here = open_data(pattern, size=8).hash
    monkeypatch.setattr("ganzoo.data.reading.LONG", 0)
    monkeypatch.setattr("ganzoo.data.index.MANY", 0)
    monkeypatch.setattr("ganzoo.data.pictures.STRETCH", 4)
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "another"))
    monkeypatch.setattr("ganzoo.data.reading.processors", lambda: 2)
    assert open_data(pattern, size=8).hash == here

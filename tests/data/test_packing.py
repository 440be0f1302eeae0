from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganzoo.data.catalogue import find_source
from ganzoo.data.pack import Pack, digest_of
from ganzoo.data.packing import pack
from ganzoo.data.source import Chunk, Fault, Source
from ganzoo.errors import Interrupted, RequestError, WorkError

# A source for processes of their own: says on stdout that it is being decoded, then does as its argument says.
SCRIPT = """
import sys, time
import numpy as np
from ganzoo.data.packing import pack
from ganzoo.data.source import Chunk, Source

class Slow(Source):
    name = "slow"
    def __len__(self): return 64
    def identity(self): return "slow"
    def survey(self): raise NotImplementedError
    def chunks(self, size, channels):
        yield Chunk(np.full((32, 1, 64, 64), 1, np.uint8))
        print("decoding", flush=True)
        time.sleep(float(sys.argv[1]))
        yield Chunk(np.full((32, 1, 64, 64), 2, np.uint8))

print(pack(Slow(), size=64).hash, flush=True)
"""


class Drawn(Source):
    """Pictures of one number each, in stretches of a given length."""

    name = "drawn"
    licence = "free"
    gives = ("image", "label", "text")
    classes = ("even", "odd")

    def __init__(self, count: int = 10, stretch: int = 4, identity: str = "drawn") -> None:
        self._count, self._stretch, self._identity = count, stretch, identity
        self.decoded = 0

    def __len__(self) -> int:
        return self._count

    def identity(self) -> str:
        return self._identity

    def survey(self):
        raise NotImplementedError

    def chunks(self, size: int, channels: int) -> Iterator[Chunk]:
        self.decoded += 1
        for start in range(0, self._count, self._stretch):
            numbers = np.arange(start, min(start + self._stretch, self._count))
            images = np.broadcast_to(numbers[:, None, None, None], (len(numbers), 1, size, size)).astype(np.uint8)
            captions = [[f"number {number}"] for number in numbers]
            yield Chunk(images, numbers % 2, captions, {"number": numbers.astype(np.float32)})


class Marked(Drawn):
    """Says where it stands, and can be stopped there by an error of its own."""

    place = "here"

    def __init__(self, stop: int | None = None, error: type[BaseException] = KeyboardInterrupt, **rest: object) -> None:
        super().__init__(**rest)
        self.stop, self.error = stop, error
        self.read: list[int] = []

    def chunks(self, size: int, channels: int) -> Iterator[Chunk]:
        yield from self.chunks_after(size, channels, 0)

    def chunks_after(self, size: int, channels: int, mark: int) -> Iterator[Chunk]:
        for chunk in super().chunks(size, channels):
            first = int(chunk.attributes["number"][0])
            if first == self.stop:
                raise self.error
            if first >= mark:
                self.read.append(first)
                chunk.mark = first + len(chunk.images)
                chunk.faults = (Fault(f"{first}", "odd"),) if first == 4 else ()
                yield chunk


class Points(Source):
    name = "points"
    gives = ("points",)

    def __len__(self) -> int:
        return 6

    def identity(self) -> str:
        return "points"

    def survey(self):
        raise NotImplementedError

    def chunks(self, size: int, channels: int) -> Iterator[Chunk]:
        yield Chunk(np.arange(12, dtype=np.float32).reshape(6, 2))


def start(seconds: float, **environment: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(seconds)], stdout=subprocess.PIPE, text=True, env=os.environ | environment
    )


def packs() -> Path:
    return Path(os.environ["GANZOO_CACHE"]) / "packs"


def test_all_that_a_source_gives_is_in_the_pack():
    done = []
    made = pack(Drawn(), size=2, progress=lambda *each: done.append(each))
    assert len(made) == 10
    assert made.images.shape == (10, 1, 2, 2)
    assert isinstance(made.images, np.memmap)
    assert made.images[:, 0, 0, 0].tolist() == list(range(10))
    assert made.labels.dtype == np.int64
    assert made.labels.tolist() == [0, 1] * 5
    assert made.captions == [[f"number {number}"] for number in range(10)]
    assert made.facts.words == (*"0123456789", "number")
    assert made.tokens.tolist() == [[[11, number + 1]] for number in range(10)]
    assert made.attributes["number"].tolist() == list(range(10))
    assert (made.facts.shape, made.facts.count, made.facts.classes) == ((1, 2, 2), 10, ("even", "odd"))
    assert (made.name, made.licence, made.gives, made.faults) == ("drawn", "free", Drawn.gives, ())
    assert done == [(4, 10), (8, 10), (10, 10)]


def test_mean_is_that_of_the_pictures_from_minus_one_to_one():
    made = pack(Drawn(), size=2)
    assert made.facts.mean.dtype == np.float32
    assert np.allclose(made.facts.mean, 4.5 / 127.5 - 1)


def test_points_pass_as_they_are_and_know_no_size():
    made = pack(Points(), size=2)
    assert made.images.dtype == np.float32
    assert made.images.tolist() == np.arange(12).reshape(6, 2).tolist()
    assert made.facts.is_points
    assert made.facts.mean.tolist() == [5.0, 6.0]
    assert pack(Points(), size=64).path == made.path


def test_the_second_time_nothing_is_decoded():
    first, again = Drawn(), Drawn()
    made = pack(first, size=2)
    assert pack(again, size=2).path == made.path
    assert (first.decoded, again.decoded) == (1, 0)


@pytest.mark.parametrize("other", [{"size": 3}, {"size": 2, "channels": 1}, {"size": 2, "identity": "newer"}])
def test_another_transform_or_content_is_another_pack(other):
    source = Drawn(identity=other.pop("identity", "drawn"))
    assert pack(source, **other).path != pack(Drawn(), size=2).path


def test_hash_is_of_the_content_alone():
    made = pack(Drawn(), size=2).hash
    assert pack(Drawn(stretch=3, identity="again"), size=2).hash == made
    assert pack(Drawn(count=9, identity="fewer"), size=2).hash != made
    assert pack(Drawn(identity="larger"), size=3).hash != made


def test_hash_follows_labels_captions_and_classes():
    hashes = set()
    for change in ("labels", "captions", "classes", "attributes", ""):
        source = Drawn(identity=f"changed {change}")
        if change == "classes":
            source.classes = ("odd", "even")
        elif change:
            chunks = [*source.chunks(2, 0)]
            spoilt = {
                "labels": np.array([1, 1, 1, 1]),
                "captions": [["x"]] * 4,
                "attributes": {"number": np.ones(4, np.float32)},
            }
            setattr(chunks[0], change, spoilt[change])
            source.chunks = lambda size, channels, chunks=chunks: iter(chunks)
        hashes.add(pack(source, size=2).hash)
    assert len(hashes) == 5


def test_the_same_pictures_in_another_folder_hash_alike(tmp_path, draw):
    for name in ("x/1.png", "x/2.jpg", "y/3.png"):
        draw(f"set/{name}")
    shutil.copytree(tmp_path / "set", tmp_path / "copy" / "elsewhere")
    one, other = (pack(find_source(str(tmp_path / name)), size=8) for name in ("set", "copy/elsewhere"))
    assert one.path != other.path
    assert one.hash == other.hash


def test_faults_are_kept_with_the_pack(tmp_path, draw):
    draw("set/1.png")
    (tmp_path / "set/2.png").touch()
    source = find_source(str(tmp_path / "set"))
    for _ in range(2):
        assert [(each.file, each.reason) for each in pack(source, size=8).faults] == [("2.png", "empty file")]


def test_nothing_usable_is_refused_with_the_reasons(tmp_path):
    for name in ("1.png", "2.png", "3.jpg"):
        (tmp_path / name).touch()
    (tmp_path / "4.png").write_text("words")
    with pytest.raises(RequestError, match=r"3 x empty file; 1 x not a picture, such as 1\.png"):
        pack(find_source(str(tmp_path)), size=8)
    assert [each.name for each in packs().iterdir() if each.is_dir()] == []


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: flip(path / "images.npy", -3),
        lambda path: os.truncate(path / "images.npy", 150),
        lambda path: (path / "labels.npy").unlink(),
        lambda path: (path / "captions.jsonl").write_text(""),
        lambda path: (path / "meta.json").write_text("{"),
        lambda path: (path / "meta.json").write_text(json.dumps({"files": {}})),
        lambda path: (path / "meta.json").unlink(),
    ],
)
def test_a_damaged_pack_is_built_again_aloud(harm, caplog):
    made = pack(Drawn(), size=2)
    harm(made.path)
    source = Drawn()
    again = pack(source, size=2)
    assert source.decoded == 1
    assert again.hash == made.hash
    assert again.images[:, 0, 0, 0].tolist() == list(range(10))
    assert "is damaged" in caplog.text
    caplog.clear()
    assert pack(source, size=2).hash == made.hash
    assert (source.decoded, caplog.text) == (1, "")


def test_a_large_file_is_checked_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr("ganzoo.data.pack.WHOLE", 1000)
    monkeypatch.setattr("ganzoo.data.pack.PIECES", 5)
    monkeypatch.setattr("ganzoo.data.pack.PIECE", 10)
    path = tmp_path / "large"
    path.write_bytes(bytes(2000))
    whole = digest_of(path)
    for place in (0, 9, 1000, 1999):
        flip(path, place)
        assert digest_of(path) != whole
        flip(path, place)
    os.truncate(path, 1999)
    assert digest_of(path) != whole


def test_two_processes_at_once_build_it_once():
    both = [start(0.3), start(0.3)]
    said = [process.communicate(timeout=60)[0].split() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(map(len, said)) == [1, 2]  # one decoded; the other used what it found
    assert said[0][-1] == said[1][-1]


def test_a_killed_build_leaves_nothing_that_counts():
    process = start(60)
    assert process.stdout.readline() == "decoding\n"
    (left,) = packs().glob("*.building")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert left.exists()
    pack(Drawn(), size=2)  # another set: clears up all the same
    assert list(packs().glob("*.building")) == []
    process = start(0)
    said = process.communicate(timeout=60)[0].split()
    assert said[0] == "decoding"
    assert len([path for path in packs().iterdir() if path.is_dir()]) == 2


def test_a_build_at_work_is_not_cleared_away():
    process = start(1)
    assert process.stdout.readline() == "decoding\n"
    pack(Drawn(), size=2)
    assert len(list(packs().glob("*.building"))) == 1
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_an_interrupted_build_clears_up_after_itself():
    source = Drawn()

    def interrupted(size: int, channels: int) -> Iterator[Chunk]:
        yield Chunk(np.zeros((1, 1, 2, 2), np.uint8))
        raise KeyboardInterrupt

    source.chunks = interrupted
    with pytest.raises(KeyboardInterrupt):
        pack(source, size=2)
    assert [path for path in packs().iterdir() if path.is_dir()] == []


def files_of(made: Pack) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in made.path.iterdir()}


def left() -> list[Path]:
    return [*packs().glob("*.building"), *packs().glob("*.journal")]


def in_one_go(monkeypatch, **rest: object) -> dict[str, bytes]:
    with monkeypatch.context() as patch:
        patch.setenv("GANZOO_CACHE", os.environ["GANZOO_CACHE"] + "-other")
        return files_of(pack(Marked(**rest), size=2))


def test_an_interrupted_build_is_gone_on_with_and_is_the_same_to_the_bit(monkeypatch, caplog):
    with pytest.raises(
        Interrupted, match=r"drawn: packing stopped after 8 of 10\. The same command goes on"
    ) as stopped:
        pack(Marked(stop=8), size=2)
    assert stopped.value.exit_status == 130
    assert len(left()) == 2
    done = []
    source = Marked()
    made = pack(source, size=2, progress=lambda *each: done.append(each))
    assert source.read == [8]
    assert done[0] == (9, 10)  # a fault counts as done
    assert "going on with a pack begun before, 9 of 10" in caplog.text
    assert files_of(made) == in_one_go(monkeypatch)
    assert left() == []


@pytest.mark.parametrize(
    ("harm", "read"),
    [
        (lambda images, journal: flip(images, 128 + 5), [0, 4, 8]),  # in the first chunk
        (lambda images, journal: flip(images, 128 + 20), [4, 8]),  # in the second
        (lambda images, journal: os.truncate(images, 128 + 20), [4, 8]),
        (lambda images, journal: images.write_bytes(b""), [0, 4, 8]),
        (lambda images, journal: images.unlink(), [0, 4, 8]),
        (lambda images, journal: os.truncate(journal, journal.stat().st_size - 1), [4, 8]),
        (lambda images, journal: flip(journal, journal.stat().st_size - 20), [4, 8]),
        (lambda images, journal: images.write_bytes(images.read_bytes() + b"half a chunk"), [8]),
    ],
)
def test_of_a_build_that_was_stopped_only_what_holds_is_kept(harm, read, monkeypatch):
    with pytest.raises(Interrupted):
        pack(Marked(stop=8), size=2)
    (journal,) = packs().glob("*.journal")
    (folder,) = packs().glob("*.building")
    harm(folder / "images.npy", journal)
    source = Marked()
    made = pack(source, size=2)
    assert source.read == read
    assert files_of(made) == in_one_go(monkeypatch)


def test_a_source_that_changed_meanwhile_starts_over():
    with pytest.raises(Interrupted):
        pack(Marked(stop=8), size=2)
    changed = Marked(identity="newer")
    pack(changed, size=2)
    assert changed.read == [0, 4, 8]
    assert left() == []  # nor is what was made of the older state kept


def test_what_another_source_left_is_kept_for_a_while():
    with pytest.raises(Interrupted):
        pack(Marked(stop=8), size=2)
    elsewhere = Marked(identity="elsewhere")
    elsewhere.place = "there"
    pack(elsewhere, size=2)
    assert len(left()) == 2
    (journal,) = packs().glob("*.journal")
    os.utime(journal, (1, 1))
    pack(Marked(identity="later"), size=3)
    assert left() == []


def test_a_source_that_fails_leaves_what_was_packed():
    with pytest.raises(ValueError, match=r"^$"):
        pack(Marked(stop=8, error=ValueError), size=2)
    source = Marked()
    pack(source, size=2)
    assert source.read == [8]


def test_a_killed_build_of_pictures_is_gone_on_with(tmp_path):
    for number in range(24):
        Image.new("RGB", (4, 4), (number,) * 3).save(tmp_path / f"{number:02}.png")
    script = (
        "import sys, os, signal\n"
        "import ganzoo.data.pictures as pictures, ganzoo.data.reading as reading\n"
        "from ganzoo.data.catalogue import open_data\n"
        "pictures.STRETCH, reading.LONG, reading.processors = 4, float(sys.argv[2]), lambda: 2\n"
        "def killed(done, total):\n"
        "    if done >= 12: os.kill(os.getpid(), signal.SIGKILL)\n"
        "open_data(sys.argv[1], size=4, progress=killed)\n"
    )
    for seconds in ("9", "0"):  # in threads, and by a crew
        done = subprocess.run([sys.executable, "-c", script, str(tmp_path), seconds], check=False, env=dict(os.environ))
        assert done.returncode == -signal.SIGKILL
    reached = []
    made = pack(find_source(str(tmp_path)), size=4, progress=lambda *each: reached.append(each))
    assert reached[0][0] >= 12
    assert made.images[:, 0, 0, 0].tolist() == list(range(24))
    assert left() == []


def test_a_full_disk_is_named_with_the_place():
    resource = pytest.importorskip("resource")
    script = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, {resource.RLIM_INFINITY}));" + SCRIPT
    )
    done = subprocess.run([sys.executable, "-c", script, "0"], capture_output=True, text=True, check=False)
    assert f"WorkError: The pack cannot be written to {packs()}: File too large." in done.stderr
    assert "GANZOO_CACHE" in done.stderr
    assert [path for path in packs().iterdir() if path.is_dir()] == []


def test_a_disk_that_was_full_is_gone_on_with(monkeypatch):
    def full(size: int, channels: int, mark: int) -> Iterator[Chunk]:
        yield from islice(Marked().chunks_after(size, channels, mark), 2)
        raise OSError(errno.ENOSPC, "No space left on device")

    source = Marked()
    source.chunks_after = full
    with pytest.raises(WorkError, match=r"(?s)No space left on device.*give the same command again"):
        pack(source, size=2)
    again = Marked()
    assert files_of(pack(again, size=2)) == in_one_go(monkeypatch)
    assert again.read == [8]


def test_a_cache_that_is_no_folder_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "file"))
    with pytest.raises(WorkError, match=r"cannot be written to .*file/packs.*\n.*GANZOO_CACHE"):
        pack(Drawn(), size=2)


def test_anyone_can_read_the_files():
    path = pack(Drawn(), size=2).path
    assert np.load(path / "images.npy", mmap_mode="r").shape == (10, 1, 2, 2)
    meta = json.loads((path / "meta.json").read_text())
    assert meta["name"] == "drawn"
    assert Pack(path).hash == meta["hash"]

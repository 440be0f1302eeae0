from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from PIL import Image

from ganzoo.data.catalogue import find_source, open_data
from ganzoo.data.hub import pick
from ganzoo.errors import RequestError

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

SHA = "0123456789abcdef0123456789abcdef01234567"
README = "---\nlicense: cc-by-4.0\n---\n# Pictures\n"
FEATURES = {
    "image": {"_type": "Image"},
    "label": {"names": ["ant", "bee", "cat"], "_type": "ClassLabel"},
    "caption": {"dtype": "string", "_type": "Value"},
}


def picture(level: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (level,) * 3).save(file, "PNG")
    return file.getvalue()


def table(path: Path, levels: range, features: dict | None = FEATURES, **more: list) -> Path:
    """A parquet file as the hub's own library writes them: pictures in a struct, classes in the metadata."""
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {
        "image": [{"bytes": picture(level), "path": f"{level}.png"} for level in levels],
        "label": [level % 3 for level in levels],
        "caption": [f"level {level}" for level in levels],
    }
    written = pyarrow.table(columns | more)
    if features:
        written = written.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    parquet.write_table(written, path, row_group_size=4)
    return path


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """Where the files of owner/name are put by hand."""
    monkeypatch.setenv("GANZOO_DATA", str(tmp_path))
    return tmp_path / "hub" / "owner" / "name"


@pytest.fixture
def hub(tmp_path, monkeypatch) -> Iterator[tuple[Path, list[str]]]:
    """A hub on this machine: a folder whose files it gives out as owner/name, and what was asked of it."""
    folder, asked = tmp_path / "served", []
    folder.mkdir()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, body: bool) -> None:
            path = unquote(urlsplit(self.path).path)
            asked.append(path)
            files = sorted(file for file in folder.rglob("*") if file.is_file())
            listed = [(file.relative_to(folder).as_posix(), file) for file in files]
            if path.startswith("/api/datasets/owner/name/tree/"):
                entries = [{"type": "file", "path": n, "size": f.stat().st_size, "oid": "0" * 40} for n, f in listed]
                self.send(json.dumps(entries).encode(), body, "application/json")
            elif path.startswith("/api/datasets/owner/name"):
                about = {"id": "owner/name", "sha": SHA, "siblings": [{"rfilename": n} for n, _ in listed]}
                self.send(json.dumps(about).encode(), body, "application/json")
            elif path.startswith(f"/datasets/owner/name/resolve/{SHA}/"):
                self.send((folder / path.split(SHA + "/")[1]).read_bytes(), body, "application/octet-stream")
            else:
                self.send(b'{"error": "not found"}', body, "application/json", 404)

        def send(self, content: bytes, body: bool, kind: str, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", f'"{len(content):040d}"')
            self.send_header("X-Repo-Commit", SHA)
            if status == 404:
                self.send_header("X-Error-Code", "RepoNotFound")
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("no_proxy", "*")
    yield folder, asked
    server.shutdown()
    server.server_close()


def test_a_data_set_is_fetched_once(hub, monkeypatch):
    folder, asked = hub
    table(folder / "data/train-00000-of-00002.parquet", range(6))
    table(folder / "data/train-00001-of-00002.parquet", range(6, 10))
    table(folder / "data/test-00000-of-00001.parquet", range(20, 23))
    (folder / "README.md").write_text(README)
    (folder / "weights.bin").write_bytes(b"not asked for")
    pack = open_data("hub:owner/name", size=8)
    assert (pack.name, pack.licence, pack.gives) == ("name", "cc-by-4.0", ("image", "label", "text"))
    assert pack.images[:, 0, 0, 0].tolist() == list(range(10))
    assert pack.labels.tolist() == [level % 3 for level in range(10)]
    assert pack.facts.classes == ("ant", "bee", "cat")
    assert pack.captions[7] == ["level 7"]
    assert not [path for path in asked if "weights" in path]
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")  # nobody is there, and nobody needs to be
    assert open_data("hub:owner/name", size=8).hash == pack.hash
    test = open_data("hub:owner/name", size=8, split="test")
    assert test.images[:, 0, 0, 0].tolist() == [20, 21, 22]
    alone = open_data("hub:owner/name:test", size=8)  # as the part to train on
    assert np.array_equal(alone.images, test.images)
    Path("zoo.toml").write_text('[data.mine]\nsource = "hub:owner/name"\nlicence = "my own"\n')
    assert (open_data("mine", size=8).hash, open_data("mine", size=8).licence) == (pack.hash, "my own")


def test_of_a_split_only_its_files_are_fetched(hub):
    folder, asked = hub
    table(folder / "data/train-0.parquet", range(6))
    table(folder / "data/extra-0.parquet", range(3))
    assert len(open_data("hub:owner/name:extra", size=8)) == 3
    assert not [path for path in asked if "train" in path]


def test_the_command_line_may_use_the_network_though_it_keeps_others_from_it(hub, tmp_path):
    folder, _ = hub
    table(folder / "train.parquet", range(5))
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "GANZOO_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "ganzoo", "data", "inspect", "hub:owner/name", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["count"] == 5


def test_shards_and_pictures_of_the_hub(hub):
    import tarfile

    folder, _ = hub
    with tarfile.open(folder / "train-000.tar", "w") as tar:
        info = tarfile.TarInfo("1.png")
        info.size = len(picture(7))
        tar.addfile(info, io.BytesIO(picture(7)))
    assert open_data("hub:owner/name", size=8).images[0, 0, 0, 0] == 7


def test_what_the_hub_does_not_have_is_told(hub):
    folder, _ = hub
    (folder / "table.csv").write_text("1,2")
    with pytest.raises(RequestError, match=r"cannot be fetched: it has no pictures .*\nPut its files into "):
        find_source("hub:owner/name")
    with pytest.raises(RequestError, match=r"'hub:owner/other' cannot be fetched: .*404"):
        find_source("hub:owner/other")


def test_without_network_it_is_told_where_to_put_the_files(monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed.getsockname()[1]}")
        monkeypatch.setenv("no_proxy", "*")
        with pytest.raises(RequestError, match="cannot be reached: Connection refused") as refused:
            find_source("hub:owner/name")
    assert str(Path("data/hub/owner/name").absolute()) in str(refused.value)
    assert str(refused.value).count("\n") == 1


@pytest.mark.parametrize("name", ["hub:", "hub:name", "hub:a/b/c", "hub:a/../b", "hub:owner/name:", "hub:../x"])
def test_names_that_are_none(name):
    with pytest.raises(RequestError, match="expected hub:owner/name"):
        find_source(name)


def test_files_put_by_hand(home):
    table(home / "all.parquet", range(9), features=None)
    source = find_source("hub:owner/name")
    assert source.classes == ("0", "1", "2")  # nothing names them
    survey = source.survey()
    assert (survey.count, survey.captions, survey.per_class, survey.channels) == (9, 9, (3, 3, 3), 3)
    (home / "all.parquet").unlink()
    (home / "cats").mkdir()
    (home / "dogs").mkdir()
    for number in range(4):
        Image.new("RGB", (4, 4)).save(home / ("cats", "dogs")[number % 2] / f"{number}.png")
    assert find_source("hub:owner/name").classes == ("cats", "dogs")


def test_a_zip_of_the_hub(home):
    home.mkdir(parents=True)
    with zipfile.ZipFile(home / "pictures.zip", "w") as archive:
        archive.writestr("1.png", picture(3))
    assert open_data("hub:owner/name", size=8).images[0, 0, 0, 0] == 3


def test_columns_are_found_by_their_names(home):
    path = home / "x.parquet"
    path.parent.mkdir(parents=True)
    columns = {"PNG": [picture(1), picture(2)], "class": ["b", "a"], "captions": [["x", "y"], ["z"]]}
    parquet.write_table(pyarrow.table(columns), path)
    pack = open_data("hub:owner/name", size=8)
    assert (pack.facts.classes, pack.labels.tolist(), pack.captions) == (("a", "b"), [1, 0], [["x", "y"], ["z"]])


def test_what_is_wrong_in_a_table_is_a_fault(home):
    broken = [{"bytes": picture(0), "path": ""}, {"bytes": b"words", "path": ""}, {"bytes": None, "path": "x"}]
    table(home / "a.parquet", range(3), image=broken)
    (home / "b.parquet").write_bytes(b"PAR1 and then nothing")
    parquet.write_table(pyarrow.table({"number": [1]}), home / "c.parquet")
    pack = open_data("hub:owner/name", size=8)
    assert len(pack) == 1
    reasons = {fault.file: fault.reason for fault in pack.faults}
    assert reasons["a/0000001"] == "not a picture"
    assert reasons["a/0000002"] == "cannot be read: no picture in this row"
    assert reasons["b.parquet"].startswith("cannot be read: ")
    assert reasons["c.parquet"] == "cannot be read: no column of pictures among number"


def test_a_crew_reads_tables_alike(home, monkeypatch, tmp_path):
    table(home / "a.parquet", range(30))
    here = open_data("hub:owner/name", size=8).hash
    monkeypatch.setattr("ganzoo.data.reading.LONG", 0)
    monkeypatch.setattr("ganzoo.data.reading.processors", lambda: 2)
    monkeypatch.setattr("ganzoo.data.pictures.STRETCH", 7)
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "another"))
    assert open_data("hub:owner/name", size=8).hash == here


def test_without_pyarrow_it_is_told_what_to_install(home, monkeypatch):
    table(home / "a.parquet", range(3))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(RequestError, match=r"pip install 'ganzoo\[hub\]'"):
        find_source("hub:owner/name")


def test_the_files_of_a_card_are_picked():
    files = ["big/train-0.parquet", "small/train-0.parquet", "small/test-0.parquet", "README.md", "x.tar"]
    parts = lambda config: [{"split": part, "path": f"{config}/{part}-*"} for part in ("train", "test")]  # noqa: E731
    about = {"configs": [{"config_name": config, "data_files": parts(config)} for config in ("big", "small")]}
    assert pick(files, about, "") == {"train": ["big/train-0.parquet"]}
    about["configs"][1]["default"] = True
    assert pick(files, about, "") == {"train": ["small/train-0.parquet"], "test": ["small/test-0.parquet"]}
    assert pick(files, about, "test") == {"train": ["small/test-0.parquet"]}
    assert pick(files, about, "other") == {}
    assert pick(files, {}, "test") == {"train": ["small/test-0.parquet"]}
    assert pick(["a.parquet", "b.parquet"], {}, "") == {"train": ["a.parquet", "b.parquet"]}
    assert pick(["a.txt"], {}, "") == {}


def test_pixels_survive(home):
    values = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG")
    table(home / "a.parquet", range(1), image=[{"bytes": file.getvalue(), "path": None}])
    assert np.array_equal(open_data("hub:owner/name", size=8).images[0], values.transpose(2, 0, 1))

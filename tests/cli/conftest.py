"""The command line as a person meets it: words in, exit status and two streams out."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from ganzoo.__main__ import main


class Told(NamedTuple):
    """What came of a command."""

    status: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def ganzoo(capsys, monkeypatch):
    """Run a command in this process: torch is imported once for all tests."""
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "HF_HUB_OFFLINE", "GANZOO_SKIP_PLUGINS"):
        monkeypatch.setenv(name, "")  # so that what main sets is taken back

    def run(*words: object) -> Told:
        capsys.readouterr()
        status = main([str(word) for word in words])
        return Told(status, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def pictures():
    """Write a folder of small pictures, each of a colour of its own."""

    def write(folder: str | Path, count: int = 24, mode: str = "RGB") -> Path:
        folder = Path(folder)
        folder.mkdir(parents=True)
        for i in range(count):
            Image.new("RGBA", (16, 16), (10 * i, 255 - 10 * i, 40, 128 + i)).convert(mode).save(folder / f"{i:02d}.png")
        return folder

    return write


@pytest.fixture(scope="session")
def _trained(tmp_path_factory, pictures) -> Path:
    """A small finished run of dcgan, made once; nobody may write to it."""
    home = tmp_path_factory.mktemp("trained")
    pictures(home / "pics")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANZOO_CACHE", str(home / "cache"))
        words = ["train", "dcgan", "--preset", "tiny", "--data", home / "pics", "--steps", "8", "--runs", home / "runs"]
        assert main([str(word) for word in words]) == 0
    return home / "runs" / "dcgan-pics-tiny"


@pytest.fixture
def trained(_trained, tmp_path) -> Path:
    """A copy of it for this test alone."""
    return Path(shutil.copytree(_trained, tmp_path / "runs" / _trained.name))


@pytest.fixture
def python():
    """Run code in a fresh interpreter."""

    def run(*arguments: str, **options) -> Told:
        done = subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, timeout=60, **options
        )  # fmt: skip
        return Told(done.returncode, done.stdout, done.stderr)

    return run

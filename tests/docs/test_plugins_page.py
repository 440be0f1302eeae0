"""Write a plugin in twenty minutes: the page is followed, command by command."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
TYPED = [line for kind, block in BLOCKS if kind == "console" for line in block.splitlines()]
LONG = ("ganzoo compare", "pytest", "uv build", "ganzoo plugins check")  # minutes, or a package index; see below


class Reader:
    """Somebody who does what the page says, in an empty folder."""

    def __init__(self, folder: Path, install) -> None:
        self.folder, self.install, self.path = folder, install, ""

    def types(self, line: str) -> subprocess.CompletedProcess | None:
        """Run a command; installing is done as an editable install would have left it, without a package index."""
        if line.startswith("uv pip install -e "):
            self.path = self.install(self.folder / line.split()[-1])
            return None
        environment = os.environ | {"PYTHONPATH": self.path, "GANZOO_STRICT": "1"}
        command = [sys.executable, "-m", *shlex.split(line)]
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120
        )  # fmt: skip

    def edits(self, kind: str, block: str) -> None:
        """Put a field into Config, or a whole recipe in place of the old one."""
        module = self.folder / "ganzoo-mygan" / "ganzoo_mygan"
        if block.startswith('"""'):
            (module / "recipe.py").write_text(block)
            return
        text = (module / "__init__.py").read_text()
        last = re.findall(r"^    betas: .*\n", text, re.MULTILINE)[-1]
        (module / "__init__.py").write_text(text.replace(last, last + block))


@pytest.fixture
def reader(tmp_path, install):
    return Reader(tmp_path, install)


def test_the_page_is_followed_from_top_to_bottom(reader, tmp_path):
    (tmp_path / "pics").mkdir()
    for number, pixels in enumerate(np.random.default_rng(0).integers(0, 256, (16, 16, 16, 3), np.uint8)):
        Image.fromarray(pixels).save(tmp_path / "pics" / f"{number}.png")
    for kind, block in BLOCKS:
        if kind == "python":
            reader.edits(kind, block)
        for line in block.splitlines() if kind == "console" else ():
            if line.startswith(LONG):
                continue
            if line.startswith("ganzoo train"):
                line += " --data pics"  # not the drawn faces, which take a while to draw
            done = reader.types(line)
            assert done is None or done.returncode == 0, f"{line}\n{done.stderr}"
            if line.startswith("ganzoo list"):
                assert "ganzoo-mygan 0.1.0" in done.stdout
    runs = {path.parent: tomllib.loads(path.read_text()) for path in (tmp_path / "runs").glob("*/run.toml")}
    assert [about["guests"] for about in runs.values()] == [{"ganzoo-mygan": "0.1.0"}] * 3
    (penalised,) = [run for run, about in runs.items() if about["request"]["config"].get("r1") == 2]
    assert '"d_r1/loss"' in (penalised / "log.jsonl").read_text()


@pytest.mark.slow
def test_the_changed_family_keeps_its_contract(reader):
    reader.types("ganzoo plugins new mygan")
    reader.types("uv pip install -e ganzoo-mygan")
    for kind, block in BLOCKS:
        if kind == "python":
            reader.edits(kind, block)
    done = reader.types("ganzoo plugins check mygan")
    assert done.returncode == 0, done.stdout
    done = reader.types("pytest -q ganzoo-mygan")
    assert done.returncode == 0, done.stdout


def test_nothing_on_the_page_is_left_untried():
    skipped = [line for line in TYPED if line.startswith(LONG)]
    assert len(TYPED) - len(skipped) >= 6
    assert len(skipped) == len(LONG)


def test_the_tree_on_the_page_is_what_is_written(reader):
    reader.types("ganzoo plugins new mygan")
    (tree,) = [block for kind, block in BLOCKS if kind == "text"]
    words = [word for line in tree.splitlines()[1:] for word in re.split(r"\s{3,}", line.strip())[0].split()]
    folder = reader.folder / "ganzoo-mygan"
    assert sorted(words) == sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())

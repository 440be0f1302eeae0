"""Guests: packages that stand on the path as an installer would have left them."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ganzoo.zoo.distributions import EntryPoint, Origin
from ganzoo.zoo.plugins import Choice, Plugin, load

PAGES = Path(__file__).parents[2] / "docs" / "hooks"  # one of each hook
FRESH = itertools.count()  # a module name is imported once a process


class Guests:
    """A folder of installed packages, and a `ganzoo` that sees it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, package: str, source: str, *, entry_point: str = "", **about: Any) -> None:
        module = package.replace("-", "_")
        (self.folder / f"{module}.py").write_text(source)
        self.describe(package, {entry_point or package: module}, **about)

    def describe(
        self,
        package: str,
        points: dict[str, str],
        *,
        version: str = "1.0",
        kind: str = "dist-info",
        requires: Sequence[str] = (),
    ) -> Path:
        """Write the metadata alone."""
        info = self.folder / f"{package.replace('-', '_')}-{version}.{kind}"
        info.mkdir()
        required = "".join(f"Requires-Dist: {each}\n" for each in requires)
        metadata = f"Metadata-Version: 2.4\nName: {package}\nVersion: {version}\n{required}\nName: not-this\n"
        (info / ("METADATA" if kind == "dist-info" else "PKG-INFO")).write_text(metadata)
        lines = "\n".join(f"{name} = {target}" for name, target in points.items())
        (info / "entry_points.txt").write_text(f"[console_scripts]\n{package} = nothing:main\n\n[ganzoo]\n{lines}\n")
        return info

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        """`python -m ganzoo ARGUMENTS` with these packages installed."""
        return subprocess.run(
            [sys.executable, "-m", "ganzoo", *arguments],
            env=os.environ | {"PYTHONPATH": str(self.folder)} | environment,
            capture_output=True,
            text=True,
            timeout=60,
        )


@pytest.fixture
def guests(tmp_path):
    return Guests(tmp_path)


@pytest.fixture
def load_guest(tmp_path, monkeypatch):
    """Load a module's source as a plugin, in this process."""
    monkeypatch.syspath_prepend(tmp_path)

    def load_source(source: str, package: str = "guest", *, strict: bool = False) -> Plugin:
        module = f"guest_{os.getpid()}_{next(FRESH)}"
        (tmp_path / f"{module}.py").write_text(source)
        (plugin,) = load([EntryPoint(Origin(package, "1.0", package), module)], Choice(strict=strict))
        return plugin

    return load_source


@pytest.fixture
def example():
    """The code on a hook's page, under its heading."""

    def read(hook: str) -> str:
        section = (PAGES / f"{hook}.md").read_text(encoding="utf-8").partition("\n## An example\n")[2]
        return re.search(r"```python\n(.*?)```", section, re.DOTALL).group(1)

    return read

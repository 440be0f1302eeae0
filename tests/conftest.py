"""What every test stands on: nothing of this machine, nothing of the user's own."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two workers on two cores
os.environ["HF_HUB_OFFLINE"] = "1"  # as the command line sets it; read once, when the hub's client is imported

SHARED = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(autouse=True)
def _alone(tmp_path_factory, monkeypatch):
    """A working directory, a cache and a configuration of the test's own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.chdir(home)
    monkeypatch.setenv("GANZOO_CACHE", str(home / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    for name in ("GANZOO_LOAD_PLUGINS", "GANZOO_SKIP_PLUGINS", "GANZOO_STRICT", "GANZOO_DATA"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def shared() -> Path:
    """Real pictures that lie beside the repository; tests that want them are skipped where they are not."""
    if not SHARED.is_dir():
        pytest.skip("no shared data beside the repository")
    return SHARED


@pytest.fixture
def install(tmp_path_factory):
    """Leave the package in a folder as an editable install would; gives what PYTHONPATH has to be."""

    def leave(folder: Path) -> str:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        site = tmp_path_factory.mktemp("site")
        info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
        info.mkdir()
        about = [f"Name: {project['name']}", f"Version: {project['version']}"]
        about += [f"Requires-Dist: {each}" for each in project["dependencies"]]
        (info / "METADATA").write_text("\n".join(["Metadata-Version: 2.4", *about, ""]))
        points = [f"{name} = {module}" for name, module in project["entry-points"]["ganzoo"].items()]
        (info / "entry_points.txt").write_text("\n".join(["[ganzoo]", *points, ""]))
        return os.pathsep.join([str(site), str(folder)])

    return leave

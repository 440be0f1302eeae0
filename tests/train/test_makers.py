"""Who made the parts of a run: written into run.toml, and named with what to install where one is gone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

LOSS = """
import ganzoo


def build():
    from ganzoo.game.losses import Hinge

    return Hinge()


@ganzoo.hookimpl
def register_losses(register):
    register(ganzoo.Loss(name="spiky", summary="a hinge by another name", build=build))
"""


class Site:
    """A folder of installed guests, and a working directory with pictures."""

    def __init__(self, folder: Path):
        self.folder = folder
        rng = np.random.default_rng(0)
        Path("pics").mkdir()
        for number in range(16):
            Image.fromarray(rng.integers(0, 256, (16, 16, 3), np.uint8)).save(f"pics/{number}.png")

    def install(self, package: str, source: str = LOSS, version: str = "1.0") -> None:
        self.remove(package)
        module = package.replace("-", "_")
        info = self.folder / f"{module}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Name: {package}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[ganzoo]\n{module.removeprefix('ganzoo_')} = {module}\n")
        (self.folder / f"{module}.py").write_text(source)

    def remove(self, package: str) -> None:
        for info in self.folder.glob(f"{package.replace('-', '_')}-*.dist-info"):
            info.rename(info.with_suffix(".gone"))

    def ganzoo(self, *words: str) -> subprocess.CompletedProcess:
        environment = os.environ | {"PYTHONPATH": str(self.folder)}
        command = [sys.executable, "-m", "ganzoo", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)

    def train(self, *words: str, steps: int = 2) -> subprocess.CompletedProcess:
        return self.ganzoo("train", "dcgan", "--preset", "tiny", "--data", "pics", "--steps", str(steps), *words)


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path / "site")


def test_a_run_names_its_guests_and_cannot_go_on_without_them(site):
    site.install("ganzoo-spiky", version="1.2")
    site.install("ganzoo-bystander", LOSS.replace("spiky", "other"))
    trained = site.train("--set", "loss=spiky", "--json")
    assert trained.returncode == 0, trained.stderr
    run = Path("runs") / json.loads(trained.stdout)["run"]
    assert tomllib.loads((run / "run.toml").read_text())["guests"] == {"ganzoo-spiky": "1.2"}

    site.install("ganzoo-spiky", version="2.0")
    lengthened = site.train("--set", "loss=spiky", "--resume", steps=3)
    assert lengthened.returncode == 0, lengthened.stderr
    assert "ganzoo-spiky is 2.0 now and was 1.2 when this run began" in lengthened.stderr

    site.remove("ganzoo-spiky")
    for refused in (site.train("--set", "loss=spiky", steps=3), site.ganzoo("sample", str(run))):
        assert refused.returncode == 2
        first, second = refused.stderr.splitlines()
        assert first.startswith("error: No loss 'spiky'.")
        assert second.endswith("made with ganzoo-spiky 2.0, which is not installed: pip install ganzoo-spiky==2.0.")


def test_a_guest_that_is_there_and_does_not_load_is_told_apart(site):
    site.install("ganzoo-spiky")
    assert site.train("--set", "loss=spiky").returncode == 0
    site.install("ganzoo-spiky", "1 / 0")
    refused = site.train("--set", "loss=spiky", "--name", "dcgan-pics-tiny")
    assert refused.stderr.endswith("made with ganzoo-spiky 1.0, which is broken here: see ganzoo plugins.\n")


def test_runs_that_lack_nothing_are_not_blamed(site):
    assert site.train().returncode == 0
    refused = site.train("--set", "loss=spiky")
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1

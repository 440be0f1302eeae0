"""The guests of docs/guests, as an installer would have left them: shown, trained with, held to their contracts."""

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

GUESTS = Path(__file__).parents[2] / "docs" / "guests"
NAMES = ("ganzoo-flags", "ganzoo-r3gan", "ganzoo-sngan")


def project(guest: str) -> dict:
    return tomllib.loads((GUESTS / guest / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture
def environment(tmp_path):
    """A process in which all three are installed: their code, and metadata made of their pyproject."""
    site = tmp_path / "site"
    for guest in NAMES:
        about = project(guest)
        info = site / f"{guest.replace('-', '_')}-{about['version']}.dist-info"
        info.mkdir(parents=True)
        needs = "".join(f"Requires-Dist: {each}\n" for each in about["dependencies"])
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.4\nName: {about['name']}\nVersion: {about['version']}\n{needs}"
        )
        points = "".join(f"{name} = {target}\n" for name, target in about["entry-points"]["ganzoo"].items())
        (info / "entry_points.txt").write_text(f"[ganzoo]\n{points}")
    path = os.pathsep.join(map(str, (site, *(GUESTS / guest for guest in NAMES))))
    return os.environ | {"PYTHONPATH": path, "GANZOO_STRICT": "1", "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def run(environment, tmp_path):
    """`ganzoo ...` with the guests installed: its standard output, or where it is to fail its standard error."""

    def ganzoo(*words: object, status: int = 0) -> str:
        command = [sys.executable, "-m", "ganzoo", *map(str, words)]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == status, done.stderr
        return done.stderr if status else done.stdout

    return ganzoo


@pytest.fixture
def pictures(tmp_path):
    """A few pictures of noise to learn from."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, pixels in enumerate(np.random.default_rng(0).integers(0, 256, (16, 16, 16, 3), np.uint8)):
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def test_every_folder_is_a_guest():
    assert sorted(path.name for path in GUESTS.iterdir() if path.is_dir()) == sorted(NAMES)
    for guest in NAMES:
        about = project(guest)
        assert about["name"] == guest
        assert about["dependencies"][0] == "ganzoo>=0.1,<1"  # the range it was written for
        for file in (about["readme"], *about["license-files"]):
            assert (GUESTS / guest / file).is_file()


def test_the_zoo_shows_what_they_bring(run):
    brought = {
        each["package"]: (each["state"], each["reason"], each["registers"])
        for each in json.loads(run("plugins", "list", "--json"))
        if each["package"] in NAMES
    }
    assert brought == {
        "ganzoo-flags": ("loaded", "", {"datasets": ["flags"], "metrics": ["flags_found"], "commands": ["flags"]}),
        "ganzoo-r3gan": ("loaded", "", {"families": ["r3gan"]}),
        "ganzoo-sngan": ("loaded", "", {"discriminators": ["sngan"]}),
    }
    listed = {each["name"]: each["package"] for each in json.loads(run("list", "--json"))}
    assert (listed["r3gan"], listed["dcgan"]) == ("ganzoo-r3gan", "ganzoo")
    assert "Commands of ganzoo-flags:" in run("--help")


def test_our_dcgan_trains_with_the_discriminator_of_a_guest(run, pictures):
    chosen = ("--set", "discriminator=sngan", "--set", "loss=hinge")
    told = json.loads(run("train", "dcgan", "--preset", "tiny", "--data", pictures, *chosen, "--steps", 3, "--json"))
    assert told["step"] == 3
    assert told["losses"].keys() == {"d/loss", "g/loss"}


def test_the_family_of_a_guest_trains(run, pictures):
    told = json.loads(run("train", "r3gan", "--preset", "tiny", "--data", pictures, "--steps", 3, "--json"))
    assert (told["family"], told["step"]) == ("r3gan", 3)


def test_the_command_of_a_guest(run, tmp_path):
    run("flags", "sheet", tmp_path / "all.png", "--size", 9)
    assert run("flags", "read", tmp_path / "all.png") == f"{tmp_path / 'all.png'}\tno flag\n"


@pytest.mark.slow
def test_data_and_metric_of_a_guest(run):
    run("train", "dcgan", "--preset", "tiny", "--data", "flags", "--steps", 2, "--name", "waving")
    told = json.loads(run("evaluate", "waving", "--metric", "flags_found", "--samples", 50, "--json"))
    assert told["metrics"].keys() == {"flags_found", "flags_legible", "flags_off"}
    assert told["metrics"]["flags_found"] == 0  # two steps teach nobody what a flag is
    run("train", "dcgan", "--preset", "tiny", "--data", "flags", "--set", "channels=1", "--steps", 1, "--name", "grey")
    assert "told by their colours" in run("evaluate", "grey", "--metric", "flags_found", "--samples", 50, status=1)


@pytest.mark.slow
@pytest.mark.parametrize("guest", NAMES)
def test_their_own_tests_pass(guest, environment):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, cwd=GUESTS / guest, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout

"""`ganzoo plugins new`: a package that works at once, of every kind."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ganzoo.cli.scaffold import KINDS, LICENCES, TEMPLATES

ROOT = Path(__file__).parents[2]
MODULES = {"family": {"__init__", "networks", "recipe"}}  # the three files of ganzoo's own


@pytest.fixture
def made(ganzoo):
    """Write a package into the working directory."""

    def new(kind: str, name: str = "", *words: str) -> Path:
        told = ganzoo("plugins", "new", name or f"my-{kind}", "--kind", kind, *words)
        assert (told.status, told.err) == (0, "")
        return Path(f"ganzoo-{name or f'my-{kind}'}").absolute()

    return new


@pytest.mark.parametrize("kind", KINDS)
def test_a_package_of_each_kind_passes_its_own_tests(kind, made, install):
    folder = made(kind)
    environment = os.environ | {"PYTHONPATH": install(folder), "GANZOO_STRICT": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", folder]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_listed_under_its_name_and_costs_the_listing_nothing(kind, made, install, python):
    path = install(made(kind))
    look = (
        "import sys; from ganzoo.__main__ import main; status = main(sys.argv[1:]); "
        "slow = {'torch', 'numpy', 'typer', 'rich'} & set(sys.modules); sys.exit(f'has {slow}' if slow else status)"
    )
    told = python("-c", look, "list", "--kind", "all", "--json", env=os.environ | {"PYTHONPATH": path})
    assert (told.status, told.err) == (0, "")
    cards = [card["name"] for card in told.json if card["package"] == f"ganzoo-my-{kind}"]
    assert cards == ([] if kind == "command" else [f"my-{kind}"])


@pytest.mark.parametrize("kind", KINDS)
def test_it_keeps_the_rules_of_the_house(kind, made):
    folder = made(kind)
    (module,) = folder.glob("ganzoo_*")
    assert module.name == f"ganzoo_my_{kind}"
    if kind in MODULES:
        assert {file.stem for file in module.iterdir()} == MODULES[kind]
    filled = [file.read_text().replace("${{", "") for file in folder.rglob("*") if file.is_file()]
    assert not [text for text in filled if "$" in text or "MODULE" in text]
    rules = ",".join(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]["select"])
    for words in (["check", "--select", rules], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *words, "--isolated", "--no-cache", "--line-length", "120", "."]
        checked = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout


def test_it_says_what_to_do_next(ganzoo):
    told = ganzoo("plugins", "new", "mygan")
    assert told.out.splitlines() == [
        "ganzoo-mygan: 9 files, a family that works as it is. Next:",
        "  uv pip install -e ganzoo-mygan",
        "  ganzoo train mygan",
        "  pytest ganzoo-mygan",
    ]
    told = ganzoo("plugins", "new", "mine", "--kind", "loss", "--json").json
    assert told["path"] == "ganzoo-mine"
    assert sorted(told["files"]) == sorted(
        str(file.relative_to("ganzoo-mine")) for file in Path("ganzoo-mine").rglob("*") if file.is_file()
    )
    assert told["next"][1] == "ganzoo train dcgan --set loss=mine"


@pytest.mark.parametrize("licence", LICENCES)
def test_the_licence_is_a_choice(licence, made):
    folder = made("loss", "mine", "--license", licence.lower())
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    if licence == "none":
        assert not (folder / "LICENSE").exists()
        assert "license" not in project
    else:
        assert project["license"] == licence
        assert (folder / "LICENSE").read_text().split()[0] == licence.partition("-")[0]
    assert project["dependencies"] == ["ganzoo>=0.1,<1"]
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ours["requires-python"]


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (["MyGAN"], "A plugin cannot be called 'MyGAN'"),
        (["my gan"], "Say my-gan."),
        (["ganzoo-mine"], "Say mine."),
        (["-x-"], "No such option"),
        (["a--b"], "Say a-b."),
        (["***"], "as in my-gan."),
        (["d-c-gan"], "'d-c-gan' is taken, by the family of ganzoo"),
        (["hinge", "--kind", "command"], "'hinge' is taken, by the loss of ganzoo"),
        (["core"], "'core' is taken, by the plugin ganzoo"),
        (["bench", "--kind", "command"], "'bench' is taken, by a command of ganzoo"),
        (["mine", "--kind", "famly"], "--kind famly: no such kind. Did you mean family?"),
        (["mine", "--license", "GPL"], "--license GPL: no such license."),
        (["there"], "ganzoo-there is there already."),
    ],
)
def test_what_cannot_be_is_refused_in_a_line_or_two(ganzoo, words, refusal):
    Path("ganzoo-there").mkdir()
    told = ganzoo("plugins", "new", *words)
    assert (told.status, told.out) == (2, "")
    assert refusal in told.err
    assert len(told.err.splitlines()) <= 2
    assert [path.name for path in Path().iterdir()] == ["ganzoo-there"]


def test_a_folder_that_cannot_be_written_is_refused(ganzoo, tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    told = ganzoo("plugins", "new", "mine")
    assert told.status == 2
    assert told.err.startswith("error: Cannot write")


def test_every_template_is_in_the_wheel():
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert TEMPLATES.is_relative_to(ROOT / "ganzoo")
    assert "ganzoo" in build["only-include"]
    assert "exclude" not in build
    command = ["git", "-C", ROOT, "check-ignore", *TEMPLATES.rglob("*.txt")]
    assert subprocess.run(command, capture_output=True, text=True).stdout == ""  # hatch leaves out what git ignores

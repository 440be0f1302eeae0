"""The documents: what they tell people to type is accepted, what they link to is there, the reference is current."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from ganzoo.cli.app import command_line
from ganzoo.zoo.config import assignments, resolve
from ganzoo.zoo.project import project
from ganzoo.zoo.registry import zoo

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "hooks").glob("*.md")])
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
TEXT = {page.name: page.read_text(encoding="utf-8") for page in PAGES}


def typed(page: str) -> list[str]:
    """Every `ganzoo ...` of the console blocks, without what stands before or after it on its line."""
    lines = [line for kind, block in BLOCK.findall(TEXT[page]) if kind == "console" for line in block.splitlines()]
    commands = [line.removeprefix("$ ").partition("#")[0] for line in lines]
    found = [re.search(r"(?:^|\buv run )(ganzoo .*)", command) for command in commands]
    return [each[1].strip() for each in found if each]


COMMANDS = [(page, command) for page in TEXT for command in typed(page)]


def test_the_pages_show_commands():
    assert {"README.md", "tutorial.md", "data.md"} <= {page for page, _ in COMMANDS}
    assert len(COMMANDS) > 30


@pytest.mark.parametrize(("page", "command"), dict.fromkeys(COMMANDS))
def test_what_a_page_tells_to_type_is_accepted(page, command):
    group, words = command_line(), shlex.split(command)[1:]
    while hasattr(group, "commands") and words and not words[0].startswith("-"):
        assert words[0] in group.commands, command
        group, words = group.commands[words[0]], words[1:]
    context = group.make_context(command, words)
    named = context.params.get("family")
    if named in {family.name for family in zoo().all("families")}:
        settings = [each for each in context.params["settings"] if each not in LEARNED]
        resolve(zoo().get("families", named), context.params["preset"], assignments(settings))
    else:
        assert named in {None, "faces64", "emoji-hinge", "dcgn", "mygan"}


LEARNED = {"loss=smoothed"}  # of the plugin that README writes


def slug(heading: str) -> str:
    """The anchor that a heading gets."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    prose = BLOCK.sub("", TEXT[page.name])
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{page.name} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in map(slug, headings), f"{page.name} links to {target}"


@pytest.mark.parametrize("written", ["reference.py", "families.py", "validity.py", "devices.py"])
def test_pages_written_from_the_code_are_what_it_says(written):
    script = ROOT / "docs" / written
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_family_shows_what_it_draws():
    from PIL import Image

    for family in zoo().all("families"):
        with Image.open(ROOT / "docs" / "images" / f"{family.name}.png") as sheet:
            assert json.loads(sheet.info["ganzoo"])["family"] == family.name


def test_an_old_reference_is_noticed(tmp_path):
    script = tmp_path / "reference.py"
    script.write_bytes((ROOT / "docs" / "reference.py").read_bytes())
    (tmp_path / "reference.md").write_text(TEXT["reference.md"].replace("dcgan", "dcgam"))
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "python docs/reference.py" in done.stderr


def test_the_reference_knows_every_variable_of_the_environment():
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "ganzoo").rglob("*.py"))
    read = set(re.findall(r"\bGANZOO_[A-Z_]+\b", source))
    assert read == set(re.findall(r"^\| `(GANZOO_\w+)`", TEXT["reference.md"], re.MULTILINE))


def test_every_page_of_the_docs_is_reached_from_the_readme():
    reached = {"README.md"}
    while True:
        more = {
            Path(target.partition("#")[0]).name
            for page in reached
            for target in re.findall(r"\]\(([^)\s]+\.md[^)\s]*)\)", TEXT[page])
            if not target.startswith("https://")
        }
        if more <= reached:
            break
        reached |= more
    assert reached == set(TEXT)


def test_ci_runs_the_test_command_of_the_readme():
    commands = [block.strip() for kind, block in BLOCK.findall(TEXT["README.md"]) if kind == "console"]
    tests = [command for command in commands if "pytest" in command]
    assert len(tests) == 1
    script = ROOT / ".ci" / "run"
    assert tests[0] in script.read_text(encoding="utf-8")
    assert os.name == "nt" or os.access(script, os.X_OK)


def test_the_zoo_file_of_the_checkout_works():
    found = project(ROOT)
    assert found.files[0] == ROOT / "zoo.toml"
    for run in found.runs.values():
        family = zoo().get("families", run.family)
        resolve(family, run.preset, run.set)
        assert run.data is None or found.source(run.data) or zoo().get("datasets", run.data)

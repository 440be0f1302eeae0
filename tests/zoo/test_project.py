"""zoo.toml: where it is looked for, what it may say, and how it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ganzoo.errors import RequestError
from ganzoo.zoo import project as module
from ganzoo.zoo.project import NamedRun, NamedSource, project

FULL = """
[data.cats]
source = "pictures/cats"
licence = "CC0"

[data.faces]
source = "anime"

[data.there]
source = "hub:owner/name"

[runs.night]
family = "dcgan"
data = "./more"
batch = "auto"
images = "2m"
seed = 3
budget = "8h"
set = { loss = "hinge", betas = [0, 0.9] }
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The user's configuration folder."""
    import platformdirs

    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setattr(platformdirs, "user_config_path", lambda *args, **options: folder)
    return folder


@pytest.fixture
def write(tmp_path, own):
    def write_file(text: str, folder: Path | None = None) -> Path:
        folder = folder or tmp_path / "work"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / module.FILE).write_text(text, encoding="utf-8")
        return folder

    return write_file


def test_nothing_is_found_where_there_is_nothing(own, tmp_path):
    found = project(tmp_path)
    assert (found.files, found.source("cats"), found.run("night")) == ((), None, None)


def test_names_and_paths_relative_to_the_file(write):
    folder = write(FULL)
    found = project(folder)
    assert found.source("cats") == NamedSource(str(folder / "pictures/cats"), "CC0")
    assert found.source("Faces") == NamedSource("anime")
    assert found.source("there").source == "hub:owner/name"
    assert found.run("night") == NamedRun(
        family="dcgan", data=str(folder / "more"), batch="auto", images=2_000_000, seed=3, budget="8h",
        set={"loss": "hinge", "betas": [0, 0.9]},
    )  # fmt: skip


def test_a_bare_word_is_a_path_where_there_is_one(write):
    folder = write('[data.cats]\nsource = "cats"')
    assert project(folder).source("cats").source == "cats"
    (folder / "cats").mkdir()
    assert project(folder).source("cats").source == str(folder / "cats")


def test_it_is_searched_upward_then_in_the_users_own_folder(write, own):
    inner = write('[data.a]\nsource = "./outer"').joinpath("b", "c")
    inner.mkdir(parents=True)
    write('[data.a]\nsource = "./own"\n[data.z]\nsource = "./own"', own)
    found = project(inner)
    assert found.source("a").source == str(inner.parents[1] / "outer")  # the nearer one wins
    assert found.source("z").source == str(own / "own")
    assert found.files == (inner.parents[1] / "zoo.toml", own / "zoo.toml")
    write('[data.a]\nsource = "./inner"', inner)
    assert project(inner).source("a").source == str(inner / "inner")
    assert project(inner).files == (inner / "zoo.toml", own / "zoo.toml")


def test_the_working_directory_is_where_it_starts(write, monkeypatch):
    monkeypatch.chdir(write(FULL))
    assert project().run("night").family == "dcgan"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[data.a]\nsource = \nlicence = 'x'", 2, "Invalid value (at line 2"),
        ("[data.a\n", 1, "(at line 1"),
        ("\n[dta.a]\nsource = 'x'", 2, "'dta' means nothing here. Did you mean data"),
        ("data = 3", 1, "'data' means nothing here"),
        ("[data]\na = 'x'", 2, "[data.a] has to be a table"),
        ("[data.a]\n\nsuorce = 'x'", 3, "[data.a] has no key 'suorce'. Did you mean source"),
        ("[data.a]\nlicence = 'x'", 1, "[data.a] has no 'source'"),
        ("[data.b]\nsource='y'\n[data.a]\nsource = 3", 4, "source = 3: expected text"),
        ("[runs.n]\ndata = 'anime'", 1, "[runs.n] has no 'family'"),
        ("[runs.n]\nfamily='dcgan'\nbatch = 'big'", 3, "expected a whole number, such as 64 or 200k or one of auto"),
        ("[runs.n]\nfamily='dcgan'\nset = 'loss=hinge'", 3, "expected a table"),
        ("[runs.'a b']\nfamily='dcgan'\nseeed = 1", 3, "[runs.a b] has no key 'seeed'. Did you mean seed"),
    ],
)
def test_what_means_nothing_is_refused_with_file_and_line(write, text, line, message):
    folder = write(text)
    with pytest.raises(RequestError) as caught:
        project(folder)
    said = str(caught.value)
    assert message in said
    assert f"line {line}" in said
    assert str(folder / "zoo.toml") in said
    assert len(said.splitlines()) == 1


def test_a_file_that_is_not_text_is_refused(write):
    folder = write("")
    (folder / "zoo.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RequestError, match=r"zoo\.toml cannot be read"):
        project(folder)

"""docs/public.md names what is public: no more than there is, and no less."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

from ganzoo.zoo import hookspecs
from ganzoo.zoo.versions import admits

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "public.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
MODULES = [heading.strip("`") for heading in SECTIONS if heading.startswith("`")]


def named(section: str) -> set[str]:
    """The names a section lists: of a table its first column, else all."""
    rows = re.findall(r"^\| (`.+?`) \|", section, re.MULTILINE)
    return set(re.findall(r"`([A-Za-z]\w*)`", " ".join(rows) if rows else section))


def offered(module: str) -> set[str]:
    """What a module offers: its __all__, or the functions written in it."""
    there = import_module(module)
    own = (name for name, each in inspect.getmembers(there, inspect.isfunction) if each.__module__ == module)
    return set(getattr(there, "__all__", ())) or {name for name in own if not name.startswith("_")}


def imported(source: str) -> dict[str, set[str]]:
    """By module of ganzoo: the names that some source imports from it."""
    found: dict[str, set[str]] = {}
    for module, names in re.findall(r"^\s*from (ganzoo(?:\.\w+)*) import (.+)$", source, re.MULTILINE):
        found.setdefault(module, set()).update(name.strip() for name in names.split(","))
    return found


@pytest.mark.parametrize("module", MODULES)
def test_a_module_offers_what_the_page_says(module):
    assert named(SECTIONS[f"`{module}`"]) == offered(module)
    assert all(hasattr(import_module(module), name) for name in offered(module))


def test_the_modules_of_a_plugin_are_all_there():
    assert set(MODULES) >= {"ganzoo", "ganzoo.game", "ganzoo.data", "ganzoo.score", "ganzoo.testing"}


def test_every_hook_is_public():
    assert named(SECTIONS["Hooks"]) == {name for name in vars(hookspecs) if name.startswith("register_")}


def test_the_range_on_the_page_is_of_this_version():
    (asked,) = re.findall(r'"ganzoo([<>=].*?)"', PAGE)
    assert admits(asked, "0.1.0")
    assert not admits(asked, "1.0")


@pytest.mark.parametrize("pages", ["plugins.md", "hooks.md", "seam.md", "hooks/*.md"])
def test_examples_use_nothing_else(pages):
    text = "\n".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob(pages))
    used = imported("\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL)))
    assert used
    for module, names in used.items():
        assert module in MODULES
        assert names <= offered(module)


def test_what_plugins_new_writes_uses_nothing_else():
    templates = (ROOT / "ganzoo" / "cli" / "templates").rglob("*.py.txt")
    used = imported("\n".join(file.read_text() for file in templates))
    assert len(used) > 3
    for module, names in used.items():
        assert module in MODULES
        assert names <= offered(module)

"""Every hook: documented by its signature, and its documented example works."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ganzoo.testing import examine
from ganzoo.zoo import cards, hookspecs
from ganzoo.zoo.config import resolve
from ganzoo.zoo.facts import Facts

HOOKS = [name for name in vars(hookspecs) if name.startswith("register_")]
DOCS = Path(__file__).parents[2] / "docs"
PICTURES = Facts(shape=(3, 8, 8))


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_test_and_a_page_with_its_signature(hook):
    function = getattr(hookspecs, hook)
    assert f"```python\ndef {hook}{signature(function)}: ...\n```" in page(hook)
    assert function.__doc__ in page(hook)
    assert f"(hooks/{hook}.md)" in (DOCS / "hooks.md").read_text(encoding="utf-8")
    assert callable(globals()[f"test_hook_{hook}"])


@pytest.mark.parametrize("hook", [hook for hook in HOOKS if hook != "register_commands"])
def test_a_page_has_every_field_of_its_card(hook):
    card = getattr(cards, re.search(r"\[\[(\w+)\]", signature(getattr(hookspecs, hook)))[1])
    rows = re.findall(r"^\| `(\w+)` \| `(.+?)` \| `?(.+?)`? \|", page(hook), re.MULTILINE)
    assert [(name, kind.replace("\\|", "|"), default) for name, kind, default in rows] == [
        (field.name, field.type, default_of(field)) for field in dataclasses.fields(card)
    ]


def page(hook: str) -> str:
    return (DOCS / "hooks" / f"{hook}.md").read_text(encoding="utf-8")


def signature(function: Callable) -> str:
    return str(inspect.signature(function)).replace("'", "")


def default_of(field: dataclasses.Field) -> str:
    if field.default_factory is not dataclasses.MISSING:
        return repr(field.default_factory())
    return "required" if field.default is dataclasses.MISSING else repr(field.default).replace("'", '"')


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_explained_in_one_typed_sentence(hook):
    function = getattr(hookspecs, hook)
    assert function.__doc__.endswith(".")
    assert len(function.__doc__.splitlines()) == 1
    assert all(each.annotation is not each.empty for each in inspect.signature(function).parameters.values())


def only_card(plugin):
    assert plugin.state == "loaded", plugin.reason
    (card,) = plugin.cards
    return card


@pytest.mark.parametrize("hook", [hook for hook in HOOKS if hook != "register_commands"])
def test_every_example_keeps_its_contract(hook, load_guest, example, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))  # for the process that looks whether it imports torch
    broken = {each.check: each.message for each in examine(only_card(load_guest(example(hook)))) if not each.kept}
    assert broken.keys() <= ({"card"} if hook == "register_families" else set()), broken  # its card has no paper


def test_hook_register_families(load_guest, example):
    family = only_card(load_guest(example("register_families")))
    recipe = family.build(resolve(family, "tiny", {"loss": "wasserstein"}), PICTURES)
    nets = recipe.nets
    assert recipe.sample(nets, 2, {"seed": torch.arange(2)}).shape == (2, 3, 8, 8)
    assert [phase.name for phase in recipe.phases()] == ["d", "g"]


def test_hook_register_generators(load_guest, example):
    card = only_card(load_guest(example("register_generators")))
    images = card.build(PICTURES, latent=5, width=1)(torch.randn(2, 5))
    assert images.shape == (2, 3, 8, 8)
    assert images.abs().max() <= 1


def test_hook_register_discriminators(load_guest, example):
    card = only_card(load_guest(example("register_discriminators")))
    assert card.build(PICTURES, width=1)(torch.randn(2, 3, 8, 8)).shape == (2,)


def test_hook_register_losses(load_guest, example):
    loss = only_card(load_guest(example("register_losses"))).build()
    assert loss.d(torch.zeros(3), torch.zeros(3)).item() == 2
    assert loss.g(torch.zeros(3)).item() == 1


def test_hook_register_datasets(load_guest, example):
    card = only_card(load_guest(example("register_datasets")))
    source = card.build()
    (chunk,) = source.chunks(4, 0)
    assert (card.gives, card.licence) == (("image",), "CC0")
    assert len(source) == len(chunk.images) == source.survey().count
    assert chunk.images.shape[1:] == (1, 4, 4)


def test_hook_register_metrics(load_guest, example):
    card = only_card(load_guest(example("register_metrics")))
    light, dark = (SimpleNamespace(examples=np.full(4, grey), images=np.full(4, grey)) for grey in (200, 50))
    assert card.build()(SimpleNamespace(pictures=lambda: dark, drawn=light, target=dark)) == 150
    assert card.better == "lower"


def test_hook_register_commands(guests, example):
    guests.add("ganzoo-greeter", example("register_commands"))
    assert guests.run("greet", "Ada", "--loud").stdout == "Hello ADA\n"
    assert guests.run("tools", "count", "--upto", "2").stdout == "1 2\n"
    helped = guests.run("--help").stdout
    section = helped.partition("Commands of ganzoo-greeter:")[2].partition("\n\n")[0]
    assert "Greet somebody." in section
    assert "Odds and ends." in section
    assert "train" not in section

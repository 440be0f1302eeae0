"""Looking names up."""

from __future__ import annotations

import subprocess
import sys

import pytest

import ganzoo
from ganzoo.errors import RequestError
from ganzoo.zoo.cards import KINDS
from ganzoo.zoo.distributions import Origin
from ganzoo.zoo.plugins import Plugin
from ganzoo.zoo.registry import Zoo, find, zoo


def loss(name):
    return ganzoo.Loss(name=name, summary="", build=object)


@pytest.fixture
def small():
    return Zoo(
        [
            Plugin(Origin("ganzoo", "1", "core"), cards=[loss("least-squares"), loss("hinge")]),
            Plugin(
                Origin("ganzoo-x", "2", "x"), cards=[loss("zany"), ganzoo.Metric(name="hinge", summary="", build=int)]
            ),
            Plugin(Origin("ganzoo-y", "3", "y"), "broken", "ValueError: no"),
        ]
    )


@pytest.mark.parametrize("name", ["least-squares", "Least_Squares", "LEASTSQUARES"])
def test_case_and_hyphens_do_not_matter(small, name):
    assert small.get("losses", name).name == "least-squares"


def test_cards_are_sorted_and_know_where_they_come_from(small):
    assert [card.name for card in small.all("losses")] == ["hinge", "least-squares", "zany"]
    assert small.origin(small.get("losses", "zany")) == ("ganzoo-x", "2", "x")


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("losses", "hing", "No loss 'hing'. Did you mean hinge? See ganzoo list --kind losses. 1 broken plugin: see"),
        ("families", "hinge", "No family 'hinge'. See ganzoo list."),
        ("lossez", "hinge", "No kind 'lossez'. Did you mean losses"),
    ],
)
def test_a_name_that_is_not_there_has_near_misses(small, kind, name, message):
    with pytest.raises(RequestError) as caught:
        small.get(kind, name)
    assert str(caught.value).startswith(message)


def test_a_name_of_any_kind(small):
    assert [card.kind for card in small.named("hinge")] == ["losses", "metrics"]
    assert [card.kind for card in small.named("hinge", "metric")] == ["metrics"]
    with pytest.raises(RequestError, match=r"Nothing is called 'zanny'\. Did you mean zany"):
        small.named("zanny")


def test_find_is_the_zoo_of_this_process():
    assert find("losses", "Hinge") is zoo().get("losses", "hinge")
    assert zoo().origin(find("losses", "hinge")).is_builtin


def test_every_card_of_ours_says_what_it_should():
    for kind in KINDS:
        for card in zoo().all(kind):
            if not zoo().origin(card).is_builtin:
                continue
            assert card.summary
            assert "\n" not in card.summary
            assert not card.summary.endswith(".")
            assert card.kind in ("datasets", "metrics") or (card.paper and card.year)
    for family in zoo().all("families"):
        if zoo().origin(family).is_builtin:
            assert {"default", "paper", "tiny"} <= set(family.presets)
            assert family.idea
            assert family.game
            assert family.good_for
            assert family.weakness


def test_every_card_of_ours_builds():
    for card in zoo().all("losses"):
        if zoo().origin(card).is_builtin:
            assert callable(card.build().d)
            assert callable(card.build().g)


@pytest.mark.parametrize("name", ["anime", "ring", "grid"])
def test_a_drawn_set_is_what_its_card_says(name):
    card = find("datasets", name)
    source = card.build()
    assert source.name == card.name
    assert source.gives == card.gives


def test_the_zoo_is_opened_without_torch_or_numpy():
    look = (
        "import sys; from ganzoo.zoo.registry import zoo; from ganzoo.zoo.cards import KINDS; "
        "from ganzoo.zoo.config import fields; import ganzoo.zoo.project; "
        "assert all(zoo().all(kind) for kind in KINDS); "
        "[fields(card.config) for card in zoo().all('families')]; "
        "print({'torch', 'torchvision', 'numpy', 'PIL', 'typer', 'rich', 'timm'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("set()\n", "")

"""`ganzoo list`: what there is, at once."""

from __future__ import annotations

import pytest

from ganzoo.zoo.cards import KINDS
from ganzoo.zoo.registry import zoo

KEYS = {"name", "kind", "summary", "paper", "year", "needs", "package", "version"}


def test_families_are_listed_a_line_each(ganzoo):
    told = ganzoo("list")
    assert (told.status, told.err) == (0, "")
    assert {line.split()[0] for line in told.out.splitlines() if line[0] != " "} >= {"NAME", "dcgan", "vanilla"}
    assert max(map(len, told.out.splitlines())) <= 80


def test_json_is_one_document_with_the_keys_of_the_contract(ganzoo):
    cards = ganzoo("list", "--kind", "all", "--json").json
    assert all(set(card) == KEYS for card in cards)
    assert {card["kind"] for card in cards} == {kind for kind in KINDS if zoo().all(kind)}
    (dcgan,) = [card for card in cards if (card["kind"], card["name"]) == ("families", "dcgan")]
    assert dcgan == {
        "name": "dcgan",
        "kind": "families",
        "summary": zoo().get("families", "dcgan").summary,
        "paper": "Radford, Metz and Chintala 2015, arXiv:1511.06434",
        "year": 2015,
        "needs": ["image"],
        "package": "ganzoo",
        "version": zoo().origin(zoo().get("families", "dcgan")).version,
    }


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--kind", "losses", "squar"], ["least-squares"]),
        (["--kind=loss", "LEAST_s"], ["least-squares"]),
        (["h*", "--kind", "losses"], ["hinge"]),
        (["h?", "--kind", "losses"], []),
        (["mnist", "--kind", "datasets"], ["fashion-mnist", "mnist"]),
        (["[mh]*", "--kind", "losses"], ["hinge", "minimax"]),
    ],
)
def test_a_pattern_is_a_part_or_a_wildcard(ganzoo, words, names):
    assert [card["name"] for card in ganzoo("list", *words, "--json").json] == names


def test_nothing_that_matches_is_said_on_stderr(ganzoo):
    told = ganzoo("list", "nothing-like-it")
    assert (told.status, told.out, told.err) == (0, "", "No families match 'nothing-like-it'.\n")


def test_an_unknown_kind_is_refused(ganzoo):
    told = ganzoo("list", "--kind", "lossez")
    assert told.status == 2
    assert told.err.startswith("error: No kind 'lossez'. Did you mean losses")


@pytest.mark.parametrize("words", [[], ["--kind", "all"], ["gan", "--json"], ["--kind=losses"]])
def test_the_fast_way_and_the_whole_command_line_agree(python, words):
    whole = "from ganzoo.cli.app import run; run({!r})".format(["list", *words])
    assert python("-m", "ganzoo", "list", *words) == python("-c", whole)


@pytest.mark.parametrize(
    "words", [["list"], ["list", "--kind", "all", "--json"], ["--version"], ["-p", "no:x", "list"]]
)
def test_it_imports_nothing_slow(python, words):
    look = (
        "import sys; from ganzoo.__main__ import main; status = main(sys.argv[1:]); slow = {'torch', 'torchvision', "
        "'timm', 'numpy', 'PIL', 'typer', 'rich', 'importlib.metadata', 'platformdirs'} & set(sys.modules); "
        "sys.exit(f'imported {slow}' if slow else status)"
    )
    assert python("-c", look, *words).status == 0


@pytest.mark.parametrize("words", [["--help"], ["list", "--help"], ["plugins"], ["show", "hinge"], ["data", "list"]])
def test_other_light_commands_import_no_torch(python, words):
    look = (
        "import sys; from ganzoo.__main__ import main; status = main(sys.argv[1:]); "
        "slow = {'torch', 'torchvision', 'timm'} & set(sys.modules); sys.exit(f'imported {slow}' if slow else status)"
    )
    assert python("-c", look, *words).status == 0


def test_a_reader_that_has_gone_is_no_traceback(python):
    shell = "import subprocess, sys; p = subprocess.Popen([sys.executable, '-m', 'ganzoo', 'list', '--kind', 'all'], "
    shell += "stdout=subprocess.PIPE, stderr=subprocess.PIPE); p.stdout.close(); print(p.stderr.read().decode())"
    told = python("-c", shell)
    assert (told.status, told.out.strip()) == (0, "")

"""What is typed wrong, or goes wrong: a line or two, the right exit status, no traceback."""

from __future__ import annotations

import pytest

import ganzoo.__main__ as entry
from ganzoo.cli.app import app
from ganzoo.zoo.commands import OURS


@pytest.mark.parametrize(
    ("words", "first", "second"),
    [
        (["trian"], "No such command 'trian'.", "See ganzoo --help."),
        (["shwo"], "No such command 'shwo'. Did you mean 'show'?", "See ganzoo --help."),
        (["list", "--jsn"], "No such option: --jsn. Did you mean --json", "See ganzoo list --help."),
        (["list", "a", "b"], "Got unexpected extra argument(s) (b).", "See ganzoo list --help."),
        (["list", "--kind"], "Option '--kind' requires an argument.", "See ganzoo list --help."),
        (["show"], "Missing argument '", "See ganzoo show --help."),
        (["data"], "Missing command: list, inspect, prepare.", "See ganzoo data --help."),
        (["plugins", "lst"], "No such command 'lst'. Did you mean 'list'?", "See ganzoo plugins --help."),
        (["-x"], "No such option: -x.", "See ganzoo --help."),
        (["-p", "dcgan", "list"], "-p takes no:NAME", None),
        (["list", "-p"], "-p takes no:NAME", None),
    ],
)
def test_a_line_typed_wrong(ganzoo, words, first, second):
    told = ganzoo(*words)
    lines = told.err.splitlines()
    assert (told.status, told.out) == (2, "")
    assert lines[0].startswith(f"error: {first}")
    assert lines[1:] == ([second] if second else [])


def test_bare_and_help_list_the_commands(ganzoo):
    for words in ([], ["--help"], ["-h"]):
        told = ganzoo(*words)
        assert (told.status, told.err) == (0, "")
        assert "doctor" in told.out
        assert "no:NAME" in told.out


def test_every_command_of_ours_is_held_against_guests():
    names = [each.name for each in (*app.registered_commands, *app.registered_groups)]
    assert {"list", "show", "train", "sample", "data", "runs", "plugins", "doctor"} <= set(names) <= OURS
    assert len(names) == len(set(names))


def test_the_version_stands_alone(ganzoo):
    import ganzoo as package

    assert ganzoo("--version").out == f"ganzoo {package.__version__}\n"


def test_global_words_may_stand_anywhere():
    split = entry.split_global
    assert split(["--debug", "show", "x", "-p", "no:a", "--json", "-pno:b"]) == (
        ["show", "x", "--json"],
        True,
        ["a", "b"],
    )
    assert split(["x", "--", "--debug"]) == (["x", "--", "--debug"], False, [])


@pytest.fixture
def failing(monkeypatch):
    """A `list` that fails as told."""

    def fail(error: BaseException) -> None:
        def raise_it(**asked):
            raise error

        monkeypatch.setattr("ganzoo.cli.catalogue.print_catalogue", raise_it)

    return fail


def test_a_surprise_is_two_lines_and_a_traceback_only_when_asked_for(ganzoo, failing):
    failing(ZeroDivisionError("division\nby zero"))
    told = ganzoo("list")
    assert (told.status, told.out) == (1, "")
    assert told.err.splitlines()[0] == "error: ZeroDivisionError: division by zero"
    assert "--debug" in told.err.splitlines()[1]
    assert len(told.err.splitlines()) == 2
    assert "Traceback" in ganzoo("list", "--debug").err


def test_an_error_keeps_its_status_under_debug(ganzoo):
    told = ganzoo("--debug", "show", "dcgn")
    assert told.status == 2
    assert "Traceback" in told.err
    assert "error: Nothing is called 'dcgn'." in told.err


def test_an_interrupt_is_130(ganzoo, failing):
    failing(KeyboardInterrupt())
    assert ganzoo("list") == (130, "", "interrupted\n")


NAMES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "HF_HUB_OFFLINE")


@pytest.mark.parametrize(
    ("users", "then"),
    [
        ({"HF_HUB_OFFLINE": "0"}, "PASSIVE 1000 0"),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE None 1"),  # both together would contradict each other
        ({"GOMP_SPINCOUNT": "7"}, "None 7 1"),
    ],
)
def test_the_environment_is_set_before_anything_heavy_and_what_the_user_set_is_kept(python, users, then):
    code = (
        f"import os, sys; [os.environ.pop(name, None) for name in {NAMES}]; os.environ.update({users}); "
        "from ganzoo.__main__ import main; assert 'torch' not in sys.modules; "
        f"main(['list', '--json']); print(*[os.environ.get(name) for name in {NAMES}])"
    )
    assert python("-c", code).out.splitlines()[-1] == then


def test_a_terminal_without_letters_is_no_error(python):
    told = python("-m", "ganzoo", "list", "--kind", "all", env={"PYTHONIOENCODING": "ascii", "PATH": ""})
    assert told.status == 0

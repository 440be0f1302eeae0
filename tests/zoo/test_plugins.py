"""Broken guests: each named in a line, none in anybody's way."""

from __future__ import annotations

import json
import re

import pytest

from ganzoo.errors import WorkError
from ganzoo.zoo.distributions import Origin
from ganzoo.zoo.plugins import Choice

CARD = """
import ganzoo

@ganzoo.hookimpl
def register_losses(register):
    register(ganzoo.Loss(name="{name}", summary="A loss of a guest", build=object))
"""
LATE = """
@ganzoo.hookimpl
def register_metrics(register):
    raise OSError("disk on\\nfire")
"""
BROKEN = {
    "raises at import": ("1 / 0", "ZeroDivisionError: division by zero"),
    "leaves at import": ("raise SystemExit(3)", "SystemExit: 3"),
    "does not parse": ("def (", "SyntaxError: invalid syntax"),
    "imports what is missing": ("import ganzoo_nothing", "ModuleNotFoundError: No module named 'ganzoo_nothing'"),
    "misspells a hook": (
        "import ganzoo\n@ganzoo.hookimpl\ndef register_familes(register): ...",
        "unknown hook register_familes. Did you mean register_families",
    ),
    "misspells an argument": (
        "import ganzoo\n@ganzoo.hookimpl\ndef register_losses(regster): ...",
        "PluginValidationError",
    ),
    "forgets the mark": ("def register_losses(register): ...", "has no hook: is @ganzoo.hookimpl missing"),
    "raises in a hook": (CARD.format(name="fine") + LATE, "OSError: disk on fire"),
    "leaves in a hook": (
        "import ganzoo, sys\n@ganzoo.hookimpl\ndef register_losses(register): sys.exit('bye')",
        "SystemExit: bye",
    ),
    "brings a card to the wrong hook": (
        CARD.format(name="x").replace("register_losses", "register_metrics"),
        "register_metrics takes a Metric, not a Loss",
    ),
    "brings no card": (
        "import ganzoo\n@ganzoo.hookimpl\ndef register_losses(register): register(3)",
        "register_losses takes a Loss, not a int",
    ),
    "brings an untypable name": (CARD.format(name="My Loss"), "a name has lower-case letters"),
    "brings a name twice": (
        CARD.format(name="x") + '    register(ganzoo.Loss(name="x", summary="Again", build=object))',
        "Loss 'x' is registered twice",
    ),
    "has a config of no kind": (
        "import ganzoo\n@ganzoo.hookimpl\ndef register_families(register):\n"
        "    register(ganzoo.Family(name='x', summary='', build=object, config=dict))",
        "config of family 'x' is the class dict",
    ),
    "writes a command without parentheses": (
        "import ganzoo\n@ganzoo.hookimpl\ndef register_commands(app):\n    @app.command\n    def x(): ...",
        "write @app.command(), with parentheses",
    ),
    "brings a command twice": (
        "import ganzoo\n@ganzoo.hookimpl\ndef register_commands(app):\n"
        "    app.command('x')(print)\n    app.command('x')(print)",
        "command 'x' is registered twice",
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_guest_is_a_reason_of_one_line(load_guest, how):
    source, reason = BROKEN[how]
    plugin = load_guest(source)
    assert plugin.state == "broken"
    assert reason in plugin.reason
    assert "\n" not in plugin.fault
    assert not plugin.cards
    assert not plugin.commands.entries


@pytest.mark.parametrize("how", BROKEN)
def test_strict_raises_instead(load_guest, how):
    with pytest.raises(WorkError, match=r"plugin guest 1\.0 \(entry point guest\): ") as caught:
        load_guest(BROKEN[how][0], strict=True)
    assert caught.value.__cause__ is not None


def test_an_interrupt_is_no_fault(load_guest):
    with pytest.raises(KeyboardInterrupt):
        load_guest("raise KeyboardInterrupt")


def test_broken_guests_cost_nobody_else_anything(guests):
    guests.add("ganzoo-bad-import", "raise SystemExit('not today')", version="2.1")
    guests.add("ganzoo-bad-hook", CARD.format(name="partial") + LATE, entry_point="hooky")
    guests.add("ganzoo-fine", CARD.format(name="fine"))
    listed = guests.run("list", "--kind", "all", "--json")
    names = {card["name"] for card in json.loads(listed.stdout)}
    assert listed.returncode == 0
    assert {"dcgan", "vanilla", "hinge", "anime", "fine"} <= names
    assert "partial" not in names
    assert listed.stderr.splitlines() == [
        "warning: plugin ganzoo-bad-hook 1.0 (entry point hooky): OSError: disk on fire.",
        "warning: plugin ganzoo-bad-import 2.1 (entry point ganzoo-bad-import): SystemExit: not today.",
    ]


def test_strict_stops_the_command(guests):
    guests.add("ganzoo-bad", "1 / 0")
    stopped = guests.run("list", GANZOO_STRICT="1")
    assert (stopped.returncode, stopped.stdout) == (1, "")
    assert stopped.stderr == (
        "error: plugin ganzoo-bad 1.0 (entry point ganzoo-bad): ZeroDivisionError: division by zero\n"
    )
    assert "ZeroDivisionError" in guests.run("list", "--debug", GANZOO_STRICT="1").stderr.partition("Traceback")[2]
    assert guests.run("list", "-p", "no:ganzoo-bad", GANZOO_STRICT="1").returncode == 0


def test_a_guest_may_not_take_a_name_of_ganzoo(guests):
    extra = '    register(ganzoo.Loss(name="extra", summary="Another", build=object))'
    guests.add("ganzoo-evil", CARD.format(name="hinge") + extra)
    listed = guests.run("list", "--kind", "losses", "--json")
    cards = {card["name"]: card["package"] for card in json.loads(listed.stdout)}
    assert cards["hinge"] == "ganzoo"
    assert cards["extra"] == "ganzoo-evil"
    assert listed.stderr == (
        "warning: plugin ganzoo-evil 1.0 (entry point ganzoo-evil): loss 'hinge' is there already, "
        "from ganzoo 0.1.0 (entry point core); the guest's is left out.\n"
    )
    assert guests.run("list", GANZOO_STRICT="1").returncode == 1


def test_a_name_two_guests_bring_is_nobodys(guests):
    guests.add("ganzoo-one", CARD.format(name="twin"), entry_point="one")
    guests.add("ganzoo-two", CARD.format(name="t-win"), entry_point="two", version="2.0")
    listed = guests.run("list", "--kind", "losses")
    reason = (
        "loss 'twin' is offered by ganzoo-one 1.0 (entry point one) and ganzoo-two 2.0 (entry point two); "
        "neither is used. Choose with -p no:one or -p no:two."
    )
    assert listed.stderr == f"warning: {reason}\n"
    assert "twin" not in listed.stdout
    assert "hinge" in listed.stdout
    shown = guests.run("show", "twin")
    assert (shown.returncode, shown.stderr.splitlines()[-1]) == (2, f"error: {reason}")
    chosen = guests.run("-p", "no:two", "show", "twin", "--json")
    assert json.loads(chosen.stdout)["package"] == "ganzoo-one"
    assert chosen.stderr == ""


def test_a_guest_may_not_shadow_a_command(guests):
    guests.add(
        "ganzoo-shadow",
        """
import ganzoo

@ganzoo.hookimpl
def register_commands(app):
    @app.command()
    def doctor():
        print("gotcha")

    @app.command()
    def compare():
        print("gotcha")

    @app.command()
    def mine():
        print("mine")
""",
    )
    assert guests.run("mine").stdout == "mine\n"
    said = guests.run("doctor")
    assert "gotcha" not in said.stdout
    assert "command 'doctor' is one of ganzoo's own" in said.stderr
    assert "gotcha" not in guests.run("compare").stdout


def test_a_command_that_cannot_be_read_leaves_the_others(guests):
    guests.add(
        "ganzoo-odd",
        """
import ganzoo

@ganzoo.hookimpl
def register_commands(app):
    @app.command()
    def odd(what: "Nowhere"):
        pass

    @app.command()
    def even():
        print("even")
""",
    )
    ran = guests.run("even")
    assert ran.stdout == "even\n"
    assert "plugin ganzoo-odd 1.0 (entry point ganzoo-odd): command 'odd' cannot be read" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_a_plugin_that_prints_does_not_spoil_the_document(guests):
    guests.add("ganzoo-loud", "print('HELLO')\n" + CARD.format(name="loud"))
    listed = guests.run("list", "--kind", "losses", "--json")
    assert "loud" in {card["name"] for card in json.loads(listed.stdout)}
    assert listed.stderr == "HELLO\n"


def test_a_plugin_that_asks_for_the_zoo_while_it_opens_is_broken(guests):
    guests.add("ganzoo-eager", "import ganzoo\nganzoo.find('losses', 'hinge')")
    listed = guests.run("list")
    assert "RuntimeError: the zoo opens once all plugins are loaded" in listed.stderr
    assert len(listed.stderr.splitlines()) == 1
    assert "dcgan" in listed.stdout


def test_a_plugin_that_imports_torch_when_loaded_is_told(guests):
    (guests.folder / "torch.py").write_text("")  # what matters is the name in sys.modules
    guests.add("ganzoo-slow", "import torch\n" + CARD.format(name="slow"))
    (slow,) = [each for each in json.loads(guests.run("plugins", "--json").stdout) if each["name"] == "ganzoo-slow"]
    assert slow["state"] == "loaded"
    assert "import it inside build" in slow["reason"]


@pytest.mark.parametrize(
    ("environment", "arguments", "loaded"),
    [
        ({}, [], {"a", "b"}),
        ({"GANZOO_LOAD_PLUGINS": "a"}, [], {"a"}),
        ({"GANZOO_LOAD_PLUGINS": "ganzoo_B, a"}, [], {"a", "b"}),
        ({"GANZOO_LOAD_PLUGINS": ""}, [], set()),
        ({}, ["-p", "no:a"], {"b"}),
        ({}, ["-pno:ganzoo-b"], {"a"}),
        ({"GANZOO_SKIP_PLUGINS": "a"}, ["-p", "no:b"], set()),
    ],
)
def test_guests_are_chosen_by_entry_point_or_package(guests, environment, arguments, loaded):
    guests.add("ganzoo-a", CARD.format(name="a"), entry_point="a")
    guests.add("ganzoo-b", CARD.format(name="b"), entry_point="b")
    listed = guests.run(*arguments, "list", "--kind", "losses", "--json", **environment)
    assert {card["name"] for card in json.loads(listed.stdout) if card["package"] != "ganzoo"} == loaded
    assert "hinge" in listed.stdout
    assert listed.stderr == ""


def test_ours_can_be_switched_off_too(guests):
    assert "dcgan" not in guests.run("list", "-p", "no:dcgan").stdout


def test_an_unknown_name_of_a_plugin_is_told():
    origins = [Origin("ganzoo-x", "1", "x"), Origin("ganzoo", "1", "dcgan")]
    choice = Choice.from_environment({"GANZOO_SKIP_PLUGINS": "dcgn", "GANZOO_LOAD_PLUGINS": "x,y"})
    assert choice.unknown(origins) == [
        "-p no:dcgn: no such plugin. Did you mean dcgan?",
        "GANZOO_LOAD_PLUGINS=y: no such plugin.",
    ]


def test_plugins_tells_the_state_of_each(guests):
    guests.add("ganzoo-bad", "1 / 0")
    guests.add("ganzoo-off", CARD.format(name="off"))
    told = guests.run("plugins", "list", "--json", "-p", "no:ganzoo-off")
    plugins = {each["name"]: each for each in json.loads(told.stdout)}
    assert plugins["core"]["state"] == "loaded"
    assert "hinge" in plugins["core"]["registers"]["losses"]
    assert (plugins["ganzoo-bad"]["state"], plugins["ganzoo-bad"]["registers"]) == ("broken", {})
    assert plugins["ganzoo-bad"]["reason"] == "ZeroDivisionError: division by zero"
    assert plugins["ganzoo-off"]["state"] == "off"
    alone, listed = (re.sub(r" +\d+ ", "", guests.run(*words).stdout) for words in (["plugins"], ["plugins", "list"]))
    assert alone == listed  # but for the milliseconds that loading took


def test_the_list_fits_the_screen_and_says_how_long_loading_took(guests):
    guests.add("ganzoo-with-a-name-of-some-length", CARD.format(name="lengthy"), version="10.11.12")
    guests.add("ganzoo-idle", "import time\ntime.sleep(0.05)\n" + CARD.format(name="idle"), entry_point="idle")
    listed = guests.run("plugins", "list", COLUMNS="80")
    assert max(map(len, listed.stdout.splitlines())) <= 80
    assert listed.stdout.split()[:6] == ["PLUGIN", "PACKAGE", "VERSION", "STATE", "MS", "REGISTERS"]
    assert "loss lengthy" in " ".join(listed.stdout.split())
    took = {each["name"]: each["milliseconds"] for each in json.loads(guests.run("plugins", "--json").stdout)}
    assert took["idle"] >= 50
    assert min(took.values()) > 0


COMMAND = """
import ganzoo

@ganzoo.hookimpl
def register_commands(app):
    @app.command()
    def {name}(times: int = 1):
        \"\"\"Do something.\"\"\"
        {body}
"""


def test_a_command_that_fails_is_its_packages_fault(guests):
    guests.add("ganzoo-fragile", COMMAND.format(name="crack", body="{}[times]"), version="1.1")
    failed = guests.run("crack")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.splitlines() == [
        "error: plugin ganzoo-fragile 1.1 (entry point ganzoo-fragile): ganzoo crack failed: KeyError: 1",
        "Tell those who make ganzoo-fragile; with --debug the same command shows where.",
    ]
    assert "Traceback" in guests.run("crack", "--debug").stderr
    assert guests.run("crack", "--times", "many").returncode == 2
    assert "brings commands alone, which have no contract" in guests.run("plugins", "check", "ganzoo-fragile").stderr
    assert guests.run("list").stderr == ""


def test_a_command_speaks_with_our_errors(guests):
    guests.add("ganzoo-strict", COMMAND.format(name="refuse", body="raise ganzoo.RequestError('No. Say please.')"))
    refused = guests.run("refuse")
    assert (refused.returncode, refused.stderr) == (2, "error: No. Say please.\n")


def test_a_command_two_guests_bring_is_nobodys(guests):
    guests.add("ganzoo-one", COMMAND.format(name="twin", body="print(1)"), entry_point="one")
    guests.add("ganzoo-two", COMMAND.format(name="twin", body="print(2)"), entry_point="two")
    ran = guests.run("twin")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "command 'twin' is offered by ganzoo-one 1.0" in ran.stderr
    assert guests.run("twin", "-p", "no:two").stdout == "1\n"

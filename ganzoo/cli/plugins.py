"""`ganzoo plugins`: which packages bring what, which are broken, and which keep the contract."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from ganzoo.cli.output import print_json, print_table
from ganzoo.errors import WorkError
from ganzoo.zoo.cards import Family
from ganzoo.zoo.plugins import Plugin
from ganzoo.zoo.registry import SINGULAR, zoo

MARKS = {True: "kept", False: "BROKEN"}
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

app = typer.Typer(help="Show which packages bring what, and check them.")


@app.callback(invoke_without_command=True)
def plugins(context: typer.Context, as_json: AsJson = False) -> None:
    """Show which packages bring what, and which are broken."""
    if context.invoked_subcommand is None:
        list_(as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List every plugin: its package, its state, what it registers or why it does not."""
    if as_json:
        print_json([_record(plugin) for plugin in zoo().plugins])
        return
    print_table(
        ("plugin", "package", "version", "state", "registers"),
        [
            (plugin.origin.entry_point, plugin.origin.package, plugin.origin.version, plugin.state, _summary(plugin))
            for plugin in zoo().plugins
        ],
    )


@app.command("check")
def check(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A family, or a package that brings families.")],
    preset: Annotated[str, typer.Option(help="Small enough to take some dozen steps at once.")] = "tiny",
    as_json: AsJson = False,
) -> None:
    """Hold a family to the contract: training, resuming, sampling, on made-up data."""
    from ganzoo.testing import examine

    findings = {family.name: list(examine(family, preset)) for family in _families(name)}
    if as_json:
        print_json({family: [asdict(finding) for finding in found] for family, found in findings.items()})
    for family, found in findings.items() if not as_json else ():
        kept = sum(finding.kept for finding in found)
        print(f"{family}: {kept} of {len(found)} promises kept")
        print_table(("promise", "", "seen"), [(each.check, MARKS[each.kept], each.message) for each in found])
    broken = [family for family, found in findings.items() if not all(finding.kept for finding in found)]
    if broken:
        raise WorkError(f"{' and '.join(broken)} {'do' if broken[1:] else 'does'} not keep the contract.")


def _families(name: str) -> list[Family]:
    """The family of this name, or all that the package or entry point of this name brings."""
    brought = [
        card
        for plugin in zoo().plugins
        if name in (plugin.origin.entry_point, plugin.origin.package)
        for card in plugin.cards
        if isinstance(card, Family)
    ]
    return brought or [zoo().get("families", name)]


def _summary(plugin: Plugin) -> str:
    """``"families: dcgan; losses: hinge, minimax"``, and what went wrong."""
    brought = [f"{_heading(kind, names)} {', '.join(names)}" for kind, names in _registered(plugin).items()]
    return "; ".join([*([plugin.reason] if plugin.reason else []), *brought])


def _heading(kind: str, names: list[str]) -> str:
    return SINGULAR[kind] if len(names) == 1 else kind


def _registered(plugin: Plugin) -> dict[str, list[str]]:
    """Names by kind, commands included."""
    registered: dict[str, list[str]] = {}
    for card in plugin.cards:
        registered.setdefault(card.kind, []).append(card.name)
    if plugin.commands.entries:
        registered["commands"] = [command.name for command in plugin.commands.entries]
    return registered


def _record(plugin: Plugin) -> dict[str, Any]:
    return {
        "name": plugin.origin.entry_point,
        "package": plugin.origin.package,
        "version": plugin.origin.version,
        "state": plugin.state,
        "reason": plugin.reason,
        "registers": _registered(plugin),
    }

"""`ganzoo plugins`: which packages bring what, whether they keep the contract, and a new one to begin with."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from ganzoo.cli.output import print_json, print_table
from ganzoo.errors import RequestError, WorkError
from ganzoo.zoo.cards import Card
from ganzoo.zoo.distributions import normalised
from ganzoo.zoo.plugins import Plugin
from ganzoo.zoo.registry import SINGULAR, known_kind, zoo

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
    """List every plugin: its package, its state, what it registers or why it does not, and how long loading took."""
    if as_json:
        print_json([_record(plugin) for plugin in zoo().plugins])
        return
    rows = [
        (
            plugin.origin.entry_point,
            plugin.origin.package,
            plugin.origin.version,
            plugin.state,
            round(plugin.milliseconds) if plugin.state in ("loaded", "clash") else "",
            _summary(plugin),
        )
        for plugin in zoo().plugins
    ]
    print_table(("plugin", "package", "version", "state", "ms", "registers"), rows, strict=True)


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is to be called, as in ganzoo train NAME.")],
    kind: Annotated[str, typer.Option(help="family, loss, discriminator, dataset, metric or command.")] = "family",
    licence: Annotated[
        str, typer.Option("--license", "--licence", help="Apache-2.0, MIT, BSD-3-Clause, or none.")
    ] = "Apache-2.0",
    as_json: AsJson = False,
) -> None:
    """Write a package that works at once, as the folder ganzoo-NAME."""
    from ganzoo.cli.scaffold import Scaffold

    scaffold = Scaffold.choose(name, kind, licence)
    files = scaffold.write(Path())
    if as_json:
        print_json({"path": str(scaffold.folder), "files": files, "next": scaffold.next})
        return
    print(f"{scaffold.folder}: {len(files)} files, a {scaffold.kind} that works as it is. Next:")
    print(*(f"  {command}" for command in scaffold.next), sep="\n")


@app.command("check")
def check(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A card of any kind, or a package.")],
    kind: Annotated[str, typer.Option(help="Of all that is called so, only families, losses, ...")] = "",
    preset: Annotated[str, typer.Option(help="Of a family; small enough for some dozen steps.")] = "tiny",
    as_json: AsJson = False,
) -> None:
    """Hold a part, or all that a package brings, to its contract, on made-up data."""
    from ganzoo.testing import examine

    examined, broken = [], []
    for card in _cards(name, kind):
        found = list(examine(card, preset))
        kept = sum(finding.kept for finding in found)
        title = f"{SINGULAR[card.kind]} {card.name}"
        if kept < len(found):
            broken.append(title)
        examined.append({"kind": card.kind, "name": card.name, "findings": [asdict(finding) for finding in found]})
        if not as_json:
            print(f"{title}: {kept} of {len(found)} promises kept", flush=True)
            print_table(("promise", "", "seen"), [(each.check, MARKS[each.kept], each.message) for each in found])
    if as_json:
        print_json(examined)
    if broken:
        raise WorkError(f"{' and '.join(broken)} {'do' if broken[1:] else 'does'} not keep the contract.")


def _cards(name: str, kind: str) -> list[Card]:
    """All that the package or entry point of this name brings, or every card of this name; of one kind, if asked."""
    asked, kind = normalised(name), known_kind(kind) if kind else ""
    plugins = [
        plugin
        for plugin in zoo().plugins
        if asked in (normalised(plugin.origin.entry_point), normalised(plugin.origin.package))
    ]
    cards = [card for plugin in plugins for card in plugin.cards if kind in ("", card.kind)]
    if not cards and (faulty := [plugin for plugin in plugins if plugin.state != "loaded"]):
        raise RequestError(f"plugin {faulty[0].origin} is {faulty[0].state}: {faulty[0].reason}.")
    if not cards and any(plugin.commands.entries for plugin in plugins):
        raise RequestError(f"{name} brings commands alone, which have no contract. See ganzoo --help.")
    return cards or zoo().named(name, kind)


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
        "requires": f"ganzoo{plugin.requires}",
        "milliseconds": round(plugin.milliseconds, 1),
        "registers": _registered(plugin),
    }

"""`ganzoo plugins`: which packages bring what, and which are broken."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ganzoo.cli.output import print_json, print_table
from ganzoo.zoo.plugins import Plugin
from ganzoo.zoo.registry import SINGULAR, zoo

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

app = typer.Typer(help="Show which packages bring what, and which are broken.")


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

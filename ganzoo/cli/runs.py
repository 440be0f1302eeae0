"""`ganzoo runs`: the runs folder, without importing torch."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from ganzoo.cli.output import print_json, print_table
from ganzoo.cli.roster import print_roster, record
from ganzoo.errors import RequestError, WorkError

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Folder = Annotated[Path, typer.Option("--runs", help="The folder of all runs.")]
Name = Annotated[str, typer.Argument(metavar="RUN", help="A name in the runs folder, a path, or latest.")]

app = typer.Typer(help="List the runs, look at one, remove one.", no_args_is_help=True)


@app.command("list")
def list_(folder: Folder = Path("runs"), as_json: AsJson = False) -> None:
    """List every run, the one last worked on at the end."""
    print_roster(folder, as_json)


@app.command()
def show(run: Name, folder: Folder = Path("runs"), as_json: AsJson = False) -> None:
    """Show what a run was asked to be, how far it came, and what lies in its folder."""
    from ganzoo.train.runs import Runs
    from ganzoo.train.verdict import changes, remedy

    found = Runs(folder).find(run)
    lines = found.lines()
    told = record(found) | {
        "path": str(found.path),
        "request": found.request,
        "last": lines[-1] if lines else {},
        "verdicts": [{"images": images, "verdict": verdict} for images, verdict in changes(lines)],
        "checkpoints": [str(path) for path in found.saved()],
        "sheets": len(found.sheets()),
        "bytes": found.bytes,
    }
    if as_json:
        print_json(told)
        return
    last = {k: v for k, v in told["last"].items() if k not in ("done", "images", "health")}
    config = told["request"].get("config", {})
    health = told["last"].get("health", {})
    if advice := remedy(health.get("verdict", ""), config):
        print(advice, file=sys.stderr)
    print_table(
        ("what", "value"),
        [
            *((key, told[key]) for key in ("run", "path", "family", "data", "state", "started")),
            ("made with", " ".join(told["plugin"].values())),
            ("images", f"{told['images']:,}"),
            ("on disk", f"{told['bytes'] / 1e6:,.1f} MB, {len(told['checkpoints'])} checkpoints"),
            *last.items(),
            *_health(health),
            *((f"from {each['images']:,} images on", each["verdict"]) for each in told["verdicts"]),
            ("settings", ", ".join(f"{key}={value}" for key, value in config.items())),
        ],
    )


@app.command()
def rm(
    run: Name,
    folder: Folder = Path("runs"),
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")] = False,
) -> None:
    """Remove a run with everything in its folder."""
    import shutil

    from ganzoo.train.runs import Runs

    found = Runs(folder).find(run)
    if found.is_held:
        raise RequestError(f"{found.path} is being trained by another process. Stop it first.")
    asking = not yes and sys.stdin.isatty()
    if asking and not typer.confirm(f"Remove {found.path} ({found.bytes / 1e6:,.1f} MB)?", err=True):
        print(f"kept {found.path}", file=sys.stderr)
        return
    try:
        shutil.rmtree(found.path)
    except OSError as error:
        raise WorkError(f"Cannot remove {found.path}: {error.strerror}. Remove it by hand.") from error
    print(f"removed {found.path}", file=sys.stderr)


def _health(health: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What is known of a run's health, a row each."""
    for key, value in health.items():
        if isinstance(value, dict):
            yield from ((f"{key} {name}", each) for name, each in value.items())
        else:
            yield ("health" if key == "verdict" else key), value

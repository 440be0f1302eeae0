"""The runs of a folder, a line each. Apart from the command, so that `ganzoo runs list` can do without typer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ganzoo.cli.output import print_json, print_table
from ganzoo.errors import RequestError
from ganzoo.train.run import Run
from ganzoo.train.runs import Runs


def print_roster(folder: Path, as_json: bool = False) -> None:
    """Print every run, the one last worked on at the end."""
    records = [record(run) for run in Runs(folder).all()]
    if as_json:
        print_json(records)
    elif not records:
        print(f"No runs in {folder}. Start one: ganzoo train dcgan", file=sys.stderr)
    else:
        print_table(
            ("run", "family", "data", "images", "state", "started"),
            [
                (r["run"], r["family"], r["data"], f"{r['images']:,}".rjust(11), r["state"], r["started"][:10])
                for r in records
            ],
        )


def record(run: Run) -> dict[str, Any]:
    """One run, as lists show it."""
    images, done = run.progress
    try:
        about = run.about
    except RequestError:
        about, state = {}, "unreadable"
    else:
        state = "finished" if done else "training" if run.is_held else "stopped"
    request = about.get("request", {})
    return {
        "run": run.name,
        "family": request.get("family", ""),
        "data": request.get("data", ""),
        "preset": request.get("preset", ""),
        "images": images,
        "of": None if "steps" in request or "budget" in request else request.get("config", {}).get("images"),
        "state": state,
        "started": about.get("started", ""),
        "plugin": about.get("plugin", {}),
    }

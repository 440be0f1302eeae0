"""`ganzoo list`: the zoo, a line each."""

from __future__ import annotations

from typing import Annotated

import typer

from ganzoo.cli.catalogue import print_catalogue


def list_(
    pattern: Annotated[str, typer.Argument(help="A part of the name, or a pattern with * and ?.")] = "",
    kind: Annotated[
        str,
        typer.Option(help="What to list: families, generators, discriminators, losses, datasets, metrics or all."),
    ] = "families",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List what there is, a line each."""
    print_catalogue(pattern, kind, as_json)

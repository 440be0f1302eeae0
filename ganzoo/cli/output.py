"""Results on stdout: a table for people, one JSON document for programs; what is said beside them on stderr."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from ganzoo.cli.table import has_colour, screen_width, table


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]], strict: bool = False) -> None:
    """Write a table as wide as the terminal, never wider where it is ``strict``."""
    print(table(header, rows, width=screen_width(), bold=has_colour(), strict=strict))


def print_note(text: str) -> None:
    """Write a line beside the result, for people."""
    print(text, file=sys.stderr)


def print_json(document: Any) -> None:
    """Write the one document that `--json` stands for."""
    import json

    json.dump(document, sys.stdout, indent=2, ensure_ascii=False, default=str)
    print()

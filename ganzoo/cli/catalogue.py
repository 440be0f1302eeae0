"""The zoo, a line a card. Apart from the command, so that `ganzoo list` can do without typer."""

from __future__ import annotations

import sys
from typing import Any

from ganzoo.cli.output import print_json, print_table
from ganzoo.zoo.cards import KINDS, Card
from ganzoo.zoo.registry import folded, known_kind, zoo

EVERY = "all"


def print_catalogue(pattern: str = "", kind: str = "families", as_json: bool = False) -> None:
    """List the cards whose name has ``pattern`` in it, or matches it where it has ``*?[``."""
    kinds = KINDS if kind == EVERY else (known_kind(kind),)
    cards = [card for each in kinds for card in zoo().all(each) if _matches(card.name, pattern)]
    if as_json:
        print_json([record(card) for card in cards])
        return
    if not cards:
        what = "cards" if kind == EVERY else kind
        print(f"No {what} {f'match {pattern!r}' if pattern else 'are registered'}.", file=sys.stderr)
        return
    for at, each in enumerate(dict.fromkeys(card.kind for card in cards)):
        if kind == EVERY:
            print("\n" * (at > 0) + each)
        print_table(("name", "year", "data", "package", "summary"), [_row(card) for card in cards if card.kind == each])


def _matches(name: str, pattern: str) -> bool:
    if any(sign in pattern for sign in "*?["):
        from fnmatch import fnmatchcase

        return fnmatchcase(name, pattern.lower())
    return folded(pattern) in folded(name)


def _row(card: Card) -> tuple[object, ...]:
    data = " ".join(getattr(card, "gives", card.needs))
    return card.name, card.year or "", data, _guest(card), card.summary


def _guest(card: Card) -> str:
    origin = zoo().origin(card)
    return "" if origin.is_builtin else f"{origin.package} {origin.version}"


def record(card: Card) -> dict[str, Any]:
    """What any card says, as JSON has it."""
    origin = zoo().origin(card)
    return {
        "name": card.name,
        "kind": card.kind,
        "summary": card.summary,
        "paper": card.paper,
        "year": card.year,
        "needs": list(card.needs),
        "package": origin.package,
        "version": origin.version,
    }

"""`ganzoo show`: one card, read out."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from ganzoo.cli.catalogue import record
from ganzoo.cli.output import print_json, print_table
from ganzoo.cli.table import screen_width, wrapped
from ganzoo.errors import RequestError
from ganzoo.zoo.cards import Card, Family
from ganzoo.zoo.config import Config, assignments, fields, resolve
from ganzoo.zoo.facts import Facts
from ganzoo.zoo.registry import SINGULAR, zoo
from ganzoo.zoo.values import shown, type_name

CHANNELS, CLASSES, WORDS, DIMENSIONS = 3, 10, 100, 2  # of the data a family is built for where none is open
LABEL_WIDTH = 10  # columns before the text of a card


def show(
    name: Annotated[str, typer.Argument(help="A name that `ganzoo list --kind all` has.")],
    preset: Annotated[str, typer.Option(help="Show the family as this preset sets it.")] = "",
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting.")] = None,
    kind: Annotated[str, typer.Option(help="Which, where several kinds have the name; a family is shown first.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show one card: paper, settings, presets, networks."""
    cards = zoo().named(name, kind)
    card = cards[0]
    if not isinstance(card, Family):
        if preset or settings:
            raise RequestError(f"{card.name} is a {SINGULAR[card.kind]}: only a family has presets and settings.")
        print_json(_card_record(card)) if as_json else _print_card(card)
    else:
        from ganzoo.train.blueprint import count_parameters

        config = resolve(card, preset, assignments(settings or []))
        facts = usual_facts(card, config, is_points=bool(card.points_preset) and preset == card.points_preset)
        networks = count_parameters(card, config, facts)
        if as_json:
            print_json(_card_record(card) | _family_record(card, preset, config, networks))
        else:
            _print_card(card)
            _print_family(card, preset, config, facts, networks)
    if cards[1:] and not as_json:
        others = " or ".join(f"--kind {each.kind}" for each in cards[1:])
        print(f"\nThe name has other cards: {others} shows them.")


def usual_facts(family: Family, config: Config, is_points: bool = False) -> Facts:
    """Data of the most usual shape that the family could be trained on."""
    return Facts(
        shape=(DIMENSIONS,) if is_points else (config.channels or CHANNELS, config.size, config.size),
        classes=tuple(map(str, range(CLASSES))) if "label" in family.needs else (),
        words=tuple(map(str, range(WORDS))) if "text" in family.needs else (),
    )


def _card_record(card: Card) -> dict[str, Any]:
    """What the card itself says, as JSON has it: what any card does, and what this kind does beside it."""
    more = ("idea", "game", "good_for", "weakness", "data", "gives", "licence", "better")
    return record(card) | {key: getattr(card, key) for key in more if hasattr(card, key)}


def _family_record(family: Family, preset: str, config: Config, networks: dict[str, int]) -> dict[str, Any]:
    return {
        "preset": preset or "default",
        "presets": {name: dict(values) for name, values in family.presets.items()},
        "networks": {name: {"parameters": count} for name, count in networks.items()},
        "config": asdict(config),
        "settings": [
            {"name": each.name, "type": type_name(each.type), "default": each.default, "meaning": each.meaning}
            for each in fields(family.config)
        ],
    }


def _print_card(card: Card) -> None:
    origin = zoo().origin(card)
    lines = {
        "": card.summary,
        "paper": card.paper,
        "idea": getattr(card, "idea", ""),
        "game": getattr(card, "game", ""),
        "good for": getattr(card, "good_for", ""),
        "weakness": getattr(card, "weakness", ""),
        "needs": " and ".join(card.needs),
        "gives": " and ".join(getattr(card, "gives", ())),
        "licence": getattr(card, "licence", ""),
        "better": getattr(card, "better", ""),
        "package": f"{origin.package} {origin.version}",
    }
    print(f"{card.name} ({SINGULAR[card.kind]}{f', {card.year}' if card.year else ''})")
    for label, text in lines.items():
        if text:
            first, *rest = wrapped(text, screen_width() - LABEL_WIDTH)
            print(f"{label:{LABEL_WIDTH}}{first}")
            for line in rest:
                print(" " * LABEL_WIDTH + line)


def _print_family(family: Family, preset: str, config: Config, facts: Facts, networks: dict[str, int]) -> None:
    shape = "x".join(map(str, facts.shape))
    classes = f", {CLASSES} classes" if facts.classes else ""
    print(f"\nnetworks, for {'points' if facts.is_points else 'pictures'} of {shape}{classes}")
    print_table(("network", "parameters"), [(name, f"{count:,}".rjust(10)) for name, count in networks.items()])
    print(f"\nsettings, as preset '{preset or 'default'}' has them; --set NAME=VALUE changes one")
    print_table(
        ("name", "value", "default", "meaning"),
        [
            (each.name, shown(getattr(config, each.name)), shown(each.default), f"{each.meaning}{_choices(each.type)}")
            for each in fields(family.config)
        ],
    )
    print("\npresets, taken by --preset")
    print_table(
        ("name", "what it sets"),
        [
            (name, " ".join(f"{key}={shown(value)}" for key, value in values.items()))
            for name, values in family.presets.items()
        ],
    )


def _choices(kind: Any) -> str:
    """The words a setting is limited to, where it is."""
    name = type_name(kind)
    return f"; {name.replace('|', ', ')}" if "|" in name else ""

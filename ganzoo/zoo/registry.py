"""Finds a card by its name, and knows which package brought it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from ganzoo.errors import RequestError, WorkError, did_you_mean
from ganzoo.zoo.cards import KINDS, Card
from ganzoo.zoo.commands import OURS, Command, Group
from ganzoo.zoo.distributions import Origin, entry_points
from ganzoo.zoo.plugins import FAULTY, Choice, Plugin, load

COMMANDS = "commands"  # registered and contested like a kind of card
SINGULAR = {"families": "family", "losses": "loss"} | {
    kind: kind.removesuffix("s") for kind in (*KINDS, COMMANDS) if kind not in ("families", "losses")
}


class Holding(NamedTuple):
    """A card or a command, and the plugin it came with."""

    thing: Card | Command | Group
    plugin: Plugin


class Zoo:
    """Everything registered. A name claimed by several packages is ganzoo's if it is one of them, else nobody's."""

    def __init__(self, plugins: Sequence[Plugin]) -> None:
        self.plugins = plugins
        self.faults = [f"{plugin.fault}." for plugin in plugins if plugin.state in FAULTY]  # a line each
        self._held: dict[tuple[str, str], Holding] = {}
        self._contested: dict[tuple[str, str], str] = {}  # why nobody has the name
        claims: dict[tuple[str, str], list[Holding]] = {}
        for plugin in plugins:
            for card in plugin.cards:
                claims.setdefault((card.kind, folded(card.name)), []).append(Holding(card, plugin))
            for command in plugin.commands.entries:
                claims.setdefault((COMMANDS, folded(command.name)), []).append(Holding(command, plugin))
        for place, holdings in claims.items():
            self._settle(place, holdings)

    def get(self, kind: str, name: str) -> Card:
        """The card of that name; case, "-" and "_" do not matter.

        Raises:
            RequestError: there is none (the nearest names are given), or two packages contest it.
        """
        kind = known_kind(kind)
        place = (kind, folded(name))
        if place in self._held:
            return self._held[place].thing
        if place in self._contested:
            raise RequestError(self._contested[place])
        names = [card.name for card in self.all(kind)]
        option = "" if kind == "families" else f" --kind {kind}"
        raise RequestError(
            f"No {SINGULAR[kind]} '{name}'.{did_you_mean(name, names)} See ganzoo list{option}.{self._broken()}"
        )

    def named(self, name: str, kind: str = "") -> list[Card]:
        """The cards of that name, of any kind or of this one, a family first.

        Raises:
            RequestError: there is none.
        """
        if kind:
            return [self.get(kind, name)]
        places = [(each, folded(name)) for each in KINDS]
        found = [self._held[place].thing for place in places if place in self._held]
        contested = [self._contested[place] for place in places if place in self._contested]
        if found:
            return found
        if contested:
            raise RequestError(contested[0])
        names = {card.name for each in KINDS for card in self.all(each)}
        raise RequestError(
            f"Nothing is called '{name}'.{did_you_mean(name, names)} See ganzoo list --kind all.{self._broken()}"
        )

    def all(self, kind: str) -> list[Card]:
        """The cards of a kind, sorted by name."""
        kind = known_kind(kind)
        cards = [holding.thing for (held, _), holding in self._held.items() if held == kind]
        return sorted(cards, key=lambda card: card.name)

    def origin(self, card: Card) -> Origin:
        """The package that brought the card."""
        return self._held[card.kind, folded(card.name)].plugin.origin

    def commands(self) -> list[tuple[Command | Group, Origin]]:
        """What guests add to the command line, sorted by name."""
        held = [holding for (kind, _), holding in self._held.items() if kind == COMMANDS]
        return sorted(((each.thing, each.plugin.origin) for each in held), key=lambda pair: pair[0].name)

    def _settle(self, place: tuple[str, str], holdings: list[Holding]) -> None:
        """Give a name to the one that claims it; where several do, to ganzoo or to nobody."""
        what = f"{SINGULAR[place[0]]} '{holdings[0].thing.name}'"
        own = next((each for each in holdings if each.plugin.origin.is_builtin), None)
        guests = [each.plugin for each in holdings if each is not own]
        if place[0] == COMMANDS and place[1] in OURS:
            self._refuse(guests, f"{what} is one of ganzoo's own; the guest's is left out")
        elif own:
            self._held[place] = own
            self._refuse(guests, f"{what} is there already, from {own.plugin.origin}; the guest's is left out")
        elif len(guests) == 1:
            self._held[place] = holdings[0]
        else:
            self._contested[place] = _contest(what, [guest.origin for guest in guests])
            self.faults.append(self._contested[place])
            for guest in guests:
                _lose(guest, self._contested[place])

    def _refuse(self, guests: Sequence[Plugin], reason: str) -> None:
        for guest in guests:
            self.faults.append(f"plugin {guest.origin}: {reason}.")
            _lose(guest, reason)

    def _broken(self) -> str:
        counts = {state: sum(plugin.state == state for plugin in self.plugins) for state in FAULTY}
        told = " and ".join(f"{count} {state}" for state, count in counts.items() if count)
        return f" {told} plugin{'s' * (sum(counts.values()) > 1)}: see ganzoo plugins." if told else ""


_opening: list[bool] = []  # a plugin that asks for the zoo while it is loaded would have it load again


@cache
def zoo() -> Zoo:
    """The zoo of this process, loaded once; every fault is a line on stderr.

    Raises:
        WorkError: a plugin is at fault and GANZOO_STRICT is set.
    """
    if _opening:
        raise RuntimeError("the zoo opens once all plugins are loaded: look names up inside build")
    _opening.append(True)
    points, choice = entry_points(), Choice.from_environment()
    try:
        opened = Zoo(load(points, choice))
    finally:
        _opening.clear()
    if choice.strict and opened.faults:
        raise WorkError(opened.faults[0])
    for line in (*choice.unknown([point.origin for point in points]), *opened.faults):
        print(f"warning: {line}", file=sys.stderr)
    if not any(point.origin.is_builtin for point in points):
        print("warning: ganzoo is not installed here, so its own families are missing: pip install .", file=sys.stderr)
    return opened


def find(kind: str, name: str) -> Card:
    """The registered card of that kind and name: how a family comes by the loss its config names.

    Raises:
        RequestError: there is none; the nearest names are given.
    """
    return zoo().get(kind, name)


def folded(name: str) -> str:
    """A name as names are compared: without case, "-" and "_"."""
    return name.lower().replace("-", "").replace("_", "")


def known_kind(kind: str) -> str:
    """A kind of card, asked for in the plural or the singular.

    Raises:
        RequestError: there is no such kind.
    """
    for each in KINDS:
        if kind.lower() in (each, SINGULAR[each]):
            return each
    raise RequestError(f"No kind '{kind}'.{did_you_mean(kind, KINDS)} There are {', '.join(KINDS)}, or all.")


def _contest(what: str, origins: Sequence[Origin]) -> str:
    names = [origin.entry_point for origin in origins]
    if len(set(names)) < len(names):
        names = [origin.package for origin in origins]
    choice = " or ".join(f"-p no:{name}" for name in names)
    return f"{what} is offered by {' and '.join(map(str, origins))}; neither is used. Choose with {choice}."


def _lose(plugin: Plugin, reason: str) -> None:
    plugin.state = "clash"
    plugin.reason = f"{plugin.reason}; {reason}" if plugin.reason else reason

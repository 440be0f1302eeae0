"""Loads plugins, each in its own guard: one that is broken is named and costs nobody else anything."""

from __future__ import annotations

import importlib
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import Any

import pluggy

from ganzoo.errors import WorkError, did_you_mean
from ganzoo.zoo import hookspecs
from ganzoo.zoo.cards import CARDS, Card, Family
from ganzoo.zoo.commands import Command, Commands, Group
from ganzoo.zoo.config import Config
from ganzoo.zoo.distributions import EntryPoint, Origin, normalised
from ganzoo.zoo.versions import admits

NAME = re.compile(r"[a-z0-9][a-z0-9._+-]*")  # of a card or a command, as typed
FAULTY = ("broken", "refused")  # states in which a plugin brings nothing though it was asked for
REASON_LENGTH = 240  # characters of a fault's reason: it has one line


@dataclass
class Plugin:
    """One entry point: what it brought, or why it brought nothing."""

    origin: Origin
    state: str = "loaded"  # or "broken", "clash" (lost a name to another package), "off", "refused" (another version's)
    reason: str = ""
    cards: list[Card] = field(default_factory=list)
    commands: Commands = field(default_factory=Commands)
    requires: str = ""  # the versions of ganzoo it says it works with; empty: any
    milliseconds: float = 0.0  # that loading it took, what it was the first to import included

    @property
    def fault(self) -> str:
        """The line for stderr."""
        return f"plugin {self.origin}: {self.reason}"


@dataclass(frozen=True)
class Choice:
    """Which plugins are asked for, each by its entry point or its package."""

    only: frozenset[str] | None = None  # GANZOO_LOAD_PLUGINS: of the guests, these; None: all
    without: frozenset[str] = frozenset()  # GANZOO_SKIP_PLUGINS, where -p no:NAME is kept for child processes too
    strict: bool = False  # GANZOO_STRICT: a fault raises

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Choice:
        only = environment.get("GANZOO_LOAD_PLUGINS")
        return cls(
            only=None if only is None else _names(only),
            without=_names(environment.get("GANZOO_SKIP_PLUGINS", "")),
            strict=environment.get("GANZOO_STRICT", "") not in ("", "0"),
        )

    def refusal(self, origin: Origin) -> str:
        """Why this plugin stays off, or nothing."""
        called = _called(origin)
        if called & self.without:
            return f"switched off by -p no:{min(called & self.without)}"
        if self.only is not None and not origin.is_builtin and not called & self.only:
            return "not in GANZOO_LOAD_PLUGINS"
        return ""

    def unknown(self, origins: Iterable[Origin]) -> list[str]:
        """A line for every name asked for that nothing installed bears."""
        known = frozenset().union(*map(_called, origins))
        asked = {name: f"-p no:{name}" for name in self.without}
        asked |= {name: f"GANZOO_LOAD_PLUGINS={name}" for name in self.only or ()}
        return [f"{asked[name]}: no such plugin.{did_you_mean(name, known)}" for name in sorted(set(asked) - known)]


def load(points: Iterable[EntryPoint], choice: Choice) -> list[Plugin]:
    """Every plugin in the order given: loaded, broken, off, or refused as made for another version of ganzoo.

    Raises:
        WorkError: one is broken and the choice is strict.
    """
    plugins, points = [], list(points)
    running = next((point.origin.version for point in points if point.origin.is_builtin), "")
    for point in points:
        if refusal := choice.refusal(point.origin):
            plugins.append(Plugin(point.origin, "off", refusal, requires=point.requires))
            continue
        if running and not admits(point.requires, running):
            plugins.append(Plugin(point.origin, "refused", _unfit(point, running), requires=point.requires))
            continue
        try:
            with redirect_stdout(sys.stderr):  # stdout belongs to results
                plugins.append(_load(point))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plugin that calls sys.exit() is broken, too
            text = " ".join(str(error).split())[:REASON_LENGTH]
            broken = Plugin(point.origin, "broken", f"{type(error).__name__}: {text}" if text else type(error).__name__)
            if choice.strict:
                raise WorkError(broken.fault) from error
            plugins.append(broken)
    return plugins


def _unfit(point: EntryPoint, running: str) -> str:
    package = point.origin.package
    return f"made for ganzoo{point.requires}, and this is ganzoo {running}: install a version of {package} made for it"


def _load(point: EntryPoint) -> Plugin:
    """Import one plugin and run its hooks, in a manager of its own so that it meets no other."""
    began = time.perf_counter()
    had_torch = "torch" in sys.modules
    module, _, attribute = point.target.partition(":")
    brought: Any = importlib.import_module(module)
    for name in filter(None, attribute.split(".")):
        brought = getattr(brought, name)
    manager = pluggy.PluginManager("ganzoo")
    manager.add_hookspecs(hookspecs)
    manager.register(brought, name=str(point.origin))
    _check_hooks(brought, point.target, manager)
    plugin = Plugin(point.origin, requires=point.requires)
    for kind in CARDS:
        getattr(manager.hook, f"register_{kind.kind}")(register=_registrar(kind, plugin.cards))
    manager.hook.register_commands(app=plugin.commands)
    _check_commands(plugin.commands.entries)
    if "torch" in sys.modules and not had_torch:
        plugin.reason = "imports torch when it is loaded, which slows every command: import it inside build"
    plugin.milliseconds = 1_000 * (time.perf_counter() - began)
    return plugin


def _check_hooks(brought: Any, target: str, manager: pluggy.PluginManager) -> None:
    callers = manager.get_hookcallers(brought)
    if not callers:
        raise LookupError(f"{target} has no hook: is @ganzoo.hookimpl missing above its functions?")
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        unknown = next(caller.name for caller in callers if not caller.has_spec())
        known = [name for name in vars(hookspecs) if name.startswith("register_")]
        raise LookupError(f"unknown hook {unknown}.{did_you_mean(unknown, known)}") from error


def _registrar(kind: type[Card], cards: list[Card]) -> Callable[[Card], None]:
    """What a plugin's hook receives as ``register``."""

    def register(card: Card) -> None:
        if not isinstance(card, kind):
            raise TypeError(f"register_{kind.kind} takes a {kind.__name__}, not {_described(card)}")
        _check_name(kind.__name__, card.name)
        if any(each.kind == card.kind and each.name == card.name for each in cards):
            raise ValueError(f"{kind.__name__} '{card.name}' is registered twice")
        if isinstance(card, Family) and not (isinstance(card.config, type) and issubclass(card.config, Config)):
            raise TypeError(
                f"the config of family '{card.name}' is {_described(card.config)}, not a ganzoo.Config class"
            )
        cards.append(card)

    return register


def _check_commands(entries: Sequence[Command | Group]) -> None:
    names = [entry.name for entry in entries]
    for entry in entries:
        _check_name("command", entry.name)
        if names.count(entry.name) > 1:
            raise ValueError(f"command '{entry.name}' is registered twice")
        if isinstance(entry, Group):
            _check_commands(entry.commands.entries)


def _check_name(what: str, name: str) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ValueError(f"{what} {name!r}: a name has lower-case letters, digits and .-_+ only")


def _described(thing: Any) -> str:
    return f"the class {thing.__name__}" if isinstance(thing, type) else f"a {type(thing).__name__}"


def _called(origin: Origin) -> frozenset[str]:
    return frozenset({normalised(origin.entry_point), normalised(origin.package)})


def _names(listed: str) -> frozenset[str]:
    return frozenset(normalised(name) for name in map(str.strip, listed.split(",")) if name)

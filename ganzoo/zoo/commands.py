"""Commands a plugin brings: written down here, turned into a command line only when one is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

Action = TypeVar("Action", bound=Callable[..., Any])

OURS = frozenset(
    {"list", "show", "train", "sample", "evaluate", "compare", "export", "data", "runs", "plugins", "doctor", "bench"}
)  # a guest may not shadow these


@dataclass(frozen=True)
class Command:
    """A function whose parameters are the arguments and options, read by their annotations."""

    name: str
    action: Callable[..., Any]
    help: str = ""


@dataclass(frozen=True)
class Group:
    """Commands under one name: `ganzoo NAME COMMAND`."""

    name: str
    help: str
    commands: Commands


@dataclass
class Commands:
    """What `register_commands` receives as ``app``."""

    entries: list[Command | Group] = field(default_factory=list)

    def command(self, name: str | None = None, help: str = "") -> Callable[[Action], Action]:
        """Decorate a function as a command, named after it and explained by its docstring unless told else."""
        if callable(name):
            raise TypeError("write @app.command(), with parentheses")

        def record(action: Action) -> Action:
            text = help or (action.__doc__ or "").strip()
            self.entries.append(Command(name or action.__name__.strip("_").replace("_", "-"), action, text))
            return action

        return record

    def group(self, name: str, help: str = "") -> Commands:
        """Open a group; commands recorded on what is returned stand under its name."""
        group = Group(name, help, Commands())
        self.entries.append(group)
        return group.commands

"""The command line put together: a file a command, then those of the plugins under the name of their package."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from ganzoo.cli import bench, compare, data, doctor, evaluate, export, front, plugins, runs, sample, show, train
from ganzoo.cli import list as listing
from ganzoo.cli.table import screen_width
from ganzoo.errors import GanzooError, RequestError, WorkError, did_you_mean
from ganzoo.zoo.commands import Command, Group
from ganzoo.zoo.distributions import Origin
from ganzoo.zoo.registry import zoo

UsageError = typer.BadParameter.__base__  # typer does not export it


class Commands(TyperGroup):
    """Ours and those of the plugins."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.makers: dict[str, Origin] = {}  # of the commands that are not ours

    def get_help(self, ctx: Any) -> str:
        return front.page(screen_width())


app = typer.Typer(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def ganzoo(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


app.command("list")(listing.list_)
app.command("show")(show.show)
app.command("train")(train.train)
app.command("sample")(sample.sample)
app.command("evaluate")(evaluate.evaluate)
app.command("compare")(compare.compare)
app.command("export")(export.export)
app.add_typer(data.app, name="data", no_args_is_help=False)
app.add_typer(runs.app, name="runs", no_args_is_help=False)
app.add_typer(plugins.app, name="plugins")
app.command("bench")(bench.bench)
app.command("doctor")(doctor.doctor)


def command_line() -> Commands:
    """Our commands and those of the plugins. One that cannot be read costs a line on stderr and nothing else."""
    group = typer.main.get_command(app)
    for command, origin in zoo().commands():
        try:
            group.add_command(_guest(command), command.name)
        except Exception as error:  # of any kind: annotations of a stranger
            reason = f"command '{command.name}' cannot be read: {type(error).__name__}: {error}"
            print(f"warning: plugin {origin}: {reason}", file=sys.stderr)
        else:
            group.makers[command.name] = origin
    return group


def run(words: Sequence[str]) -> int:
    """Run one command line and give its exit status.

    Raises:
        RequestError: it is not one of ours: an unknown command or option, a value of the wrong type.
        WorkError: a plugin's command failed in a way it did not foresee.
    """
    group = command_line()
    try:
        with group.make_context("ganzoo", [*words], obj=tuple(words)) as context:
            group.invoke(context)
    except typer.Exit as leave:
        return leave.exit_code
    except typer.Abort as aborted:
        raise KeyboardInterrupt from aborted
    except (GanzooError, BrokenPipeError):
        raise
    except UsageError as error:
        asked = next((word for word in words if word in group.commands), "")
        raise RequestError(_refusal(error, f"ganzoo {asked}".strip())) from error
    except Exception as error:
        if maker := group.makers.get(next(iter(words), "")):  # not our fault, and not ours to mend
            raise WorkError(_told(maker, words[0], error)) from error
        raise
    return 0


def _guest(command: Command | Group) -> Any:
    """What a plugin recorded, as typer builds it."""
    guest = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    if isinstance(command, Command):
        guest.command(command.name, help=command.help)(command.action)
        return typer.main.get_command(guest)
    guest.callback(help=command.help)(_nothing)  # keeps a group of one command a group
    built = typer.main.get_command(guest)
    for inner in command.commands.entries:
        built.add_command(_guest(inner), inner.name)
    return built


def _told(maker: Origin, command: str, error: Exception) -> str:
    """What a guest's command came to, in two lines."""
    reason = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
    return (
        f"plugin {maker}: ganzoo {command} failed: {reason}\n"
        f"Tell those who make {maker.package}; with --debug the same command shows where."
    )


def _nothing() -> None:
    """What a group does before its command."""


def _refusal(error: Any, asked: str) -> str:
    """What was wrong with the words typed, and where to read how they should be."""
    context = getattr(error, "ctx", None)
    message = error.format_message().rstrip(".")
    if context and hasattr(error, "possibilities"):
        known = [option for each in context.command.params for option in each.opts]
        message = f"{error.message.rstrip('.')}.{did_you_mean(error.option_name, known)}"
    elif context and message == "Missing command":
        message = f"Missing command: {', '.join(context.command.commands)}"
    end = "" if message.endswith(("?", ".")) else "."
    return f"{message}{end}\nSee {context.command_path if context else asked} --help."

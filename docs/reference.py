"""Writes docs/reference.md from the code: ``python docs/reference.py``, and with ``--check`` only says if it is old."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_type_hints

os.environ |= {"GANZOO_LOAD_PLUGINS": "", "GANZOO_SKIP_PLUGINS": ""}  # the reference is of ganzoo, not of this machine

from ganzoo.cli.app import command_line
from ganzoo.cli.front import ANYWHERE
from ganzoo.zoo.cards import KINDS, Card, Family
from ganzoo.zoo.config import Config
from ganzoo.zoo.config import fields as settings_of
from ganzoo.zoo.project import NamedRun, NamedSource
from ganzoo.zoo.registry import zoo
from ganzoo.zoo.values import shown, type_name

PAGE = Path(__file__).with_name("reference.md")

COMMANDS = f"""\
Results are printed on stdout, progress and messages on stderr. With `--json` a result is one JSON document and nothing
else is on stdout. {ANYWHERE}

| exit status | means |
|---|---|
| 0 | done |
| 1 | the work failed: training diverged, a disk was full |
| 2 | the request was wrong: an unknown name, a bad value, data that cannot be read |
| 130 | interrupted after a checkpoint was saved; the same command goes on |
"""

ZOO_TOML = """\
Names for data sources and for runs. The file is looked for in the working directory and upward from there, then in
the user's configuration folder; a name is taken from the first file that has it. Paths are relative to the file.
What the command line says stands over what a named run says, and that over the preset. `size`, `batch` and `images`
stand over the same names in `set`. A key that is not listed here is refused, with file and line.

A run ends one way: of `images`, `steps` and `budget` one is given, or none.
"""

FILE_KEYS: dict[type, tuple[str, str, dict[str, str]]] = {
    NamedSource: (
        "[data.NAME]",
        "`--data NAME` then stands for it.",
        {
            "source": "a folder, a zip, shards, hub:owner/name, or another source by its name",
            "licence": "of the pictures; stands over what the source says of itself",
        },
    ),
    NamedRun: (
        "[runs.NAME]",
        "`ganzoo train NAME` then does it.",
        {
            "family": "what to train",
            "data": "what to train it on, as after `--data`",
            "preset": "a preset of the family",
            "size": "side of the pictures, in pixels",
            "batch": "real images per batch",
            "images": 'length of the run: real images shown, as 200_000 or `"200k"`',
            "steps": "length of the run in steps",
            "budget": 'length of the run in time, as `"10m"`',
            "seed": "decides first weights, noise and order of data",
            "set": 'settings, as `{loss = "hinge"}`',
        },
    ),
}

ENVIRONMENT = {
    "GANZOO_CACHE": "folder for what can be made or fetched again: packs, downloads. Default: the user's cache folder",
    "GANZOO_DATA": "folder looked in first for named sets (mnist, fashion-mnist, cifar10), laid out as by torchvision",
    "GANZOO_LOAD_PLUGINS": "of the guests load only these, separated by commas; empty: none",
    "GANZOO_RETURN_MEMORY": "1: freed memory goes back to the system at once (Linux): less of it, and slower steps",
    "GANZOO_SKIP_PLUGINS": "switch these plugins off, as `-p no:NAME` does",
    "GANZOO_STRICT": "1: a fault of a plugin is an error instead of a line on stderr",
    "NO_COLOR": "anything: tables without bold letters",
    "OMP_NUM_THREADS": "threads torch computes with on the CPU; exact resume wants the same number",
}


def page() -> str:
    """The whole reference, as Markdown."""
    parts = (
        "# Reference",
        "Written by `python docs/reference.py` from the code; do not edit.",
        "## Commands",
        COMMANDS,
        *_commands(),
        "## Families",
        "A setting is changed by `--set NAME=VALUE`. These every family has:",
        _settings(Config),
        *(part for card in zoo().all("families") for part in _family(card)),
        *(part for kind in KINDS[1:] for part in _kind(kind)),
        "## zoo.toml",
        ZOO_TOML,
        *(part for record in FILE_KEYS for part in _file_keys(record)),
        "## Environment",
        _table(("variable", "means"), ((f"`{name}`", text) for name, text in ENVIRONMENT.items())),
    )
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _commands() -> Iterator[str]:
    for name, command in command_line().commands.items():
        inner = getattr(command, "commands", {})
        if not inner or command.invoke_without_command:
            yield from _command(f"ganzoo {name}", command)
        for each, subcommand in inner.items():
            yield from _command(f"ganzoo {name} {each}", subcommand)


def _command(words: str, command: Any) -> Iterator[str]:
    arguments = [each for each in command.params if not each.opts[0].startswith("-")]
    options = [each for each in command.params if each not in arguments]
    spelt = [_argument(each) for each in arguments]
    yield f"### {words}"
    yield f"`{' '.join([words, *spelt])}`: {command.help}"
    rows = [(f"`{word}`", each.help, _default(each)) for word, each in zip(spelt, arguments, strict=True)]
    rows += [(_option(each), each.help, _default(each)) for each in options]
    yield _table(("argument", "means", "default"), rows)


def _argument(parameter: Any) -> str:
    name = (parameter.metavar or parameter.name).upper()
    return name if parameter.required else f"[{name}]"


def _option(parameter: Any) -> str:
    names = ", ".join(f"`{each}`" for each in (*parameter.opts, *parameter.secondary_opts))
    return names if parameter.is_flag else f"{names} {parameter.metavar or parameter.name.upper()}"


def _default(parameter: Any) -> str:
    if getattr(parameter, "secondary_opts", None):  # a pair of flags
        return f"`{(parameter.opts if parameter.default else parameter.secondary_opts)[0]}`"
    return "" if parameter.default in (None, "", False) else f"`{parameter.default}`"


def _family(card: Family) -> Iterator[str]:
    yield f"### {card.name}"
    yield f"{card.summary}. {card.paper}. Learns from {' and '.join(card.needs)}; `{card.data}` unless told else."
    yield f"{card.idea}\n\n- game: {card.game}\n- good for: {card.good_for}\n- weakness: {card.weakness}"
    yield _settings(card.config, but=settings_of(Config))
    presets = (
        (f"`{name}`", " ".join(f"{k}={shown(v)}" for k, v in values.items())) for name, values in card.presets.items()
    )
    yield _table(("preset", "sets"), presets)


def _settings(config: type[Config], but: Sequence[Any] = ()) -> str:
    rows = (
        (f"`{each.name}`", type_name(each.type), shown(each.default), each.meaning)
        for each in settings_of(config)
        if each not in but
    )
    return _table(("setting", "type", "default", "means"), rows)


def _kind(kind: str) -> Iterator[str]:
    cards = zoo().all(kind)
    if cards:
        yield f"## {kind.capitalize()}"
        yield _table(("name", "is", "from"), ((f"`{card.name}`", _summary(card), card.paper) for card in cards))


def _summary(card: Card) -> str:
    gives, licence = getattr(card, "gives", ()), getattr(card, "licence", "")
    told = f"; gives {', '.join(gives)}; licence: {licence}" if gives else ""
    return f"{card.summary}{told}"


def _file_keys(record: type) -> Iterator[str]:
    table, use, meanings = FILE_KEYS[record]
    types = get_type_hints(record)
    yield f"### {table}"
    yield use
    rows = (
        (f"`{each.name}`", _file_type(types[each.name]), "required" if _is_required(each) else "", meanings[each.name])
        for each in fields(record)
    )
    yield _table(("key", "type", "", "means"), rows)


def _file_type(kind: Any) -> str:
    name = type_name(kind).removesuffix(" or none")
    return {"str": "text", "Mapping": "table"}.get(name, name)


def _is_required(field: Any) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        f"| {' | '.join(str(cell or '').replace('|', chr(92) + '|') for cell in line)} |" for line in lines
    )


def main(arguments: Sequence[str]) -> int:
    """Write the page, or say whether it is current."""
    text = page()
    if "--check" not in arguments:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
        print(f"{PAGE} is not what the code says. Run: python docs/reference.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

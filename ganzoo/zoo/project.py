"""zoo.toml: a project's named data sources and named runs.

It is searched from the working directory upward, then in the user's configuration folder; a name is taken from the
first that has it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_type_hints

from ganzoo.errors import RequestError, did_you_mean
from ganzoo.zoo.registry import folded
from ganzoo.zoo.values import convert, expected

FILE = "zoo.toml"
HEADER = re.compile(r"\s*\[+([^\[\]]+)\]")
KEY = re.compile(r"\s*([\w\s.\"'-]+?)\s*=")


@dataclass(frozen=True)
class NamedSource:
    """A ``[data.NAME]`` table: a folder, a zip, or another source by its name."""

    source: str  # absolute where it is a path; in the file, paths are relative to the file
    licence: str = ""


@dataclass(frozen=True)
class NamedRun:
    """A ``[runs.NAME]`` table: what `ganzoo train NAME` does. What is None is not said."""

    family: str
    data: str | None = None
    preset: str | None = None
    size: int | None = None
    batch: int | Literal["auto"] | None = None
    images: int | None = None
    steps: int | None = None
    budget: str | None = None  # "10m"
    seed: int | None = None
    set: Mapping[str, Any] = field(default_factory=dict)  # as --set


@dataclass(frozen=True)
class Project:
    """What the files found say, and which they are."""

    files: tuple[Path, ...] = ()
    data: Mapping[str, NamedSource] = field(default_factory=dict)
    runs: Mapping[str, NamedRun] = field(default_factory=dict)

    def source(self, name: str) -> NamedSource | None:
        """The data source of that name, if there is one; case, "-" and "_" do not matter."""
        return _look_up(self.data, name)

    def run(self, name: str) -> NamedRun | None:
        """The run of that name, if there is one; case, "-" and "_" do not matter."""
        return _look_up(self.runs, name)


TABLES = {"data": NamedSource, "runs": NamedRun}


def project(start: Path | None = None) -> Project:
    """Read the zoo.toml that holds from ``start`` (the working directory), and the user's own.

    Raises:
        RequestError: a file is not TOML, or has a key or value that means nothing; file and line are named.
    """
    files = _search(Path.cwd() if start is None else start.absolute())
    data: dict[str, NamedSource] = {}
    runs: dict[str, NamedRun] = {}
    for file in reversed(files):  # the nearest last, so that it wins
        tables = _read(file)
        data |= tables["data"]
        runs |= tables["runs"]
    return Project(files, data, runs)


def _search(start: Path) -> tuple[Path, ...]:
    import platformdirs  # only here; the registry's users should not wait for it

    nearest = next((folder / FILE for folder in (start, *start.parents) if (folder / FILE).is_file()), None)
    own = platformdirs.user_config_path("ganzoo", appauthor=False) / FILE
    found = [file for file in (nearest, own) if file and file.is_file()]
    return tuple(dict.fromkeys(found))


def _read(file: Path) -> dict[str, dict[str, Any]]:
    try:
        text = file.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RequestError(f"{file} cannot be read: {error}") from error
    found: dict[str, dict[str, Any]] = {kind: {} for kind in TABLES}
    for kind, tables in document.items():
        if kind not in TABLES or not isinstance(tables, dict):
            _refuse(
                file,
                text,
                (kind,),
                f"'{kind}' means nothing here.{did_you_mean(kind, TABLES)} There are [data.NAME] and [runs.NAME].",
            )
        for name, table in tables.items():
            if not isinstance(table, dict):
                _refuse(file, text, (kind, name), f"[{kind}.{name}] has to be a table.")
            found[kind][name] = _record(file, text, (kind, name), table)
    return found


def _record(file: Path, text: str, place: tuple[str, str], table: Mapping[str, Any]) -> NamedSource | NamedRun:
    record = TABLES[place[0]]
    types = get_type_hints(record)
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in types:
            near = did_you_mean(key, types)
            _refuse(
                file, text, (*place, key), f"[{'.'.join(place)}] has no key '{key}'.{near} It takes {', '.join(types)}."
            )
        try:
            values[key] = _settings(value) if key == "set" else convert(value, types[key])
        except (ValueError, KeyError, OverflowError):
            wanted = 'a table, as in set = {loss = "hinge"}' if key == "set" else expected(types[key])
            _refuse(file, text, (*place, key), f"{key} = {value!r}: expected {wanted.removesuffix(' or none')}.")
    for each in fields(record):
        if each.default is MISSING and each.default_factory is MISSING and each.name not in values:
            _refuse(file, text, place, f"[{'.'.join(place)}] has no '{each.name}'.")
    for key in {"source", "data"} & set(values):
        values[key] = _located(file, values[key])
    return record(**values)


def _settings(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is no table")
    return value


def _located(file: Path, source: str) -> str:
    """A path made absolute, relative to the file that names it; the name of a data set as it is."""
    path = (file.parent / Path(source).expanduser()).absolute()
    is_path = (
        path.exists()
        or "\\" in source
        or source.startswith((".", "~"))
        or source.endswith(".tar")
        or ("/" in source and ":" not in source)
    )
    return str(path) if is_path else source


def _refuse(file: Path, text: str, place: tuple[str, ...], reason: str) -> None:
    line = _line_of(text, place)
    where = f"{file}, line {line}" if line else f"{file}"
    raise RequestError(f"{where}: {reason}")


def _line_of(text: str, place: tuple[str, ...]) -> int:
    """Where a table or a key is first written, counted from 1; 0 where it is written in a way this does not follow."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := HEADER.match(line):
            here = table = _parts(header[1])
        elif key := KEY.match(line):
            here = table + _parts(key[1])
        else:
            continue
        if here[: len(place)] == place:
            return number
    return 0


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _look_up(table: Mapping[str, Any], name: str) -> Any:
    return next((table[each] for each in table if folded(each) == folded(name)), None)

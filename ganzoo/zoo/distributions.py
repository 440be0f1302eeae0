"""Which installed packages offer something to ganzoo: a scan of their metadata by hand.

The standard `importlib.metadata` takes longer to import than everything else on the way to `ganzoo list` together.
Order and precedence are its own: the first distribution of a name on ``sys.path`` hides the later ones.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

GROUP = "ganzoo"
REQUIRED = re.compile(rf"{GROUP}\s*(?:\[[^]]*\])?\s*\(?([<>=!~][^;()]*)\)?", re.I)  # one with a marker is not always so
METADATA = {".dist-info": "METADATA", ".egg-info": "PKG-INFO"}  # installed, editable ones included; source tree


class Origin(NamedTuple):
    """Where a plugin comes from."""

    package: str
    version: str
    entry_point: str

    @property
    def is_builtin(self) -> bool:
        """Part of ganzoo's own distribution."""
        return normalised(self.package) == "ganzoo"

    def __str__(self) -> str:
        return f"{self.package} {self.version} (entry point {self.entry_point})"


class EntryPoint(NamedTuple):
    """One line of a package's ``[ganzoo]`` section: ``dcgan = ganzoo_dcgan``."""

    origin: Origin
    target: str  # "module" or "module:attribute"
    requires: str = ""  # the versions of ganzoo its package says it works with: ">=0.1,<1"; empty: any


def entry_points(path: Iterable[str] | None = None) -> list[EntryPoint]:
    """Every entry point of the group, each distribution once, sorted by package and name."""
    found: list[EntryPoint] = []
    seen: set[str] = set()
    for folder in dict.fromkeys(sys.path if path is None else path):
        for name, info in _distributions(folder or "."):
            if name not in seen:
                seen.add(name)
                found += _read(info)
    return sorted(found, key=lambda point: (not point.origin.is_builtin, point.origin))


def own_version() -> str:
    """The version of ganzoo that is installed."""
    return next((point.origin.version for point in entry_points() if point.origin.is_builtin), "(not installed)")


def normalised(package: str) -> str:
    """A distribution's name as package indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", package).lower()


def _distributions(folder: str) -> Iterator[tuple[str, str]]:
    """Normalised name and metadata folder of every distribution installed in ``folder``."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:  # a zip file, or a place that is gone
        return
    for name in names:
        stem, suffix = os.path.splitext(name)
        if suffix in METADATA and not name.startswith("~"):  # pip's half-removed packages
            yield normalised(stem.partition("-")[0]), os.path.join(folder, name)


def _read(info: str) -> list[EntryPoint]:
    lines = _lines(info, "entry_points.txt")
    section, found = "", []
    for line in map(str.strip, lines):
        if line.startswith("["):
            section = line.strip("[] ")
        elif section == GROUP and "=" in line and not line.startswith(("#", ";")):
            name, _, target = line.partition("=")
            found.append((name.strip(), target.partition("[")[0].replace(" ", "")))  # without "[extras]"
    if not found:
        return []
    package, version, requires = _identity(info)
    return [EntryPoint(Origin(package, version, name), target, requires) for name, target in found]


def _identity(info: str) -> tuple[str, str, str]:
    """Name and version as the metadata spells them, as the folder does where there is none; versions of ganzoo."""
    stem, suffix = os.path.splitext(os.path.basename(info))
    package, _, version = stem.partition("-")
    requires: list[str] = []
    for line in _lines(info, METADATA[suffix]):
        if not line.strip():  # the description begins
            break
        field, _, value = line.partition(":")
        if field == "Name":
            package = value.strip()
        elif field == "Version":
            version = value.strip()
        elif field == "Requires-Dist" and (asked := REQUIRED.fullmatch(value.strip())):
            requires.append(asked[1].strip())
    return package, version, ",".join(requires)


def _lines(folder: str, name: str) -> list[str]:
    try:
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
    except OSError:
        return []

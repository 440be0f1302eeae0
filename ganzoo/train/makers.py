"""Who made the parts a run stands on: written down when it begins, and named where one is missing later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ganzoo.train.runs import Runs
from ganzoo.zoo.cards import Card, Family
from ganzoo.zoo.config import Config, fields
from ganzoo.zoo.distributions import Origin, normalised
from ganzoo.zoo.project import project
from ganzoo.zoo.registry import folded, zoo
from ganzoo.zoo.values import part_kind


def guests_of(family: Family, config: Config, data: str) -> dict[str, str]:
    """Packages with their versions, beside ganzoo, that brought the family, the parts its config names, or the data."""
    origins: list[Origin] = [zoo().origin(card) for card in _parts(family, config, data)]
    return {origin.package: origin.version for origin in origins if not origin.is_builtin}


def missing(about: Mapping[str, Any]) -> list[str]:
    """What is to be done about each guest that a run or checkpoint was made with and that is not there as it was."""
    plugin = about.get("plugin", {})
    made_with = {plugin.get("package", "ganzoo"): plugin.get("version", ""), **about.get("guests", {})}
    return [
        told for package, version in made_with.items() if package != "ganzoo" and (told := _missing(package, version))
    ]


def missing_of(family: str, runs: Runs, name: str = "") -> str:
    """The same in a line, of the run of this name or the last one of this family that lacks something; or nothing."""
    for run in reversed(runs.all()):
        trained = run.request.get("family", "")  # of a run.toml that can be read
        is_meant = run.name == name if name else folded(trained) == folded(family)
        if trained and is_meant and (told := missing(run.about)):
            return f"\n{run.path} was made with {', and '.join(told)}."
    return ""


def changed(about: Mapping[str, Any], guests: Mapping[str, str]) -> list[str]:
    """A line for every guest that is there in another version than when the run began."""
    before = about.get("guests", {})
    return [
        f"{package} is {version} now and was {before[package]} when this run began: it may go on differently"
        for package, version in guests.items()
        if before.get(package, version) != version
    ]


def _parts(family: Family, config: Config, data: str) -> Iterator[Card]:
    yield family
    for setting in fields(type(config)):
        if kind := part_kind(setting.type):
            yield zoo().get(kind, getattr(config, setting.name))
    seen: set[str] = set()
    while data not in seen and (named := project().source(data)):  # a name of zoo.toml may stand for a data set
        seen.add(data)
        data = named.source
    yield from (card for card in zoo().all("datasets") if folded(card.name) == folded(data))


def _missing(package: str, version: str) -> str:
    """What is wrong with a package, and what to do; nothing where it is loaded in that version."""
    here = [plugin for plugin in zoo().plugins if normalised(plugin.origin.package) == normalised(package)]
    if not here:
        return f"{package} {version}, which is not installed: pip install {package}=={version}"
    if all(plugin.state == "loaded" for plugin in here):
        found = here[0].origin.version
        return "" if found == version else f"{package} {version}, and here is {found}: pip install {package}=={version}"
    return f"{package} {version}, which is {here[0].state} here: see ganzoo plugins"

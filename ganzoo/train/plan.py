"""From what was typed to a resolved request: family, preset, settings, data; nothing is built or decoded yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ganzoo.data.catalogue import find_source
from ganzoo.errors import RequestError
from ganzoo.train.request import Request
from ganzoo.zoo.cards import Family
from ganzoo.zoo.config import assignments, resolve
from ganzoo.zoo.duration import duration
from ganzoo.zoo.project import NamedRun, project
from ganzoo.zoo.registry import folded, zoo

AUTO = "auto"  # for a batch


class Unfit(RequestError):
    """The data lack what the family learns from."""


@dataclass(frozen=True)
class Asked:
    """What a person typed; empty where nothing was said."""

    target: str  # a family, or a run of zoo.toml
    data: str = ""
    preset: str = ""
    settings: Sequence[str] = ()  # "key=value"
    images: str = ""
    steps: int | None = None
    budget: str = ""
    batch: str = ""  # or "auto"
    size: str = ""
    seed: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)  # device, precision, compile, mark


def plan(asked: Asked) -> Request:
    """Resolve what was asked, the command line over zoo.toml over the preset over the family's defaults.

    Raises:
        RequestError: a name is unknown, a value does not fit, or the data lack what the family learns from.
    """
    family, named = _target(asked.target)
    data = asked.data or named.data or family.data
    gives = find_source(data).gives
    check_needs(family, data, gives)
    preset = asked.preset or named.preset or (family.points_preset if "points" in gives else "") or "default"
    ends = {"images": asked.images, "steps": asked.steps, "budget": asked.budget}
    if len(_said(ends)) > 1:
        raise RequestError("A run ends one way: give one of --images, --steps and --budget.")
    if not _said(ends):
        ends = {"images": named.images, "steps": named.steps, "budget": named.budget}
    if ends["steps"] is not None and ends["steps"] < 1:
        raise RequestError(f"--steps {ends['steps']}: expected 1 or more.")
    batch = asked.batch.strip().lower() or named.batch
    is_fitted = batch == AUTO  # and as large as the settings have it
    told = {"size": named.size, "images": ends["images"], "batch": None if is_fitted or asked.batch else named.batch}
    typed = {"size": asked.size, "batch": "" if is_fitted else asked.batch}
    layers = (named.set, _said(told), assignments(asked.settings), _said(typed))
    return Request(
        family=family,
        preset=preset,
        config=resolve(family, preset, *layers),
        data=data,
        gives=gives,
        seed=next((seed for seed in (asked.seed, named.seed) if seed is not None), 0),
        steps=ends["steps"],
        budget=duration(ends["budget"]) if ends["budget"] else None,
        fit=is_fitted,
        **asked.options,
    )


def check_needs(family: Family, data: str, gives: Sequence[str]) -> None:
    """Refuse, with Unfit, data without what the family learns from."""
    if "points" in gives and family.points_preset:
        gives = (*gives, "image")  # points stand where pictures would
    missing = [need for need in family.needs if need not in gives]
    if missing:
        raise Unfit(
            f"{family.name} needs {' and '.join(missing)}, and {data} gives {' and '.join(gives)}.\n"
            f"See ganzoo data list for sets that fit, or ganzoo list for families that take {gives[0]}."
        )


def _target(name: str) -> tuple[Family, NamedRun]:
    """A family, with the run of zoo.toml that was named, if one was."""
    named = project().run(name)
    if named is not None and folded(name) not in {folded(card.name) for card in zoo().all("families")}:
        return zoo().get("families", named.family), named
    return zoo().get("families", name), NamedRun(family=name)


def _said(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "")}

"""A finished or interrupted run, opened to draw from: one path is enough, nothing has to be typed again."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ganzoo.data.catalogue import open_data
from ganzoo.data.pack import Pack, Pair
from ganzoo.errors import RequestError
from ganzoo.game import Progress, Recipe
from ganzoo.train import checkpoint
from ganzoo.train.device import Backend
from ganzoo.train.makers import missing
from ganzoo.train.run import Run
from ganzoo.train.runs import Runs
from ganzoo.train.sampling import Seed, draw
from ganzoo.zoo.cards import Family
from ganzoo.zoo.config import Config, resolve
from ganzoo.zoo.facts import Facts
from ganzoo.zoo.registry import zoo

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trained:
    """Networks as they are to be sampled from: averaged where there is an average, in evaluation mode."""

    name: str
    path: Path  # of the checkpoint
    family: Family
    config: Config
    facts: Facts
    recipe: Recipe
    now: Progress
    seconds: float  # of training until then
    weights: str  # "averaged", or "live" where the family keeps no average or none was asked for
    backend: Backend
    request: Mapping[str, Any]  # as `run.toml` has it

    @property
    def nets(self) -> Mapping[str, nn.Module]:
        return self.recipe.nets

    def draw(self, seeds: Sequence[Seed], cond: Mapping[str, Tensor]) -> np.ndarray:
        """One example a seed, float32 [n, *shape]; ``cond`` holds one row a seed."""
        with torch.no_grad():
            return draw(self.recipe, self.nets, seeds, cond, self.backend.device)

    def open_data(self) -> Pack | Pair:
        """The data it learned from.

        Raises:
            RequestError: they are no longer there, or are not what they were.
        """
        name = self.request["data"]
        data = open_data(name, size=self.config.size, channels=self.config.channels)
        if data.hash != self.request["data_hash"]:
            raise RequestError(f"Data '{name}' has changed since {self.name} learned from it.")
        return data


def open_trained(where: str, runs: Runs, device: str = "auto", live: bool = False) -> Trained:
    """Open a run by name, path or ``latest``, at its newest whole checkpoint; or the checkpoint file named.

    ``live`` takes the networks as they were trained, and not their averages.

    Raises:
        RequestError: there is no such run, it has no checkpoint yet, or its family is not installed.
    """
    if where.endswith(".safetensors"):
        if not Path(where).is_file():
            raise RequestError(f"No checkpoint {where}. See ganzoo runs list.")
        path = Path(where)
        try:
            state, about = checkpoint.load(path)
        except checkpoint.Damaged as damaged:
            raise RequestError(f"{damaged}. Name another one, or the run.") from damaged
        name = path.resolve().parent.parent.name if path.resolve().parent.name == "checkpoints" else path.stem
    else:
        run = runs.find(where)
        name = run.name
        path, state, about = _newest(run)
    return _restore(name, path, state, about, Backend.choose(device, "fp32"), {} if live else state["averages"])


def _newest(run: Run) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    for path in run.saved():
        try:
            return path, *checkpoint.load(path)
        except checkpoint.Damaged as damaged:
            log.warning("skipping a damaged checkpoint: %s", damaged)
    raise RequestError(f"{run.path} has no usable checkpoint yet. Train it on: run the command that started it.")


def _restore(
    name: str, path: Path, state: dict[str, Any], about: dict[str, Any], backend: Backend, averages: Mapping[str, Any]
) -> Trained:
    family, config = _known(about)
    facts = Facts(**{key: tuple(v) if isinstance(v, list) else v for key, v in about["facts"].items()})
    recipe = family.build(config, facts)
    for key, net in recipe.nets.items():
        net.load_state_dict(averages.get(key, state["nets"][key]))
        backend.place(net).eval().requires_grad_(False)
    now = Progress(**{each.name: about[each.name] for each in fields(Progress)})
    recipe.begin(now)  # a schedule may choose the depth or the stage that is sampled
    weights = "averaged" if averages else "live"
    return Trained(name, path, family, config, facts, recipe, now, about["seconds"], weights, backend, about["request"])


def _known(about: dict[str, Any]) -> tuple[Family, Config]:
    """The family and its settings, guests' parts included."""
    request = about["request"]
    try:
        family = zoo().get("families", request["family"])
        return family, resolve(family, None, request["config"])
    except RequestError as error:
        if lacking := missing(about):
            raise RequestError(f"{error}\nIt was made with {', and '.join(lacking)}.") from error
        raise

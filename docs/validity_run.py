"""What docs/validity.md is made from: every contender put to the trials of tests/score/trials.py."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import bundled as making
import torch
from torch import Tensor
from torch.nn.functional import interpolate
from trials import MODES, agreement, coverages, curves, trials

from ganzoo.score.bundled import DIRECTIONS, SEED, Directions, load, normal, prepared
from ganzoo.score.extractors import coloured, find_extractor

RECORDS = Path(__file__).parent / "images" / "validity.json"  # by contender
SEEDS = range(2)  # of the generators whose coverage is known
DIGITS = 5  # kept of a number
Look = Callable[[Tensor], Tensor]


def network(net: torch.nn.Module) -> Look:
    """Looks at any number of pictures through a network."""

    @torch.no_grad()
    def look(images: Tensor) -> Tensor:
        return torch.cat([net(prepared(block)) for block in coloured(images).split(64)])

    return look


def projected() -> Directions:
    """As many random directions in the same responses: distances along them are those of all responses."""
    axes = normal(len(load().middle) * DIRECTIONS, SEED - 1).view(-1, DIRECTIONS) / DIRECTIONS**0.5
    return Directions(load().middle, axes)


def shrunk(images: Tensor) -> Tensor:
    """The pixels themselves, 8 a side."""
    return interpolate(coloured(images).float() / 255, (8, 8), mode="bilinear", antialias=True).flatten(1)


def mean_colour(images: Tensor) -> Tensor:
    return coloured(images).float().mean((2, 3)) / 255


CONTENDERS: dict[str, tuple[str, Callable[[], Look]]] = {
    "bundled": ("what ships: 64 discriminants", lambda: lambda images: find_extractor("bundled")(images).values),
    "random": ("64 random directions", lambda: network(projected())),
    "pixels": ("pixels, reduced to 8 x 8", lambda: shrunk),
    "colour": ("mean colour", lambda: mean_colour),
}


def judged(look: Look, real: Path | None) -> dict:
    """Everything the page tells of one extractor."""
    record = {"features": look(torch.zeros(2, 3, 32, 32, dtype=torch.uint8)).shape[1]}
    record["speed"] = {str(side): round(speed(look, side), -1) for side in (32, 64)}
    record["curves"] = {trial.name: rounded(curves(trial, look)) for trial in trials(real)}
    seen = {name: remembered(look) for name in MODES}
    told = {name: [coverages(name, seen[name], seed) for seed in SEEDS] for name in MODES}
    record["ranks"] = {name: [agreements(*each) for each in seeds] for name, seeds in told.items()}
    record["generators"] = {name: rounded(seeds[0]) for name, seeds in told.items()}
    return record


def speed(look: Look, side: int, count: int = 1_024) -> float:
    """Pictures in a second of one core."""
    images = torch.randint(256, (count, 3, side, side), dtype=torch.uint8)
    look(images[:64])
    start = time.process_time()
    look(images)
    return count / (time.process_time() - start)


def remembered(look: Look) -> Look:
    """Looks once, for all seeds: it is always shown the same pictures."""
    kept: list[Tensor] = []

    def seen(images: Tensor) -> Tensor:
        if not kept:
            kept.append(look(images))
        return kept[0]

    return seen


def agreements(covered: list[float], told: list[tuple[float, float]]) -> list[float]:
    """Of FID and of KID with coverage."""
    return rounded([agreement(covered, list(values)) for values in zip(*told, strict=True)])


def rounded(values):
    """All numbers in it to a few digits."""
    if isinstance(values, dict):
        return {key: rounded(value) for key, value in values.items()}
    return [rounded(value) for value in values] if isinstance(values, (list, tuple)) else float(f"{values:.{DIGITS}g}")


def unseen() -> dict:
    """How directions rank that were found without the drawn set they are judged on."""
    ranks = {}
    for name in MODES:
        look = remembered(network(Directions(**making.find({name}))))
        ranks[name] = [agreements(*coverages(name, look, seed)) for seed in SEEDS]
    return {"ranks": ranks}


def run(names: list[str], real: Path | None) -> None:
    """Judge some extractors and keep what came of it."""
    if real:
        os.environ["GANZOO_DATA"] = str(real / "mnist_idx")
    for name in names or [*CONTENDERS, "unseen"]:
        with tempfile.TemporaryDirectory() as cache:
            os.environ.setdefault("GANZOO_CACHE", cache)
            record = unseen() if name == "unseen" else judged(CONTENDERS[name][1](), real)
        if name != "bundled":
            record.pop("generators", None)
        records = json.loads(RECORDS.read_text(encoding="utf-8")) if RECORDS.is_file() else {}
        records[name] = record
        records["machine"] = machine()
        RECORDS.write_text(json.dumps(records, sort_keys=True) + "\n", encoding="utf-8")


def machine() -> str:
    """With what was computed, and when."""
    return f"torch {torch.__version__.partition('+')[0]}, {datetime.now(UTC).date()}"

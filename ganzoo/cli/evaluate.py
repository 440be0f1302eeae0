"""`ganzoo evaluate`: scores of a run, with how they were made."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.output import print_json, print_note, print_table
from ganzoo.cli.progress import progress_bar
from ganzoo.cli.seeds import LARGEST_SEED
from ganzoo.errors import RequestError, WorkError

if TYPE_CHECKING:
    from ganzoo.score.evaluate import Evaluation, Judge
    from ganzoo.train.trained import Trained

FEW = 2_048  # samples; with fewer than features the Frechet distance says more of their number than of them

Metrics = Annotated[
    str, typer.Option(help="Which, by comma: fid,kid; or all that apply. See ganzoo list --kind metrics.")
]
Data = Annotated[str, typer.Option(help="Compare with these data instead of what the run learned from.")]
Samples = Annotated[int | None, typer.Option(help="How many to draw: 5000, of points 2500.", min=2, max=1_000_000)]
Features = Annotated[
    str, typer.Option(help="auto, inception, bundled, dinov2, clip or timm:NAME; auto is inception where it is here.")
]
Weights = Annotated[Path | None, typer.Option(metavar="FILE", help="Weights of the extractor.")]
Truncation = Annotated[float, typer.Option(help="Of the noise, for families that have it.", min=0, max=1)]
Seed = Annotated[int, typer.Option(help="Of the first sample.", min=0, max=LARGEST_SEED)]


def evaluate(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A name in the runs folder, a path, or latest.")],
    metric: Metrics = "fid",
    data: Data = "",
    samples: Samples = None,
    features: Features = "auto",
    weights: Weights = None,
    every: Annotated[bool, typer.Option("--all", help="Score every checkpoint that is kept.")] = False,
    live: Annotated[bool, typer.Option("--live", help="Score the weights as trained, not their averages.")] = False,
    truncation: Truncation = 1.0,
    seed: Seed = 0,
    runs: Annotated[Path, typer.Option(help="The folder of all runs.")] = Path("runs"),
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Score a run or a checkpoint; scores and what they were made from stay in the run's folder."""
    from ganzoo.score.evaluate import Judge
    from ganzoo.train.device import Backend
    from ganzoo.train.ranks.world import World

    names, world = wanted(metric), World.here()
    device = world.place(device)
    where = Backend.choose(device, "fp32").device
    with world.joined(where), progress_bar() if world.is_first else nullcontext() as report:
        judge = Judge(
            names, features=features, weights=weights, data=data, samples=samples, seed=seed, truncation=truncation,
            device=str(where), report=report, world=world,
        )  # fmt: skip
        told = _scored(judge, run, runs, every, live, device)
    if not world.is_first:
        return
    _complain(told[-1], is_quiet=metric == "all")
    _warn(told[-1], names)
    _show(told, as_json, every)


def wanted(text: str) -> list[str]:
    """The names of metrics that were asked for, each known. Raises RequestError."""
    from ganzoo.zoo.registry import zoo

    if text == "all":
        return [card.name for card in zoo().all("metrics")]
    names = [part.strip() for part in text.split(",") if part.strip()]
    if not names:
        raise RequestError("--metric names none: give fid, or several by comma. See ganzoo list --kind metrics.")
    return [zoo().get("metrics", name).name for name in names]


def _scored(judge: Judge, name: str, folder: Path, every: bool, live: bool, device: str) -> list[Evaluation]:
    from ganzoo.train.runs import Runs
    from ganzoo.train.trained import open_trained

    runs = Runs(folder)
    newest = open_trained(name, runs, device, live)
    if not every:
        return [_judged(judge, newest)]
    if name.endswith(".safetensors"):
        raise RequestError(f"--all scores every checkpoint of a run, and {name} is one. Name its run.")
    told = []
    for path in reversed(runs.find(name).saved()):
        try:
            trained = newest if path == newest.path else open_trained(str(path), runs, device, live)
        except RequestError as error:  # the newest can be read, so this one is damaged
            print_note(f"skipped: {error}")
        else:
            told.append(_judged(judge, trained))
    return told


def _judged(judge: Judge, trained: Trained) -> Evaluation:
    """Score one checkpoint, and keep scores and pictures in its run's folder where it lies in one."""
    from ganzoo.score import evidence
    from ganzoo.train.card import write_card
    from ganzoo.train.run import Run

    exhibit = judge.exhibit(trained)
    evaluation = judge.evaluate(exhibit)
    run = Run(trained.path.resolve().parent.parent)
    if run.exists and evaluation.metrics and judge.bank.world.is_first:
        try:
            run.keep_scores(evaluation.record())
            evidence.show(exhibit, run.path / "evaluation")
            write_card(run, trained.family, run.progress[1])
        except OSError as error:  # the numbers are there all the same
            print_note(f"not kept: {run.path} cannot be written to: {error.strerror or error}.")
    return evaluation


def _complain(evaluation: Evaluation, is_quiet: bool) -> None:
    """Say which metrics were impossible; WorkError where all of them were."""
    reasons = [f"{name}: {reason}" for name, reason in evaluation.refused.items()]
    if not evaluation.metrics:
        raise WorkError("\n".join(reasons[:2]))
    for reason in [] if is_quiet else reasons:
        print_note(reason)


def _warn(evaluation: Evaluation, names: Sequence[str]) -> None:
    told = evaluation.protocol
    if told.extractor and told.extractor != "inception":
        print_note(f"{told.extractor} features: compare these numbers with each other, never with published ones.")
    if "fid" in names and min(told.samples, told.real) < FEW:
        print_note(f"fid of {min(told.samples, told.real):,} is biased upwards: take --samples {FEW} or more, or kid.")


def _show(told: Sequence[Evaluation], as_json: bool, every: bool) -> None:
    from ganzoo.cli.standings import number

    last = told[-1]
    record = last.record()
    if as_json:
        curve = [{"images": each.images, "metrics": each.record()["metrics"]} for each in told]
        print_json(record | {"curve": curve} if every else record)
        return
    print(f"{last.run} at {last.images:,} images: {last.protocol.sentence}")
    if every:
        names = list(last.metrics)
        rows = [(f"{each.images:,}", *(number(each.metrics.get(name)) for name in names)) for each in told]
        print_table(("images", *names), rows)
        return
    print_table(("metric", "value"), [(name, number(value)) for name, value in last.metrics.items()])

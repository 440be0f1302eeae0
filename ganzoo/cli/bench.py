"""`ganzoo bench`: how fast families train here, where the time goes, and against what."""

from __future__ import annotations

import csv
import io
import math
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.output import print_json, print_note, print_table
from ganzoo.cli.progress import progress_bar
from ganzoo.cli.table import screen_width, wrapped
from ganzoo.errors import RequestError

if TYPE_CHECKING:
    from ganzoo.bench.result import Result, Stage
    from ganzoo.data.pack import Pack, Pair
    from ganzoo.train.request import Request

MIB, GIB = 1 << 20, 1 << 30
ROUNDS = 9
AT = 0.9  # whatever grows has grown, and every stage has begun: most of a run's time is spent like this


def bench(
    families: Annotated[list[str], typer.Argument(metavar="FAMILY...", help="Families of `ganzoo list`.")],
    preset: Annotated[str, typer.Option(help="Of every family.")] = "",
    data: Annotated[str, typer.Option(help="A data set, a folder or a zip of pictures; see ganzoo data list.")] = "",
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting.")] = None,
    size: Annotated[str, typer.Option(help="Side of the pictures, in pixels.")] = "",
    batch: Annotated[str, typer.Option(help="Real images per batch.")] = "",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32 or bf16; auto is bf16 on CUDA.")] = "auto",
    compiled: Annotated[bool, typer.Option("--compile", help="Compile the networks where that is possible.")] = False,
    rounds: Annotated[int, typer.Option(help="Numbers are medians of so many.", min=1, max=10_000)] = ROUNDS,
    at: Annotated[float, typer.Option(help="Place in the run: 0 is its beginning, 1 its end.", min=0, max=1)] = AT,
    against: Annotated[
        str, typer.Option(metavar="PATH.py:FUNCTION", help="Time a training step of your own beside it.")
    ] = "",
    apart: Annotated[
        bool, typer.Option("--apart", help="With --against: that step in a process of its own, as torch leaves it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a row a family, to be kept over time.")] = False,
) -> None:
    """Time training here: images a second, where the time goes, and how near that is to what the machine can do."""
    if as_json and as_csv:
        raise RequestError("--json is one document, --csv are rows: give one of them.")
    if against and len(families) > 1:
        raise RequestError(f"--against is a step of one family, and here are {len(families)}. Name one.")
    if apart and not against:
        raise RequestError("--apart says where the step of --against runs, and there is none.")
    if batch == "auto":
        raise RequestError(
            "A speed is of one batch: give a number. ganzoo train --batch auto --dry-run finds what fits."
        )
    from ganzoo.bench.elsewhere import Elsewhere
    from ganzoo.bench.opponent import Opponent
    from ganzoo.bench.trial import Trial
    from ganzoo.train.plan import Asked, plan

    options = {"device": device, "precision": precision, "compile": compiled}
    asked = [Asked(name, data, preset, settings or (), batch=batch, size=size, options=options) for name in families]
    requests = [plan(each) for each in asked]
    sets = [_open(request) for request in requests]
    opponent = None
    if against:
        opponent = Elsewhere(against, asked[0], at) if apart else Opponent(against)
    with progress_bar() as report:
        trial = Trial(at, rounds, opponent, report=report, note=print_note)
        results = [trial.hold(request, opened) for request, opened in zip(requests, sets, strict=True)]
    if as_json:
        records = [result.record() for result in results]
        print_json(records if len(records) > 1 else records[0])
    elif as_csv:
        _print_rows(results)
    else:
        _show(results)


def _open(request: Request) -> Pack | Pair:
    """The data, packed once the rest of the request is known to be right: packing may take minutes."""
    from ganzoo.cli.data import packing_bar
    from ganzoo.data.catalogue import open_data
    from ganzoo.train.device import Backend

    Backend.choose(request.device, request.precision)
    with packing_bar() as progress:
        return open_data(request.data, size=request.config.size, channels=request.config.channels, progress=progress)


def _show(results: Sequence[Result]) -> None:
    if len(results) > 1:
        print_table(
            ("family", "size", "batch", "images/s", "ms a step", "loader", "gflop/s", "of limit", "memory"),
            [_line(result) for result in results],
            strict=True,
        )
        print()
    for place, result in enumerate(results):
        if place:
            print()
        _show_one(result)


def _line(result: Result) -> tuple[object, ...]:
    setting = result.setting
    return (
        setting.family,
        setting.size,
        setting.batch,
        number(result.images_per_second),
        number(result.ms_per_step),
        f"{result.loader_share:.1%}",
        number(result.gflops),
        f"{result.of_limit:.0%}",
        _memory(result.peak_memory),
    )


def _show_one(result: Result) -> None:
    """What was timed, what it came to, and where the time goes."""
    from ganzoo.bench.advice import remarks

    for line in _heading(result):
        print("\n".join(wrapped(line, screen_width())))
    print()
    print_table(("measured", "here"), [*_measured(result)], strict=True)
    print()
    titles = ("stage", "ms", "share", "gflop/s", "of limit", "what to try")
    print_table(titles, [_stage(stage, result) for stage in result.stages if stage.ms], strict=True)
    sys.stdout.flush()  # before what is said of it elsewhere
    for remark in remarks(result):
        print_note(f"{result.setting.family}: {remark}")


def _heading(result: Result) -> Iterator[str]:
    setting = result.setting
    yield f"{setting.family}, preset {setting.preset}, on {setting.data}: size {setting.size}, batch {setting.batch}"
    rounds = "one round" if result.rounds == 1 else f"{result.rounds} rounds"
    yield f"{setting.at:.0%} into a run of {setting.total:,} images; {rounds}"
    compiled = ", compiled" if setting.compiled else ""
    threads = f", {setting.threads} of {setting.cores} cores" if setting.device == "cpu" else ""
    yield f"{setting.hardware}: {setting.device} {setting.precision}{compiled}{threads}"


def _measured(result: Result) -> Iterator[tuple[str, str]]:
    limits = ", ".join(f"{name} {number(rate)}" for name, rate in result.ceiling.items())
    low, high = result.quartiles
    yield "images/s", number(result.images_per_second)
    yield "ms a step", f"{number(result.ms_per_step)} (quartiles {number(low)} to {number(high)})"
    yield "GFLOP/s", f"{number(result.gflops)}, {result.of_limit:.0%} of the limit here ({limits})"
    if own := result.own_gflops:
        yield "own shapes", f"{number(own)} GFLOP/s, each by itself: the step has {result.gflops / own:.0%} of that"
    yield "peak memory", _memory(result.peak_memory)
    if against := result.against:
        low, high = against.quartiles
        ratio = f"{against.ratio:.2f} times as fast (quartiles {low:.2f} to {high:.2f})"
        yield "against", f"{ratio} as {against.step}, {number(against.ms_per_step)} ms a step"


def _stage(stage: Stage, result: Result) -> tuple[str, ...]:
    from ganzoo.bench.advice import advice

    rarely = f", 1 in {stage.every}" if stage.every > 1 else ""
    repeated = f", x{stage.repeat}" if stage.repeat > 1 else ""
    speed = (number(stage.gflops), f"{stage.of_limit:.0%}") if stage.gflop else ("", "")
    return f"{stage.name}{rarely}{repeated}", number(stage.ms), f"{stage.share:.1%}", *speed, advice(stage, result)


def _print_rows(results: Sequence[Result]) -> None:
    """Rows under their header; without it where stdout is a file that has rows already (``>> speed.csv``)."""
    rows = [result.row() for result in results]
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    if not _has_rows():
        writer.writeheader()
    writer.writerows(rows)
    print(text.getvalue(), end="")


def _has_rows() -> bool:
    try:
        out = os.fstat(sys.stdout.fileno())
    except (OSError, ValueError):  # no file at all
        return False
    return stat.S_ISREG(out.st_mode) and out.st_size > 0


def number(value: float) -> str:
    """With three digits that mean something: 0.0123, 1.23, 12.3, 1,234."""
    if value == 0 or value >= 100:
        return f"{value:,.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(value)))}f}"


def _memory(size: int) -> str:
    if not size:
        return "unknown"
    return f"{size / GIB:.1f} GiB" if size >= GIB else f"{size / MIB:.0f} MiB"

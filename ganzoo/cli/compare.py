"""`ganzoo compare`: which is best, of the runs there are or of families trained under one budget."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ganzoo.cli.board import board
from ganzoo.cli.evaluate import Features, Metrics, Samples, Seed, Truncation, Weights, wanted
from ganzoo.cli.output import print_json, print_note
from ganzoo.cli.progress import progress_bars
from ganzoo.errors import RequestError, WorkError, did_you_mean

if TYPE_CHECKING:
    from ganzoo.score.compare import Comparison
    from ganzoo.score.contenders import Contender
    from ganzoo.score.ranking import Ranking

BUDGET, SEEDS = "5m", 3
SHARING = 4  # runs that share an accelerator, where nobody says how many


def compare(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[RUN|FAMILY]...", help="Runs, or families as dcgan or dcgan:paper.")
    ] = None,
    metric: Metrics = "fid",
    data: Annotated[str, typer.Option(help="Train and compare on these data; of runs, only those on them.")] = "",
    budget: Annotated[str, typer.Option(help="Of each run: 2m of time, or 200kimg of images. 5m.")] = "",
    seeds: Annotated[int | None, typer.Option(help="Runs of each family: 3.", min=1, max=100)] = None,
    preset: Annotated[str, typer.Option(help="Of every family.")] = "",
    size: Annotated[str, typer.Option(help="Side of the pictures, in pixels.")] = "",
    jobs: Annotated[str, typer.Option(metavar="N|auto", help="Runs at a time, where memory has room: 1.")] = "",
    by: Annotated[Literal["last", "best"], typer.Option(help="Rank runs as they ended, or at their best.")] = "last",
    only_last: Annotated[bool, typer.Option("--only-last", help="Score the newest checkpoint alone.")] = False,
    samples: Samples = None,
    features: Features = "auto",
    weights: Weights = None,
    truncation: Truncation = 1.0,
    seed: Seed = 0,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write one page that holds everything.")] = None,
    layout: Annotated[
        Literal["table", "md", "csv"], typer.Option("--format", help="table, md for Markdown, or csv.")
    ] = "table",
    runs: Annotated[Path, typer.Option(help="The folder of all runs.")] = Path("runs"),
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Rank runs, or train families under one budget and rank them. Interrupted, the same command goes on."""
    chosen = wanted(metric)
    if by == "best" and only_last:
        raise RequestError("--by best looks at every checkpoint, --only-last at one: give one of them.")
    families = _families(names or (), runs, bool(budget or seeds or preset or size or jobs))
    if html is not None and html.is_dir():
        raise RequestError(f"--html {html} is a folder. Name a file: {html / 'compare.html'}")
    from ganzoo.score.contenders import contenders

    entrants = [] if families else contenders(names or (), runs, data)  # before torch, which takes a while to come
    from ganzoo.score.compare import Comparison
    from ganzoo.score.evaluate import Judge
    from ganzoo.score.ranking import ranked
    from ganzoo.train.device import Backend

    where = str(Backend.choose(device, "fp32").device)
    if families:
        options = {"device": device}
        common = {"data": data or "anime", "preset": preset, "size": size, "options": options}
        entrants = _play(families, seeds or SEEDS, budget or BUDGET, runs, common, _jobs(jobs or "1", device))
    with progress_bars(2) as (scoring, report):
        judge = Judge(
            chosen, features=features, weights=weights, data=data if names and not families else "", samples=samples,
            seed=seed, truncation=truncation, device=where, report=report,
        )  # fmt: skip
        comparison = Comparison(judge, by, only_last, device, shows=html is not None)
        rows = comparison.rows(entrants, scoring)
    rankings = ranked(judge.cards[0].name, judge.cards[0].better, rows)
    _show(rankings, layout, as_json)
    if html is not None:
        _write(rankings, comparison, html)
    if all(row.value is None for ranking in rankings for row in ranking.rows):
        raise WorkError(f"Nothing here has a value by {judge.cards[0].name}: the reasons are above.")


def _families(names: Sequence[str], folder: Path, is_tournament: bool) -> list[str]:
    """The names, where they are families or runs of zoo.toml that are yet to be; none where they are runs.

    Raises:
        RequestError: some are the one and some the other, or families are wanted and none is named.
    """
    from ganzoo.zoo.registry import zoo

    families = [name for name in names if _is_family(name, folder)]
    others = [name for name in names if name not in families]
    near = did_you_mean(others[0], [card.name for card in zoo().all("families")]) if others else ""
    if families and others:
        raise RequestError(
            f"{families[0]} is a family, and {others[0]} is none.{near}\n"
            "Compare families, which are trained first, or runs: not both at once."
        )
    if is_tournament and not families:
        told = f"{others[0]} is none.{near}" if others else "Name some: ganzoo compare dcgan wgan --budget 2m"
        raise RequestError(f"--budget, --seeds, --preset, --size and --jobs are for families, trained first.\n{told}")
    return families


def _is_family(name: str, folder: Path) -> bool:
    from ganzoo.zoo.project import project
    from ganzoo.zoo.registry import folded, zoo

    if folded(name.partition(":")[0]) in {folded(card.name) for card in zoo().all("families")}:
        return True
    return project().run(name) is not None and not any(
        (at / "run.toml").is_file() for at in (folder / name, Path(name))
    )


def _play(
    families: Sequence[str], seeds: int, budget: str, folder: Path, common: dict[str, Any], jobs: int
) -> list[Contender]:
    """Train what is not yet trained, and show how it goes."""
    from ganzoo.cli.data import packing_bar
    from ganzoo.data.catalogue import open_data
    from ganzoo.score.tournament import Tournament, enter
    from ganzoo.zoo.duration import clock

    entries = enter(families, seeds, budget, **common)
    request = next(entry.request for entry in entries if entry.request)
    with packing_bar() as progress:
        open_data(request.data, size=request.config.size, channels=request.config.channels, progress=progress)
    tournament = Tournament(entries, folder, jobs)
    waiting = tournament.waiting()
    if waiting:
        rounds = -(-len(waiting) // tournament.jobs)
        long = f", about {clock(rounds * request.budget)}" if request.budget else ""
        beside = f", {tournament.jobs} at a time" if tournament.jobs > 1 else ""
        print_note(f"{len(waiting)} of {len(entries)} runs to train on {request.data}, {budget} each{beside}{long}")
    with board(len(waiting), tournament.jobs) as watch:
        told = tournament.play(watch)
    if request.budget and len(used := _threads(told)) > 1:
        print_note(f"These runs had {' and '.join(map(str, used))} threads: no equal chances under a budget of time.")
    return told


def _jobs(text: str, device: str) -> int:
    """How many runs at a time; auto is one to a core, and four to an accelerator, where there is room."""
    import torch

    from ganzoo.train.device import Backend

    if text == "auto":
        return torch.get_num_threads() if Backend.choose(device).device.type == "cpu" else SHARING
    if not text.isdecimal() or not int(text):
        raise RequestError(f"--jobs {text}: expected a number from 1 on, or auto.")
    return int(text)


def _threads(contenders: Sequence[Contender]) -> list[int]:
    """How many the runs computed with: one number, where all had the same."""
    used = {run.about.get("backend", {}).get("threads") for contender in contenders for run in contender.runs}
    return sorted(used - {None})


def _show(rankings: Sequence[Ranking], layout: str, as_json: bool) -> None:
    from ganzoo.cli import standings
    from ganzoo.cli.table import has_colour, screen_width

    if as_json:
        rows = [row.record() for ranking in rankings for row in ranking.rows]
        print_json({"metric": rankings[0].metric, "better": rankings[0].better, "rows": rows})
    elif layout == "csv":
        print(standings.comma_separated(rankings))
    elif layout == "md":
        print("\n\n".join(standings.markdown(ranking) for ranking in rankings))
    else:
        print("\n\n".join(standings.shown(ranking, screen_width(), has_colour()) for ranking in rankings))


def _write(rankings: Sequence[Ranking], comparison: Comparison, file: Path) -> None:
    from datetime import UTC, datetime

    from ganzoo.score.report import write_report
    from ganzoo.train.request import versions

    about = {"made": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"), "command": shlex.join(["ganzoo", *sys.argv[1:]])}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_report(rankings, comparison.sheets, file, about=about | versions())
    except OSError as error:
        raise WorkError(f"Cannot write {file}: {error.strerror or error}. Choose another place for --html.") from error
    print_note(f"See {file}")

"""`ganzoo train`: from a name to a trained generator."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganzoo.cli.output import print_json, print_note, print_table
from ganzoo.cli.seeds import LARGEST_SEED
from ganzoo.errors import RequestError

if TYPE_CHECKING:
    from ganzoo.data.pack import Pack, Pair
    from ganzoo.train.memory.prediction import Memory
    from ganzoo.train.plan import Asked
    from ganzoo.train.request import Request
    from ganzoo.train.session import Result


def train(
    context: typer.Context,
    family: Annotated[str, typer.Argument(help="A family of `ganzoo list`, or a run named in zoo.toml.")],
    data: Annotated[
        str, typer.Option(help="A data set, a folder or zip, shards, or hub:OWNER/NAME; see ganzoo data list.")
    ] = "",
    preset: Annotated[str, typer.Option(help="A set of settings of the family; see ganzoo show FAMILY.")] = "",
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting.")] = None,
    images: Annotated[str, typer.Option(help="End after so many real images shown: 200k.")] = "",
    steps: Annotated[int | None, typer.Option(help="End after so many steps.")] = None,
    budget: Annotated[str, typer.Option(help="End after so much time: 90s, 10m, 1h30m.")] = "",
    batch: Annotated[
        str, typer.Option(help="Real images per batch; auto takes the preset's in as many parts as memory asks for.")
    ] = "",
    size: Annotated[str, typer.Option(help="Side of the pictures, in pixels.")] = "",
    seed: Annotated[
        int | None, typer.Option(help="Decides first weights, noise and order of data.", min=0, max=LARGEST_SEED)
    ] = None,
    runs: Annotated[Path, typer.Option(help="The folder of all runs.")] = Path("runs"),
    name: Annotated[str, typer.Option(help="Name of the run's folder.")] = "",
    resume: Annotated[bool, typer.Option("--resume", help="Insist on an earlier run; it may be made longer.")] = False,
    new: Annotated[bool, typer.Option("--new", help="Start over, beside an earlier run.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32 or bf16; auto is bf16 on CUDA.")] = "auto",
    devices: Annotated[
        int, typer.Option(help="Train on so many devices of a machine, which share each batch.", min=1)
    ] = 1,
    restarts: Annotated[int, typer.Option(help="With --devices: start again so often where one fails.", min=0)] = 0,
    queue: Annotated[str, typer.Option(help="Queue it: slurm, or local for the background of this machine.")] = "",
    nodes: Annotated[int, typer.Option(help="With --queue: machines.", min=1)] = 1,
    partition: Annotated[str, typer.Option(help="With --queue slurm: the partition.")] = "",
    time: Annotated[str, typer.Option(help="With --queue: a job's time, after which it queues itself again.")] = "12h",
    compiled: Annotated[bool, typer.Option("--compile", help="Compile the networks where that is possible.")] = False,
    mark: Annotated[bool, typer.Option("--mark/--no-mark", help="Say in each picture that it is synthetic.")] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Show what would be done, and stop.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Train a family. Interrupted, the same command goes on where it stood."""
    if resume and new:
        raise RequestError("--resume goes on, --new starts over: give one of them.")
    from ganzoo.train.plan import Asked

    options = {"device": device, "precision": precision, "compile": compiled, "mark": mark}
    asked = Asked(family, data, preset, settings or (), images, steps, budget, batch, size, seed, options)
    request = _plan(asked, runs, name)
    mode = "resume" if resume else "new" if new else "auto"
    if dry_run:
        _show_plan(request, runs, name, devices, as_json)
        return
    if queue or devices > 1:
        from ganzoo.cli import fleet

        if fleet.sends_away(
            request, context.obj, fleet.Fleet(devices, restarts, queue, nodes, partition, time), runs, as_json
        ):
            return
    result = _work(request, runs, mode, name)
    if result is None:  # of several ranks one reports
        return
    if as_json:
        print_json(asdict(result))
        return
    folder = runs / result.run
    print(f"{folder}: {result.images:,} images in {result.seconds:,.0f} s, {result.images_per_second:,.0f} a second")
    print(f"See {folder / 'progress.gif'}. Draw from it: ganzoo sample {result.run}")


def _plan(asked: Asked, folder: Path, name: str) -> Request:
    """The request; where it fails and an earlier run had a guest that is gone, the refusal says which."""
    from ganzoo.train.makers import missing_of
    from ganzoo.train.plan import plan
    from ganzoo.train.runs import Runs

    try:
        return plan(asked)
    except RequestError as error:
        if lacking := missing_of(asked.target, Runs(folder), name):
            raise RequestError(f"{error}{lacking}") from error
        raise


def _work(request: Request, folder: Path, mode: Any, name: str) -> Result | None:
    from ganzoo.train.display import Silence, display
    from ganzoo.train.launch import open_session
    from ganzoo.train.ranks.world import World
    from ganzoo.train.runs import Runs

    world, data = World.here(), _open(request)
    with (
        display(request.budget, request.steps) if world.is_first else nullcontext(Silence()) as shown,
        open_session(request, data, Runs(folder), shown, mode, name, world) as session,
    ):
        if not session.finished:
            ranks = f", {world.size} ranks" if world.size > 1 else ""
            where = f"{session.run.path}, {session.engine.backend}{ranks}"
            shown.note(f"{request.family.name} on {request.data} in {where}")
        result = session.work()
        return result if world.is_first else None


def _open(request: Request) -> Pack | Pair:
    """The data; where they are yet to be packed, which may take minutes, the rest of the request is proved first."""
    from ganzoo.cli.data import packing_bar
    from ganzoo.data.catalogue import open_data
    from ganzoo.train.device import Backend

    Backend.choose(request.device, request.precision)
    with packing_bar() as report:
        # Nothing is reported of a pack that exists: then the networks are built for good in a moment anyway.
        prove = cache(lambda: _prove(request))
        return open_data(
            request.data,
            size=request.config.size,
            channels=request.config.channels,
            progress=lambda done, total: (prove(), report(done, total)),
        )


def _prove(request: Request) -> None:
    """Build the networks on paper; RequestError where their settings do not go together."""
    from ganzoo.cli.show import usual_facts
    from ganzoo.train.blueprint import draw_up

    draw_up(request.family, request.config, usual_facts(request.family, request.config, "points" in request.gives))


def _show_plan(request: Request, runs: Path, name: str, devices: int, as_json: bool) -> None:
    """What would be done, down to the parameters of every network and the memory for them; nothing is packed."""
    from ganzoo.data.catalogue import facts_of
    from ganzoo.train.blueprint import count_parameters
    from ganzoo.train.device import Backend
    from ganzoo.train.memory.fitting import cut, fit, fits, shortage
    from ganzoo.train.memory.prediction import predict
    from ganzoo.train.memory.room import free_memory
    from ganzoo.zoo.values import shown

    backend = Backend.choose(request.device, request.precision)
    facts = facts_of(request.data, size=request.config.size, channels=request.config.channels)
    networks = count_parameters(request.family, request.config, facts)
    free = free_memory(backend.device)
    if request.fit:
        parts, memory = fit(request, facts, backend, free, devices)
        request = cut(request, parts)
    else:
        memory = predict(request, facts, backend, free, devices)
    config = asdict(request.config)
    if as_json:
        print_json(
            {
                "family": request.family.name,
                "preset": request.preset,
                "data": {"name": request.data, "count": facts.count, "shape": list(facts.shape)},
                "seed": request.seed,
                "steps": request.steps,
                "budget": request.budget,
                "run": str(runs / (name or request.run_name)),
                "device": str(backend.device),
                "precision": backend.precision,
                "networks": {key: {"parameters": count} for key, count in networks.items()},
                "memory": memory.record() | {"free": free, "fits": fits(memory, free)},
                "config": config,
            }
        )
        return
    end = f"{request.steps:,} steps" if request.steps else f"{request.budget:g} s" if request.budget else ""
    rows = [
        ("family", f"{request.family.name}, preset {request.preset}"),
        ("data", f"{request.data}, {facts.count:,} of shape {'x'.join(map(str, facts.shape))}"),
        ("length", end or f"{request.config.images:,} images"),
        ("run", runs / (name or request.run_name)),
        ("device", backend),
        *((f"network {key}", f"{count:,} parameters") for key, count in networks.items()),
        *_memory_rows(memory, free),
        *((key, shown(value)) for key, value in config.items()),
    ]
    print_table(("what", "as it would be"), rows)
    if not fits(memory, free):
        print_note(f"warning: {shortage(memory, free, backend)}")


def _memory_rows(memory: Memory, free: int | None) -> list[tuple[str, str]]:
    """What the run is predicted to need, and what it is made of."""
    from ganzoo.train.memory.prediction import in_words

    rows = [("memory", memory.reason)]
    if not memory.reason:
        parts = ", ".join(f"{name} {in_words(value)}" for name, value in memory.parts().items() if value)
        rows = [("memory", f"{in_words(memory.total)} predicted at most"), ("memory of it", parts)]
    return [*rows, ("memory free", "unknown" if free is None else in_words(free))]

"""From a request to a session that is ready to work: the run's folder, the device, the networks, the feed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any, Literal

import torch

from ganzoo.data.feed import Feed
from ganzoo.data.pack import Pack, Pair
from ganzoo.errors import RequestError
from ganzoo.game import Progress, Recipe
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.train.gallery import Gallery
from ganzoo.train.health import Health
from ganzoo.train.length import images_of
from ganzoo.train.makers import changed, guests_of
from ganzoo.train.memory.fitting import settle, warning
from ganzoo.train.memory.room import free_memory
from ganzoo.train.ranks.world import ALONE, World
from ganzoo.train.request import Request, versions
from ganzoo.train.run import Run
from ganzoo.train.runs import Runs, is_free
from ganzoo.train.session import Display, Session
from ganzoo.train.variety import Variety
from ganzoo.zoo.facts import Facts
from ganzoo.zoo.registry import zoo

Mode = Literal["auto", "resume", "new"]


@contextmanager
def open_session(
    request: Request,
    data: Pack | Pair,
    runs: Runs,
    display: Display,
    mode: Mode = "auto",
    name: str = "",
    world: World = ALONE,
) -> Iterator[Session]:
    """A session on its run's folder, held against other processes, standing where the run stopped.

    Of several ranks each opens one, and the first has the folder.
    """
    backend = Backend.choose(world.place(request.device), request.precision)
    world.check(request.config.sizes_of_batches(), request.config.accumulate)
    free = free_memory(backend.device)
    with world.joined(backend.device), ExitStack() as held:
        # The networks before the folder: what cannot be built leaves nothing behind.
        engine, feed = ready(request, data, backend, world)
        about = describe(request, data, backend, world)

        def claim() -> Run:
            run = claim_run(request, about, runs, mode, name)
            held.enter_context(run.held())
            return run

        run = world.first(claim)
        origin = {"tool": "ganzoo", "run": run.name, "family": request.family.name} if request.mark else None
        gallery = Gallery(run, feed, data.facts, origin)
        origins = {key: about[key] for key in ("request", "plugin", "guests")}
        health = Health(Variety(feed, data.facts))
        session = Session(request, run, engine, gallery, health, {**origins, "facts": _portable(data.facts)}, display)
        path = session.resume()
        if path and world.is_first:
            display.note(f"{run.path} is finished" if session.finished else f"going on from {path}")
            for line in changed(run.about, about["guests"]):
                display.note(line)
        if not session.finished:
            if request.fit:
                parts = world.first(lambda: run.about.get("backend", {}).get("accumulate", 0))
                settle(request, data, engine, free, parts, display.note)
                about["backend"]["accumulate"] = engine.accumulate  # an interrupted run goes on with the same parts
            elif line := world.first(lambda: warning(request, data, engine, free)):
                display.note(line)
            if world.is_first:
                run.write_about({"started": run.about.get("started", ""), **about})
            if request.compile and (reason := engine.compile()):
                display.note(f"not compiled, training goes on without: {reason}")
        yield session


def ready(request: Request, data: Pack | Pair, backend: Backend, world: World = ALONE) -> tuple[Engine, Feed]:
    """The engine before its first step, and what feeds it."""
    recipe, config, steps = build(request, data.facts, backend), request.config, request.steps
    images = config.images if steps is None else images_of(steps, recipe, config.batch)
    start = Progress(batch=config.batch, total=images)
    # Perceptrons want a picture as one row, and would have to put it in order again.
    layout = backend.channels_last and any(p.dim() == 4 for net in recipe.nets.values() for p in net.parameters())
    feed = Feed(data, request.seed, backend.device, channels_last=layout)
    engine = Engine(
        recipe, feed.batch, backend, start, accumulate=config.accumulate, halflife=config.ema,
        world=world, seed=request.seed,
    )  # fmt: skip
    return engine, feed


def build(request: Request, facts: Facts, backend: Backend) -> Recipe:
    """The family's recipe with its first weights, a pure function of the seed."""
    torch.manual_seed(request.seed)
    recipe = request.family.build(request.config, facts)
    for net in recipe.nets.values():
        backend.place(net)
    return recipe


def claim_run(request: Request, about: dict[str, Any], runs: Runs, mode: Mode = "auto", name: str = "") -> Run:
    """The folder this request works in: the one it was made in before, or a new one with its `run.toml` in it.

    ``resume`` insists on an earlier run and may lengthen it; ``new`` starts beside whatever there is. Of several
    processes that ask at once, the first creates the run and the others find it.

    Raises:
        RequestError: there is nothing to resume, or the name belongs to a run of another request.
    """
    if found := find_run(about["request"], runs, mode, name):
        return found
    with runs.claiming():
        if found := find_run(about["request"], runs, mode, name):
            return found
        run = runs.create(name or request.run_name)
        run.write_about({"started": datetime.now(UTC).isoformat(timespec="seconds"), **about})
        return run


def find_run(identity: dict[str, Any], runs: Runs, mode: Mode, name: str = "") -> Run | None:
    """The earlier run of a request, if it is to be gone on with."""
    lengths = mode != "resume"
    named = runs.named(name) if name else None
    if mode == "new":
        return None
    if named is None:
        same = [run for run in runs.all() if not _differences(run.request, identity, lengths)]
        if mode == "resume" and not same:
            raise RequestError(f"No run in {runs.folder} to resume with this request. See ganzoo runs list.")
        return same[-1] if same else None
    if named.exists:
        differ = _differences(named.about["request"], identity, lengths)
        if differ:
            raise RequestError(
                f"{named.path} is a run of another request ({'; '.join(differ[:3])}).\n"
                "Use another --name, or --new to start beside it."
            )
        return named
    if mode == "resume":
        return runs.find(name)
    if named.path.exists() and not is_free(named.path):
        raise RequestError(f"{named.path} is there already, and is no run. Use another --name.")
    return None


def describe(request: Request, data: Pack | Pair, backend: Backend, world: World = ALONE) -> dict[str, Any]:
    """What `run.toml` holds."""
    facts, family = data.facts, request.family
    origin = zoo().origin(family)
    return {
        "request": request.identity(data.hash),
        "plugin": {"package": origin.package, "version": origin.version},
        "guests": guests_of(family, request.config, request.data),
        "data": {
            "name": request.data,
            "hash": data.hash,
            "count": facts.count,
            "shape": list(facts.shape),
            "classes": list(facts.classes),
            "licence": data.licence,
        },
        "backend": {
            "device": str(backend.device),
            "precision": backend.precision,
            "compile": request.compile,
            "threads": torch.get_num_threads(),
            "devices": world.size,
        },
        "versions": versions(),
    }


def _differences(before: dict[str, Any], now: dict[str, Any], lengths: bool) -> list[str]:
    """What two requests do not share, in words; their lengths count only where asked.

    Data are told apart by their content, not by the name or path they were found under.
    """
    flat_before, flat_now = _flat(before), _flat(now)
    keys = dict.fromkeys([*flat_before, *flat_now])
    ignored = {"data"} if lengths else {"data", "steps", "budget", "config.images"}
    return [
        f"{key.removeprefix('config.')} {flat_before.get(key, 'unset')}, now {flat_now.get(key, 'unset')}"
        for key in keys
        if key not in ignored and flat_before.get(key) != flat_now.get(key)
    ]


def _flat(request: dict[str, Any]) -> dict[str, Any]:
    config = {f"config.{key}": value for key, value in request.get("config", {}).items()}
    return {key: value for key, value in request.items() if key != "config"} | config


def _portable(facts: Facts) -> dict[str, Any]:
    """What `ganzoo sample` needs to build the networks again."""
    return {"shape": facts.shape, "count": facts.count, "classes": facts.classes, "words": facts.words}

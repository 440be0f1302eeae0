"""From a request to a session that is ready to work: the run's folder, the device, the networks, the feed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal

import torch
from filelock import FileLock, Timeout

from ganzoo.data.feed import Feed
from ganzoo.data.pack import Pack, Pair
from ganzoo.errors import RequestError
from ganzoo.game import Progress, Recipe
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.train.gallery import Gallery
from ganzoo.train.request import Request, versions
from ganzoo.train.run import LOCK, Run
from ganzoo.train.runs import Runs
from ganzoo.train.session import Display, Session
from ganzoo.zoo.facts import Facts
from ganzoo.zoo.registry import zoo

Mode = Literal["auto", "resume", "new"]


@contextmanager
def open_session(request: Request, data: Pack | Pair, run: Run, display: Display) -> Iterator[Session]:
    """A session on its run's folder, held against other processes, standing where the run stopped."""
    with _held(run):
        backend = Backend.choose(request.device, request.precision)
        identity = request.identity(data.hash)
        started = run.about["started"] if run.exists else datetime.now(UTC).isoformat(timespec="seconds")
        run.write_about({"started": started, **describe(request, identity, data, backend)})
        recipe = build(request, data.facts, backend)
        config, device = request.config, backend.device
        feed = Feed(data, request.seed, device, channels_last=backend.channels_last)
        start = Progress(batch=config.batch, total=_total(request, recipe))
        engine = Engine(recipe, feed.batch, backend, start, accumulate=config.accumulate, halflife=config.ema)
        origin = {"tool": "ganzoo", "run": run.name, "family": request.family.name} if request.mark else None
        gallery = Gallery(run, feed, data.facts, origin)
        about = {"request": identity, "facts": _portable(data.facts), "plugin": run.about["plugin"]}
        session = Session(request, run, engine, gallery, about, display)
        if path := session.resume():
            display.note(f"going on from {path}")
        if request.compile and (reason := engine.compile()):
            display.note(f"not compiled, training goes on without: {reason}")
        yield session


def build(request: Request, facts: Facts, backend: Backend) -> Recipe:
    """The family's recipe with its first weights, a pure function of the seed."""
    torch.manual_seed(request.seed)
    recipe = request.family.build(request.config, facts)
    for net in recipe.nets.values():
        backend.place(net)
    return recipe


def choose_run(request: Request, data_hash: str, runs: Runs, mode: Mode, name: str = "") -> Run:
    """The folder this request works in: the one it was made in before, or a new one.

    ``resume`` insists on an earlier run and may lengthen it; ``new`` starts beside whatever there is.
    """
    identity = request.identity(data_hash)
    if mode == "new" or (name and not (runs.folder / name).exists() and mode == "auto"):
        return runs.create(name or request.run_name)
    if name:
        run = runs.find(name)
        differ = _differences(run.about.get("request", {}), identity, lengths=mode != "resume")
        if differ:
            raise RequestError(
                f"{run.path} is a run of another request ({'; '.join(differ[:3])}).\n"
                "Use another --name, or --new to start beside it."
            )
        return run
    same = [r for r in runs.all() if not _differences(r.request, identity, lengths=mode != "resume")]
    if same:
        return same[-1]
    if mode == "resume":
        raise RequestError(f"No run in {runs.folder} to resume with this request. See ganzoo runs list.")
    return runs.create(request.run_name)


def describe(request: Request, identity: dict[str, Any], data: Pack | Pair, backend: Backend) -> dict[str, Any]:
    """What `run.toml` holds."""
    facts, family = data.facts, request.family
    guests = {
        plugin.origin.package: plugin.origin.version
        for plugin in zoo().plugins
        if plugin.state == "loaded" and not plugin.origin.is_builtin
    }
    origin = zoo().origin(family)
    return {
        "request": identity,
        "plugin": {"package": origin.package, "version": origin.version},
        "guests": guests,
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
        },
        "versions": versions(),
    }


def _total(request: Request, recipe: Recipe) -> int:
    """Real images the whole run will show: what schedules and milestones are measured against."""
    if request.steps is None:
        return request.config.images
    recipe.begin(Progress(batch=request.config.batch, total=request.config.images))
    batches = 1 + sum(phase.repeat - 1 for phase in recipe.phases())
    return max(1, request.steps * batches * request.config.batch)


def _differences(before: dict[str, Any], now: dict[str, Any], lengths: bool) -> list[str]:
    """What two requests do not share, in words; their lengths count only where asked."""
    flat_before, flat_now = _flat(before), _flat(now)
    keys = dict.fromkeys([*flat_before, *flat_now])
    ignored = set() if lengths else {"steps", "budget", "config.images"}
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


@contextmanager
def _held(run: Run) -> Iterator[None]:
    lock = FileLock(run.path / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise RequestError(f"{run.path} is being trained by another process. Wait for it, or use --new.") from None
    try:
        yield
    finally:
        lock.release()

"""`--batch auto`: the batch of the preset, in as few parts as the memory of the device allows.

A batch that is too large is passed through the networks in equal parts whose gradients add up to its own. What a run
learns stays the same, but for what looks at a whole batch at once: batch norm and its like see one part at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import gcd

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from ganzoo.data.pack import Pack, Pair
from ganzoo.errors import WorkError
from ganzoo.game.nn import MinibatchStd
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.train.memory.ledger import bytes_of
from ganzoo.train.memory.prediction import Memory, in_words, predict, surely_fits
from ganzoo.train.memory.room import free_memory
from ganzoo.train.request import Request
from ganzoo.zoo.config import Config
from ganzoo.zoo.facts import Facts

RESERVE = 0.1  # share of what is free that is left to others


def parts_of(config: Config, ranks: int = 1) -> list[int]:
    """Into how many equal parts every batch of a run can be taken, from those that were asked for on.

    Of two examples or more: one by itself has no spread, and batch norm refuses it.
    """
    whole = gcd(*config.sizes_of_batches()) // ranks
    more = range(config.accumulate + 1, whole // 2 + 1)
    return [config.accumulate, *(parts for parts in more if whole % parts == 0)]


def fit(
    request: Request, data: Pack | Pair | Facts, backend: Backend, free: int | None = None, ranks: int = 1
) -> tuple[int, Memory]:
    """The smallest number of parts that is predicted to fit, and what it will need; the largest where none fits.

    Where nothing can be predicted or nobody knows what is free, it is the number that was asked for.
    """
    free = free_memory(backend.device) if free is None else free
    parts, memory = request.config.accumulate, Memory()
    for parts in parts_of(request.config, ranks):
        memory = predict(cut(request, parts), data, backend, free, ranks)
        if memory.reason or fits(memory, free):
            break
    return parts, memory


def fits(memory: Memory, free: int | None) -> bool:
    """Whether a run has room; True where nobody can tell."""
    return free is None or memory.total <= (1 - RESERVE) * free


def cut(request: Request, parts: int) -> Request:
    """The same request with every batch taken in so many parts."""
    return replace(request, config=replace(request.config, accumulate=parts))


def warning(request: Request, data: Pack | Pair | Facts, engine: Engine, free: int | None) -> str:
    """What to do about a run that is predicted not to fit, in a line; empty where it fits or nobody can tell.

    Only a run that might not fit is looked at closely: that takes longer than all else that happens before a start.
    ``free`` is what was free before the run took anything.
    """
    weights = bytes_of(p for net in engine.recipe.nets.values() for p in net.parameters())
    if surely_fits(request, data if isinstance(data, Facts) else data.facts, weights, free):
        return ""
    memory = predict(request, data, engine.backend, free, engine.world.size)
    return "" if memory.reason or fits(memory, free) else shortage(memory, free, engine.backend)


def shortage(memory: Memory, free: int, backend: Backend) -> str:
    """A line that says what is missing, and what to try."""
    return (
        f"this run is predicted to need {in_words(memory.total)}, and {backend.device} has {in_words(free)} free: "
        "try --batch auto, or a smaller --size or --batch"
    )


def note(nets: dict[str, nn.Module], parts: int, batch: int) -> str:
    """What a person should know of a batch that is taken in parts."""
    if parts == 1:
        return f"a batch of {batch} fits as it is"
    looks = any(isinstance(m, _BatchNorm | MinibatchStd) for net in nets.values() for m in net.modules())
    seen = f"; batch statistics are those of {batch // parts} images at a time" if looks else ""
    return f"a batch of {batch} in {parts} parts, to fit into memory{seen}"


def settle(
    request: Request,
    data: Pack | Pair | Facts,
    engine: Engine,
    free: int | None,
    before: int,
    tell: Callable[[str], None],
) -> None:
    """Have an engine take its batches in parts that fit: ``before`` is how many they were, in a run that goes on."""
    parts = parts_of(request.config, engine.world.size)
    if before not in parts:
        before, _ = engine.world.first(lambda: fit(request, data, engine.backend, free, engine.world.size))
    engine.accumulate = before
    if engine.backend.device.type != "cpu":  # where too much memory is an error, and not the end of the process
        prove(engine, parts, tell)
    tell(note(engine.recipe.nets, engine.accumulate, request.config.batch))


def prove(engine: Engine, parts: list[int], tell: Callable[[str], None]) -> None:
    """Try one step; where memory does not suffice, again with the batch in more of the ``parts`` there are.

    Raises:
        WorkError: it does not suffice even then.
    """
    while not _has_room(engine):
        more = next((each for each in parts if each > engine.accumulate), None)
        cut = f"out of memory on {engine.backend.device} with the batch in {engine.accumulate} parts"
        if more is None:
            raise WorkError(f"{cut}, the most there can be.\nTry a smaller --size or a smaller preset.")
        tell(f"{cut}; trying {more}")
        engine.accumulate = more
        if engine.backend.device.type == "cuda":
            torch.cuda.empty_cache()  # blocks of the sizes that the larger parts needed
    # Ranks have shares of one size, and may yet differ in what else is on their device.
    engine.accumulate = int(engine.world.most([engine.accumulate])[0])


def _has_room(engine: Engine) -> bool:
    with engine.taken_back():
        try:
            engine.step()
        except torch.OutOfMemoryError:
            return False
    return True

"""A run rehearsed on torch's meta device: every kind of step it will take, in shapes without numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import floor
from typing import Any

import torch
from torch import Tensor
from torch.optim import Adam, Optimizer
from torch.utils._python_dispatch import _disable_current_modes

from ganzoo.game import Batch, Phase, Progress, Recipe
from ganzoo.train.blueprint import draw_up
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.train.memory.ledger import Ledger, bytes_of
from ganzoo.train.memory.shadow import Shadow
from ganzoo.train.request import Request
from ganzoo.zoo.facts import Facts

LOOKS = 256  # places of a run that are looked at for steps of another kind
KINDS = 48  # of steps at most; nets that grow from 4 to 1024 pixels take 17
ROUNDS = 2  # of the first kind: its first step has no optimizer's state yet, nor the gradients that a step leaves
MICRO = 2  # parts of a batch that are taken, of however many: the gradients of the first are there in the second
REPEATS = 2  # of a phase: what is left over from one is there in the next, and no more after that


@dataclass(frozen=True)
class Weight:
    """Bytes of the tensors of a run, at the heaviest of its steps."""

    weights: int
    gradients: int
    optimizer: int
    averages: int
    activations: int  # and all else that a step makes and gives up again

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.optimizer + self.averages + self.activations


def rehearse(request: Request, facts: Facts, words: int, backend: Backend, ranks: int = 1) -> Weight:
    """Take the steps of a run without their numbers, and weigh the heaviest.

    ``words`` is the length of a row of captions; each of several ``ranks`` has its share of the batch.
    """
    config = request.config
    with torch.device("meta"):
        recipe = draw_up(request.family, config, facts)
        shadow = Shadow.cast(backend)
        for net in recipe.nets.values():
            shadow.place(net)

        for opt in recipe.opts.values():
            as_fused(opt)
        parts = min(config.accumulate, MICRO)

        def draw(position: int, n: int) -> Batch:
            batch = blank(request.gives, facts, n // ranks, words)
            return {key: value[: len(value) * parts // config.accumulate] for key, value in batch.items()}

        start = Progress(batch=config.batch, total=config.images)
        engine = Engine(recipe, draw, shadow, start, accumulate=parts, halflife=config.ema)
        return weigh(engine)


def weigh(engine: Engine) -> Weight:
    """The heaviest step of an engine, on whichever device; it has taken steps of every kind when this ends."""
    every_phase_due(engine.recipe)
    heaviest = Weight(0, 0, 0, 0, 0)
    for number, now in enumerate(kinds_of_steps(engine.recipe, engine.now)):
        with Ledger() as ledger:
            ledger.enter(_kept(engine))
            for _ in range(1 if number else ROUNDS):
                engine.now = now
                engine.step(watched=True)
                ledger.enter(_kept(engine))
            heaviest = max(heaviest, _weight(engine, ledger.peak), key=lambda weight: weight.total)
    return heaviest


def kinds_of_steps(recipe: Recipe, start: Progress) -> Iterator[Progress]:
    """The first moment of each kind of step in a run.

    A recipe is told the time by ``begin``, and what it makes of it is in its attributes: steps are of a kind when those
    are equal, numbers with fractions rounded down but told apart from whole ones, so that the level of a network that
    grows counts, and the exact share that one level has while it fades in does not.
    """
    seen = set()
    for look in range(LOOKS):
        images = start.total * look // LOOKS
        now = replace(start, images=images, step=images // start.batch)
        recipe.begin(now)
        kind = (recipe.batch, tuple(phase.name for phase in recipe.phases()), _rounded(vars(recipe)))
        if kind not in seen and len(seen) < KINDS:
            seen.add(kind)
            yield now


def blank(gives: tuple[str, ...], facts: Facts, n: int, words: int) -> Batch:
    """A batch like those of a feed, with shapes alone."""
    if "a" in gives:
        return {side: torch.empty(n, *facts.shape) for side in "ab"}
    batch: Batch = {"image": torch.empty(n, *facts.shape)}
    if facts.classes:
        batch["label"] = torch.empty(n, dtype=torch.int64)
    if facts.words:
        batch["text"] = torch.empty(n, words, dtype=torch.int64)
    return batch


def every_phase_due(recipe: Recipe) -> None:
    """Have each step of a recipe take all its turns, those that are rare, too."""
    turns = recipe.phases

    def phases() -> list[Phase]:
        return [replace(phase, every=1, repeat=min(phase.repeat, REPEATS)) for phase in turns()]

    recipe.phases = phases


def as_fused(opt: Optimizer) -> None:
    """Have Adam take nothing for itself in a step: on the meta device there is no fused kernel, elsewhere there is."""
    step = opt.step

    def unseen() -> None:
        with _disable_current_modes():
            step()

    if isinstance(opt, Adam):
        opt.step = unseen


def _rounded(values: Mapping[str, Any]) -> tuple:
    kinds: list[Any] = []
    for name, value in sorted(values.items()):
        if isinstance(value, float):
            kinds.append((name, floor(value), value.is_integer()))
        elif isinstance(value, bool | int | str):
            kinds.append((name, value))
        elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
            kinds.append((name, _rounded(value)))
    return tuple(kinds)


def _kept(engine: Engine) -> list[Tensor]:
    """What an engine holds between two steps."""
    parameters = [p for net in engine.recipe.nets.values() for p in net.parameters()]
    return [
        *_weights(engine),
        *_averages(engine),
        *_moments(engine),
        *(p.grad for p in parameters if p.grad is not None),
    ]


def _weight(engine: Engine, peak: int) -> Weight:
    parameters = [p for net in engine.recipe.nets.values() for p in net.parameters()]
    weights, averages = bytes_of(_weights(engine)), bytes_of(_averages(engine))
    optimizer = bytes_of(_moments(engine))
    gradients = bytes_of(p.grad for p in parameters if p.grad is not None)
    return Weight(weights, gradients, optimizer, averages, peak - weights - gradients - optimizer - averages)


def _weights(engine: Engine) -> list[Tensor]:
    return [each for net in engine.recipe.nets.values() for each in (*net.parameters(), *net.buffers())]


def _averages(engine: Engine) -> list[Tensor]:
    nets = [average.net for average in engine.averages.values()]
    return [each for net in nets for each in (*net.parameters(), *net.buffers())]


def _moments(engine: Engine) -> list[Tensor]:
    opts: list[Optimizer] = list(engine.recipe.opts.values())
    states = [state for opt in opts for state in opt.state.values()]
    return [value for state in states for value in state.values() if isinstance(value, Tensor)]

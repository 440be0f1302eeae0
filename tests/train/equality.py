"""A family trained for a few steps, on one process or on a rank of several, and how far two such trainings differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from dealt import Dealt
from torch import Tensor

from ganzoo.game import Batch, Progress
from ganzoo.testing.subject import CAPTION, CLASSES, WORDS, facts_for, noise
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.train.ranks.world import ALONE, World
from ganzoo.zoo.config import assignments, resolve
from ganzoo.zoo.registry import zoo

BATCH = 16  # of all ranks together; a power of two, so that a mean of means is the mean to the last bit


@dataclass(frozen=True)
class Case:
    """What is trained: a family with settings of its own, for so many steps that make a whole run."""

    family: str
    steps: int = 4
    settings: tuple[str, ...] = ()
    words: str = ""  # what the settings are for

    @property
    def title(self) -> str:
        return f"{self.family}, {self.words}" if self.words else self.family


CASES = [
    Case("vanilla"),
    Case("dcgan"),
    Case("cgan"),
    Case("wgan"),
    Case("cyclegan", 3),  # its pools are not full before, and give back what they are given
    Case("progan", 8),
    Case("stylegan", 8, ("r1_every=2", "path_every=2"), "version 2"),
    Case("stylegan", 9, ("augment=ada", "augment_p=0.5", "path=0"), "augmented"),
    Case("stylegan", 8, ("version=1",), "version 1"),
    Case("stackgan", 6),
    Case("stackgan", 3, ("version=2", "size=32"), "version 2"),
    Case("aae"),
]


@dataclass(frozen=True)
class Learnt:
    """What came of it."""

    gradients: dict[str, list[Tensor]]  # by step and phase, of every parameter that had one
    without: dict[str, list[int]]  # by step and phase: the parameters that had none
    weights: dict[str, Tensor]
    moved: dict[str, Tensor]  # how far from where they began
    statistics: list[Tensor]
    values: dict[str, float]  # as the log has them


def learn(case: Case, seed: int = 0) -> Learnt:
    """Train on this process's place in the world, in double precision: what is left of differences is no rounding."""
    world = World.here()
    with double():
        engine = begun(case, world, seed)
        first = weights(engine)
        seen = Seen(engine)
        torch.manual_seed(seed + 1)  # the same for all, of which each is dealt its part
        with Dealt(world):
            for _ in range(case.steps):
                engine.step()
        last = weights(engine)
        return Learnt(
            seen.gradients,
            seen.without,
            last,
            {key: last[key] - first[key] for key in last},
            [each.clone() for each in engine.buffers.statistics],
            engine.read(),
        )


def begun(case: Case, world: World = ALONE, seed: int = 0) -> Engine:
    family = zoo().get("families", case.family)
    config = resolve(family, "tiny", assignments([f"batch={BATCH}", *case.settings]))
    facts = facts_for(family, config.size, config.channels or 3)
    torch.manual_seed(seed + 10 * world.rank)  # engines are to begin alike all the same
    recipe = family.build(config, facts)
    for net in recipe.nets.values():
        net.to(torch.get_default_dtype())
    recipe.begin(Progress(batch=BATCH, total=BATCH * case.steps))
    pace = 1 + sum(phase.repeat - 1 for phase in recipe.phases())
    start = Progress(batch=BATCH, total=BATCH * case.steps * pace)

    def draw(position: int, n: int) -> Batch:
        """Every fourth example has the same caption and class."""
        at = torch.arange(position, position + n)
        kind = at % 4
        batch: Batch = {"label": kind % len(CLASSES)}
        for key in family.needs:
            if key == "text":
                batch[key] = (kind[:, None] * 2 + torch.arange(CAPTION)) % len(WORDS) + 1
            elif key != "label":
                batch[key] = noise(at, facts.shape, stream=sum(map(ord, key))).to(torch.get_default_dtype())
        return batch

    return Engine(recipe, draw, Backend.choose("cpu", "fp32"), start, halflife=100.0, world=world, seed=seed)


class Seen:
    """Every gradient that an optimizer of the engine follows."""

    def __init__(self, engine: Engine):
        self.gradients: dict[str, list[Tensor]] = {}
        self.without: dict[str, list[int]] = {}
        run = engine._run

        def watched(phase: Any, micro: Any) -> None:
            run(phase, micro)
            parameters = [p for group in engine.recipe.opts[phase.opt].param_groups for p in group["params"]]
            key = f"{engine.now.step} {phase.name}"
            while key in self.gradients:
                key += "+"
            self.gradients[key] = [p.grad.clone() for p in parameters if p.grad is not None]
            self.without[key] = [number for number, p in enumerate(parameters) if p.grad is None]

        engine._run = watched


def weights(engine: Engine) -> dict[str, Tensor]:
    nets = engine.recipe.nets.items()
    return {f"{name}.{key}": p.detach().clone() for name, net in nets for key, p in net.named_parameters()}


def phases(learnt: Learnt) -> list[str]:
    return list(dict.fromkeys(key.split()[1].rstrip("+") for key in learnt.gradients))


def apart(one: Learnt, other: Learnt, phase: str = "", step: str = "") -> float:
    """The greatest difference of gradients, relative to the greatest gradient of that turn."""
    turns = [key for key in one.gradients if phase in ("", key.split()[1].rstrip("+"))]
    turns = [key for key in turns if step in ("", key.split()[0])]
    return max(relative(one.gradients[key], other.gradients[key]) for key in turns)


def apart_in_weights(one: Learnt, other: Learnt) -> float:
    """The greatest difference of weights, relative to the farthest that any weight has moved."""
    return relative(one.moved, other.moved)


def relative(one: Any, other: Any) -> float:
    ones, others = (list(each.values()) if isinstance(each, Mapping) else each for each in (one, other))
    assert len(ones) == len(others)
    most = max((each.abs().max().item() for each in ones if each.numel()), default=0.0)
    differ = max(((a - b).abs().max().item() for a, b in zip(ones, others, strict=True) if a.numel()), default=0.0)
    return differ / most if most else differ


@contextmanager
def double() -> Iterator[None]:
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(usual)

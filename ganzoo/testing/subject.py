"""A family on trial: built small, on data made for it, trained for some dozen steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from ganzoo.game import Batch, Phase, Progress, Recipe
from ganzoo.testing.finding import Broken
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.zoo.cards import Family
from ganzoo.zoo.config import Config, resolve
from ganzoo.zoo.facts import Facts

STEPS = 20  # of the trial; every schedule of a run is pressed into them
CLASSES = tuple("0123456789")
WORDS = tuple(f"word{number}" for number in range(12))
CAPTION = 5  # words
COUNT = 1_000  # examples the data pretend to have


class Subject:
    """The family under examination, and the one trial that most checks look at."""

    def __init__(self, family: Family, preset: str = "tiny"):
        self.card = self.family = family
        self.config: Config = resolve(family, preset)
        self.facts = facts_for(family, self.config.size, self.config.channels or 3)
        self.backend = Backend.choose("cpu", "fp32")

    def recipe(self, seed: int = 0) -> Recipe:
        """The family live, its weights drawn with ``seed``."""
        torch.manual_seed(seed)
        return self.family.build(self.config, self.facts)

    def attempt(self, size: int, channels: int) -> None:
        """Build for one kind of picture."""
        config = replace(self.config, size=size, channels=channels)
        self.family.build(config, facts_for(self.family, size, channels))

    def engine(self, seed: int = 0, accumulate: int = 1) -> Watched:
        """The family in the real engine, before its first step."""
        recipe = self.recipe(seed)
        start = Progress(batch=self.config.batch, total=self.total)
        return Watched(
            recipe, self.draw, self.backend, start, accumulate=accumulate, halflife=min(self.config.ema, 200)
        )

    @cached_property
    def total(self) -> int:
        """Real images of the trial: about `STEPS` steps of the family's first pace."""
        recipe = self.recipe()
        recipe.begin(Progress(batch=self.config.batch, total=self.config.images))
        pace = 1 + sum(phase.repeat - 1 for phase in recipe.phases())
        return STEPS * pace * (recipe.batch or self.config.batch)

    @cached_property
    def trial(self) -> Trial:
        """Trained once from beginning to end, its state kept after every step."""
        engine = self.engine()
        states, moments, values = [copied(engine.state())], [], []
        while engine.now.images < self.total and len(moments) < 3 * STEPS:
            moments.append(engine.now)
            engine.step()
            values.append({key: [v for _, v in pairs] for key, pairs in engine._logged.items()})
            engine._logged = {}
            states.append(copied(engine.state()))
        return Trial(engine, states, moments, values)

    def draw(self, position: int, n: int) -> Batch:
        """Made-up data: example i is a function of i alone."""
        at = torch.arange(position, position + n)
        batch: Batch = {"label": at % len(CLASSES)}
        for key in self.family.needs:
            if key == "text":
                batch[key] = (at[:, None] * 7 + torch.arange(CAPTION)) % len(WORDS) + 1
            elif key != "label":
                batch[key] = noise(at, self.facts.shape, stream=sum(map(ord, key)))
        return batch


@dataclass(frozen=True)
class Trial:
    """One training from beginning to end. ``states[k]`` is what a checkpoint would hold after k steps."""

    engine: Watched  # at its end
    states: list[dict[str, Any]]
    moments: list[Progress]  # before each step
    values: list[dict[str, list[Tensor]]]  # logged in each step


class Watched(Engine):
    """The engine, with every turn looked at: which parameters moved, and by which gradients."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.names = {id(p): f"{net}.{at}" for net, module in self.recipe.nets.items() for at, p in named(module)}
        self.moved: dict[str, set[str]] = {}  # by phase
        self.strayed: dict[str, set[str]] = {}  # by phase: moved without being its optimizer's
        self.reached: set[str] = set()  # had a gradient, be it zero, in some turn
        self.gradients: dict[str, Tensor] = {}  # by phase, of its last turn

    def _run(self, phase: Phase, micro: list[Batch]) -> None:
        own = {id(p) for group in self.recipe.opts[phase.opt].param_groups for p in group["params"]}
        before = {id(p): p.detach().clone() for p in self._parameters}
        try:
            super()._run(phase, micro)
        except RuntimeError as error:
            raise Broken(f"phase {phase.name}: {told(error)}") from error
        changed = {id(p) for p in self._parameters if not torch.equal(p, before[id(p)])}
        self.moved.setdefault(phase.name, set()).update(self.names[p] for p in changed & own)
        self.strayed.setdefault(phase.name, set()).update(self.names[p] for p in changed - own)
        given = {id(p): p.grad for p in self._parameters if id(p) in own and p.grad is not None}
        self.reached.update(self.names[p] for p in given)
        self.gradients[phase.name] = torch.cat([gradient.flatten() for gradient in given.values()])


def told(error: RuntimeError) -> str:
    """What torch says of a wrong graph, in terms of the seam."""
    text = str(error).strip().splitlines()[0]
    if "second time" in text or "freed" in text:
        return (
            "its loss reaches back into another phase's graph: detach what one phase leaves in the batch for the next"
        )
    if "does not require grad" in text:
        return "its loss depends on no parameter of its optimizer: a detach too many, or the wrong optimizer"
    if "inplace operation" in text:
        return "its graph was changed under its feet: draw afresh or detach what an earlier phase left in the batch"
    return text


def named(module: torch.nn.Module) -> list[tuple[str, torch.nn.Parameter]]:
    return list(module.named_parameters())


def facts_for(family: Family, size: int, channels: int) -> Facts:
    """Labelled data of this size, with captions where the family asks for them."""
    return Facts(
        shape=(channels, size, size),
        count=COUNT,
        classes=CLASSES,  # families that do without look past them
        words=WORDS if "text" in family.needs else (),
    )


def noise(at: Tensor, shape: tuple[int, ...], stream: int) -> Tensor:
    """Pictures [n, *shape] in [-1, 1], one a place in the order."""
    rows = [torch.rand(shape, generator=torch.Generator().manual_seed(1_000 * stream + int(i))) for i in at]
    return 2 * torch.stack(rows) - 1


def copied(tree: Any) -> Any:
    """A tree of state that later steps leave alone."""
    if isinstance(tree, Tensor):
        return tree.detach().clone()
    if isinstance(tree, Mapping):
        return {key: copied(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(copied(value) for value in tree)
    return tree


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Paths at which two trees of state are not the same to the bit."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return [] if torch.equal(one.nan_to_num(), other.nan_to_num()) else [path]
    if isinstance(one, Mapping) and isinstance(other, Mapping) and one.keys() == other.keys():
        return [found for key in one for found in differences(one[key], other[key], f"{path}/{key}".lstrip("/"))]
    if isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        return [
            found for i, pair in enumerate(zip(one, other, strict=True)) for found in differences(*pair, f"{path}/{i}")
        ]
    return [] if one == other else [path]

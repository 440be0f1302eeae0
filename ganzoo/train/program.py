"""Programs: what a trained run computes, as functions of tensors alone, fit to leave ganzoo and torch.

A recipe draws its noise by itself, in `sample`. A program is given it, as an input beside what a picture is told, and
otherwise does what `sample` does: styles are truncated, grids are grown, pictures clamped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import Parameter, Signature
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.data.captions import LONGEST
from ganzoo.errors import WorkError
from ganzoo.game import Recipe
from ganzoo.game.noise import noise_from, normal, uniform
from ganzoo.train.sampling import OTHER, code_of
from ganzoo.train.trained import Trained

LAWS = {"normal": normal, "uniform": uniform}
NOISE = "z"
WORDS = 3  # of an example's text


@dataclass(frozen=True)
class Input:
    """One tensor that a program is given, a row an example."""

    name: str
    shape: tuple[int, ...]  # of a row
    dtype: torch.dtype = torch.float32
    law: str = ""  # of noise: "normal", or "uniform" on [-sqrt(3), sqrt(3)]
    names: Sequence[str] = field(default=(), repr=False)  # of classes from 0 on, or of words from 1 on

    def example(self, seeds: Sequence[int]) -> Tensor:
        """A row a seed; noise as `ganzoo sample` draws it for these seeds."""
        n = len(seeds)
        if self.law:
            return LAWS[self.law](n, *self.shape, seeds=torch.tensor(seeds))
        if self.name == "text":
            said = [[(seed + k) % len(self.names) + 1 for k in range(WORDS)] for seed in seeds]
            return nn.functional.pad(torch.tensor(said), (0, LONGEST - WORDS))
        if self.dtype == torch.int64:
            return torch.tensor(seeds) % len(self.names)
        if not self.shape:
            return 1 - torch.tensor(seeds) % 4 / 8  # truncation, from 1 down
        return uniform(n, *self.shape, seeds=torch.tensor(seeds)) / 3**0.5  # pictures

    def record(self) -> dict[str, Any]:
        """What those who use it have to know."""
        told: dict[str, Any] = {"shape": ["n", *self.shape], "dtype": str(self.dtype).removeprefix("torch.")}
        if self.law:
            told["law"] = self.law
        if self.names:
            told["words" if self.name == "text" else "names"] = [*self.names]
        return told


class Program(nn.Module):
    """One function of a run: its inputs by name, a row an example, to one tensor."""

    inputs: tuple[Input, ...]
    suffix = ""  # of the file's name
    output = "image"

    def signed(self) -> Program:
        """The same, whose forward pass names its inputs: tracers read it from there, and lose themselves in **given."""

        def forward(**given: Tensor) -> Tensor:
            return type(self).forward(self, **given)

        names = [Parameter(each.name, Parameter.POSITIONAL_OR_KEYWORD) for each in self.inputs]
        forward.__signature__ = Signature(names)  # type: ignore[attr-defined]
        self.forward = forward  # type: ignore[method-assign]
        return self

    def examples(self, seeds: Sequence[int]) -> dict[str, Tensor]:
        """Inputs as `ganzoo sample` would make them of seeds."""
        return {each.name: each.example(seeds) for each in self.inputs}

    def expected(self, seeds: Sequence[int]) -> Tensor:
        """What comes out for `examples`, by ganzoo itself."""
        return self(**self.examples(seeds))


class Drawing(Program):
    """Noise, and what an example is told, to examples: [n, C, H, W] in [-1, 1], or points [n, D]."""

    def __init__(
        self,
        recipe: Recipe,
        nets: Mapping[str, nn.Module],
        told: Sequence[Input],
        suffix: str = "",
        output: str = "image",
    ):
        super().__init__()
        self.recipe, self.suffix, self.output, self.told = recipe, suffix, output, [each.name for each in told]
        seen, drawn = watch(recipe, nets, {each.name: each.example((0, 1)) for each in told})
        self.nets = nn.ModuleDict({key: nets[key] for key in nets if key in seen})
        self.noise = tuple(
            Input(f"{NOISE}{number}" if number > 1 else NOISE, shape, law=law)
            for number, (law, shape) in enumerate(drawn, start=1)
        )
        self.inputs = (*self.noise, *told)

    def forward(self, **given: Tensor) -> Tensor:
        rest = iter(given[each.name] for each in self.noise)
        cond = {name: given[name] for name in self.told}
        with noise_from(lambda law, shape: next(rest)):
            return self.recipe.sample(dict(self.nets), next(iter(given.values())).shape[0], cond)

    @torch.no_grad()
    def expected(self, seeds: Sequence[int]) -> Tensor:
        cond = {name: value for name, value in self.examples(seeds).items() if name in self.told}
        return self.recipe.sample(dict(self.nets), len(seeds), {**cond, "seed": torch.tensor(seeds)})


class Encoding(Program):
    """Pictures to their codes [n, latent]."""

    suffix, output = "-encoder", "code"

    def __init__(self, encoder: nn.Module, shape: tuple[int, ...]):
        super().__init__()
        self.encoder = encoder
        self.inputs = (Input("image", shape),)

    def forward(self, **given: Tensor) -> Tensor:
        return code_of(self.encoder(given["image"]))


class Watched(dict[str, nn.Module]):
    """Networks that remember which of them were asked for."""

    def __init__(self, nets: Mapping[str, nn.Module]):
        super().__init__(nets)
        self.seen: set[str] = set()

    def __getitem__(self, key: str) -> nn.Module:
        self.seen.add(key)
        return super().__getitem__(key)


@torch.no_grad()
def watch(
    recipe: Recipe, nets: Mapping[str, nn.Module], cond: Mapping[str, Tensor]
) -> tuple[set[str], list[tuple[str, tuple[int, ...]]]]:
    """Which networks a recipe draws from, and what noise it draws, by law and shape of a row; in order."""
    drawn: list[tuple[str, tuple[int, ...]]] = []

    def source(law: str, shape: tuple[int, ...]) -> Tensor:
        drawn.append((law, tuple(shape[1:])))
        return torch.zeros(shape)

    watched = Watched(nets)
    with noise_from(source):
        try:
            recipe.sample(watched, 2, dict(cond))
        except Exception as error:  # of any kind: a stranger's
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            raise WorkError(
                f"{type(recipe).__name__}.sample fails where noise is given and no seed: {reason}"
            ) from error
    return watched.seen or {*nets}, drawn


def programs_of(trained: Trained) -> Iterator[Program]:
    """All that a run can do by itself: draw, or translate either way; and encode, where it has an encoder.

    Raises:
        WorkError: a family insists on seeds, which a program has no use for.
    """
    recipe, nets, facts = trained.recipe, trained.nets, trained.facts
    if "a" in recipe.takes:
        for side in sorted(OTHER):
            yield Drawing(recipe, nets, [Input(side, facts.shape)], f"-{side}-to-{OTHER[side]}")
    else:
        yield Drawing(recipe, nets, [*_told(trained)], output="point" if facts.is_points else "image")
    if "encoder" in nets:
        yield Encoding(nets["encoder"], facts.shape)


def _told(trained: Trained) -> Iterator[Input]:
    """What an example to be drawn is told, one by one."""
    recipe, facts = trained.recipe, trained.facts
    if "cluster" in recipe.takes:
        yield Input("cluster", (), torch.int64, names=[f"cluster {k}" for k in range(recipe.clusters)])
    if "label" in recipe.takes and facts.classes:
        yield Input("label", (), torch.int64, names=facts.classes)
    if "text" in recipe.takes:
        yield Input("text", (LONGEST,), torch.int64, names=facts.words)
    if "truncation" in recipe.takes:
        yield Input("truncation", ())

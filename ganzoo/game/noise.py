"""Latent noise: one draw for training, one seed an example for sampling.

Training draws whole batches from torch's generator of the device, whose state is in every checkpoint. Sampling
draws each row from a generator of its own, so that seed 7 is the same picture whatever stands beside it.

Between two seeds lies a way. On it noise keeps its law: with weights whose squares add up to 1, two independent
normal numbers make a third one, at every point of the way and in any number of coordinates. Many coordinates are
nearly orthogonal and of one length, so this is the great circle from one seed to the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import cos, pi, sin

import torch
from torch import Tensor

Between = Callable[[Tensor, Tensor, float], Tensor]  # (one row, another, how much of the way) to the row there

Source = Callable[[str, tuple[int, ...]], Tensor]  # ("normal" or "uniform", a shape) to noise of it

SOURCE: ContextVar[Source | None] = ContextVar("source", default=None)
HALF_STEP = 2.0**-25  # half the distance of two neighbours of `torch.rand`, which never reaches 1 but may give 0


def normal(*shape: int, device: torch.device | str = "cpu", seeds: Tensor | None = None) -> Tensor:
    """Standard normal noise [n, ...]; with ``seeds``, row i depends on row i of them alone.

    ``seeds`` are [n], where 3.25 lies a quarter of the way from seed 3 to seed 4, or float64 [n, 3]: from which seed,
    to which, and how much of the way.
    """
    if source := SOURCE.get():
        return source("normal", shape).to(device)
    if seeds is None:
        return torch.randn(*shape, device=device)
    return _seeded(torch.randn, _turned, shape[1:], seeds).to(device)


def uniform(*shape: int, device: torch.device | str = "cpu", seeds: Tensor | None = None) -> Tensor:
    """Uniform noise [n, ...] of unit variance, on [-sqrt(3), sqrt(3)]; ``seeds`` as in `normal`."""
    if source := SOURCE.get():
        return source("uniform", shape).to(device)
    if seeds is None:
        unit = torch.rand(*shape, device=device)
    else:
        unit = _seeded(torch.rand, _turned_rank, shape[1:], seeds).to(device)
    return (2 * unit - 1) * 3**0.5


@contextmanager
def noise_from(source: Source) -> Iterator[None]:
    """Within, nothing is drawn: `normal` and `uniform` give what ``source`` has for them."""
    before = SOURCE.set(source)
    try:
        yield
    finally:
        SOURCE.reset(before)


def ways(seeds: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """From which seed, to which, and how much of the way: int64 [n] twice, and float64 [n] in [0, 1)."""
    if seeds.dim() == 2:
        start, end, share = seeds.unbind(1)
        return start.long(), end.long(), share.double()
    start = seeds.long()
    return start, start + 1, (seeds - start).double()


def whole(seeds: Tensor) -> Tensor:
    """The seed that each row starts from, int64 [n]: for what has no between, as a class."""
    return ways(seeds)[0]


def _seeded(draw: Callable[..., Tensor], between: Between, shape: tuple[int, ...], seeds: Tensor) -> Tensor:
    """A row for each seed, and where it lies on the way to another, one between the two."""
    rows = []
    for start, end, share in zip(*(part.tolist() for part in ways(seeds)), strict=True):
        row = draw(shape, generator=_generator(start))
        if share:
            row = between(row, draw(shape, generator=_generator(end)), share)
        rows.append(row)
    return torch.stack(rows)


def _turned(a: Tensor, b: Tensor, share: float) -> Tensor:
    return cos(share * pi / 2) * a + sin(share * pi / 2) * b


def _turned_rank(a: Tensor, b: Tensor, share: float) -> Tensor:
    """Uniform numbers on [0, 1): those whose normal quantiles lie on the way."""
    a, b = (torch.special.ndtri(each.double().clamp(min=HALF_STEP)) for each in (a, b))
    return torch.special.ndtr(_turned(a, b, share)).float().clamp(max=1 - HALF_STEP)


def _generator(seed: int) -> torch.Generator:
    # On the CPU whatever the device: a seed then names the same latent everywhere.
    return torch.Generator().manual_seed(seed)


@dataclass(frozen=True)
class Latent:
    """What a generator is fed: vectors of ``size`` independent unit-variance coordinates."""

    size: int
    law: str = "normal"  # or "uniform"

    def __call__(self, n: int, device: torch.device | str, seeds: Tensor | None = None) -> Tensor:
        draw = {"normal": normal, "uniform": uniform}[self.law]
        return draw(n, self.size, device=device, seeds=seeds)

"""Latent noise: one draw for training, one seed an example for sampling.

Training draws whole batches from torch's generator of the device, whose state is in every checkpoint. Sampling
draws each row from a generator of its own, so that seed 7 is the same picture whatever stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


def normal(*shape: int, device: torch.device | str = "cpu", seeds: Tensor | None = None) -> Tensor:
    """Standard normal noise [n, ...]; with ``seeds`` [n], row i depends on ``seeds[i]`` alone."""
    if seeds is None:
        return torch.randn(*shape, device=device)
    rows = [torch.randn(shape[1:], generator=_generator(int(seed))) for seed in seeds]
    return torch.stack(rows).to(device)


def uniform(*shape: int, device: torch.device | str = "cpu", seeds: Tensor | None = None) -> Tensor:
    """Uniform noise [n, ...] of unit variance, on [-sqrt(3), sqrt(3)]; ``seeds`` as in `normal`."""
    if seeds is None:
        unit = torch.rand(*shape, device=device)
    else:
        rows = [torch.rand(shape[1:], generator=_generator(int(seed))) for seed in seeds]
        unit = torch.stack(rows).to(device)
    return (2 * unit - 1) * 3**0.5


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

"""Drawing from a trained recipe so that a seed is a picture, whatever is drawn beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ganzoo.game import Recipe

BLOCK = 16  # examples per forward pass
OTHER = {"a": "b", "b": "a"}

Seed = int | float | tuple[int, int, float]  # or a way: from, to, how much of it


def draw(
    recipe: Recipe,
    nets: Mapping[str, nn.Module],
    seeds: Sequence[Seed],
    cond: Mapping[str, Tensor],
    device: torch.device,
) -> np.ndarray:
    """One example a seed, float32 [n, *shape], images in [-1, 1].

    ``cond`` holds one row a seed. Every forward pass has `BLOCK` rows, the last ones repeated where there are
    fewer: matrix kernels for other numbers of rows round differently, and a seed would no longer be one picture.
    """
    drawn, whole = [], numbers(seeds)
    for start in range(0, len(seeds), BLOCK):
        rows = torch.arange(start, start + BLOCK).clamp(max=len(seeds) - 1)
        # Seeds stay where noise is drawn by them; not every device has numbers that hold them.
        full: dict[str, Any] = {k: value[rows].to("cpu" if k == "mix" else device) for k, value in cond.items()}
        full["seed"] = whole[rows]
        drawn.append(recipe.sample(nets, BLOCK, full)[: len(seeds) - start].float().cpu())
    return torch.cat(drawn).numpy()


def numbers(seeds: Sequence[Seed]) -> Tensor:
    """Seeds as noise takes them: int64 [n], float64 [n] where one has a fraction, float64 [n, 3] where one is a way."""
    if any(isinstance(seed, tuple) for seed in seeds):
        return torch.tensor([s if isinstance(s, tuple) else (s, s, 0) for s in seeds], dtype=torch.float64)
    has_fractions = any(isinstance(seed, float) for seed in seeds)
    return torch.tensor(list(seeds), dtype=torch.float64 if has_fractions else torch.int64)


def translate(
    recipe: Recipe, nets: Mapping[str, nn.Module], pictures: Tensor, to: str, device: torch.device
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures [n, C, H, W] of the one domain into the other one, ``to``, and from there back."""
    seeds = range(len(pictures))  # nothing is drawn by chance
    there = draw(recipe, nets, seeds, {OTHER[to]: pictures}, device)
    return there, draw(recipe, nets, seeds, {to: torch.from_numpy(there)}, device)


def encode(encoder: nn.Module, pictures: Tensor, device: torch.device) -> np.ndarray:
    """The codes of pictures [n, C, H, W], float32 [n, latent]."""
    codes = [code_of(encoder(block.to(device))).float().cpu() for block in pictures.split(BLOCK)]
    return torch.cat(codes).numpy()


def code_of(encoded: Tensor | tuple[Tensor, ...]) -> Tensor:
    """The codes, of what an encoder says: they are the last of it."""
    return encoded[-1] if isinstance(encoded, tuple) else encoded

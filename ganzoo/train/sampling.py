"""Drawing from a trained recipe so that a seed is a picture, whatever is drawn beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ganzoo.game import Recipe

BLOCK = 16  # examples per forward pass


def draw(
    recipe: Recipe,
    nets: Mapping[str, nn.Module],
    seeds: Sequence[int],
    cond: Mapping[str, Tensor],
    device: torch.device,
) -> np.ndarray:
    """One example a seed, float32 [n, *shape], images in [-1, 1].

    ``cond`` holds one row a seed. Every forward pass has `BLOCK` rows, the last ones repeated where there are
    fewer: matrix kernels for other numbers of rows round differently, and a seed would no longer be one picture.
    """
    drawn = []
    for start in range(0, len(seeds), BLOCK):
        block = list(seeds[start : start + BLOCK])
        rows = torch.arange(start, start + BLOCK).clamp(max=len(seeds) - 1)
        full: dict[str, Any] = {key: value[rows].to(device) for key, value in cond.items()}
        full["seed"] = torch.tensor(block + block[-1:] * (BLOCK - len(block)))
        drawn.append(recipe.sample(nets, BLOCK, full)[: len(block)].float().cpu())
    return torch.cat(drawn).numpy()

"""Handwritten digits, 8x8, and what can be said of drawn ones without any network (fact sheet, section 0.4).

The pictures are MNIST's, reduced. On them, held-out digits against others:

| samples | Frechet distance | 1-NN two-sample accuracy |
|---|---|---|
| real | 0.07 | 0.49 |
| a Gaussian with all covariances | 0.21 | 0.87 |
| independent pixels | 0.93 | 0.76 |
| the ten class means | 1.70 | 0.98 |
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import avg_pool2d

from ganzoo.data.feed import Order
from ganzoo.game import Batch


def digits(shared: Path) -> tuple[Tensor, Tensor]:
    """Pictures [2500, 1, 8, 8] in [-1, 1] and their labels, in a random order."""
    files = sorted((shared / "mnist_small").glob("*/*/*.png"))
    pixels = torch.stack([torch.from_numpy(np.array(Image.open(file).convert("L"))) for file in files])
    images = avg_pool2d(pixels[:, None, 2:26, 2:26] / 127.5 - 1, 3)
    order = torch.randperm(len(files), generator=torch.Generator().manual_seed(0))
    return images[order], torch.tensor([int(file.parent.name) for file in files])[order]


def feed(batch: Batch, seed: int) -> Callable[[int, int], Batch]:
    """Draw from a set that is held in memory, in the engine's order."""
    order = Order(len(batch["image"]), (seed,))
    return lambda at, n: {key: value[order.indices(at, n)] for key, value in batch.items()}


def flat(images: Tensor) -> Tensor:
    """Pixels [N, 64] in [0, 1]."""
    return (images.flatten(1) + 1) / 2


def distance(x: Tensor, y: Tensor) -> float:
    """Frechet distance of the Gaussians that have the moments of x and y, on pixels."""
    a, b = torch.cov(x.double().T), torch.cov(y.double().T)
    values, axes = torch.linalg.eigh(a)
    root = axes * values.clamp(min=0).sqrt() @ axes.T
    overlap = torch.linalg.eigvalsh(root @ b @ root).clamp(min=0).sqrt().sum()
    return ((x.mean(0) - y.mean(0)).square().sum() + a.trace() + b.trace() - 2 * overlap).item()


def told_apart(x: Tensor, y: Tensor) -> float:
    """How often the nearest neighbour of an example, x and y thrown together, comes from the same one; 0.5 is best."""
    both, side = torch.cat((x, y)), torch.arange(len(x) + len(y)) < len(x)
    gaps = torch.cdist(both, both).fill_diagonal_(torch.inf)
    return (side[gaps.argmin(1)] == side).float().mean().item()


def named(x: Tensor, known: Tensor, labels: Tensor) -> Tensor:
    """The label of each one's nearest neighbour among pictures whose labels are known, int64 [N]."""
    return labels[torch.cdist(x, known).argmin(1)]

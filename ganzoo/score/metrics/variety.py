"""How unlike each other pictures are: multi-scale structural similarity of pairs (Wang et al. 2003)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of the scales, from the finest
C1, C2 = 0.01**2, 0.03**2
WINDOW, SIGMA = 11, 1.5


def msssim(x: Tensor, y: Tensor) -> Tensor:
    """Similarity [n] of pictures [n, C, H, W] in [0, 1], pair by pair: 1 for equal ones.

    Small pictures have fewer scales, whose weights then add up to 1 again; and a smaller window where it must be.
    """
    side = min(x.shape[2:])
    scales = max(1, min(len(WEIGHTS), 1 + (side // 8).bit_length() - 1))
    weights = torch.tensor(WEIGHTS[:scales], dtype=x.dtype) / sum(WEIGHTS[:scales])
    total = torch.ones(len(x), dtype=x.dtype)
    for scale in range(scales):
        luminance, structure = _similarity(x, y)
        term = luminance * structure if scale == scales - 1 else structure
        total = total * term.mean((1, 2, 3)).clamp(min=0) ** weights[scale]
        x, y = avg_pool2d(x, 2), avg_pool2d(y, 2)
    return total


def variety(images: Tensor, pairs: int = 1_000, seed: int = 0) -> float:
    """One minus the mean similarity of random pairs of different pictures [n, C, H, W] in [0, 1]: 0 if all are one."""
    chance = torch.Generator().manual_seed(seed)
    one = torch.randint(len(images), (pairs,), generator=chance)
    other = (one + 1 + torch.randint(len(images) - 1, (pairs,), generator=chance)) % len(images)
    told = [msssim(images[a], images[b]) for a, b in zip(one.split(250), other.split(250), strict=True)]
    return 1 - torch.cat(told).mean().item()


def _similarity(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Luminance and structure terms, a picture of each."""
    size = min(WINDOW, *x.shape[2:])
    taps = torch.exp(-((torch.arange(size, dtype=x.dtype) - (size - 1) / 2) ** 2) / (2 * SIGMA**2))
    kernel = torch.outer(taps, taps)
    kernel = (kernel / kernel.sum()).expand(x.shape[1], 1, size, size)

    def blurred(z: Tensor) -> Tensor:
        return conv2d(z, kernel, groups=z.shape[1])

    mx, my = blurred(x), blurred(y)
    vx, vy, vxy = blurred(x * x) - mx**2, blurred(y * y) - my**2, blurred(x * y) - mx * my
    return (2 * mx * my + C1) / (mx**2 + my**2 + C1), (2 * vxy + C2) / (vx + vy + C2)

"""The kernel distance of two sets: squared maximum mean discrepancy (Gretton et al. 2012), unbiased."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Kernel = Callable[[Tensor, Tensor], Tensor]  # [n, d] and [m, d] to [n, m]


def polynomial(x: Tensor, y: Tensor) -> Tensor:
    """(x.y / d + 1)^3, the kernel of KID (Binkowski et al. 2018, section 4)."""
    return (x @ y.T / x.shape[1] + 1) ** 3


def gaussian(widths: tuple[float, ...]) -> Kernel:
    """The mean of Gaussian kernels of several widths: one of them fits, however far apart things lie."""

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        squares = torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist").square()
        return sum(torch.exp(-squares / (2 * width**2)) for width in widths) / len(widths)

    return kernel


def discrepancy(x: Tensor, y: Tensor, kernel: Kernel) -> float:
    """Of samples [n, d] and [m, d]; 0 in the mean where both have one law, so that single values may be below."""
    x, y = x.double(), y.double()
    return (_among(x, kernel) + _among(y, kernel) - 2 * kernel(x, y).mean()).item()


def kid(real: Tensor, fake: Tensor, *, subsets: int = 100, size: int = 1_000, seed: int = 2020) -> tuple[float, float]:
    """Kernel inception distance of features [n, d] and [m, d]: mean and standard deviation over random subsets.

    The subsets are those of torch-fidelity, so that its numbers are met: from either set, ``size`` without replacement.
    """
    import numpy as np

    size = min(size, len(real), len(fake))
    chance = np.random.RandomState(seed)
    values = []
    for _ in range(subsets):
        some_real = real[torch.from_numpy(chance.choice(len(real), size, replace=False))]
        some_fake = fake[torch.from_numpy(chance.choice(len(fake), size, replace=False))]
        values.append(discrepancy(some_real, some_fake, polynomial))
    drawn = torch.tensor(values, dtype=torch.float64)
    return drawn.mean().item(), drawn.std(correction=0).item()


def _among(x: Tensor, kernel: Kernel) -> Tensor:
    """Mean similarity of two different examples of one set."""
    similar = kernel(x, x)
    return (similar.sum() - similar.trace()) / (len(x) * (len(x) - 1))

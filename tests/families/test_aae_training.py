"""The adversarial autoencoder in training: the codes of digits it has not seen must follow the prior.

The digits are MNIST's, reduced to 8x8: 1400 to learn from, 1000 held out. On these the numbers to compare with are

| what | to be compared with |
|---|---|
| MMD of codes and prior | two sets of samples of the prior 0 +- 0.0003; spread 4 for 5: 0.008; spread 1: 0.25 |
| squared error | mean image 0.0529; PCA of rank 2: 0.0396, of rank 8: 0.0205 |
| Frechet distance | real 0.07, Gaussian 0.21, independent pixels 0.93, class means 1.70 |
| 1-NN two-sample accuracy | real 0.49, independent pixels 0.76, Gaussian 0.87, class means 0.98 |

Measured, seeds 0 and 3 in two dimensions: MMD 0.0033 and 0.0018, Frechet 0.78 and 0.72, 1-NN 0.85 and 0.83, squared
error about 0.031; seeds 0 and 1 in eight: 0.0013 and 0.0006, 0.21 and 0.18, 0.73 and 0.70, about 0.012. The bounds are
those of the fact sheet, which has other digits, and half of its Frechet distance in eight dimensions: these vary less.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import avg_pool2d

from ganzoo import Facts, find
from ganzoo.data.feed import Order
from ganzoo.game import Progress
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.zoo.config import resolve

pytestmark = pytest.mark.slow  # half a minute of one core for each
SEEN, HELD_OUT, BATCH, STEPS = 1400, 1000, 100, 4000


@pytest.fixture
def digits(shared) -> tuple[Tensor, Tensor]:
    """Pictures [2500, 1, 8, 8] in [-1, 1] and their labels, in a random order."""
    files = sorted((shared / "mnist_small").glob("*/*/*.png"))
    pixels = torch.stack([torch.from_numpy(np.array(Image.open(file).convert("L"))) for file in files])
    images = avg_pool2d(pixels[:, None, 2:26, 2:26] / 127.5 - 1, 3)
    order = torch.randperm(len(files), generator=torch.Generator().manual_seed(0))
    return images[order], torch.tensor([int(file.parent.name) for file in files])[order]


def engine(images: Tensor, latent: int, seed: int) -> Engine:
    family = find("families", "aae")
    config = resolve(family, "tiny", {"width": 256, "spread": 5.0, "latent": latent})
    torch.manual_seed(seed)
    recipe, order = family.build(config, Facts((1, 8, 8), count=SEEN)), Order(SEEN, (seed,))
    start = Progress(batch=BATCH, total=BATCH * STEPS)
    feed = {"image": images[:SEEN]}
    backend = Backend.choose("cpu", "fp32")
    return Engine(
        recipe, lambda at, n: {k: v[order.indices(at, n)] for k, v in feed.items()}, backend, start, halflife=5_000
    )


@pytest.mark.parametrize(
    ("latent", "seed", "mmd", "frechet"),
    [(2, 0, 0.006, 1.0), (2, 3, 0.006, 1.0), (8, 0, 0.004, 0.5), (8, 1, 0.004, 0.5)],
)
def test_codes_of_unseen_digits_follow_the_prior(digits, latent, seed, mmd, frechet):
    images, labels = digits
    e = engine(images, latent, seed)
    for _ in range(STEPS):
        e.step()
    unseen = images[SEEN : SEEN + HELD_OUT]
    with e.sampling() as nets:
        codes, samples = nets["enc"](unseen), e.recipe.prior(HELD_OUT, "cpu")
        error = (e.recipe.sample(nets, HELD_OUT, {"image": unseen}) - unseen).square().mean().item() / 4
        drawn = flat(e.recipe.sample(nets, HELD_OUT, {"seed": torch.arange(HELD_OUT)}))
    assert discrepancy(codes, samples, 5.0) < mmd
    assert error < pca_error(flat(images[:SEEN]), flat(unseen), latent)
    assert distance(drawn, flat(unseen)) < frechet
    assert told_apart(drawn, flat(unseen)) < 0.90
    nearest = labels[torch.cdist(drawn, flat(images[:SEEN])).argmin(1)]
    assert nearest.bincount(minlength=10).min() >= 10  # 100 of each would be the data's; every class is there


def test_without_its_game_an_autoencoder_leaves_the_prior(digits):
    images, _ = digits
    e = engine(images, 2, 0)
    phases = e.recipe.phases()[:1]
    e.recipe.phases = lambda: phases
    for _ in range(600):
        e.step()
    with e.sampling() as nets:
        codes, samples = nets["enc"](images[SEEN : SEEN + HELD_OUT]), e.recipe.prior(HELD_OUT, "cpu")
    assert discrepancy(codes, samples, 5.0) > 10 * 0.006


def flat(images: Tensor) -> Tensor:
    return (images.flatten(1) + 1) / 2


def discrepancy(x: Tensor, y: Tensor, spread: float) -> float:
    """Unbiased squared maximum mean discrepancy under Gaussian kernels of four widths (Gretton et al. 2012)."""
    widths = [spread * x.shape[1] ** 0.5 * factor for factor in (0.25, 0.5, 1, 2)]

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        squares = torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist").square()
        return sum(torch.exp(-squares / (2 * width**2)) for width in widths) / len(widths)

    def among(a: Tensor) -> Tensor:
        similar = kernel(a, a)
        return (similar.sum() - similar.trace()) / (len(a) * (len(a) - 1))

    return (among(x) + among(y) - 2 * kernel(x, y).mean()).item()


def pca_error(seen: Tensor, unseen: Tensor, rank: int) -> float:
    mean = seen.mean(0)
    axes = torch.linalg.svd(seen - mean, full_matrices=False).Vh[:rank]
    return ((unseen - mean) @ axes.T @ axes + mean - unseen).square().mean().item()


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

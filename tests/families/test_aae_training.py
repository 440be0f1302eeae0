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

With a hundred labels the sheet asks for 0.90, and for three points more than the nearest neighbour among the hundred.
On the digits that it means, those of scikit-learn, 2000 steps of 100 gave 0.955 and 0.924 (0.924 and 0.866 for the
neighbour), seeds 0 and 1. Those here are harder: with all 1400 labels the nearest neighbour is right for 0.90, with a
hundred for about 0.70, and the 1000 steps below gave 0.82, 0.78 and 0.78 (0.75, 0.69 and 0.70), seeds 0 to 2. Without
noise and with a game five times as fast it was 0.73: the game then makes certain what the labels have not yet told.
"""

from __future__ import annotations

import pytest
import torch
from digits import digits, distance, feed, flat, named, told_apart
from torch import Tensor

from ganzoo import Facts, find
from ganzoo.game import Progress
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.zoo.config import resolve

pytestmark = pytest.mark.slow
SEEN, HELD_OUT, BATCH, STEPS = 1400, 1000, 100, 4000
UNSEEN = slice(SEEN, SEEN + HELD_OUT)


def engine(images: Tensor, labels: Tensor, seed: int, preset: str = "default", **settings) -> Engine:
    family = find("families", "aae")
    config = resolve(family, preset, {"size": 8, "width": 256, **settings})
    torch.manual_seed(seed)
    recipe = family.build(config, Facts((1, 8, 8), count=SEEN, classes=tuple("0123456789")))
    draw = feed({"image": images[:SEEN], "label": labels[:SEEN]}, seed)
    start = Progress(batch=BATCH, total=BATCH * STEPS)
    return Engine(recipe, draw, Backend.choose("cpu", "fp32"), start, halflife=5_000)


def trained(e: Engine, steps: int) -> Engine:
    for _ in range(steps):
        e.step()
    return e


@pytest.mark.parametrize(("latent", "seed", "mmd", "frechet"), [(2, 0, 0.006, 1.0), (8, 1, 0.004, 0.5)])
def test_codes_of_unseen_digits_follow_the_prior(shared, latent, seed, mmd, frechet):
    images, labels = digits(shared)
    e = engine(images, labels, seed, latent=latent, spread=5.0, lr_adversarial=1e-3)
    trained(e, STEPS)
    unseen = images[UNSEEN]
    with e.sampling() as nets:
        codes, samples = nets["encoder"](unseen), e.recipe.prior(HELD_OUT, "cpu")
        error = (e.recipe.sample(nets, HELD_OUT, {"image": unseen}) - unseen).square().mean().item() / 4
        drawn = flat(e.recipe.sample(nets, HELD_OUT, {"seed": torch.arange(HELD_OUT)}))
    assert discrepancy(codes, samples, 5.0) < mmd
    assert error < pca_error(flat(images[:SEEN]), flat(unseen), latent)
    assert distance(drawn, flat(unseen)) < frechet
    assert told_apart(drawn, flat(unseen)) < 0.90
    # 100 of each would be the data's; every class is there
    assert named(drawn, flat(images[:SEEN]), labels[:SEEN]).bincount(minlength=10).min() >= 10


def test_without_its_game_an_autoencoder_leaves_the_prior(shared):
    images, labels = digits(shared)
    e = engine(images, labels, 0, latent=2, spread=5.0)
    phases = e.recipe.phases()[:1]
    e.recipe.phases = lambda: phases
    trained(e, 600)
    with e.sampling() as nets:
        codes, samples = nets["encoder"](images[UNSEEN]), e.recipe.prior(HELD_OUT, "cpu")
    assert discrepancy(codes, samples, 5.0) > 10 * 0.006


@pytest.mark.parametrize("seed", range(2))
def test_a_hundred_labels_and_the_unlabelled_do_more_than_a_hundred_labels(shared, seed):
    images, labels = digits(shared)
    e = trained(engine(images, labels, seed, "labels", latent=3), 1000)
    unseen, truth = images[UNSEEN], labels[UNSEEN]
    memory = e.recipe.nets["labels"]
    with e.sampling() as nets:
        logits, _ = nets["encoder"](unseen)
    accuracy = (logits.argmax(1) == truth).float().mean().item()
    neighbour = (named(flat(unseen), flat(memory.images[:-1]), memory.labels[:-1]) == truth).float().mean().item()
    assert accuracy >= 0.72, accuracy
    assert accuracy >= neighbour + 0.05, (accuracy, neighbour)


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

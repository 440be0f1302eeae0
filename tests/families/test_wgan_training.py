"""WGAN in training, on eight Gaussians: every mode is found, the critic stays bounded and its loss means something.

Preset `points` with batches of 128, a quarter as long. Of a perfect sampler 98.9 % of the points lie within 3 sigma of
a centre. Measured, seeds 0, 1 and 2: 8 modes each, 83.0, 79.2 and 83.2 % of the points; the critic's loss from -0.64,
-0.87 and -0.69 in the first twelfth to -0.036, -0.051 and -0.035 in the last; scores up to 1.7. The whole preset, seed
0: 8 modes, 97.2 %. Clipped, seeds 0 and 1: 66 and 77 % of the weights at a bound. Without a graph: scores of 3,700.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from ganzoo_wgan import recipe

from ganzoo import Facts, find
from ganzoo.data.catalogue import find_source
from ganzoo.data.feed import Order
from ganzoo.game import Progress
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.train.sampling import draw
from ganzoo.zoo.config import resolve

pytestmark = pytest.mark.slow
RING, SEEN, READINGS = find_source("ring"), 20_000, 12


def trained(seed: int, steps: int, **settings) -> tuple[Engine, list[float]]:
    """An engine after so many steps on the ring, and the critic's loss in each twelfth of them."""
    family, config = find("families", "wgan"), resolve(find("families", "wgan"), "points", {"batch": 128, **settings})
    torch.manual_seed(seed)
    recipe, order = family.build(config, Facts((2,), count=SEEN)), Order(SEEN, (seed,))
    points = torch.from_numpy(RING.make(np.arange(SEEN), 0, 2).images)
    start = Progress(batch=config.batch, total=steps * config.n_critic * config.batch)
    engine = Engine(
        recipe,
        lambda at, n: {"image": points[order.indices(at, n)]},
        Backend.choose("cpu", "fp32"),
        start,
        halflife=config.ema,
    )
    losses = []
    for step in range(1, steps + 1):
        engine.step()
        if step * READINGS % steps < READINGS:
            losses.append(engine.read()["d/loss"])
    return engine, losses


def weights(engine: Engine) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in engine.recipe.nets["d"].parameters()]).abs()


@torch.no_grad()
def steepest(engine: Engine) -> float:
    """The largest score of a critic around the ring."""
    points = torch.rand(1_000, 2, generator=torch.Generator().manual_seed(0)) * 4 - 2
    return engine.recipe.nets["d"](points).abs().max().item()


@pytest.mark.parametrize("seed", [0, 1])
def test_the_penalty_finds_every_mode_and_its_loss_shrinks(seed):
    engine, losses = trained(seed, 1_000)
    with engine.sampling() as nets:
        points = draw(engine.recipe, nets, range(2_500), {}, engine.backend.device)
    distance = np.linalg.norm(points[:, None] - RING.centres[None], axis=2)
    found = np.bincount(distance.argmin(1)[distance.min(1) < 4 * RING.sigma], minlength=8)
    assert (found >= 0.02 * len(points)).sum() == 8
    assert (distance.min(1) < 3 * RING.sigma).mean() >= 0.7
    last = [-loss for loss in losses[-READINGS // 3 :]]
    assert last == sorted(last, reverse=True)
    assert 0 < last[-1] < 0.1 * -losses[0]
    assert steepest(engine) < 10
    large = weights(engine)
    assert (large > 0.99 * large.max()).float().mean() < 0.001


def test_clipped_weights_pile_up_at_their_bounds():
    engine, _ = trained(0, 200, variant="clip", warmup=20, lr=5e-5, decay=False)
    assert weights(engine).max() == torch.tensor(0.01)
    assert (weights(engine) > 0.99 * 0.01).float().mean() > 0.3


def test_a_penalty_that_teaches_nothing_lets_the_critic_run_away(monkeypatch):
    right = recipe.gradient_penalty
    monkeypatch.setattr(recipe, "gradient_penalty", lambda *args, **kwargs: right(*args, **kwargs).detach())
    engine, _ = trained(0, 200)
    assert steepest(engine) > 1e3

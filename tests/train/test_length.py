"""The length of a run of so many steps, against what an engine then shows."""

from __future__ import annotations

import pytest
import torch
from menagerie import RECIPES, SHAPE, Staged, critic

from ganzoo.game import Progress, TwoPlayer
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.train.length import images_of

BATCH = 4


class Shrinking(Staged):
    """Batches that get smaller with the share of the run that is done."""

    def begin(self, now):
        super().begin(now)
        self.batch = 16 if now.fraction < 0.3 else 6 if now.fraction < 0.7 else 1


class Pausing(TwoPlayer):
    """Nobody learns on some steps, and the critic oftener on others."""

    def begin(self, now):
        self.n_critic = 9 if now.step < 3 or now.step % 10 == 0 else 2
        self.idle = now.step % 7 == 5

    def phases(self):
        return [] if self.idle else super().phases()


def pausing() -> Pausing:
    plain = critic()
    return Pausing(plain.nets["g"], plain.nets["d"], plain.loss, plain.opts, latent=plain.latent)


@pytest.mark.parametrize("steps", [1, 2, 7, 23, 40])
@pytest.mark.parametrize("make", [*RECIPES.values(), Shrinking, pausing])
def test_it_is_what_an_engine_shows(make, steps):
    recipe = make()
    total = images_of(steps, recipe, BATCH)
    run = Engine(
        recipe,
        lambda position, n: {"image": torch.rand(n, *SHAPE)},
        Backend.choose("cpu", "fp32"),
        Progress(batch=BATCH, total=total),
    )
    for _ in range(steps):
        run.step()
    assert run.now.images == total


@pytest.mark.parametrize("steps", [12_345, 1_000_000])
def test_of_a_long_run_it_is_nearly_that(steps):
    recipe = critic()
    often = [9 if step < 3 or step % 500 == 0 else 2 for step in range(steps)]
    recipe.begin = lambda now: setattr(recipe, "n_critic", often[now.step])
    assert images_of(steps, recipe, BATCH) == pytest.approx(BATCH * sum(often), rel=0.005)


def test_asking_leaves_the_weights_alone():
    torch.manual_seed(0)
    recipe = Shrinking()
    before = {key: value.clone() for key, value in recipe.nets["one"].state_dict().items()}
    images_of(50, recipe, BATCH)
    assert all(torch.equal(value, before[key]) for key, value in recipe.nets["one"].state_dict().items())

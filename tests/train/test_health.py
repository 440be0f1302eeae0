"""Health while training: each verdict by a run built to fail that way, and none of a run that does well."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from menagerie import RECIPES, SHAPE

from ganzoo.game import Progress
from ganzoo.train import health
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.train.health import FIRST, SHARE, Health
from ganzoo.train.variety import POINTS, Variety
from ganzoo.train.verdict import BALANCED
from ganzoo.zoo.config import assignments, resolve
from ganzoo.zoo.facts import Facts
from ganzoo.zoo.registry import zoo

EVERY = 10  # steps between two readings
CPU = Backend.choose("cpu", "fp32")
SMALL = ("width=32", "batch=64")
SEEDS = pytest.mark.parametrize("seed", range(3))


class Ring:
    """Eight Gaussians on a circle."""

    facts = Facts((2,), count=10_000)

    def batch(self, position: int, n: int) -> dict[str, torch.Tensor]:
        generator = torch.Generator().manual_seed(position)
        angle = torch.randint(8, (n,), generator=generator) * math.pi / 4
        centre = torch.stack([angle.cos(), angle.sin()], 1)
        return {"image": centre + 0.02 * torch.randn(n, 2, generator=generator)}


class Stripes:
    """Pictures 16 x 16 of waves, of any direction, length and colour."""

    facts = Facts((3, 16, 16), count=10_000)

    def batch(self, position: int, n: int) -> dict[str, torch.Tensor]:
        generator = torch.Generator().manual_seed(position)
        x, y = torch.meshgrid(torch.linspace(-1, 1, 16), torch.linspace(-1, 1, 16), indexing="ij")
        across, down, shift = 4 * torch.randn(3, n, 1, 1, generator=generator)
        colour = torch.rand(n, 3, 1, 1, generator=generator)
        return {"image": (2 * colour - 1) * (across * x + down * y + shift).sin()[:, None]}


class Eager(Health):
    """Reads at every line, whatever it costs."""

    def _has_time(self, engine: Engine) -> bool:
        return True


def told(
    family: str,
    data: Any,
    settings: tuple[str, ...],
    seed: int,
    steps: int,
    preset: str = "points",
    spoil: Callable[[Engine], None] = lambda engine: None,
) -> list[str]:
    """The verdicts of a run, one for each time it changed."""
    card = zoo().get("families", family)
    config = resolve(card, preset, assignments(settings))
    torch.manual_seed(seed)
    start = Progress(batch=config.batch, total=config.batch * steps)
    engine = Engine(card.build(config, data.facts), data.batch, CPU, start, halflife=config.ema)
    spoil(engine)
    watch, verdicts = Eager(Variety(data, data.facts)), [BALANCED]
    for step in range(1, steps + 1):
        engine.step(watched=step % EVERY == 1)
        if step % EVERY == 1:
            line = {"step": step, "images": engine.now.images, **engine.read()}
            verdict = watch.examine(engine, line)["verdict"]
            verdicts += [verdict] if verdict != verdicts[-1] else []
    return verdicts[1:]


def ignores_noise(engine: Engine) -> None:
    latent = engine.recipe.latent
    engine.recipe.latent = lambda n, device, seeds=None: latent(n, device, torch.zeros(n, dtype=torch.int64))


# runs built to fail


@SEEDS
def test_a_discriminator_that_learns_far_faster_wins(seed):
    assert told("vanilla", Ring(), (*SMALL, "lr=1e-5", "lr_d=0.01"), seed, 300)[:1] == ["discriminator wins"]


@SEEDS
def test_a_generator_that_runs_ahead_collapses(seed):
    assert told("vanilla", Ring(), (*SMALL, "lr=1e-2", "lr_d=1e-4"), seed, 700)[:1] == ["mode collapse"]


def test_a_generator_that_ignores_its_noise_is_found_out():
    assert told("vanilla", Ring(), SMALL, 0, 1200, spoil=ignores_noise) == ["mode collapse"]


@SEEDS
def test_a_critic_that_nothing_holds_diverges_while_its_losses_are_still_numbers(seed):
    settings = (*SMALL, "loss=wasserstein", "lr=0.05", "lr_d=0.05")
    assert told("vanilla", Ring(), settings, seed, 150)[:1] == ["diverging"]


@SEEDS
def test_steps_that_are_far_too_large_diverge(seed):
    assert told("dcgan", Stripes(), ("lr=10",), seed, 60, preset="tiny")[:1] == ["diverging"]


# runs that do well


@SEEDS
def test_points_that_are_learned_well_raise_nothing(seed):
    assert told("vanilla", Ring(), SMALL, seed, 800) == []


@SEEDS
@pytest.mark.parametrize("family", ["dcgan", "aae"])
def test_pictures_that_are_learned_well_raise_nothing(family, seed):
    assert told(family, Stripes(), (), seed, 250, preset="tiny") == []


def test_a_critic_that_is_held_raises_nothing():
    assert told("wgan", Stripes(), ("n_critic=1",), 0, 150, preset="tiny") == []


# signals


def test_an_accuracy_is_the_share_on_the_right_side_of_a_half():
    engine = of("plain")
    d = engine.recipe.nets["d"]
    d.forward = lambda x: x.flatten(1).mean(1).sign() * torch.tensor([2.0, 2.0, 2.0, -1.0]).repeat(len(x) // 4)
    engine.recipe.loss.d = lambda real, fake: sum(p.sum() for p in d.parameters())
    engine.draw = lambda position, n: {"image": torch.ones(n, *SHAPE)}
    engine._run(engine.recipe.phases()[0], engine._fresh(0))
    accuracy = engine.read_accuracies()
    assert accuracy["d/real"] == 0.75
    assert accuracy.keys() == {"d/real", "d/fake"}
    assert engine.read_accuracies() == {}


@pytest.mark.parametrize("name", ["critic", "relativistic", "lazy", "staged"])
def test_who_gives_no_chances_has_no_accuracy(name):
    engine = of(name)
    engine.step()
    assert engine.read_accuracies() == {}


@pytest.mark.parametrize("name", RECIPES)
def test_a_gradient_norm_a_phase_of_the_watched_step(name):
    engine = of(name)
    engine.recipe.begin(engine.now)
    phases = [phase.name for phase in engine.recipe.phases()]
    norms: dict[str, list[float]] = {}

    def follow(opt, _args, _kwargs):
        each = [p.grad.flatten() for group in opt.param_groups for p in group["params"] if p.grad is not None]
        norms.setdefault(next(key for key, value in engine.recipe.opts.items() if value is opt), []).append(
            torch.cat(each).norm().item()
        )

    for opt in engine.recipe.opts.values():
        opt.register_step_post_hook(follow)
    engine.step(watched=True)
    gradients = engine.read_gradients()
    assert list(gradients) == phases
    for phase in reversed(engine.recipe.phases()):  # of a phase that is repeated, the last turn
        followed = norms[phase.opt].pop()
        assert gradients[phase.name] == pytest.approx(followed, rel=1e-4)
        del norms[phase.opt][len(norms[phase.opt]) - phase.repeat + 1 :]
    assert not any(norms.values())
    engine.step()
    assert engine.read_gradients() == {}


def test_a_number_that_is_none_goes_unsaid():
    engine = of("plain")
    engine._gradients = {"d": torch.tensor(float("inf")), "g": torch.tensor(2.0)}
    assert Health(Variety(Pictures(), FACTS)).examine(engine, {"step": 1})["gradients"] == {"g": 2.0}


def test_samples_take_a_small_share_of_the_time(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(health.time, "perf_counter", lambda: clock[0])

    class Slow(Variety):
        readings = 0

        def read(self, engine: Engine) -> dict[str, float]:
            clock[0] += 0.3
            self.readings += 1
            return {}

    variety, engine = Slow(Pictures(), FACTS), of("plain")
    watch = Health(variety)
    for step in range(1, 2001):
        clock[0] += 1
        engine.now = Progress(step=step, images=8 * step, batch=8, total=16_000)
        watch.examine(engine, {"step": step, "images": 8 * step})
        if 8 * step < FIRST * variety.count:
            assert variety.readings == 0
        elif clock[0] > 60:
            assert 0.3 * variety.readings <= SHARE * clock[0]
    assert variety.readings > 0.9 * SHARE * clock[0] / 0.3


def test_points_are_compared_by_more_examples():
    assert Variety(Ring(), Ring.facts).count == POINTS


FACTS = Facts(SHAPE, count=64)


class Pictures:
    def batch(self, position: int, n: int) -> dict[str, torch.Tensor]:
        return {"image": 2 * torch.rand(n, *SHAPE, generator=torch.Generator().manual_seed(position)) - 1}


def of(name: str) -> Engine:
    """An engine of the menagerie."""
    torch.manual_seed(0)
    return Engine(RECIPES[name](), Pictures().batch, CPU, Progress(batch=8, total=800), halflife=50)

"""Diversity and duplicates: known values on known points, and readings that leave no trace in training."""

from __future__ import annotations

import pytest
import torch

from ganzoo.game import Progress
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.train.variety import NEARLY_ALL, Variety, coarse, compared, distances
from ganzoo.zoo.config import resolve
from ganzoo.zoo.facts import Facts
from ganzoo.zoo.registry import zoo

FACTS = Facts((3, 16, 16), count=64, classes=("one", "two", "three"), words=("a", "blue", "circle", "red"))


class Noise:
    """A feed of random pictures with all that a family may be told."""

    def batch(self, position: int, n: int) -> dict[str, torch.Tensor]:
        generator = torch.Generator().manual_seed(position)
        images = {key: torch.rand(n, *FACTS.shape, generator=generator) * 2 - 1 for key in ("image", "a", "b")}
        return {
            **images,
            "label": torch.arange(n) % 3,
            "text": torch.tensor([[1, 4, 3], [1, 2, 3]])[torch.arange(n) % 2],
        }


def points(n: int = 200, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(seed))


def test_distances_are_those_to_the_others():
    x = torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]])
    assert torch.allclose(distances(x), torch.tensor([[5.0, 1.0], [5.0, 18**0.5], [1.0, 18**0.5]]))


def test_the_same_law_has_the_same_diversity_and_few_duplicates():
    found = compared(points(seed=1), points(seed=2))
    assert found["diversity"] == pytest.approx(1, abs=0.1)
    assert found["duplicates"] < 1 - NEARLY_ALL


def test_diversity_is_the_ratio_of_mean_distances():
    assert compared(0.3 * points(), points())["diversity"] == pytest.approx(0.3, rel=1e-5)


def test_one_picture_again_and_again():
    real = torch.rand(20, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    assert compared(real[:1].repeat(20, 1, 1, 1), real) == {"diversity": 0.0, "duplicates": 1.0}


def test_a_few_far_modes_are_diverse_and_all_duplicates():
    found = compared(points(10).repeat(20, 1), points())
    assert found["duplicates"] == 1
    assert 0.5 < found["diversity"] < 1.5


def test_real_ones_that_are_all_alike_tell_nothing():
    assert compared(points(), torch.ones(200, 2)) == {}
    assert compared(points(1), points(1)) == {}


def test_pictures_are_compared_by_what_they_show():
    x = torch.rand(2, 3, 64, 32)
    assert torch.allclose(coarse(x), x.unflatten(3, (16, 2)).unflatten(2, (16, 4)).mean((3, 5)).flatten(1))
    assert torch.equal(coarse(x[..., :8, :8]), x[..., :8, :8].flatten(1))
    assert torch.equal(coarse(points()), points())


@pytest.fixture(params=zoo().all("families"), ids=lambda card: card.name)
def start(request):
    """An engine of each family's tiny networks, made anew at every call."""

    def make() -> Engine:
        torch.manual_seed(0)
        recipe = request.param.build(resolve(request.param, "tiny", {"size": 16}), FACTS)
        return Engine(recipe, Noise().batch, Backend.choose("cpu", "fp32"), Progress(batch=8, total=1000), halflife=50)

    return make


def test_a_reading_leaves_no_trace(start):
    def end(watched: bool) -> tuple:
        engine, variety = start(), Variety(Noise(), FACTS)
        for _ in range(3):
            if watched:
                variety.read(engine)
                engine.read_accuracies()
                engine.read_gradients()
            engine.step(watched=watched)
        return engine.state(), engine.read(), {name: net.training for name, net in engine.recipe.nets.items()}

    assert same(end(watched=True), end(watched=False))


def test_every_family_is_compared_with_its_data(start):
    engine, variety = start(), Variety(Noise(), FACTS)
    found = variety.read(engine)
    assert found.keys() == {"diversity", "duplicates"}
    assert 0 <= found["diversity"] < 10
    assert 0 <= found["duplicates"] <= 1
    assert variety.read(engine) == found  # the same seeds every time


def test_of_two_translations_the_worse_counts():
    card = zoo().get("families", "cyclegan")
    torch.manual_seed(0)
    recipe = card.build(resolve(card, "tiny", {"size": 16}), FACTS)
    engine = Engine(recipe, Noise().batch, Backend.choose("cpu", "fp32"), Progress(batch=8, total=1000))
    before = Variety(Noise(), FACTS).read(engine)
    recipe.nets["g_ba"].forward = torch.zeros_like
    assert before["diversity"] > 0
    assert Variety(Noise(), FACTS).read(engine) == {"diversity": 0.0, "duplicates": 1.0}


def same(a, b) -> bool:
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b

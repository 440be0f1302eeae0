"""The hand-written steps under docs/benchmarks: that they train, and that they are the same mathematics as ganzoo's.

Where both draw the same numbers in the same order, losses agree phase by phase, over steps in which the weights move.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ganzoo import Facts, find
from ganzoo.bench.opponent import Opponent
from ganzoo.bench.subject import Subject
from ganzoo.game import Progress
from ganzoo.game.nn import Dropout
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.zoo.config import resolve

# A number added to all scores of a critic changes no difference, and so does not learn but by rounding.
UNFELT = {"d.score.bias"}
OWN_NETWORKS = {"studiogan"}

FOLDER = Path(__file__).parents[2] / "docs" / "benchmarks"
BATCHES = 4


@dataclass(frozen=True)
class Row:
    """A step, and the smallest game it is played with."""

    family: str
    function: str
    settings: dict[str, Any] = field(default_factory=dict)
    shape: tuple[int, ...] = (3, 16, 16)
    classes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    agrees: bool = False  # with ganzoo's engine, number for number

    def __str__(self) -> str:
        return f"{self.family}-{self.function}"


GREY = {"shape": (1, 8, 8)}
PERCEPTRONS = {
    "shape": (1, 16, 16),
    "classes": ("x", "y", "z"),
    "settings": {
        "generator": "conditional-mlp",
        "discriminator": "conditional-maxout",
        "loss": "least-squares",
        "n_critic": 1,
        "fakes": 1,
        "width": 48,
        "width_d": 48,
    },
}
RESIDUAL = {"settings": {"generator": "wgan-resnet-cifar", "discriminator": "wgan-resnet-cifar"}}
GROWN = {"settings": {"growth": 0}}
TREE = {"shape": (3, 32, 32), "words": tuple("abcdefgh"), "settings": {"version": 2, "branches": 2}}
MODERN = {"settings": {"mixing": 0.5}}

ROWS = [
    Row("vanilla", "plain", **GREY, agrees=True),
    Row("vanilla", "pytorch_gan", **GREY),
    Row("vanilla", "pytorch_gan_loader", **GREY),
    Row("dcgan", "plain", agrees=True),
    Row("dcgan", "pytorch_examples", agrees=True),
    Row("dcgan", "studiogan_step"),
    Row("dcgan", "studiogan", shape=(3, 32, 32)),
    Row("cgan", "plain", **PERCEPTRONS),
    Row("cgan", "pytorch_gan", **PERCEPTRONS),
    Row("cgan", "pytorch_gan_loader", **PERCEPTRONS),
    Row("wgan", "plain", **RESIDUAL, agrees=True),
    Row("wgan", "mimicry", **RESIDUAL),
    Row("aae", "plain", **GREY, agrees=True),
    Row("aae", "pytorch_gan", **GREY),
    Row("aae", "pytorch_gan_loader", **GREY),
    Row("aae", "pytorch_gan_combined", **GREY),
    Row("cyclegan", "plain", agrees=True),
    Row("cyclegan", "authors", agrees=True),
    Row("progan", "plain", **GROWN, agrees=True),
    Row("progan", "gan_zoo", **GROWN),
    Row("stylegan", "plain", **MODERN, agrees=True),
    Row("stylegan", "reference", **MODERN, agrees=True),
    Row("stylegan", "reference_grouped", **MODERN, agrees=True),
    Row("stylegan", "rosinality", **MODERN, agrees=True),
    Row("stackgan", "plain", **TREE, agrees=True),
]


@cache
def steps_of(family: str) -> ModuleType:
    return Opponent(f"{FOLDER / family}.py:plain")._imported()


def met(row: Row) -> tuple[Engine, Subject]:
    """An engine that has not stepped, and what a step of one's own is given beside it."""
    family = find("families", row.family)
    torch.manual_seed(0)
    config = resolve(family, "tiny", {"batch": 8, **row.settings})
    data = examples(row, BATCHES * config.batch * getattr(config, "n_critic", 1))
    recipe = family.build(config, Facts(row.shape, count=1000, classes=row.classes, words=row.words))
    for net in recipe.nets.values():
        stir(net)
    nets = copy.deepcopy(recipe.nets)
    # Where random numbers fall into a picture depends on its layout, and steps by hand have torch's own.
    backend = replace(Backend.choose("cpu"), channels_last=False)

    def draw(position: int, n: int) -> dict[str, Tensor]:
        return {key: rows[position : position + n].clone() for key, rows in data.items()}

    engine = Engine(recipe, draw, backend, Progress(batch=config.batch, total=10**6))
    facts = Facts(row.shape, count=1000, classes=row.classes, words=row.words)
    return engine, Subject(nets, config, facts, engine.now, config.batch, torch.device("cpu"), data)


def examples(row: Row, count: int) -> dict[str, Tensor]:
    source = torch.Generator().manual_seed(1)

    def pictures() -> Tensor:
        return torch.randint(256, (count, *row.shape), generator=source).float().div_(127.5).sub_(1)

    data = {side: pictures() for side in "ab"} if row.family == "cyclegan" else {"image": pictures()}
    if row.classes:
        data["label"] = torch.randint(len(row.classes), (count,), generator=source)
    if row.words:
        data["text"] = torch.randint(1, len(row.words) + 1, (count, 5), generator=source)
    return data


@torch.no_grad()
def stir(net: nn.Module) -> None:
    """Give a value to what starts at zero, where a step could leave it out and nobody would see."""
    for name, p in net.named_parameters():
        if name.endswith(("bias", "strength")):
            p.add_(0.1 * torch.randn_like(p))


def weights(nets: dict[str, nn.Module]) -> dict[str, Tensor]:
    return {f"{name}.{key}": p.detach().clone() for name, net in nets.items() for key, p in net.named_parameters()}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_step_moves_what_the_engine_moves_and_its_losses_are_numbers(row: Row):
    engine, subject = met(row)
    before = weights(subject.nets)
    step = getattr(steps_of(row.family), row.function)(subject)
    torch.manual_seed(2)
    losses = [loss for number in range(2) for loss in step(number).values()]
    assert losses
    assert all(loss.isfinite() for loss in losses)
    engine.step()
    engine.step()
    expected = changed(before, engine.recipe.nets) if row.function not in OWN_NETWORKS else set()
    assert changed(before, subject.nets) == expected


def changed(before: dict[str, Tensor], nets: dict[str, nn.Module]) -> set[str]:
    return {key for key, p in weights(nets).items() if not torch.equal(p, before[key])} - UNFELT


@pytest.mark.parametrize("row", [row for row in ROWS if row.agrees], ids=str)
def test_a_step_is_the_same_mathematics_as_the_engines(row: Row, monkeypatch):
    monkeypatch.setattr(Dropout, "forward", nn.Dropout.forward)  # steps by hand draw torch's masks
    engine, subject = met(row)
    step = getattr(steps_of(row.family), row.function)(subject)
    for number in range(2):
        torch.manual_seed(number)
        engine.step()
        last = {phase: series[-1][1].item() for phase, series in engine._logged.items()}
        torch.manual_seed(number)
        losses = step(number)
        assert losses
        for phase, loss in losses.items():
            assert loss.item() == pytest.approx(last[f"{phase}/loss"], rel=1e-4, abs=1e-4), (phase, number)


def test_mimicrys_operations_give_what_the_networks_give():
    row = next(row for row in ROWS if row.function == "mimicry")
    _, subject = met(row)
    steps, g, d = steps_of("wgan"), subject.nets["g"], subject.nets["d"]
    z = torch.randn(4, subject.config.latent)
    assert torch.allclose(steps.drawing(g)(z), g(z), atol=1e-5)
    assert torch.allclose(steps.judging(d)(g(z)), d(g(z)), atol=1e-5)


def test_gan_zoos_operations_give_what_the_networks_give():
    row = next(row for row in ROWS if row.function == "gan_zoo")
    _, subject = met(row)
    steps, g, d = steps_of("progan"), subject.nets["g"], subject.nets["d"]
    z = torch.randn(4, subject.config.latent)
    assert torch.allclose(steps.drawing(g)(z), g(z), atol=1e-5)
    assert torch.allclose(steps.judging(d)(g(z)), d(g(z)), atol=1e-5)


def test_the_networks_of_studiogan_do_more_work_than_the_papers():
    steps = steps_of("dcgan")
    x = torch.randn(2, 3, 32, 32)
    g, d = steps.DeepGenerator(100), steps.DeepDiscriminator()
    assert g(torch.randn(2, 100)).shape == x.shape
    assert d(x).shape == (2,)


def test_the_pool_of_the_authors_gives_half_from_memory():
    torch.manual_seed(0)
    pool = steps_of("cyclegan").Pool(3)
    fakes = [torch.full((1, 1), float(i)) for i in range(200)]
    given = [pool(fake).item() for fake in fakes]
    assert given[:3] == [0.0, 1.0, 2.0]
    old = sum(value != i for i, value in enumerate(given))
    assert 60 < old < 140

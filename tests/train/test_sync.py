"""Between two readings the host never waits for the device: every step of every family, and the feed."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from watch import Asked, Dispatched, Waits

from ganzoo.data.feed import Feed, _Side
from ganzoo.data.packing import pack
from ganzoo.game import Phase, Progress, Recipe, adam
from ganzoo.testing.stage import MadeUp
from ganzoo.testing.subject import CAPTION, Subject
from ganzoo.train.blueprint import draw_up
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.train.memory.rehearsal import blank, every_phase_due, kinds_of_steps
from ganzoo.train.memory.shadow import Shadow
from ganzoo.zoo.config import resolve
from ganzoo.zoo.registry import zoo

META = torch.device("meta")
CASES = [
    *[(family.name, "tiny", {}) for family in zoo().all("families")],
    ("stylegan", "tiny", {"augment": "ada", "version": 2, "mirror": True}),
    ("stylegan", "original", {"size": 16, "batch": 4}),
    ("stackgan", "tiny", {"version": 1}),
    ("aae", "labels", {"size": 8, "batch": 8, "width": 16}),
    ("aae", "clusters", {"size": 8, "batch": 8, "width": 16}),
    ("wgan", "clip", {"size": 16, "batch": 4, "width": 8}),
    ("cgan", "cifar", {"size": 16, "batch": 4, "width": 8}),
]


def without_numbers(name: str, preset: str, changes: dict) -> Engine:
    """A family on the meta device, from which nothing can be read, standing for the accelerator."""
    family = zoo().get("families", name)
    config = resolve(family, preset, changes)
    subject = Subject(family)
    subject.config = config
    facts = subject.facts.__class__(
        (config.channels or 3, config.size, config.size), 1000, subject.facts.classes, subject.facts.words
    )
    gives = ("a", "b") if "a" in family.needs else ("image", "label", "text")
    shadow = Shadow.cast(Backend(torch.device("cpu")))
    recipe = draw_up(family, config, facts)

    def draw(position: int, n: int) -> dict:
        with META:
            return blank(gives, facts, n, CAPTION)

    start = Progress(batch=config.batch, total=config.images)
    return Engine(recipe, draw, shadow, start, accumulate=config.accumulate, halflife=config.ema)


@pytest.mark.parametrize(("name", "preset", "changes"), CASES, ids=lambda value: str(value) if value else "-")
def test_a_step_waits_for_nobody(name, preset, changes):
    engine = without_numbers(name, preset, changes)
    every_phase_due(engine.recipe)
    with Asked(), Dispatched():
        for now in kinds_of_steps(engine.recipe, engine.now):
            for watched in (False, True):
                engine.now = now
                engine.step(watched)


class Waiting(Recipe):
    """A recipe that asks the device something in every step."""

    def __init__(self, ask):
        self.ask = ask
        self.nets = {"g": nn.Linear(2, 2)}
        self.opts = {"g": adam(self.nets["g"], lr=1e-3, betas=(0.0, 0.9))}

    def phases(self):
        return [Phase("g", self.loss, "g")]

    def loss(self, batch):
        out = self.nets["g"](batch["image"])
        self.ask(out)
        return out.square().mean(), {}


QUESTIONS = {
    "item": lambda x: x.sum().item(),
    "truth": lambda x: 1 if x.sum() > 0 else 0,
    "number": lambda x: float(x.sum()),
    "list": lambda x: x.detach().tolist(),
    "mask": lambda x: x[x > 0],
    "masked value": lambda x: x.detach().clone().__setitem__(x > 0, x.detach()[0]),
    "places": lambda x: (x > 0).nonzero(),
    "unique": lambda x: torch.unique(x),
    "to the host": lambda x: x.to("cpu"),
    "from the host": lambda x: x + torch.tensor([1.0, 2.0], device=x.device),
    "moved from the host": lambda x: x + torch.ones(2, device="cpu").to(x.device),
    "one sample": lambda x: torch.multinomial(x.detach().softmax(1), 1),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_whatever_waits_is_found(question):
    with META:
        recipe = Waiting(question)
    shadow = Shadow.cast(Backend(torch.device("cpu")))
    engine = Engine(
        recipe, lambda _, n: {"image": torch.empty(n, 2, device="meta")}, shadow, Progress(batch=4, total=8)
    )
    with Asked(), Dispatched(), pytest.raises(Waits):
        engine.step()


@pytest.mark.parametrize("sources", [("image", "label", "text")])
def test_a_batch_from_data_on_the_device_waits_for_nobody(sources, tmp_path, monkeypatch):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))
    packed = pack(MadeUp(sources), size=16, channels=3)
    side = _Side(packed, (0,), META, torch.channels_last, room=float("inf"))
    with Asked(), Dispatched():
        for position in (0, len(packed) - 3):
            batch = side.batch(position, 8)
    assert all(value.is_meta for value in batch.values())
    assert batch["image"].shape == (8, 3, 16, 16)


on_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")


@on_cuda
@pytest.mark.parametrize("family", [family.name for family in zoo().all("families")])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_step_on_cuda_waits_for_nobody(family, precision):
    subject, backend = Subject(zoo().get("families", family)), Backend(torch.device("cuda", 0), precision)
    recipe = subject.recipe()
    for net in recipe.nets.values():
        backend.place(net)
    drawn = {key: value.cuda() for key, value in subject.draw(0, subject.config.batch).items()}
    start = Progress(batch=subject.config.batch, total=subject.total)
    engine = Engine(recipe, lambda _, n: dict(drawn), backend, start, halflife=200)
    engine.step()  # kernels are loaded, libraries take their workspaces
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        engine.step()
        engine.step(watched=True)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert all(torch.isfinite(torch.tensor(value)) for value in engine.read().values())


@on_cuda
def test_a_batch_on_cuda_waits_for_nobody(tmp_path, monkeypatch):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))
    feed = Feed(pack(MadeUp(("image", "label", "text")), size=16, channels=3), 0, "cuda", channels_last=True)
    feed.batch(0, 8)
    torch.cuda.set_sync_debug_mode("error")
    try:
        feed.batch(190, 8)
    finally:
        torch.cuda.set_sync_debug_mode("default")

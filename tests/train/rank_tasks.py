"""What the ranks of a pair are asked to do in tests: functions that another process can import."""

from __future__ import annotations

import os
import signal
from typing import Any

import torch
from equality import Case, begun, weights
from menagerie import SHAPE, mlp
from torch import nn

from ganzoo.errors import GanzooError, RequestError
from ganzoo.game import Phase, Progress, Recipe, adam
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.train.ranks.lockstep import Lockstep, Orders
from ganzoo.train.ranks.world import World

CYCLEGAN = Case("cyclegan", 12)  # its pools are each rank's own


class Choosy(Recipe):
    """Two heads, of which a rank may use another one than its neighbour, and one that nobody uses."""

    def __init__(self, uses: str):
        self.nets = {name: mlp(64, 1) for name in ("left", "right", "idle")}
        self.opts = {"all": adam(*self.nets.values(), lr=1e-2, betas=(0.9, 0.99))}
        self.uses = uses

    def phases(self) -> list[Phase]:
        return [Phase("p", self.loss, "all")]

    def loss(self, batch: dict[str, Any]) -> Any:
        return self.nets[self.uses](batch["image"]).square().mean(), {}


def pictures(position: int, n: int) -> dict[str, torch.Tensor]:
    rows = [torch.rand(SHAPE, generator=torch.Generator().manual_seed(position + i)) for i in range(n)]
    return {"image": torch.stack(rows)}


def engine(recipe: Recipe, world: World, batch: int = 8, accumulate: int = 1) -> Engine:
    start = Progress(batch=batch, total=1_000)
    return Engine(recipe, pictures, Backend.choose("cpu", "fp32"), start, accumulate=accumulate, world=world)


def choose(uses: tuple[str, ...]) -> dict[str, Any]:
    """Which parameters have a gradient after a step, and those of the heads."""
    world = World.here()
    made = engine(Choosy(uses[world.rank]), world)
    made.step()
    return {
        f"{name}.{key}": None if p.grad is None else p.grad.clone()
        for name, net in made.recipe.nets.items()
        for key, p in net.named_parameters()
    }


def shown() -> list[tuple[int, int]]:
    """Which examples a rank asks for, in a few steps."""
    world, asked = World.here(), []
    made = engine(Choosy("left"), world)
    draw = made.draw
    made.draw = lambda position, n: (asked.append((position, n)), draw(position, n))[1]
    for _ in range(3):
        made.step()
    return asked


def refuse(batch: int, accumulate: int) -> str:
    try:
        engine(Choosy("left"), World.here(), batch, accumulate).step()
    except RequestError as error:
        return str(error)
    return ""


def learn_on(state: dict[str, Any] | None, steps: int) -> tuple[dict[str, Any], dict[str, torch.Tensor], list[bytes]]:
    """Train on from a state with random numbers of its own; the state then, the weights, and what is each rank's."""
    made = begun(CYCLEGAN, World.here())
    if state:
        made.load(state)
    for _ in range(steps):
        made.step()
    own = [torch.get_rng_state().numpy().tobytes(), made.recipe.nets["pool_a"].kept.numpy().tobytes()]
    return made.state(), weights(made), own


def read(broken: int | None) -> tuple[dict[str, float], dict[str, float], str]:
    """The log of a step, with a loss that is no number on one of the ranks."""
    world = World.here()
    made = begun(Case("vanilla"), world)
    torch.manual_seed(world.rank)
    if world.rank == broken:
        made.recipe.loss.g = lambda fake: fake.mean() * float("nan")
    made.step()
    before = {key: series[0][1].item() for key, series in made._logged.items() if not series[0][1].dim()}
    try:
        return made.read(), before, ""
    except GanzooError as error:
        return {}, before, str(error)


def read_twice() -> int:
    """Readings with no step between them, and one with no accuracy asked for."""
    made = begun(Case("vanilla"), World.here())
    for _ in range(3):
        made.step()
        made.read()
        assert made.read() == {}
    return made.now.step


def compile_where(rank: int) -> tuple[str | None, bool]:
    """Compile where one rank's compiler fails; the reason, and whether anything is left compiled."""
    world = World.here()
    made = begun(Case("vanilla"), world)
    before = weights(made)

    def prepare(net: nn.Module, *args: Any, **kwargs: Any) -> None:
        def call(*inputs: Any, **named: Any) -> Any:
            if world.rank == rank:
                raise RuntimeError("no C compiler here")
            return net.forward(*inputs, **named)

        net._compiled_call_impl = call

    usual, nn.Module.compile = nn.Module.compile, prepare
    try:
        reason = made.compile()
    finally:
        nn.Module.compile = usual
    assert all(torch.equal(value, before[key]) for key, value in weights(made).items())
    made.step()
    return reason, any(net._compiled_call_impl for net in made.recipe.nets.values())


def sit(signalled: int, at: int) -> tuple[int, int, int]:
    """Steps until the lockstep says stop, with which signal, and how often it sat; SIGTERM comes to one rank."""
    world = World.here()
    lockstep, sittings = Lockstep(world), 0
    for step in range(1, 10_000):
        stop = signal.SIGTERM if world.rank == signalled and step >= at else 0
        before = lockstep._next
        orders = lockstep.sit(step, stop, lambda: Orders(tick=True))
        sittings += lockstep._next != before
        if orders.stop:
            return step, orders.stop, sittings
    return 0, 0, sittings


def fail_first() -> tuple[str, int]:
    """Work of the first rank that is refused."""

    def work() -> None:
        raise RequestError("no such thing")

    try:
        World.here().first(work)
    except GanzooError as error:
        return str(error), error.exit_status
    return "", 0


def score(cache: str) -> dict[str, Any]:
    """Scores of a generator, and how many pictures this rank has drawn and looked at for them."""
    from ganzoo.score import exhibit as exhibits
    from ganzoo.score.bank import Bank
    from ganzoo.score.extractors import find_extractor
    from ganzoo.score.metrics import frechet, kernel
    from ganzoo.testing.stage import Stage

    os.environ["GANZOO_CACHE"] = cache
    exhibits.AT_ONCE = 16
    looked, drawn = [], []
    bank = Bank(lambda: find_extractor("bundled"), World.here())
    extract = bank.extractor
    bank.__dict__["extractor"] = Watched(extract, looked)
    shown = Stage("pictures", bank).exhibit()
    make = shown._made
    shown._made = lambda rows, cond: (drawn.append(rows.stop - rows.start), make(rows, cond))[1]
    return {
        "fid": frechet.distance(*shown.moments),
        "kid": kernel.kid(shown.real.values, shown.fake.values)[0],
        "samples": shown.drawn.examples,
        "looked": sum(looked),
        "drawn": sum(drawn),
    }


class Watched:
    """An extractor that notes how many pictures it is shown."""

    def __init__(self, extractor: Any, looked: list[int]):
        self._extractor, self._looked = extractor, looked

    def __getattr__(self, name: str) -> Any:
        return getattr(self._extractor, name)

    def __call__(self, images: torch.Tensor) -> Any:
        self._looked.append(len(images))
        return self._extractor(images)

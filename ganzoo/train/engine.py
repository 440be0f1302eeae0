"""The step, written once for every family: who learns, from which data, in which order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer

from ganzoo.errors import RequestError, WorkError
from ganzoo.game import Batch, Phase, Progress, Recipe
from ganzoo.train.average import averages
from ganzoo.train.device import Backend, compile_nets, uncompiled
from ganzoo.train.ranks import gradients
from ganzoo.train.ranks.buffers import Buffers
from ganzoo.train.ranks.world import ALONE, World, stream

Draw = Callable[[int, int], Batch]  # (position in the data's order, number of examples)
Part = Phase | str  # of a step: "begin", "loader", one of its phases, "averages"


class Diverged(WorkError):
    """A loss stopped being a number."""

    def __init__(self, phase: str, step: int):
        super().__init__(f"training diverged: the loss of phase {phase!r} is not finite at step {step}")
        self.phase, self.step = phase, step


class Engine:
    """A recipe in training: steps, averages, logged values, and the state that makes a run resumable.

    On several ranks each has an engine. They begin with the same weights and keep them the same: each takes its share
    of every batch, and gradients are averaged before an optimizer follows them. Random numbers are each rank's own,
    from ``seed``. `step`, `read`, `state`, `load` and `compile` are for all ranks to call together.
    """

    def __init__(
        self, recipe: Recipe, draw: Draw, backend: Backend, start: Progress, *, accumulate=1, halflife=0.0,
        world: World = ALONE, seed: int = 0,
    ):  # fmt: skip
        self.recipe, self.draw, self.backend, self.now = recipe, draw, backend, start
        self.accumulate, self.world, self.seed = accumulate, world, seed
        self._part = world  # whose share of a batch is taken, even while nobody is talked to
        for net in recipe.nets.values():
            net.train()
        self.buffers = Buffers(recipe.nets, world)
        self.world.spread_([tensor for net in recipe.nets.values() for tensor in (*net.parameters(), *net.buffers())])
        self.averages = averages(recipe.nets, recipe.ema, halflife)
        self._parameters = [p for net in recipe.nets.values() for p in net.parameters()]
        self._logged: dict[str, list[tuple[int, Tensor]]] = {}  # on the device until someone asks
        self._sides: dict[str, list[Tensor]] = {}  # of chances: 1 where all are above 0.5, -1 where all are below
        self._gradients: dict[str, Tensor] = {}  # their norms in the last step that was watched
        self._stir()
        self.lap: Callable[[Part], None] = _unheard  # called when a part of a step is over, for whoever times it

    def step(self, watched: bool = False) -> None:
        """Every phase that is due, then the averages, then the clock; ``watched`` also measures the gradients."""
        recipe = self.recipe
        recipe.begin(self.now)
        before = self.now = replace(self.now, batch=recipe.batch or self.now.batch)
        self.lap("begin")
        position = before.images
        micro: list[Batch] = []
        for phase in recipe.phases():
            if before.step % phase.every:
                continue
            for again in range(phase.repeat):
                if again or not micro:
                    micro = self._fresh(position)
                    position += before.batch
                    self.lap("loader")
                self._run(phase, micro)
                self.lap(phase)
            if watched:
                self._gradients[phase.name] = get_total_norm(_gradients(recipe.opts[phase.opt]))
        for average in self.averages.values():
            average.update(position - before.images, position)
        self.lap("averages")
        self.now = replace(before, step=before.step + 1, images=position)

    def _fresh(self, position: int) -> list[Batch]:
        self._part.check((self.now.batch,), self.accumulate)
        batch = self.draw(*self._part.share(position, self.now.batch))
        if self.accumulate == 1:
            return [batch]
        if self.now.batch % self.accumulate:  # parts that weigh unequally; a Config says so before a run begins
            raise RequestError(
                f"accumulate={self.accumulate}: a batch of {self.now.batch} has not so many equal parts."
            )
        pieces = {key: value.chunk(self.accumulate) for key, value in batch.items()}
        return [dict(zip(pieces, values, strict=True)) for values in zip(*pieces.values(), strict=True)]

    def _run(self, phase: Phase, micro: list[Batch]) -> None:
        opt = self.recipe.opts[phase.opt]
        self._let_learn(opt)
        if phase.ahead and len(micro) == 1:
            self._follow(self.recipe.opts[phase.ahead])
        opt.zero_grad(set_to_none=True)
        for batch in micro:
            with self.backend.autocast():
                loss, shown = phase.loss(batch)
            (loss / len(micro) if len(micro) > 1 else loss).backward()
            for key, value in {"loss": loss, **shown}.items():
                self._note(f"{phase.name}/{key}", value.detach())
        if self.world.size > 1:
            gradients.average(opt, self.world, self.buffers.statistics)
        opt.step()
        if phase.after:
            phase.after()

    def _note(self, key: str, value: Tensor) -> None:
        if value.dim():  # chances
            value = value.float()  # a share of many needs more digits than a chance may have
            self._sides.setdefault(key, []).append((value - 0.5).sign().mean())
            value = value.mean()
        self._logged.setdefault(key, []).append((self.now.step, value))

    def _let_learn(self, opt: Optimizer) -> None:
        """Only what this optimizer holds may learn; freezing the rest also cuts its graph."""
        for p in self._parameters:
            p.requires_grad_(False)
        self._follow(opt)

    def _follow(self, opt: Optimizer) -> None:
        """Have graphs reach what this optimizer holds."""
        for group in opt.param_groups:
            for p in group["params"]:
                p.requires_grad_(True)

    # What is to be seen of it

    def read(self) -> dict[str, float]:
        """Mean of every logged value since the last reading; the only place where the host waits for the device.

        On several ranks it is the mean over all of them. Raises Diverged when a loss was not finite, naming the phase
        that was first.
        """
        logged, self._logged = self._logged, {}
        stacked = {key: torch.stack([v.float() for _, v in pairs]) for key, pairs in logged.items()}
        if self.world.size > 1 and logged:
            self._sides = {key: [torch.stack(signs).mean()] for key, signs in self._sides.items()}
            self.world.average_([*stacked.values(), *[sign for (sign,) in self._sides.values()]])
            if not self.world.is_first:  # nobody asks it
                self._sides = {}
        values = {key: series.cpu() for key, series in stacked.items()}
        broken = []
        for order, (key, series) in enumerate(values.items()):
            bad = (~series.isfinite()).nonzero()
            if len(bad) and key.endswith("/loss"):
                broken.append((logged[key][int(bad[0])][0], order, key.removesuffix("/loss")))
        if broken:
            step, _, phase = min(broken)
            raise Diverged(phase, step)
        return {key: series.mean().item() for key, series in values.items()}

    def read_accuracies(self) -> dict[str, float]:
        """Of each discriminator that gives chances, the share of examples that it judged rightly since the last time.

        A key is that of the belief in the log: "d/real", where chances above 0.5 are right, or "d/fake", where those
        below are. One of exactly 0.5 is half right.
        """
        sides, self._sides = self._sides, {}
        right = {key: 1 if key.rpartition("/")[2].startswith("real") else -1 for key in sides if _is_judged(key)}
        return {key: 0.5 + 0.5 * sign * torch.stack(sides[key]).mean().item() for key, sign in right.items()}

    def read_gradients(self) -> dict[str, float]:
        """The Euclidean norm of every phase's gradient in the last watched step, if there was one since last time."""
        gradients, self._gradients = self._gradients, {}
        return {phase: norm.item() for phase, norm in gradients.items()}

    @contextmanager
    def sampling(self, live: bool = False) -> Iterator[dict[str, nn.Module]]:
        """The networks to sample from, averaged where there is an average unless ``live`` ones are asked for.

        Training's random numbers are left alone.
        """
        averages = {} if live else {name: average.net for name, average in self.averages.items()}
        nets = {**self.recipe.nets, **averages}
        training = {name: net.training for name, net in nets.items()}
        with torch.no_grad(), self.backend.forked(), uncompiled(nets):
            for net in nets.values():
                net.eval()
            try:
                yield nets
            finally:
                for name, net in nets.items():
                    net.train(training[name])

    # What it takes to go on

    def state(self) -> dict[str, Any]:
        """Everything a later process needs to take the very next step; of several ranks, what the first one has.

        There ``ranks`` holds what each of the others has for itself, beginning with rank 1.
        """
        state = self._state()
        if self.world.size > 1:
            own = {"random": state["random"], "buffers": self.buffers.own()}
            state["ranks"] = self.world.gathered(own)[1:]
        return state

    def _state(self) -> dict[str, Any]:
        return {
            "nets": {name: net.state_dict() for name, net in self.recipe.nets.items()},
            "averages": {name: average.net.state_dict() for name, average in self.averages.items()},
            "opts": {name: opt.state_dict() for name, opt in self.recipe.opts.items()},
            "random": self.backend.random_state(),
            "progress": asdict(self.now),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`; the length of the run stays the one this engine was started with.

        A rank that the run had before goes on with what was its own. One that it had not begins anew, with random
        numbers that nobody has seen: those of the seed, the rank, and the step.
        """
        self._load(state)
        if not self.world.is_first:
            others = state.get("ranks", ())
            if self.world.rank <= len(others):
                own = others[self.world.rank - 1]
                self.buffers.restore(own["buffers"])
                self.backend.restore_random_state(own["random"])
            else:
                self._stir()

    def _stir(self) -> None:
        """Random numbers of this rank's own; the first rank has those of the lone process."""
        if not self.world.is_first:
            torch.manual_seed(stream(self.seed, self.world.rank, self.now.step))

    def _load(self, state: Mapping[str, Any]) -> None:
        for name, net in self.recipe.nets.items():
            net.load_state_dict(state["nets"][name])
        for name, average in self.averages.items():
            average.net.load_state_dict(state["averages"][name])
        for name, opt in self.recipe.opts.items():
            opt.load_state_dict(state["opts"][name])
            _like_parameters(opt)
        self.now = Progress(**{**state["progress"], "total": self.now.total})
        self.backend.restore_random_state(state["random"])

    def compile(self) -> str | None:
        """Compile the networks, proved on one step that is then taken back; gives the reason where that fails."""
        undo = compile_nets(self.recipe.nets)
        reason = None
        with self.taken_back():
            try:
                self.step()
                if not all(math.isfinite(v) for k, v in self.read().items() if k.endswith("/loss")):
                    reason = "the compiled step gave a loss that is not finite"
            except Exception as error:  # whatever the compiler, its backend or a missing C compiler may raise
                reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        if any(self.world.most([reason is not None])):
            undo()
            reason = reason or "another rank could not"
        return reason

    @contextmanager
    def taken_back(self) -> Iterator[None]:
        """Steps that are only tried: in the end everything is as it was. Each rank takes them for itself."""
        before, world = _copied(self._state()), self.world
        self.world = ALONE  # a rank that fails would leave the others waiting in the middle of a step
        try:
            yield
        finally:
            self.world = world
            self._logged, self._sides, self._gradients = {}, {}, {}
            for p in self._parameters:
                p.grad = None
            self._load(before)


def _unheard(part: Part) -> None:
    """Nobody times a step, and nothing is waited for."""


def _gradients(opt: Optimizer) -> list[Tensor]:
    return [p.grad for group in opt.param_groups for p in group["params"] if p.grad is not None]


def _is_judged(key: str) -> bool:
    """Whether a logged chance is that of examples known to be real, or known to be fake."""
    return key.rpartition("/")[2].startswith(("real", "fake"))


def _like_parameters(opt: Optimizer) -> None:
    """Give loaded moments the memory layout of their parameters, which fused kernels take for granted."""
    for p, moments in opt.state.items():
        for key, value in moments.items():
            if isinstance(value, Tensor) and value.shape == p.shape:
                moments[key] = torch.empty_like(p).copy_(value)


def _copied(tree: Any) -> Any:
    if isinstance(tree, Tensor):
        return tree.to("cpu", copy=True)  # where it takes nothing from a device that may be short of memory
    if isinstance(tree, dict):
        return {key: _copied(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(_copied(value) for value in tree)
    return tree

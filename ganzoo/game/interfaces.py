"""The seam: what a family declares. Everything else is the engine's.

A family says *what*: networks, optimizers, phases, how to sample. The engine says *when and where*: device,
precision, data, accumulation, averaging, log, checkpoints. A phase is a loss plus the optimizer that follows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor, nn
from torch.optim import Optimizer

Batch = dict[str, Any]  # "image", "label", "text", "a", "b"; on device, images in [-1, 1]; lives for one step
Outcome = tuple[Tensor, dict[str, Tensor]]  # what to differentiate; what to show: numbers, or chances (`belief`)


class Generator(Protocol):
    """Noise to data: z [N, latent] to images [N, C, H, W] in [-1, 1], or points [N, D]."""

    def __call__(self, z: Tensor, **cond: Tensor) -> Tensor: ...


class Discriminator(Protocol):
    """Data to logits [N]: unbounded, positive for real; never probabilities."""

    def __call__(self, x: Tensor, **cond: Tensor) -> Tensor: ...


class Loss(Protocol):
    """An adversarial objective: two opinions about the same logits, each a scalar to minimise."""

    def d(self, real: Tensor, fake: Tensor) -> Tensor: ...

    def g(self, fake: Tensor) -> Tensor: ...


@dataclass(frozen=True)
class Progress:
    """Where a run stands. A family derives every schedule from this and from nothing else."""

    step: int = 0  # steps finished
    images: int = 0  # real images shown, those of repeated phases included
    batch: int = 1  # real images per batch
    total: int = 1  # real images to show in the whole run

    @property
    def fraction(self) -> float:
        """How much of the run is done, in [0, 1]."""
        return min(self.images / self.total, 1.0)


@dataclass(frozen=True)
class Phase:
    """One loss, the optimizer that follows it, and how often."""

    name: str  # "d", "g", "d_r1": also the prefix of what it logs
    loss: Callable[[Batch], Outcome]  # forward only: no backward, no step
    opt: str  # key into Recipe.opts; only the parameters this optimizer holds may learn
    every: int = 1  # run on every n-th step (lazy regularisation)
    repeat: int = 1  # run n times a step, each on fresh data (n_critic)
    ahead: str = ""  # key into Recipe.opts of a later phase that may go on with a graph begun here; see `drawn_ahead`
    after: Callable[[], None] | None = None  # once the weights have moved: clipping, ADA


@dataclass(frozen=True)
class Alarm:
    """Something a person should hear of while a run goes on: a logged value is above a limit. Said once in a run."""

    value: str  # as the log names it, "d/augment_p"
    above: float
    text: str  # in one line: what it means, and what to do


class Recipe:
    """A family, live. Anything with a memory is a module in ``nets``, so checkpoints need no help."""

    nets: dict[str, nn.Module]
    opts: dict[str, Optimizer]
    ema: tuple[str, ...] = ()  # the nets that sampling should see averaged
    alarms: tuple[Alarm, ...] = ()  # what to be told of, looked up whenever the log gets a line
    batch: int | None = None  # real images per batch from the next step on, where begin() lets it vary
    takes: tuple[str, ...] = ()  # what sample() heeds beside "seed"; it is given nothing else
    clusters: int = 0  # where it takes "cluster": how many there are
    reach: float = 1.0  # where it takes "plane": the coordinate of a code that lies at the plane's edge

    def begin(self, now: Progress) -> None:
        """Set what changes over time: learning rates, size, batch, stage. Called before every step, or oftener."""

    def phases(self) -> list[Phase]:
        """What this step does, in order."""
        raise NotImplementedError

    def sample(self, nets: Mapping[str, nn.Module], n: int, cond: Batch) -> Tensor:
        """Draw n examples from the given nets (live or averaged), images in [-1, 1].

        ``cond["seed"]`` says what is drawn by chance, a row an example: whole numbers, fractions, or ways from seed to
        seed. Give it to `ganzoo.game.noise` as it is, and a seed is a picture, and a picture lies between two seeds.
        The rest is what the family ``takes``, a row an example. These it can count on:

        - "label": int64 [n]. "text": tokens int64 [n, L], padded with 0.
        - "a" or "b": pictures [n, C, H, W] to translate into the other domain.

        These are there when they are asked for:

        - "cluster": int64 [n] below ``clusters``, of the categories it has found by itself.
        - "image": pictures to reconstruct [n, C, H, W].
        - "truncation": float32 [n], 1 for the style as it is and 0 for the mean of all.
        - "mix": seeds like "seed", whose styles the layers from "cut" on take, int64 [n]; from the middle without it.
        - "plane": float32 [n, 2] in [-1, 1], a place on the plane of a latent of two coordinates, x to the right.

        A net called "encoder" maps pictures to codes [n, latent], or to several things of which these are the last.
        """
        raise NotImplementedError

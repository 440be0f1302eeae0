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
Outcome = tuple[Tensor, dict[str, Tensor]]  # what to differentiate, what to show


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
    after: Callable[[], None] | None = None  # once the weights have moved: clipping, ADA


class Recipe:
    """A family, live. Anything with a memory is a module in ``nets``, so checkpoints need no help."""

    nets: dict[str, nn.Module]
    opts: dict[str, Optimizer]
    ema: tuple[str, ...] = ()  # the nets that sampling should see averaged
    batch: int | None = None  # real images per batch from the next step on, where begin() lets it vary

    def begin(self, now: Progress) -> None:
        """Set what changes over time: learning rates, size, batch, stage. Called before every step, or oftener."""

    def phases(self) -> list[Phase]:
        """What this step does, in order."""
        raise NotImplementedError

    def sample(self, nets: Mapping[str, nn.Module], n: int, cond: Batch) -> Tensor:
        """Draw n examples from the given nets (live or averaged), images in [-1, 1].

        ``cond["seed"]`` holds one integer an example: draw noise with `ganzoo.game.noise`, which honours it.
        The rest of ``cond`` is what the family asked for: "label", "text", "a", "b".
        """
        raise NotImplementedError

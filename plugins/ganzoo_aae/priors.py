"""The laws that codes are to follow (Makhzani et al. 2015, sections 2 and 2.3).

A prior is called for n samples [n, size]. Those of several components take ``component`` [n], which of them each sample
is to come from; without it they draw from all alike. With ``seeds``, row i depends on row i of them alone, so each row
is made of one draw of normal numbers; where a uniform one is needed, it is the normal one's rank. On the way from one
seed to another a row moves without a jump.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import ClassVar, Protocol

import torch
from torch import Tensor

from ganzoo.game import normal, ways

Device = torch.device | str


class Prior(Protocol):
    """A law over codes of ``size`` coordinates; hardly any of its samples lies further out than ``reach``."""

    @property
    def size(self) -> int: ...

    @property
    def reach(self) -> float: ...

    def __call__(
        self, n: int, device: Device, component: Tensor | None = None, seeds: Tensor | None = None
    ) -> Tensor: ...


@dataclass(frozen=True)
class Gaussian:
    """N(0, spread^2 I): one component, the whole."""

    size: int
    spread: float = 1.0

    @property
    def reach(self) -> float:
        return 3 * self.spread

    def __call__(self, n: int, device: Device, component: Tensor | None = None, seeds: Tensor | None = None) -> Tensor:
        return self.spread * normal(n, self.size, device=device, seeds=seeds)


@dataclass(frozen=True)
class Mixture:
    """Gaussian petals around the origin of the plane (figures 2 and 3), long outwards and narrow across."""

    components: int = 10
    distance: float = 1.4  # of a petal's centre from the origin
    length: float = 0.5  # standard deviation outwards
    breadth: float = 0.05  # and across
    size: ClassVar[int] = 2

    @property
    def reach(self) -> float:
        return self.distance + 3 * self.length

    def __call__(self, n: int, device: Device, component: Tensor | None = None, seeds: Tensor | None = None) -> Tensor:
        outwards, across, chance = normal(n, 3, device=device, seeds=seeds).unbind(1)
        if component is None:
            component = self.petal(chance) if seeds is None else self.petal_on_the_way(seeds, device)
        angle = component * (2 * pi / self.components)
        r, t = self.distance + self.length * outwards, self.breadth * across
        return torch.stack((r * angle.cos() - t * angle.sin(), r * angle.sin() + t * angle.cos()), 1)

    def petal(self, chance: Tensor) -> Tensor:
        """Normal numbers [n] to petals int64 [n], each as likely as the others."""
        return (rank(chance) * self.components).long()

    def petal_on_the_way(self, seeds: Tensor, device: Device) -> Tensor:
        """Which petal seeds lie in [n]; those between two seeds turn from the one's to the other's by the nearer side.

        Petals have no order but that of the circle: a rank between two would jump from one to the next.
        """
        start, end, share = ways(seeds)
        here, there = (self.petal(normal(len(seeds), 3, device=device, seeds=each)[:, 2]) for each in (start, end))
        turn = (there - here + self.components // 2) % self.components - self.components // 2
        return here + turn * torch.as_tensor(share.float(), device=device)


@dataclass(frozen=True)
class SwissRoll:
    """A spiral from the origin of the plane (figure 2), cut into components from its inner end to its outer."""

    components: int = 10
    reach: float = 3.0  # of the outer end from the origin
    turns: float = 2.0
    size: ClassVar[int] = 2

    def __call__(self, n: int, device: Device, component: Tensor | None = None, seeds: Tensor | None = None) -> Tensor:
        place = rank(normal(n, 1, device=device, seeds=seeds).squeeze(1))
        if component is not None:
            place = (component + place) / self.components
        along = place.sqrt()  # a turn further out is longer, and gets more of the samples
        angle = 2 * pi * self.turns * along
        return self.reach * torch.stack((along * angle.cos(), along * angle.sin()), 1)


def rank(x: Tensor) -> Tensor:
    """Normal numbers to uniform ones in [0, 1), in the same order."""
    return torch.special.ndtr(x).clamp(max=1 - 2**-24)

"""Progressive growing (Karras et al. 2017, section 2): when which size is learnt, and pictures between two sizes.

``lod``, the level of detail, says how far from fully grown networks are: 0 works at the full size, k at 2^-k of it, and
between two whole numbers the finer of the two sizes is being faded in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import TypeVar

import torch
from torch import Tensor
from torch.optim import Optimizer

from ganzoo.game.interfaces import Progress
from ganzoo.game.nn.pyramid import enlarged, reduced

T = TypeVar("T")


@dataclass(frozen=True)
class Growth:
    """When which size is learnt: each is held for ``stable`` images, then the next fades in over ``fade`` more."""

    levels: int  # doublings from the first size to the full one
    stable: int = 0
    fade: int = 0
    share: float = 0.6  # of the run, where stable and fade are both 0: runs of every length then grow fully

    def lod(self, now: Progress) -> float:
        """Doublings that are still to come, ``levels`` at first and 0 at last; its fraction is what is fading out."""
        stable: float = self.stable
        fade: float = self.fade
        if not stable and not fade:
            stable = fade = self.share * now.total / max(2 * self.levels, 1)
        if not fade and not stable:
            return 0.0
        phase, into = divmod(now.images, stable + fade)
        done = phase + (max(into - stable, 0) / fade if fade else 0)
        return max(self.levels - done, 0.0)

    def entry(self, table: Sequence[T], lod: float) -> T:
        """What a table of the sizes, smallest first, says of the one at work; its last entry serves all above."""
        return table[min(self.levels - floor(lod), len(table) - 1)]


def renew(opts: Iterable[Optimizer], lod: float) -> None:
    """Have Adam forget its moments where a size begins to fade in and where it has: other networks learn from here on.

    What it last saw is kept in the optimizers' groups, and so in every checkpoint.
    """
    turn = floor(lod) + ceil(lod)
    for opt in opts:
        group = opt.param_groups[0]
        if group.setdefault("turn", turn) != turn:
            opt.state.clear()
            group["turn"] = turn


def stage(levels: int, lod: float) -> tuple[int, float]:
    """The finest of ``levels`` sizes at work (0 is the smallest), and the share that the one below it still has."""
    whole = floor(lod)
    return levels - 1 - whole, lod - whole


def faded(x: Tensor, lod: float) -> Tensor:
    """Pictures of the full size as networks at ``lod`` see them: smaller, and blurred while a size is faded in."""
    whole = floor(lod)
    x = reduced(x, 2**whole)
    return torch.lerp(x, enlarged(reduced(x, 2), 2), lod - whole) if lod > whole else x

"""What networks keep beside their weights, where several ranks train them.

Floating numbers of at most one dimension are statistics, such as those of batch norm, the mean length of a path or how
sure a discriminator is: they are averaged over all ranks with every gradient, and so are those of the whole batch.
Everything else, as counts and memories of pictures, each rank keeps for itself; networks that are sampled from or
exported have those of the first rank.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ganzoo.train.ranks.world import World


class Buffers:
    """The buffers of a recipe's networks that checkpoints hold."""

    def __init__(self, nets: Mapping[str, nn.Module], world: World):
        self.world = world
        held = {f"{name}.{key}": value for name, net in nets.items() for key, value in net.state_dict().items()}
        kept = {f"{name}.{key}": buffer for name, net in nets.items() for key, buffer in net.named_buffers()}
        found = {key: buffer for key, buffer in kept.items() if key in held}
        # As data: a graph that is kept for a later phase holds on to them, and what it is of does not depend on them.
        self.statistics = [buffer.data for buffer in found.values() if _is_statistic(buffer)]
        self._others = {key: buffer for key, buffer in found.items() if not _is_statistic(buffer)}

    def own(self) -> dict[str, Tensor]:
        """Those of this rank that are not as the first rank's, by name."""
        digests = {key: _digest(buffer) for key, buffer in self._others.items()}
        firsts = self.world.told(digests)
        return {key: buffer.cpu() for key, buffer in self._others.items() if digests[key] != firsts[key]}

    @torch.no_grad()
    def restore(self, own: Mapping[str, Tensor]) -> None:
        """Put back what `own` gave."""
        for key, value in own.items():
            self._others[key].copy_(value)


def _is_statistic(buffer: Tensor) -> bool:
    return buffer.is_floating_point() and buffer.dim() <= 1


def _digest(buffer: Tensor) -> str:
    return hashlib.sha256(buffer.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()).hexdigest()

"""What one turn draws for the next: a generator is asked once where two turns look at the same fakes.

The discriminator's turn judges fakes without their graph, and the generator's turn needs the same fakes with it. Where
the phase of the first says that it draws ``ahead`` for the optimizer of the second, the engine lets the generator be
followed already, and its graph waits in the batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from torch import nn

from ganzoo.game.interfaces import Batch
from ganzoo.game.nn.batchnorm import statistics_held

Drawn = TypeVar("Drawn")
KEPT = "ahead"  # where in a batch it waits


def drawn_ahead(batch: Batch, net: nn.Module, draw: Callable[[], Drawn]) -> Drawn:
    """Let ``net`` draw before it is its turn; what is looked at now is to be detached.

    Where the engine does not follow ``net`` ahead, as with several micro-batches, whose graphs would all have to wait,
    it is drawn without a graph, and its batch statistics are not counted: `drawn_before` will draw it again.
    """
    if any(p.requires_grad for p in net.parameters()):
        batch[KEPT] = draw()
        return batch[KEPT]
    with statistics_held(net):
        return draw()


def drawn_before(batch: Batch, draw: Callable[[], Drawn]) -> Drawn:
    """What `drawn_ahead` kept, with its graph; or drawn again from the same noise."""
    return batch.pop(KEPT) if KEPT in batch else draw()

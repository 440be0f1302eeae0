"""Batch normalisation when one batch passes through a network twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


@contextmanager
def statistics_held(net: nn.Module) -> Iterator[None]:
    """Normalise by the batch as in training, and leave the running statistics as they are.

    The discriminator's turn draws the very fakes that the generator's turn draws again with a graph; counting
    them once keeps the running statistics those of one forward pass a step.
    """
    counting = [m for m in net.modules() if isinstance(m, _BatchNorm) and m.track_running_stats]
    for layer in counting:
        layer.track_running_stats = False
    try:
        yield
    finally:
        for layer in counting:
            layer.track_running_stats = True

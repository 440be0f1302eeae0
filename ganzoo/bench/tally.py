"""The tally: what is computed in each part of a piece of work."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Hashable
from contextlib import ExitStack
from dataclasses import astuple, dataclass
from math import prod
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from ganzoo.game.nn.linear import PRODUCT


@dataclass(frozen=True)
class Work:
    """How much there is to do."""

    products: float = 0  # floating-point operations of matrix products, a multiplication and an addition as two
    convolutions: float = 0  # and of convolutions
    operations: float = 0  # of any kind that torch was asked for
    seconds: float = 0  # that these took, one waited for after the other
    product_seconds: float = 0  # of them, in matrix products and convolutions

    @property
    def flops(self) -> float:
        return self.products + self.convolutions

    def __add__(self, other: Work) -> Work:
        return Work(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    def __mul__(self, share: float) -> Work:
        return Work(*(share * mine for mine in astuple(self)))


class Tally:
    """Counts what is computed within it, forward and backward, twice differentiated or not.

    What is done number by number (activations, normalisation, optimizers, averages) are operations without flops.

    Args:
        wait: waits until a device has done all that it was told.
    """

    def __init__(self, wait: Callable[[], None] | None = None) -> None:
        self.parts: dict[Hashable, Work] = {}
        mapping = {torch.ops.aten.convolution_backward: _backward_of_convolution}
        if PRODUCT is not None:
            mapping[PRODUCT] = _product
        self._flops = FlopCounterMode(display=False, custom_mapping=mapping)
        self._operations = _Operations(self._flops.flop_registry, wait)
        # Torch's own looks for the module an operation belongs to, and breaks on gradients of gradients.
        self._flops.mod_tracker = _Whole()  # type: ignore[assignment]
        self._seen = Work()
        self._open = ExitStack()

    def __enter__(self) -> Tally:
        self._open.enter_context(self._operations)
        self._open.enter_context(self._flops)
        return self

    def __exit__(self, *reason: Any) -> None:
        self._open.close()

    def lap(self, part: Hashable) -> None:
        """Count what was computed since the last lap as work of ``part``."""
        flops = self._flops.get_flop_counts().get("Global", {})
        convolutions = sum(count for operation, count in flops.items() if "conv" in str(operation))
        seen = self._operations
        now = Work(sum(flops.values()) - convolutions, convolutions, seen.count, seen.seconds, seen.product_seconds)
        self.parts[part] = self.parts.get(part, Work()) + now + self._seen * -1
        self._seen = now


def _backward_of_convolution(grad: Any, x: Any, weight: Any, *rest: Any, out_shape: Any = None, **other: Any) -> int:
    """Each gradient costs what the way forward did; torch's own count forgets the groups of a weight's gradient."""
    _bias, _stride, _padding, _dilation, transposed, _output_padding, _groups, wanted = rest
    places = x[0] * prod(x[2:]) if transposed else grad[0] * prod(grad[2:])
    return 2 * places * prod(weight) * sum(wanted[:2])


def _product(a: Any, b: Any, *rest: Any, out_shape: Any = None, **other: Any) -> int:
    return 2 * a[0] * a[1] * b[0]


class _Operations(TorchDispatchMode):
    """Counts whatever is asked of torch, and times it."""

    def __init__(self, products: Container[Any], wait: Callable[[], None] | None) -> None:
        super().__init__()
        self._products, self._wait = products, wait
        self.count, self.seconds, self.product_seconds = 0, 0.0, 0.0

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        began = time.perf_counter()
        made = func(*args, **(kwargs or {}))
        if self._wait:
            self._wait()
        took = time.perf_counter() - began
        self.count += 1
        self.seconds += took
        if getattr(func, "overloadpacket", None) in self._products:
            self.product_seconds += took
        return made


class _Whole:
    """Everything is of one whole, whose name is torch's."""

    parents = frozenset({"Global"})

    def __enter__(self) -> None:
        """Nothing is looked for."""

    def __exit__(self, *reason: Any) -> None:
        """Nothing was looked for."""

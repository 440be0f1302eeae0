"""The bytes that tensors hold while something runs: now, and at most."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Ledger(TorchDispatchMode):
    """Counts every storage from the operation that makes it to the moment its last user lets go of it.

    Works on tensors with numbers and on those without (the meta device), whose storages know how large they would be.
    What a kernel takes for itself while it works, and gives back before it ends, is not seen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.bytes = self.peak = 0
        self._held: dict[int, tuple[weakref.ref, int]] = {}

    def __torch_dispatch__(
        self, func: Callable, types: Any, args: tuple = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        self.enter(each for each in tree_leaves(out) if isinstance(each, Tensor))
        return out

    def enter(self, tensors: Iterable[Tensor]) -> int:
        """Count tensors that were there before; gives the bytes that were not counted yet."""
        before = self.bytes
        for tensor in tensors:
            storage = tensor.untyped_storage()
            key = id(storage)  # the same object as long as anybody holds the storage
            if key not in self._held:
                size = storage.nbytes()
                self._held[key] = weakref.ref(storage, lambda _, key=key: self._leave(key)), size
                self.bytes += size
        self.peak = max(self.peak, self.bytes)
        return self.bytes - before

    def _leave(self, key: int) -> None:
        _, size = self._held.pop(key)
        self.bytes -= size


def bytes_of(tensors: Iterable[Tensor]) -> int:
    """What tensors take, those that share a storage once."""
    with torch.no_grad():
        return Ledger().enter(tensors)

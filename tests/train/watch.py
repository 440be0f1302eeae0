"""Looks for what would make the host wait for an accelerator, where there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

READING = frozenset(("item", "tolist", "numpy", "__bool__", "__int__", "__float__", "__index__", "cpu", "cuda"))
# fmt: off
READING_ATEN = frozenset((
    "_local_scalar_dense", "item", "is_nonzero", "equal", "nonzero", "masked_select", "unique_dim", "_unique2",
    "unique_consecutive", "bincount", "repeat_interleave.Tensor", "histc", "linalg_eigh", "linalg_svd",
))
# fmt: on
MAKING = frozenset(("tensor", "as_tensor", "from_numpy", "asarray"))  # a tensor of numbers the host has


class Waits(AssertionError):
    """Something asks the device for an answer, or sends it something that it has to have before the host goes on."""


class Asked(TorchFunctionMode):
    """Refuses calls by which the host reads a tensor, or copies one from device to device and waits for it.

    For tensors on the meta device, which stands for the accelerator: what is on the CPU may be read.
    """

    def __torch_function__(self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        kwargs, name = kwargs or {}, getattr(func, "__name__", "")
        given = [each for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)]
        if name in READING and any(each.is_meta for each in given):
            raise Waits(f"{resolve_name(func) or name} reads a tensor on the device")
        if name == "multinomial" and (kwargs.get("num_samples", args[1:2] or 1) in (1, (1,))):
            raise Waits("multinomial of a single sample looks at its weights")
        try:
            out = func(*args, **kwargs)
        except NotImplementedError as error:  # "Cannot copy out of meta tensor; no data!"
            raise Waits(f"{resolve_name(func) or name} copies a tensor from the device") from error
        moved = isinstance(out, Tensor) and (name in MAKING or any(each.device != out.device for each in given[:1]))
        if moved and out.is_meta and not (given and given[0].is_meta) and not kwargs.get("non_blocking"):
            raise Waits(f"{resolve_name(func) or name} copies numbers of the host to the device")
        if isinstance(out, Tensor) and not out.is_meta and any(each.is_meta for each in given):
            raise Waits(f"{resolve_name(func) or name} copies a tensor from the device")
        return out


class Dispatched(TorchDispatchMode):
    """Refuses operations whose result has a shape or a value that only the device knows."""

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        name = func.overloadpacket.__name__
        is_on_device = any(isinstance(each, Tensor) and each.is_meta for each in tree_leaves(args))
        if is_on_device and not READING_ATEN.isdisjoint((name, f"{name}.{func._overloadname}")):
            raise Waits(f"{func} asks the device for a value or a shape")
        places = args[1] if name in ("index", "index_put", "index_put_") else ()
        if any(isinstance(each, Tensor) and each.dtype in (torch.bool, torch.uint8) for each in places):
            raise Waits(f"{func} with a mask asks the device how many are in it")
        return func(*args, **(kwargs or {}))

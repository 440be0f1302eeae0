"""torch's meta device as a backend: it computes shapes, in the precision that a real one would."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from ganzoo.train.device import Backend

# The functions that autocast runs in bfloat16, and those that it keeps in float32, which differ between the devices
# (torch.amp, "Autocast Op Reference").
# fmt: off
NARROW = frozenset((
    "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "linear", "matmul",
    "__matmul__", "__rmatmul__", "mm", "mv", "bmm", "addmm", "addmv", "addbmm", "baddbmm", "einsum", "prelu",
    "scaled_dot_product_attention",
))
LOSSES = frozenset((
    "l1_loss", "mse_loss", "smooth_l1_loss", "cross_entropy", "nll_loss", "cosine_embedding_loss", "kl_div",
    "binary_cross_entropy_with_logits",
))
WIDE = {
    "cpu": LOSSES | {"prod", "grid_sample", "cdist", "trace", "max_pool3d", "avg_pool3d", "adaptive_avg_pool3d"},
    "cuda": LOSSES | {
        "softplus", "exp", "expm1", "log", "log10", "log1p", "log2", "pow", "__pow__", "rsqrt", "reciprocal", "norm",
        "sum", "prod", "cumsum", "cumprod", "softmax", "log_softmax", "layer_norm", "group_norm", "cdist", "dist",
        "cosine_similarity",
    },
}
# fmt: on


@dataclass(frozen=True)
class Shadow(Backend):
    """A backend without numbers, in the place of another one."""

    of: str = "cpu"  # the kind of device that it stands for

    @classmethod
    def cast(cls, backend: Backend) -> Shadow:
        """The shadow of a backend."""
        return cls(torch.device("meta"), backend.precision, backend.channels_last, backend.device.type)

    def autocast(self) -> Any:
        return nullcontext() if self.precision == "fp32" else Narrowed(WIDE.get(self.of, WIDE["cuda"]))


class Narrowed(TorchFunctionMode):
    """What autocast does, for tensors of a device that it does not know."""

    def __init__(self, wide: frozenset[str]) -> None:
        super().__init__()
        self._wide = wide
        self._copies: dict[int, tuple[Tensor, Tensor]] = {}  # of weights, each made once

    def __torch_function__(self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        name = getattr(func, "__name__", "")
        if name in NARROW:
            args, kwargs = self._in(torch.bfloat16, args), self._in(torch.bfloat16, kwargs or {})
        elif name in self._wide:
            args, kwargs = self._in(torch.float32, args), self._in(torch.float32, kwargs or {})
        return func(*args, **(kwargs or {}))

    def _in(self, dtype: torch.dtype, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._in(dtype, each) for key, each in value.items()}
        if isinstance(value, tuple | list):
            return type(value)(self._in(dtype, each) for each in value)
        if not isinstance(value, Tensor) or value.dtype not in (torch.float32, torch.bfloat16) or value.dtype == dtype:
            return value
        if not (value.is_leaf and value.requires_grad):
            return value.to(dtype)
        if id(value) not in self._copies:
            self._copies[id(value)] = value, value.to(dtype)
        return self._copies[id(value)][1]

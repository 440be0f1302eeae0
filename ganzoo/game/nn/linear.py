"""An affine layer at the speed of the processor.

torch multiplies matrices of float32 on the CPU by MKL, which uses half of what an AMD processor has. Its convolutions
go through oneDNN, which uses all of it, and which knows products of matrices too: with them a step of perceptrons takes
two thirds of the time. The numbers are the same but for the order of summation.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SMALL = 32  # inputs or outputs below which there is nothing to win
# No public name leads there; where it is missing or changes, torch's own product does as well.
PRODUCT = getattr(torch.ops.mkldnn, "_linear_pointwise", None) if torch.backends.mkldnn.is_available() else None


class Linear(nn.Linear):
    """torch's own, weights and first values included: [..., inputs] to [..., outputs]."""

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.weight, self.bias)


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x weight^T + bias: [N, inputs] to [N, outputs], differentiable to any order."""
    if PRODUCT is None or not _is_plain(x, weight):
        return F.linear(x, weight, bias)
    return Product.apply(x, weight, bias)


class Product(torch.autograd.Function):
    """a [M, K] and b [N, K] to a b^T [M, N], each row of it plus c [N] where that is given.

    Its derivatives are such products again.
    """

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, c: Tensor | None) -> Tensor:
        ctx.save_for_backward(a, b)
        return PRODUCT(a, b, c, "none", [], "")

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        a, b = ctx.saved_tensors
        for_a, for_b, for_c = ctx.needs_input_grad
        return (
            Product.apply(slope, b.t(), None) if for_a else None,
            Product.apply(slope.t(), a.t(), None) if for_b else None,
            slope.sum(0) if for_c else None,
        )


def _is_plain(x: Tensor, weight: Tensor) -> bool:
    """Whether it is a product of float32 matrices of some size on the CPU, that nobody traces or compiles."""
    return (
        x.device.type == "cpu"
        and x.dim() == 2
        and x.dtype == weight.dtype == torch.float32
        and min(weight.shape) >= SMALL
        and not torch.is_autocast_enabled("cpu")
        and not is_traced()
    )


def is_traced() -> bool:
    """Whether somebody follows what is computed, to compile or to export it: to them layers are torch's own."""
    return torch.compiler.is_compiling() or torch.jit.is_tracing()

"""Penalties on how steep a discriminator is, to be added to its loss.

Each takes the discriminator, its data and what conditions it, and differentiates the logits by the data with a
graph, so that the result teaches the weights. The norm of a gradient is that of one example's, over all its numbers.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganzoo.game.interfaces import Batch


def gradient_penalty(
    d: nn.Module, real: Tensor, fake: Tensor, cond: Batch, weight: float = 10.0, target: float = 1.0
) -> Tensor:
    """Gulrajani et al. 2017, equation 3: ``weight`` E(|grad d(x)| - target)^2, a scalar.

    x lies anywhere on the line from a real example to a fake one, [N, ...] both; where is drawn for every pair by
    itself. Only the weights of ``d`` learn from it.
    """
    share = torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device)  # N, 1, 1, 1
    between = share * real.detach() + (1 - share) * fake.detach()
    slope = slopes(d, between, cond).flatten(1).norm(dim=1)  # N
    return weight * (slope - target).square().mean()


def r1(d: nn.Module, real: Tensor, cond: Batch, weight: float = 1.0) -> Tensor:
    """Mescheder et al. 2018, equation 9: ``weight`` / 2 E|grad d(real)|^2, a scalar; ``weight`` is their gamma."""
    return weight / 2 * slopes(d, real.detach(), cond).square().flatten(1).sum(1).mean()


def slopes(d: nn.Module, x: Tensor, cond: Batch) -> Tensor:
    """The gradient of each example's logit by that example, of the shape of ``x``, with a graph to ``d``'s weights."""
    x = x.detach().requires_grad_()
    judge = getattr(d, "_call_impl", d)  # as it is written: a compiled pass cannot be differentiated twice
    # Summing is free: in a discriminator without batch statistics, logit i depends on example i alone.
    (gradient,) = torch.autograd.grad(judge(x, **cond).sum(), x, create_graph=True)
    return gradient.float()

"""The gradients that several ranks found, made one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim import Optimizer

from ganzoo.train.ranks.world import World


def average(opt: Optimizer, world: World, beside: Sequence[Tensor]) -> None:
    """Put the mean over all ranks in the place of each gradient of an optimizer, and of tensors ``beside`` them.

    A parameter that had no gradient on any rank has none afterwards: an optimizer would move it by its momentum. One
    that had none on some had a gradient of zero there.
    """
    parameters = [p for group in opt.param_groups for p in group["params"]]
    had = torch.ones(len(parameters), device=parameters[0].device)  # a gradient
    missing = [number for number, p in enumerate(parameters) if p.grad is None]
    for number in missing:
        had[number], parameters[number].grad = 0, torch.zeros_like(parameters[number])
    world.average_([*[p.grad for p in parameters], *beside, had])
    if missing:  # only then is the device waited for: it alone knows whether another rank had one
        for number, share in enumerate(had.tolist()):
            if not share:
                parameters[number].grad = None

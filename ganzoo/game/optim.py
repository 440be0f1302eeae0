"""Optimizers over whole networks, in the fastest exact form the device has."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn


def adam(*nets: nn.Module, lr: float, betas: tuple[float, float], eps: float = 1e-8) -> torch.optim.Adam:
    """Adam (Kingma and Ba 2015) over every parameter of ``nets``; one fused kernel where there is one."""
    parameters = [p for net in nets for p in net.parameters()]
    fused = all(p.device.type in ("cpu", "cuda") for p in parameters)
    # float(): TOML's 0 is an int, and Adam refuses a mixed pair.
    return Adam(parameters, lr, (float(betas[0]), float(betas[1])), eps, fused=fused)


class Adam(torch.optim.Adam):
    """torch's Adam, which asks less often what it is to do.

    What torch's methods begin with is taken off: an import of its compiler, which takes nearly as long as torch's own
    and serves only those who compile their optimizer. And where all of a group is updated by one kernel, that is asked
    at once, and not after each parameter was looked at for what cannot be here: 3 % of a step of perceptrons.
    """

    _usual = torch.no_grad()(inspect.unwrap(torch.optim.Adam.step))
    add_param_group = inspect.unwrap(torch.optim.Adam.add_param_group)
    zero_grad = inspect.unwrap(torch.optim.Adam.zero_grad)
    state_dict = inspect.unwrap(torch.optim.Adam.state_dict)
    load_state_dict = inspect.unwrap(torch.optim.Adam.load_state_dict)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """One update of every parameter that has a gradient."""
        learning = [[p for p in group["params"] if p.grad is not None] for group in self.param_groups]
        if closure or not all(map(is_plain, self.param_groups)) or not all(self.state[p] for p in chain(*learning)):
            return self._usual(closure)
        for group, ps in zip(self.param_groups, learning, strict=True):
            if ps:
                self._update(ps, **{name: group[name] for name in TOLD})
        return None

    def _update(self, ps: list[Tensor], betas: tuple[float, float], **told: Any) -> None:
        means, squares, steps = ([self.state[p][name] for p in ps] for name in ("exp_avg", "exp_avg_sq", "step"))
        torch._foreach_add_(steps, 1)
        told |= {"beta1": betas[0], "beta2": betas[1], "amsgrad": False, "maximize": False}
        torch._fused_adam_(ps, [p.grad for p in ps], means, squares, [], steps, **told)


TOLD = ("betas", "lr", "weight_decay", "eps")


def is_plain(group: Mapping[str, Any]) -> bool:
    """Whether one kernel is to update a group, by the paper's rule."""
    return bool(group["fused"]) and not (group["amsgrad"] or group["maximize"] or group["differentiable"])

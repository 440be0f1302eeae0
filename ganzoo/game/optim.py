"""Optimizers over whole networks, in the fastest exact form the device has."""

from __future__ import annotations

import inspect

import torch
from torch import nn


def adam(*nets: nn.Module, lr: float, betas: tuple[float, float], eps: float = 1e-8) -> torch.optim.Adam:
    """Adam (Kingma and Ba 2015) over every parameter of ``nets``; one fused kernel where there is one."""
    parameters = [p for net in nets for p in net.parameters()]
    fused = all(p.device.type in ("cpu", "cuda") for p in parameters)
    # float(): TOML's 0 is an int, and Adam refuses a mixed pair.
    return Adam(parameters, lr, (float(betas[0]), float(betas[1])), eps, fused=fused)


class Adam(torch.optim.Adam):
    """torch's Adam, whose methods do not begin by importing the compiler of torch.

    That import takes nearly as long as torch's own, and serves only those who compile their optimizer. What it is
    wrapped in is taken off: what is left does the same, and knows no gradients, as `step` must not.
    """

    step = torch.no_grad()(inspect.unwrap(torch.optim.Adam.step))
    add_param_group = inspect.unwrap(torch.optim.Adam.add_param_group)
    zero_grad = inspect.unwrap(torch.optim.Adam.zero_grad)
    state_dict = inspect.unwrap(torch.optim.Adam.state_dict)
    load_state_dict = inspect.unwrap(torch.optim.Adam.load_state_dict)

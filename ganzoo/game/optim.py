"""Optimizers over whole networks, in the fastest exact form the device has."""

from __future__ import annotations

from torch import nn
from torch.optim import Adam


def adam(*nets: nn.Module, lr: float, betas: tuple[float, float], eps: float = 1e-8) -> Adam:
    """Adam (Kingma and Ba 2015) over every parameter of ``nets``; one fused kernel where there is one."""
    parameters = [p for net in nets for p in net.parameters()]
    fused = all(p.device.type in ("cpu", "cuda") for p in parameters)
    # float(): TOML's 0 is an int, and Adam refuses a mixed pair.
    return Adam(parameters, lr, (float(betas[0]), float(betas[1])), eps, fused=fused)

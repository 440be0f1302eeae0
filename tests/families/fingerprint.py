"""Fingerprints: what a network says when filled with known numbers.

A wrong slope, padding, epsilon, gain or layer order keeps the parameter count and changes these.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def filler(*shape: int) -> Tensor:
    """Pseudo-random numbers of unit variance that any language can make again: H(shape) of the fact sheets."""
    i = torch.arange(1, torch.Size(shape).numel() + 1, dtype=torch.float64)
    wave = torch.sin(12.9898 * i) * 43758.5453
    return ((wave - wave.floor() - 0.5) * 12**0.5).reshape(shape).float()


@torch.no_grad()
def fill(net: nn.Module) -> nn.Module:
    """Fill every parameter from its own shape: weights scaled by fan-in, biases 0.1 H, other vectors 1 + 0.1 H."""
    for name, p in net.named_parameters():
        if name.endswith("bias"):
            p.copy_(0.1 * filler(*p.shape))
        elif p.dim() == 1:
            p.copy_(1 + 0.1 * filler(*p.shape))
        else:
            p.copy_(filler(*p.shape) / (p.numel() / p.shape[0]) ** 0.5)
    return net


def summary(x: Tensor) -> tuple[float, float, float, float]:
    """Mean, population standard deviation, first and last number."""
    flat = x.detach().double().flatten()
    return flat.mean().item(), flat.std(correction=0).item(), flat[0].item(), flat[-1].item()


def count(net: nn.Module) -> int:
    """Trainable parameters."""
    return sum(p.numel() for p in net.parameters())

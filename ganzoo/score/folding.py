"""A network that is only looked through, in the form that takes least time to look."""

from __future__ import annotations

import torch
from torch import nn


def folded(net: nn.Module) -> nn.Module:
    """The network, changed in place: each layer's batch norm, in evaluation mode, becomes part of its convolution.

    A layer is a module with a convolution ``conv`` and a norm ``bn`` directly after it. The product is formed in double
    precision, so that a weight is rounded once; features move by as much as another order of summation moves them.
    Convolutions come out in the layout in which a CPU is fastest.
    """
    for layer in net.modules():
        conv, norm = getattr(layer, "conv", None), getattr(layer, "bn", None)
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            _fold(conv, norm)
            layer.bn = nn.Identity()
    return net.to(memory_format=torch.channels_last)


def _fold(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
    scale = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
    before = 0 if conv.bias is None else conv.bias.double()
    shift = norm.bias.double() + (before - norm.running_mean.double()) * scale
    weight = conv.weight.double() * scale.view(-1, 1, 1, 1)
    conv.weight, conv.bias = (nn.Parameter(each.to(conv.weight), False) for each in (weight, shift))

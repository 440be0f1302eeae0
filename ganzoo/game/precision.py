"""Arithmetic that must keep its digits where the rest of a pass may lose some."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor


def full_precision(device: torch.device) -> Any:
    """A context in which autocast changes nothing; what comes in from outside may still be in half precision."""
    if torch.amp.is_autocast_available(device.type):
        return torch.autocast(device.type, enabled=False)
    return nullcontext()


def wide(x: Tensor) -> Tensor:
    """The same numbers in float32, where they come in half of it."""
    return x.float() if x.dtype in (torch.bfloat16, torch.float16) else x

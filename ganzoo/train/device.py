"""The shared backend: where a run computes, in which precision and memory layout, and from which seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.errors import RequestError
from ganzoo.train.heap import keep_freed_memory, peak_of_process

PRECISIONS = ("auto", "fp32", "bf16")


@dataclass(frozen=True)
class Backend:
    """One device and how to use it."""

    device: torch.device
    precision: str = "fp32"  # or "bf16": autocast in the forward pass, weights stay in float32
    channels_last: bool = True

    @classmethod
    def choose(cls, device: str = "auto", precision: str = "auto") -> Backend:
        """Resolve ``auto|cpu|cuda[:i]|mps`` and ``auto|fp32|bf16``; RequestError for what is not on this machine."""
        where = _device(device)
        if precision not in PRECISIONS:
            raise RequestError(f"No precision {precision!r}. Use one of {', '.join(PRECISIONS)}.")
        if precision == "auto":
            fast = where.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
            precision = "bf16" if fast else "fp32"
        keep_freed_memory()
        return cls(where, precision)

    def place(self, net: nn.Module) -> nn.Module:
        """Move a network here, its convolution weights in the layout the device is fastest in."""
        layout = torch.channels_last if self.channels_last else torch.preserve_format
        return net.to(self.device, memory_format=layout)

    def autocast(self) -> Any:
        """The precision of a forward pass, as a context."""
        if self.precision == "fp32":
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16)

    def random_state(self) -> dict[str, Tensor]:
        """The state of every generator that training draws from."""
        state = {"cpu": torch.get_rng_state()}
        if self.device.type == "cuda":
            state["cuda"] = torch.cuda.get_rng_state(self.device)
        elif self.device.type == "mps":
            state["mps"] = torch.mps.get_rng_state()
        return state

    def restore_random_state(self, state: Mapping[str, Tensor]) -> None:
        """Put the generators back. A run moved to another kind of device goes on with that device's own seed."""
        torch.set_rng_state(state["cpu"])
        if self.device.type == "cuda" and "cuda" in state:
            torch.cuda.set_rng_state(state["cuda"], self.device)
        elif self.device.type == "mps" and "mps" in state:
            torch.mps.set_rng_state(state["mps"])

    def forked(self) -> Any:
        """A context whose random draws leave training's generators untouched."""
        devices = [self.device] if self.device.type == "cuda" else []
        return torch.random.fork_rng(devices)

    def peak_memory(self) -> int:
        """Most bytes ever held: by torch on CUDA, by the whole process elsewhere."""
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device)
        return peak_of_process()

    def __str__(self) -> str:
        return f"{self.device} {self.precision}"


def _device(name: str) -> torch.device:
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", torch.cuda.current_device())
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise RequestError(f"No device {name!r}. Use auto, cpu, cuda, cuda:1 or mps.") from None
    if device.type == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (device.index or 0) >= count:
            has = f"it has {count} CUDA devices" if count else "it has no CUDA device that torch can use"
            raise RequestError(f"No device {name!r} on this machine: {has}. Use --device auto, or see ganzoo doctor.")
        return torch.device("cuda", device.index or 0)
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise RequestError("No device 'mps' on this machine. Use --device auto, or see ganzoo doctor.")
    if device.type not in ("cpu", "mps"):
        raise RequestError(f"Cannot train on {name!r}. Use auto, cpu, cuda, cuda:1 or mps.")
    return device


@contextmanager
def uncompiled(nets: Mapping[str, nn.Module]) -> Iterator[None]:
    """Forward passes as they are written: another mode or batch would have what is compiled compiled again."""
    compiled = {name: net._compiled_call_impl for name, net in nets.items()}
    for net in nets.values():
        net._compiled_call_impl = None
    try:
        yield
    finally:
        for name, net in nets.items():
            net._compiled_call_impl = compiled[name]


def compile_nets(nets: Mapping[str, nn.Module]) -> Callable[[], None]:
    """Compile every forward pass in place, keeping the state's names; returns what undoes it."""
    for net in nets.values():
        net.compile()

    def undo() -> None:
        for net in nets.values():
            net._compiled_call_impl = None  # the only way back that nn.Module.compile leaves

    return undo

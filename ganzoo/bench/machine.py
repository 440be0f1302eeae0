"""What numbers were measured on, and with: the device by name, the commit, the memory."""

from __future__ import annotations

import ctypes
import gc
import platform
import subprocess
from contextlib import suppress
from pathlib import Path

import torch

import ganzoo


def hardware(device: torch.device) -> str:
    """The name of what computes, as its maker calls it where that can be told."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name" and value.strip():
                return " ".join(value.split())
    return platform.processor() or platform.machine()


def commit() -> str:
    """The commit of the checkout that runs, marked where files were changed since; the version where there is none."""
    root = Path(ganzoo.__file__).resolve().parents[1]
    if (root / ".git").exists():
        describe = ["git", "--no-optional-locks", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=10"]
        with suppress(OSError, subprocess.SubprocessError):
            return subprocess.run(describe, capture_output=True, text=True, check=True, timeout=20).stdout.strip()
    return ganzoo.__version__


def forget_peak(device: torch.device) -> None:
    """Have ``Backend.peak_memory`` count from here on, where the system lets it: CUDA and Linux.

    What was freed before is given back first, for a process that trains keeps it.
    """
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    with suppress(AttributeError, OSError):  # another C library, another system
        ctypes.CDLL(None).malloc_trim(0)
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # the kernel's word for it

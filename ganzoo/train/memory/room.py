"""How much memory a device has left."""

from __future__ import annotations

import os
from pathlib import Path

import torch

MEMORY = Path("/proc/meminfo")
GROUP = Path("/sys/fs/cgroup")  # what a container may have


def free_memory(device: torch.device) -> int | None:
    """Bytes that a new process could take; None where nobody can tell."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory()
    rooms = [room for room in (_of_machine(), _of_group()) if room is not None]
    return min(rooms, default=None)


def _of_machine() -> int | None:
    """What programs could get without the machine having to swap: unused, and cached files."""
    try:
        lines = dict(line.split(":", 1) for line in MEMORY.read_text().splitlines())
        return int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        pass
    try:  # where the machine does not say what is free: all it has
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _of_group() -> int | None:
    """What is left of the limit of a control group, cached files counted as free."""
    try:
        limit, used = (int((GROUP / f"memory.{name}").read_text()) for name in ("max", "current"))
        statistics = dict(line.split() for line in (GROUP / "memory.stat").read_text().splitlines())
        return limit - used + int(statistics.get("inactive_file", 0))
    except (OSError, ValueError):  # no group, or "max": no limit
        return None

"""The heap of this process: what a step gives back is kept, for the next step asks for as much again.

By itself the C library of Linux returns large blocks to the kernel whenever they are freed. Every step then takes its
activations anew, page by page, each of which the kernel first fills with zeros: 3 to 20 % of a step on two cores.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from functools import cache
from pathlib import Path

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # mallopt(3)
NEVER = -1  # to give back what is free at the end of the heap
LARGE = (1 << 30, 32 << 20)  # bytes that are taken from the heap all the same; older libraries know a limit


@cache
def keep_freed_memory() -> bool:
    """Keep freed memory in this process from now on; False where the C library is another one than Linux's glibc.

    GANZOO_RETURN_MEMORY in the environment leaves everything as it is.

    Blocks of one size cannot always be reused for another: the most that is held grows by a quarter in the worst case
    met, and hardly in most.
    """
    if os.environ.get("GANZOO_RETURN_MEMORY"):
        return False
    try:
        if not os.confstr("CS_GNU_LIBC_VERSION"):
            return False
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, ValueError, OSError):  # no such function here, or no such library
        return False
    return bool(mallopt(M_TRIM_THRESHOLD, NEVER)) and any(mallopt(M_MMAP_THRESHOLD, size) for size in LARGE)


def peak_of_process() -> int:
    """Most bytes this process ever held; 0 where the system cannot tell (Windows)."""
    if sys.platform == "linux":  # getrusage would count what the process was before it became this one
        status = Path("/proc/self/status").read_text(encoding="utf-8", errors="replace")
        if found := re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE):
            return int(found[1]) * 1024
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024

"""What can go wrong, each with the exit status it stands for.

A message is one or two lines: what, where, and the next step to take.
"""

from __future__ import annotations

from collections.abc import Iterable


class GanzooError(Exception):
    """Anything ganzoo reports in a line instead of a traceback."""

    exit_status = 1


class RequestError(GanzooError):
    """The request is wrong: an unknown name, a bad value, data that cannot be read."""

    exit_status = 2


class WorkError(GanzooError):
    """The request was right, the work failed: training diverged, the disk is full."""

    exit_status = 1


class Interrupted(GanzooError):
    """Stopped by SIGINT or SIGTERM, or another ``signal``, after a checkpoint was saved."""

    exit_status = 130

    def __init__(self, message: str, signal: int = 0):
        super().__init__(message)
        self.signal = signal


class Said(GanzooError):
    """Another process of the same run has told why; this one only ends, with the same status."""

    def __init__(self, exit_status: int):
        super().__init__("")
        self.exit_status = exit_status


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``" Did you mean dcgan or cgan?"``, or nothing when no known name is near."""
    from difflib import get_close_matches  # only on the way to an error

    near = get_close_matches(name.lower(), list(known), n=3, cutoff=0.5)
    return f" Did you mean {' or '.join(near)}?" if near else ""

"""Durations as people type them: ``90s``, ``10m``, ``1h30m``."""

from __future__ import annotations

import re

from ganzoo.errors import RequestError

SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0}
PATTERN = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?")


def duration(text: str) -> float:
    """Seconds in ``text``; RequestError when it is no positive duration."""
    found = PATTERN.fullmatch(text.strip().lower())
    seconds = sum(float(n) * SECONDS[unit] for n, unit in zip(found.groups(), "hms", strict=True) if n) if found else 0
    if seconds <= 0:
        raise RequestError(f"{text!r} is no duration. Write 90s, 10m or 1h30m.")
    return seconds


def clock(seconds: float) -> str:
    """``1:05`` or ``2:03:10``."""
    minutes, s = divmod(int(seconds), 60)
    hours, m = divmod(minutes, 60)
    return f"{hours}:{m:02}:{s:02}" if hours else f"{m}:{s:02}"

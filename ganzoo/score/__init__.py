"""Measuring what a run draws, and comparing runs: numbers that carry how they were made."""

from __future__ import annotations

from typing import Any

__all__ = ["Exhibit", "Refused"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'ganzoo.score' has no attribute '{name}'")
    from ganzoo.score import exhibit  # torch with it, and who only lists the metrics does not wait for that

    return getattr(exhibit, name)

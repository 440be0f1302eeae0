"""What came of one check."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One promise of the contract, and how it was kept."""

    check: str  # "exact resume"
    kept: bool
    message: str  # what was tried; where it failed, what was seen and what to change


class Broken(Exception):
    """A promise that was not kept; the message says what was seen and what to change."""

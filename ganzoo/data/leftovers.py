"""Leftovers: packs half made, kept for a while to be gone on with."""

from __future__ import annotations

import re
import shutil
import time
from contextlib import suppress
from pathlib import Path

import filelock

from ganzoo.data.journal import Journal

KEPT = 7 * 24 * 3600  # seconds after which one that nobody went on with is removed


def locked(path: Path) -> filelock.FileLock:
    """The lock of a pack: who holds it may build it."""
    return filelock.FileLock(path.with_name(path.name + ".lock"))


def half_made(path: Path) -> Path:
    """The folder in which a pack is made."""
    return path.with_name(path.name + ".building")


def journal_of(path: Path) -> Journal:
    """The journal of a pack in the making."""
    return Journal(path.with_name(path.name + ".journal"))


def remove(path: Path) -> None:
    """Remove what there is of a pack in the making."""
    shutil.rmtree(half_made(path), ignore_errors=True)
    journal_of(path).path.unlink(missing_ok=True)


def sweep(path: Path, place: str) -> None:
    """Remove what stopped builds left and nobody will go on with, before the pack at ``path`` is built.

    That are those that wrote down nothing, the old ones, and any made of what lay at the same place before it changed,
    in the same shape. A build that is at work holds its lock and is left alone.
    """
    for folder in path.parent.glob("*.building"):
        other = folder.with_suffix("")
        if other != path and not _is_wanted(other, (place or None) if _kin(other) == _kin(path) else None):
            with suppress(filelock.Timeout), locked(other).acquire(timeout=0):
                remove(other)


def _is_wanted(path: Path, superseded: str | None) -> bool:
    journal = journal_of(path)
    place = journal.place
    return place is not None and place != superseded and time.time() - journal.path.stat().st_mtime < KEPT


def _kin(path: Path) -> str:
    """What packs of one source in one shape have in common: "set-32px" of "set-32px-0123456789abcdef"."""
    return re.sub(r"-[0-9a-f]{16}$", "", path.name)

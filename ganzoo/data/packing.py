"""Packing: a source decoded into the cache, once, whoever asks and whatever is killed meanwhile."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock
import numpy as np

from ganzoo.data.beside import Beside
from ganzoo.data.cache import cache_folder
from ganzoo.data.pack import Damaged, Pack, write_meta
from ganzoo.data.rows import Rows
from ganzoo.data.source import Chunk, Fault, Source
from ganzoo.errors import RequestError, WorkError

FORMAT = 1  # part of the key: raised when the files or the recipe of decoding change
BUILDING = ".building"  # suffix of a folder that is not yet a pack

Progress = Callable[[int, int], None]  # examples done, of how many

log = logging.getLogger(__name__)


def pack(source: Source, *, size: int, channels: int = 0, progress: Progress | None = None) -> Pack:
    """Open the pack of a source at a size and number of channels, building it first where the cache has none.

    Two processes that ask at once build it once; a build that was killed leaves nothing that counts.

    Raises:
        RequestError: nothing in the source is usable.
        WorkError: the cache cannot be written; the place is named.
    """
    points = "points" in source.gives
    key = json.dumps([FORMAT, source.identity(), *((0, 0) if points else (size, channels))])
    name = re.sub(r"[^\w.-]+", "_", source.name)[:40]
    shape = "points" if points else f"{size}px{channels or ''}"
    path = cache_folder() / "packs" / f"{name}-{shape}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    found = _open(path)
    if found is None:
        with _cache_errors(path.parent), _locked(path):
            _sweep(path)
            found = _open(path, aloud=True) or _build(source, path, size, channels, progress)
    found.name, found.licence = source.name, source.licence  # the same content may have been packed under another name
    return found


def _open(path: Path, aloud: bool = False) -> Pack | None:
    if not path.exists():
        return None
    try:
        return Pack(path)
    except Damaged as damage:
        if aloud:
            log.warning("The pack %s is damaged (%s); it is built again.", path, damage)
        return None


@contextmanager
def _cache_errors(cache: Path) -> Iterator[None]:
    try:
        cache.mkdir(parents=True, exist_ok=True)
        yield
    except (OSError, NotImplementedError) as error:  # the latter: a file system without locks
        reason = getattr(error, "strerror", None) or str(error)
        raise WorkError(
            f"The pack cannot be written to {cache}: {reason}.\n"
            "Make room there, or set GANZOO_CACHE to a folder that has it."
        ) from error


def _locked(path: Path) -> filelock.FileLock:
    return filelock.FileLock(path.with_name(path.name + ".lock"))


def _sweep(path: Path) -> None:
    """Remove what killed builds left: ours, since we hold its lock, and any whose lock nobody holds."""
    shutil.rmtree(path.with_name(path.name + BUILDING), ignore_errors=True)
    for folder in path.parent.glob(f"*{BUILDING}"):
        with (
            suppress(filelock.Timeout),
            _locked(folder.with_name(folder.name.removesuffix(BUILDING))).acquire(timeout=0),
        ):
            shutil.rmtree(folder, ignore_errors=True)


def _build(source: Source, path: Path, size: int, channels: int, progress: Progress | None) -> Pack:
    folder = path.with_name(path.name + BUILDING)
    folder.mkdir()
    try:
        _write(source, folder, size, channels, progress)
        if path.exists():
            shutil.rmtree(path)  # damaged, or it would have been used
        folder.rename(path)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Pack(path)


def _write(source: Source, folder: Path, size: int, channels: int, progress: Progress | None) -> None:
    rows, beside = Rows(folder / "images.npy"), Beside()
    with rows:
        for chunk in _reporting(source.chunks(size, channels), len(source), progress):
            rows.append(chunk.images)
            beside.append(chunk)
    if rows.count == 0:
        raise RequestError(nothing_usable(source.name, beside.faults))
    np.save(folder / "mean.npy", rows.mean())
    beside.save(folder, source)
    write_meta(
        folder,
        name=source.name,
        licence=source.licence,
        source_identity=source.identity(),
        size=size,
        channels=channels,
        hash=beside.hash(rows, source),
        gives=beside.gives(source),
        classes=source.classes,
        words=beside.words(source),
        faults=beside.faults,
    )


def _reporting(chunks: Iterator[Chunk], total: int, progress: Progress | None) -> Iterator[Chunk]:
    done = 0
    for chunk in chunks:
        yield chunk
        done = min(done + len(chunk.images) + len(chunk.faults), total)
        if progress is not None:
            progress(done, total)


def nothing_usable(name: str, faults: Sequence[Fault]) -> str:
    """Say of a source that is all faults what they are."""
    reasons = Counter(fault.reason for fault in faults).most_common(2)
    told = "; ".join(f"{count} x {reason}" for reason, count in reasons)
    example = f", such as {faults[0].file}" if faults else ""
    return f"Nothing usable in '{name}': {told or 'it is empty'}{example}. ganzoo data inspect names every file."

"""Packing: a source decoded into the cache, once, whoever asks and whatever is killed meanwhile."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ganzoo.data.beside import Beside
from ganzoo.data.cache import cache_folder
from ganzoo.data.journal import Journal
from ganzoo.data.leftovers import half_made, journal_of, locked, remove, sweep
from ganzoo.data.pack import Damaged, Pack, write_meta
from ganzoo.data.rows import Rows
from ganzoo.data.source import Chunk, Fault, Source
from ganzoo.errors import Interrupted, RequestError, WorkError

FORMAT = 1  # part of the key: raised when the files or the recipe of decoding change
Progress = Callable[[int, int], None]  # examples done, of how many

log = logging.getLogger(__name__)


def pack(source: Source, *, size: int, channels: int = 0, progress: Progress | None = None) -> Pack:
    """Open the pack of a source at a size and number of channels, building it first where the cache has none.

    Two processes that ask at once build it once. A build that is stopped, by whatever, is gone on with by the next that
    asks, if the source can say how; what was written is checked first, and the pack is the same to the bit.

    Raises:
        RequestError: nothing in the source is usable.
        WorkError: the cache cannot be written; the place is named.
        Interrupted: KeyboardInterrupt came, and there is something to go on with.
    """
    points = "points" in source.gives
    key = json.dumps([FORMAT, source.identity(), *((0, 0) if points else (size, channels))])
    name = re.sub(r"[^\w.-]+", "_", source.name)[:40]
    shape = "points" if points else f"{size}px{channels or ''}"
    path = cache_folder() / "packs" / f"{name}-{shape}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    found = _open(path)
    if found is None:
        with _cache_errors(path.parent), locked(path):
            sweep(path, source.place)
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
            "Make room there and give the same command again, or set GANZOO_CACHE to a folder that has it."
        ) from error


def _build(source: Source, path: Path, size: int, channels: int, progress: Progress | None) -> Pack:
    folder, journal = half_made(path), journal_of(path)
    rows, beside = Rows(folder / "images.npy"), Beside()
    try:
        folder.mkdir(exist_ok=True)
        journal.begin(source.place)
        _write(source, size, channels, rows, beside, journal, progress)
        _finish(source, folder, size, channels, rows, beside)
        if path.exists():
            shutil.rmtree(path)  # damaged, or it would have been used
        folder.rename(path)
        remove(path)
    except BaseException as error:
        if isinstance(error, RequestError) or journal.place is None:
            remove(path)
        elif isinstance(error, KeyboardInterrupt):
            raise Interrupted(
                f"{source.name}: packing stopped after {rows.count:,} of {len(source):,}. "
                "The same command goes on from there."
            ) from None
        raise
    return Pack(path)


def _write(
    source: Source,
    size: int,
    channels: int,
    rows: Rows,
    beside: Beside,
    journal: Journal,
    progress: Progress | None,
) -> None:
    """Write the chunks of a source, those behind what an earlier build left."""
    with rows:
        mark, done = _recovered(source, rows, beside, journal)
        chunks = source.chunks(size, channels) if mark is None else source.chunks_after(size, channels, mark)
        with closing(_reporting(chunks, done, len(source), progress)) as reported:
            for chunk in reported:
                rows.append(chunk.images)
                beside.append(chunk)
                if chunk.mark is not None:
                    rows.flush()
                    journal.write(chunk, rows)


def _recovered(source: Source, rows: Rows, beside: Beside, journal: Journal) -> tuple[Any, int]:
    """Take over what an earlier build wrote and is still what it wrote: the last mark, and how many examples."""
    mark, done, lines = None, 0, 0
    for entry in journal.entries():
        if not rows.recover(entry.count, entry.digest, entry.kind):
            break
        beside.append(entry.chunk)
        mark, lines = entry.chunk.mark, lines + 1
        done = entry.count + len(beside.faults)
    rows.cut()
    journal.keep(lines)
    if rows.count:
        log.warning("%s: going on with a pack begun before, %s of %s.", source.name, f"{done:,}", f"{len(source):,}")
    return mark, done


def _finish(source: Source, folder: Path, size: int, channels: int, rows: Rows, beside: Beside) -> None:
    """Write what stands beside the rows, and last what makes a folder a pack."""
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


def _reporting(chunks: Iterator[Chunk], done: int, total: int, progress: Progress | None) -> Iterator[Chunk]:
    if done and progress is not None:
        progress(min(done, total), total)
    try:
        for chunk in chunks:
            yield chunk
            done = min(done + len(chunk.images) + len(chunk.faults), total)
            if progress is not None:
                progress(done, total)
    finally:
        if isinstance(chunks, Generator):
            chunks.close()  # now, since it may hold processes


def nothing_usable(name: str, faults: Sequence[Fault]) -> str:
    """Say of a source that is all faults what they are."""
    reasons = Counter(fault.reason for fault in faults).most_common(2)
    told = "; ".join(f"{count} x {reason}" for reason, count in reasons)
    example = f", such as {faults[0].file}" if faults else ""
    return f"Nothing usable in '{name}': {told or 'it is empty'}{example}. ganzoo data inspect names every file."

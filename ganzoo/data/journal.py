"""The journal of a pack in the making: a line a chunk, so that a build that was stopped can be gone on with."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ganzoo.data.rows import Rows
from ganzoo.data.source import Chunk, Fault


class Entry(NamedTuple):
    """What was true when a chunk had been written."""

    count: int  # rows there were then
    digest: str  # of all of them
    kind: tuple[str, tuple[int, ...]]  # type and shape of a row
    chunk: Chunk  # all of it but its images


class Journal:
    """Written after the rows it speaks of, so that what it says is there; each line bears its own checksum.

    Its first line says of what place the pack is made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def place(self) -> str | None:
        """What the pack is made of, if there is anything to go on with."""
        lines = self._lines()
        head = next(lines, None)
        return None if head is None or next(lines, None) is None else head["place"]

    def begin(self, place: str) -> None:
        """Go on with what is there, if it speaks of this place; else begin anew."""
        if self.place != place:
            self.path.write_bytes(_line({"place": place}))

    def entries(self) -> Iterator[Entry]:
        """Read what is said of the chunks, as far as the lines are whole."""
        return map(_entry, islice(self._lines(), 1, None))

    def write(self, chunk: Chunk, rows: Rows) -> None:
        """Note that a chunk is written."""
        line = _line(
            {
                "count": rows.count,
                "digest": rows.digest(),
                "kind": rows.kind,
                "mark": chunk.mark,
                "labels": None if chunk.labels is None else _stored(chunk.labels),
                "captions": chunk.captions,
                "attributes": {name: _stored(array) for name, array in (chunk.attributes or {}).items()},
                "faults": [asdict(fault) for fault in chunk.faults],
            }
        )
        with self.path.open("ab") as lines:
            lines.write(line)

    def keep(self, count: int) -> None:
        """Cut off all but the first line and ``count`` chunks."""
        with self.path.open("r+b") as lines:
            for _ in range(1 + count):
                lines.readline()
            lines.truncate(lines.tell())

    def _lines(self) -> Iterator[dict[str, Any]]:
        if not self.path.exists():
            return
        with self.path.open("rb") as lines:
            for line in lines:
                checksum, _, text = line.removesuffix(b"\n").partition(b" ")
                if not line.endswith(b"\n") or checksum != _checksum(text):
                    return  # cut short, by what stopped the build
                yield json.loads(text)


def _checksum(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest()[:16].encode()


def _line(content: dict[str, Any]) -> bytes:
    text = json.dumps(content).encode()
    return _checksum(text) + b" " + text + b"\n"


def _stored(array: np.ndarray) -> list[Any]:
    return [array.dtype.str, array.shape, base64.b64encode(np.ascontiguousarray(array).data).decode()]


def _restored(stored: list[Any]) -> np.ndarray:
    kind, shape, content = stored
    return np.frombuffer(base64.b64decode(content), kind).reshape(shape)


def _entry(line: dict[str, Any]) -> Entry:
    kind, shape = line["kind"]
    chunk = Chunk(
        images=np.empty((0, *shape), kind),
        labels=None if line["labels"] is None else _restored(line["labels"]),
        captions=line["captions"],
        attributes={name: _restored(array) for name, array in line["attributes"].items()} or None,
        faults=tuple(Fault(**fault) for fault in line["faults"]),
        mark=line["mark"],
    )
    return Entry(line["count"], line["digest"], (kind, tuple(shape)), chunk)

"""What a pack holds beside its pictures: labels, captions, attributes and the faults met on the way."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from ganzoo.data.captions import tokenise, vocabulary
from ganzoo.data.rows import Rows
from ganzoo.data.source import Chunk, Fault, Source


class Beside:
    """Collects from chunks what is small enough to keep in memory, and writes it."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self._captions: list[list[str]] = []
        self._labels: list[np.ndarray] = []
        self._attributes: dict[str, list[np.ndarray]] = {}

    def append(self, chunk: Chunk) -> None:
        """Take over what stands beside the images of a chunk."""
        self.faults += chunk.faults
        if chunk.labels is not None:
            self._labels.append(chunk.labels)
        if chunk.captions is not None:
            self._captions += chunk.captions
        for name, rows in (chunk.attributes or {}).items():
            self._attributes.setdefault(name, []).append(rows)

    def gives(self, source: Source) -> list[str]:
        """What an example of the pack has: "text" only where any caption was found."""
        return [each for each in source.gives if each != "text" or any(self._captions)]

    def words(self, source: Source) -> tuple[str, ...]:
        """The vocabulary: that of the source where it has one, so that its parts number words alike."""
        return source.words or vocabulary(self._captions) if any(self._captions) else ()

    def save(self, folder: Path, source: Source) -> None:
        """Write labels, captions, tokens and attributes, those there are."""
        if self._labels:
            np.save(folder / "labels.npy", self._all_labels())
        if self._attributes:
            np.savez(folder / "attributes.npz", **self._all_attributes())
        if any(self._captions):
            np.save(folder / "tokens.npy", tokenise(self._captions, self.words(source)))
            with (folder / "captions.jsonl").open("w", encoding="utf-8") as lines:
                lines.writelines(json.dumps({"text": texts}) + "\n" for texts in self._captions)

    def hash(self, rows: Rows, source: Source) -> str:
        """Hash of all that is packed, equal wherever and in whatever chunks the same content was packed."""
        digest = hashlib.sha256(rows.hash().encode())
        arrays = self._all_attributes() | ({"": self._all_labels()} if self._labels else {})
        for name, array in sorted(arrays.items()):
            digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        digest.update(json.dumps([source.classes, self.words(source), self._captions]).encode())
        return digest.hexdigest()

    def _all_labels(self) -> np.ndarray:
        return np.concatenate(self._labels).astype(np.int64)

    def _all_attributes(self) -> dict[str, np.ndarray]:
        return {name: np.concatenate(rows) for name, rows in self._attributes.items()}

"""A pack: a data set decoded once, in files that are mapped into memory rather than read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ganzoo.data.source import Fault
from ganzoo.zoo.facts import Facts

WHOLE = 64 << 20  # bytes; up to here the check of a file reads all of it
PIECES, PIECE = 256, 64 << 10  # beyond, so many pieces of so many bytes, evenly spaced


class Damaged(Exception):
    """A pack that is not what was once written; the message says in what."""


class Pack:
    """A data set ready to be fed, opened from its folder.

    Raises Damaged where a file is missing, cut short or changed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            meta = json.loads((path / "meta.json").read_bytes())
            for file, digest in meta["files"].items():
                if digest_of(path / file) != digest:
                    raise Damaged(f"{file} has changed")
            self.name: str = meta["name"]
            self.licence: str = meta["licence"]
            self.source_identity: str = meta["source_identity"]
            self.hash: str = meta["hash"]  # sha256 of the packed content, equal on every machine
            self.gives: tuple[str, ...] = tuple(meta["gives"])
            self.faults = tuple(Fault(**fault) for fault in meta["faults"])
            self.images: np.memmap = self._mapped("images.npy")  # uint8 [n, C, H, W], or float32 [n, D] for points
            self.facts = Facts(
                shape=self.images.shape[1:],
                count=len(self.images),
                classes=tuple(meta["classes"]),
                words=tuple(meta["words"]),
                mean=np.load(path / "mean.npy"),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Damaged(f"{type(error).__name__}: {error}") from error

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def labels(self) -> np.ndarray | None:
        """int64 [n], indices into ``facts.classes``."""
        return np.load(self.path / "labels.npy") if "label" in self.gives else None

    @cached_property
    def tokens(self) -> np.memmap | None:
        """int64 [n, K, L]: up to K captions of up to L words an example; 0 pads, k is ``facts.words[k - 1]``."""
        return self._mapped("tokens.npy") if "text" in self.gives else None

    @cached_property
    def captions(self) -> list[list[str]] | None:
        """The captions of every example, as they were written."""
        if "text" not in self.gives:
            return None
        with (self.path / "captions.jsonl").open(encoding="utf-8") as lines:
            return [json.loads(line)["text"] for line in lines]

    @cached_property
    def attributes(self) -> dict[str, np.ndarray] | None:
        """What is known of every example of a drawn set, one row an example."""
        file = self.path / "attributes.npz"
        if not file.exists():
            return None
        with np.load(file) as arrays:
            return dict(arrays)

    def _mapped(self, file: str) -> np.memmap:
        return np.load(self.path / file, mmap_mode="r")


class Pair:
    """Two unpaired domains, each a pack of its own, with the same shape of pictures."""

    gives = ("a", "b")

    def __init__(self, name: str, a: Pack, b: Pack) -> None:
        self.name, self.a, self.b = name, a, b
        self.hash = hashlib.sha256(f"{a.hash}{b.hash}".encode()).hexdigest()
        self.source_identity = f"{a.source_identity}\n{b.source_identity}"
        self.licence = a.licence
        self.faults = (*a.faults, *b.faults)
        self.facts: Facts = a.facts

    def __len__(self) -> int:
        """Count the examples of the larger side."""
        return max(len(self.a), len(self.b))


def digest_of(path: Path) -> str:
    """Digest the size and the content of a file; of a large one, pieces that any cut and most damage would touch."""
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        if size <= WHOLE:
            digest.update(file.read())
        else:
            for piece in range(PIECES):
                file.seek((size - PIECE) * piece // (PIECES - 1))
                digest.update(file.read(PIECE))
    return digest.hexdigest()


def write_meta(path: Path, **meta: Any) -> None:
    """Describe the files of a pack; written last, it makes the folder a pack."""
    files = {file.name: digest_of(file) for file in sorted(path.iterdir())}
    meta["faults"] = [asdict(fault) for fault in meta["faults"]]
    (path / "meta.json").write_text(json.dumps(meta | {"files": files}, indent=1), encoding="utf-8")

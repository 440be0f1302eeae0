"""Shards: pictures in tar files, in the layout of WebDataset; read where they lie, never extracted.

Files of one name but for the suffix are one example: ``000123.jpg`` with ``000123.cls`` (a number or the name of a
class), ``000123.txt`` (a caption) or ``000123.json`` (``label``, ``caption``).
"""

from __future__ import annotations

import glob
import hashlib
import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from ganzoo.data.album import Said
from ganzoo.data.index import read_indexes, stamp
from ganzoo.data.layout import PARTS, PICTURE
from ganzoo.data.pictures import Pictures, printable
from ganzoo.data.source import Fault
from ganzoo.data.tree import READS, Lot, Tree
from ganzoo.errors import RequestError

BRACES = re.compile(r"\{([^{}]*)\}")
RANGE = re.compile(r"(\d+)\.\.(\d+)")


def are_shards(path: Path, name: str) -> bool:
    """Whether a path stands for shards: a tar, a pattern of tars, or a folder with tars and nothing to look into."""
    if path.suffix.lower() == ".tar" or ("{" in name and not path.exists()):
        return True
    if not name or not path.is_dir():
        return False
    found = False
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir() or PICTURE.search(entry.name):
                return False
            found = found or entry.name.lower().endswith(".tar")
    return found


def open_shards(path: Path, parts: Mapping[str, Sequence[str]] | None = None) -> Pictures:
    """Open shards as pictures: those of a path, or files below it that are sorted into parts already.

    Raises RequestError where one of them is missing, or none holds a picture.
    """
    parts = parts or _parts(_files(path))
    tree = Shards(path, [path / file for files in parts.values() for file in files])
    told = [each for index in tree.indexes for each in zip(index.labels, index.captions, strict=True)]
    counts = iter([len(index.names) for index in tree.indexes])
    sizes = {part: sum(islice(counts, len(files))) for part, files in parts.items()}
    faults = [
        Fault(printable(file.name), reason)
        for file, index in zip(tree.files, tree.indexes, strict=True)
        for reason in index.faults
    ]
    said = Said(tree, tree.names, told, sizes, faults)
    if not said.layout.pictures:
        reasons = "; ".join(f"{fault.file}: {fault.reason}" for fault in faults[:2])
        raise RequestError(f"Nothing usable in the shards '{path}': {reasons or 'no file in them is a picture'}.")
    return Pictures(said, "", "train")


class Shards(Tree):
    """The pictures in some tar files, by "shard/name"."""

    suffixes = (".tar",)

    def __init__(self, path: Path, files: Sequence[Path]) -> None:
        super().__init__(path)
        self.name = re.sub(r"[\W_]*(\{[^{}]*\}|\*)+[\W_]*", "", self.name) or path.absolute().parent.name
        self.files = files
        stamps = [f"{file.name}\0{stamp(file)}" for file in files]
        text = "\n".join([READS, "shards", str(self.path), *stamps])
        self._identity = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
        self.indexes = read_indexes(files)
        above = os.path.commonpath([file.parent for file in files])
        self._place: dict[str, tuple[int, int, int]] = {}
        for number, (file, index) in enumerate(zip(files, self.indexes, strict=True)):
            prefix = os.path.relpath(file, above).removesuffix(file.suffix) + "/"
            for name, (offset, size) in zip(index.names, index.places, strict=True):
                self._place[prefix + name] = (number, offset, size)

    @property
    def names(self) -> list[str]:
        """The pictures, in the order they lie in: so a disk reads on and on."""
        return list(self._place)

    @property
    def identity(self) -> str:
        """Hash of the place, and of the names, sizes and times of the shards when their headers were read."""
        return self._identity

    def _find(self) -> dict[str, str]:
        raise NotImplementedError  # names and identity are known otherwise

    def open(self, name: str) -> BinaryIO:
        """Read a member. Raises OSError where it cannot be read."""
        return Slices(self.files).open(self._place[name])

    def lot(self, names: Sequence[str]) -> Lot:
        """Where the members lie: the other process reads them."""
        places = [self._place[name] for name in names]
        first = min(number for number, _, _ in places)
        files = self.files[first : max(number for number, _, _ in places) + 1]
        return Lot(Slices(files), [(number - first, offset, size) for number, offset, size in places])


class Slices:
    """Opens stretches of files."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = files

    def open(self, item: tuple[int, int, int]) -> BinaryIO:
        """Open (which file, offset, size). Raises OSError where it cannot be read."""
        number, offset, size = item
        with open(self._files[number], "rb", buffering=0) as file:
            file.seek(offset)
            return io.BytesIO(file.read(size))


def expand(pattern: str) -> Iterator[str]:
    """Write out braces, as a shell would: "s-{00..02}.tar" is s-00.tar, s-01.tar and s-02.tar; "{a,b}" is a and b."""
    braces = BRACES.search(pattern)
    if braces is None:
        yield pattern
        return
    ends = RANGE.fullmatch(braces[1])
    if ends:
        first, last = int(ends[1]), int(ends[2])
        width = len(ends[1]) if ends[1].startswith("0") or len(ends[1]) == len(ends[2]) else 0
        choices = [f"{number:0{width}}" for number in range(first, last + 1)]
    else:
        choices = braces[1].split(",")
    for choice in choices:
        yield from expand(pattern[: braces.start()] + choice + pattern[braces.end() :])


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        files = [file for file in path.iterdir() if file.suffix.lower() == ".tar" and not file.name.startswith(".")]
        return sorted(file.absolute() for file in files)
    if path.is_file():
        return [path.absolute()]
    files = []
    for name in expand(str(path)):
        if glob.has_magic(name):
            files += sorted(glob.glob(name)) or [name]
        else:
            files.append(name)
    missing = [name for name in files if not os.path.isfile(name)]
    if missing or not files:
        count = f" ({len(missing)} of {len(files)} are missing)" if len(files) > 1 else ""
        raise RequestError(
            f"No shard at '{missing[0] if missing else path}'{count}.\n"
            "Ranges are written as in 'shards-{000..127}.tar', in quotes, with the first and the last number."
        )
    return [Path(name).absolute() for name in files]


def _parts(files: Sequence[Path]) -> dict[str, list[Path]]:
    """Sort shards called train-000.tar, test-000.tar... into parts; others are all to train on."""
    parts: dict[str, list[Path]] = {}
    for file in files:
        parts.setdefault(PARTS.get(re.split(r"[\W\d_]", file.stem.lower())[0], ""), []).append(file)
    if "train" not in parts or "" in parts:
        return {"train": list(files)}
    return {part: parts[part] for part in dict.fromkeys(PARTS.values()) if part in parts}

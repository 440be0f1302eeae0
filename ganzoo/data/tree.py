"""A tree of named files, in a folder or in a zip: what a layout of pictures is read from."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol

from ganzoo.errors import RequestError

JUNK = frozenset({"thumbs.db", "desktop.ini", "__macosx"})  # left behind by file managers
READS = "1"  # part of the identity: raised when the same files come to mean something else
LINES = 4096  # files whose stamps are hashed at a time
LARGEST_MEMBER = 1 << 30  # bytes; a zip promises sizes, and a bomb of one file is not worth inflating


class Lot(NamedTuple):
    """Some files of a tree, so that another process can read them: ``reader.open(item)`` for each of the items."""

    reader: Reader
    items: Sequence[Any]


class Reader(Protocol):
    """What opens the files of a lot; it can be pickled."""

    def open(self, item: Any) -> BinaryIO:
        """Open one. Raises OSError where it cannot be read."""


class Tree(ABC):
    """Files by relative name ("cats/1.png"), as found when first asked for."""

    suffixes = (".zip",)  # of files that are trees; they are no part of the name

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.name = path.resolve().stem if path.suffix.lower() in self.suffixes else path.resolve().name

    @property
    def names(self) -> list[str]:
        """Every file, sorted; no junk, no dot files."""
        return self._listing[0]

    @property
    def identity(self) -> str:
        """Hash of the place, and of every file's name and stamp, which changes when the file may have changed."""
        return self._listing[1]

    @cached_property
    def _listing(self) -> tuple[list[str], str]:
        found = self._find()
        names = sorted(found)
        digest = hashlib.sha256(f"{READS}\n{self.path}".encode("utf-8", "surrogateescape"))
        for start in range(0, len(names), LINES):
            lines = "".join(f"\n{name}\0{found[name]}" for name in names[start : start + LINES])
            digest.update(lines.encode("utf-8", "surrogateescape"))
        return names, digest.hexdigest()  # of a million files the stamps alone would take 120 MB

    @abstractmethod
    def _find(self) -> dict[str, str]:
        """List every file but junk, with its stamp."""

    @abstractmethod
    def open(self, name: str) -> BinaryIO:
        """Open a file. Raises OSError where it cannot be read."""

    def read(self, name: str) -> bytes:
        """Read a whole file. Raises OSError where it cannot be read."""
        with self.open(name) as file:
            return file.read()

    def held(self, name: str) -> bytes | str:
        """Read a whole file; where it cannot be read, say why."""
        try:
            return self.read(name)
        except OSError as error:
            return str(error.strerror or error)

    @abstractmethod
    def lot(self, names: Sequence[str]) -> Lot:
        """Some files, for another process to read."""


class Folder(Tree):
    """Files of a folder and the folders in it; linked folders are followed."""

    suffixes = ()

    def _find(self) -> dict[str, str]:
        found: dict[str, str] = {}
        self._walk(str(self.path), "", frozenset(), found)
        return found

    def _walk(self, folder: str, prefix: str, above: frozenset[str], found: dict[str, str]) -> None:
        real = os.path.realpath(folder)
        if real in above:
            return  # a link to a folder it lies in
        below = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    name = entry.name
                    if name[0] == "." or name.lower() in JUNK:
                        continue
                    if entry.is_dir():
                        below.append(name)
                    else:
                        found[prefix + name] = _stamp(entry)
        except OSError as error:
            raise RequestError(f"Folder '{folder}' cannot be listed: {error.strerror}.") from None
        for name in below:
            self._walk(f"{folder}{os.sep}{name}", f"{prefix}{name}/", above | {real}, found)

    def open(self, name: str) -> BinaryIO:
        """Open a file. Raises OSError where it cannot be read."""
        path = f"{self.path}{os.sep}{name}"
        if not os.path.isfile(path):
            raise OSError("a broken link" if os.path.islink(path) else "not a regular file")  # a pipe never ends
        return open(path, "rb")

    def lot(self, names: Sequence[str]) -> Lot:
        """Names alone: the other process opens the files."""
        return Lot(Folder(self.path), names)


class Archive(Tree):
    """Files of a zip; they are inflated one at a time, never extracted."""

    @cached_property
    def _zip(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self.path)
        except (zipfile.BadZipFile, OSError) as error:
            reason = getattr(error, "strerror", None) or "damaged, or no zip"
            raise RequestError(f"'{self.path}' cannot be read as a zip: {reason}.") from None

    def _find(self) -> dict[str, str]:
        return {
            info.filename: f"{info.file_size} {info.CRC}"
            for info in self._zip.infolist()
            if not info.is_dir() and not any(map(_is_junk, info.filename.split("/")))
        }

    def open(self, name: str) -> BinaryIO:
        """Inflate a file. Raises OSError where it cannot be read."""
        info = self._zip.getinfo(name)
        if info.file_size > LARGEST_MEMBER:
            raise OSError(f"{info.file_size / 2**30:.1f} GiB in one file of the zip")
        try:
            return io.BytesIO(self._zip.read(info))
        except (
            Exception
        ) as error:  # BadZipFile, RuntimeError where it is locked, and zlib, bz2, lzma each raise their own
            raise OSError(f"damaged or locked in the zip: {error}") from None

    def lot(self, names: Sequence[str]) -> Lot:
        """The files' content: to list a large zip again would take the other process longer than decoding."""
        return Lot(Held(), [self.held(name) for name in names])


class Held:
    """Opens what has been read already, or says why it could not be."""

    def open(self, item: bytes | str) -> BinaryIO:
        """Open bytes. Raises OSError with a text."""
        if isinstance(item, str):
            raise OSError(item)
        return io.BytesIO(item)


def _is_junk(part: str) -> bool:
    return part.startswith(".") or part.lower() in JUNK


def _stamp(entry: os.DirEntry[str]) -> str:
    try:
        stat = entry.stat()
    except OSError:
        return "unreadable"  # a broken link; reading it will say so
    return f"{stat.st_size} {stat.st_mtime_ns}"

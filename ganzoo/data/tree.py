"""A tree of named files, in a folder or in a zip: what a layout of pictures is read from."""

from __future__ import annotations

import io
import os
import zipfile
from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from ganzoo.errors import RequestError

JUNK = frozenset({"thumbs.db", "desktop.ini", "__macosx"})  # left behind by file managers
LARGEST_MEMBER = 1 << 30  # bytes; a zip promises sizes, and a bomb of one file is not worth inflating


class Tree(ABC):
    """Files by relative name ("cats/1.png"), as found when first asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.name = path.resolve().stem if path.suffix.lower() == ".zip" else path.resolve().name

    @cached_property
    def stamps(self) -> dict[str, str]:
        """Every file, sorted, with a stamp that changes when it may have changed; no junk, no dot files."""
        found = self._find()
        return {name: found[name] for name in sorted(found) if not any(map(_is_junk, name.split("/")))}

    @abstractmethod
    def _find(self) -> dict[str, str]: ...

    @abstractmethod
    def open(self, name: str) -> BinaryIO:
        """Open a file. Raises OSError where it cannot be read."""

    def read(self, name: str) -> bytes:
        """Read a whole file. Raises OSError where it cannot be read."""
        with self.open(name) as file:
            return file.read()


class Folder(Tree):
    """Files of a folder and the folders in it; linked folders are followed."""

    def _find(self) -> dict[str, str]:
        found: dict[str, str] = {}
        self._walk(self.path, "", frozenset(), found)
        return found

    def _walk(self, folder: Path, prefix: str, above: frozenset[str], found: dict[str, str]) -> None:
        real = os.path.realpath(folder)
        if real in above:
            return  # a link to a folder it lies in
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            raise RequestError(f"Folder '{folder}' cannot be listed: {error.strerror}.") from None
        for entry in entries:
            if _is_junk(entry.name):
                continue
            if entry.is_dir():
                self._walk(Path(entry.path), f"{prefix}{entry.name}/", above | {real}, found)
            else:
                found[prefix + entry.name] = _stamp(entry)

    def open(self, name: str) -> BinaryIO:
        """Open a file. Raises OSError where it cannot be read."""
        path = self.path / name
        if not path.is_file():
            raise OSError("a broken link" if path.is_symlink() else "not a regular file")  # a pipe would wait for ever
        return path.open("rb")


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
        return {info.filename: f"{info.file_size} {info.CRC}" for info in self._zip.infolist() if not info.is_dir()}

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


def _is_junk(part: str) -> bool:
    return part.startswith(".") or part.lower() in JUNK


def _stamp(entry: os.DirEntry[str]) -> str:
    try:
        stat = entry.stat()
    except OSError:
        return "unreadable"  # a broken link; reading it will say so
    return f"{stat.st_size} {stat.st_mtime_ns}"

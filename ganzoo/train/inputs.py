"""Pictures for a run to work on: those somebody gives it, or examples of its own data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Protocol

import numpy as np

from ganzoo.data.decode import Unreadable, decode
from ganzoo.data.layout import PICTURE, natural
from ganzoo.data.pack import Pack
from ganzoo.data.pictures import printable
from ganzoo.data.source import Fault
from ganzoo.data.tree import Archive, Folder
from ganzoo.errors import RequestError


class Inputs(Protocol):
    """Pictures by name; those that cannot be read are collected in ``faults`` as they are met."""

    names: Sequence[str]
    faults: Sequence[Fault]

    def chunks(self, shape: tuple[int, ...], count: int) -> Iterator[tuple[list[str], np.ndarray]]:
        """Names with pictures, uint8 [n, *shape], at most ``count`` at once."""

    def targets(self, folder: Path) -> dict[str, Path]:
        """The file in ``folder`` for what is made of each picture."""


class Examples:
    """Some examples of a pack: number k, for a pack that has fewer, is counted on from its beginning."""

    faults: Sequence[Fault] = ()

    def __init__(self, pack: Pack, rows: Sequence[int]):
        self.pack, self.rows = pack, [row % len(pack) for row in rows]
        self.names = [f"{row:06d}" for row in self.rows]

    def chunks(self, shape: tuple[int, ...], count: int) -> Iterator[tuple[list[str], np.ndarray]]:
        for start in range(0, len(self.rows), count):
            yield self.names[start : start + count], np.asarray(self.pack.images[self.rows[start : start + count]])

    def targets(self, folder: Path) -> dict[str, Path]:
        return {name: folder / f"{name}.png" for name in self.names}


class Given:
    """Pictures somebody gives: a file, a folder with all below it, or a zip; at most ``most``, the first by name."""

    def __init__(self, path: Path, most: int | None = None):
        if not path.exists():
            raise RequestError(f"--input {path}: there is nothing. Give a picture, a folder of pictures, or a zip.")
        is_picture = path.is_file() and path.suffix.lower() != ".zip"
        self.tree = Folder(path.parent if is_picture else path) if is_picture or path.is_dir() else Archive(path)
        found = [path.name] if is_picture else [name for name in self.tree.names if PICTURE.search(name)]
        self.names = sorted(found, key=natural)[:most]
        self.path = path
        self.faults: list[Fault] = []
        if not self.names:
            raise RequestError(f"--input {path}: no pictures in it. ganzoo reads png, jpg, webp, gif, bmp and more.")

    def chunks(self, shape: tuple[int, ...], count: int) -> Iterator[tuple[list[str], np.ndarray]]:
        """As `Inputs` has it, decoded as the data of a run are."""
        for start in range(0, len(self.names), count):
            names, pictures = [], []
            for name in self.names[start : start + count]:
                try:
                    pictures.append(decode(self.tree.read(name), shape[1], shape[0]))
                    names.append(name)
                except Unreadable as error:
                    self.faults.append(Fault(printable(name), str(error)))
                except OSError as error:
                    self.faults.append(Fault(printable(name), f"cannot be read: {error.strerror or error}"))
            if names:
                yield names, np.stack(pictures)

    def targets(self, folder: Path) -> dict[str, Path]:
        """A PNG of the stem of each; RequestError where one of them is an input itself."""
        # A name in a zip may begin with a slash, and must not lead out of the folder.
        targets = {name: folder / PurePosixPath(name.lstrip("/")).with_suffix(".png") for name in self.names}
        if len(set(targets.values())) < len(targets):  # two of one stem
            targets = {name: folder / f"{name.lstrip('/')}.png" for name in self.names}
        inputs = {(self.tree.path / name).resolve() for name in self.names}
        if any(target.resolve() in inputs for target in targets.values()):
            raise RequestError(f"--out {folder} would write over the pictures of --input. Give another folder.")
        return targets

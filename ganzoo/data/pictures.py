"""Pictures of one's own, in a folder or a zip."""

from __future__ import annotations

import copy
import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TypeVar

import numpy as np

from ganzoo.data.captions import read_captions, vocabulary
from ganzoo.data.decode import Look, Unreadable, decode, is_grey, look
from ganzoo.data.layout import Layout, read_layout
from ganzoo.data.source import Chunk, Fault, PairSource, Source, Survey, require_split
from ganzoo.data.tree import Tree
from ganzoo.errors import RequestError

STRETCH = 256  # pictures decoded before any is handed on
READS = "1"  # part of the identity: raised when the same files come to mean something else

T = TypeVar("T")


class Pictures(Source):
    """One part and one side of a tree of pictures."""

    def __init__(self, album: Album, side: str, part: str) -> None:
        self._album, self._side, self._part = album, side, part
        self._names = album.layout.parts[side][part]
        self.name = album.tree.name + (f" ({side})" if side else "")
        self.classes = album.layout.classes
        self.licence = album.licence
        self.splits = tuple(album.layout.parts[side])
        self.words = album.words
        self._faults = album.faults if side != "b" else ()  # what is wrong with the whole is said once
        self.gives = ("image", *(("label",) if self.classes else ()), *(("text",) if album.captions else ()))

    def __len__(self) -> int:
        return len(self._names)

    def identity(self) -> str:
        """Hash the names, sizes and times of all files, or their checksums in a zip."""
        return f"{self._album.identity} {self._side}{self._part}"

    def split(self, name: str) -> Pictures:
        """Return another part of the same pictures."""
        require_split(self, name)
        part = copy.copy(self)  # under the name it was given
        part._part, part._names = name, self._album.layout.parts[self._side][name]
        return part

    def survey(self) -> Survey:
        """Read every picture to its end."""
        looks: list[Look | Fault] = [found for stretch in self._each(look) for found in stretch]
        whole = [(name, found) for name, found in zip(self._names, looks, strict=True) if isinstance(found, Look)]
        per_class = Counter(self._album.layout.label.get(name) for name, _ in whole)
        return Survey(
            count=len(whole),
            sizes=dict(Counter(found.size for _, found in whole).most_common()),
            modes=dict(Counter(found.mode for _, found in whole).most_common()),
            channels=self._channels(),
            classes=self.classes,
            per_class=tuple(per_class[index] for index in range(len(self.classes))),
            captions=sum(bool(self._album.captions.get(name)) for name, _ in whole),
            faults=(*self._faults, *(found for found in looks if isinstance(found, Fault))),
        )

    def chunks(self, size: int, channels: int) -> Iterator[Chunk]:
        """Decode on all processors, in the order of the names."""
        channels = channels or self._channels()
        label, captions = self._album.layout.label, self._album.captions
        faults = self._faults
        names = iter(self._names)
        for stretch in self._each(lambda data: decode(data, size, channels)):
            found = [(next(names), each) for each in stretch]
            whole = [(name, each) for name, each in found if not isinstance(each, Fault)]
            images = [each for _, each in whole]
            yield Chunk(
                images=np.stack(images) if images else np.empty((0, channels, size, size), np.uint8),
                labels=np.array([label[name] for name, _ in whole], np.int64) if label else None,
                captions=[captions.get(name, []) for name, _ in whole] if captions else None,
                faults=(*faults, *(each for _, each in found if isinstance(each, Fault))),
            )
            faults = ()

    def glance(self, count: int, size: int, channels: int = 0) -> Chunk:
        """Decode a few pictures, taken evenly from all folders."""
        few = copy.copy(self)
        if count < len(self):
            few._names = tuple(self._names[place * len(self) // count] for place in range(count))
        return super(Pictures, few).glance(count, size, channels or self._channels())

    def _each(self, read: Callable[[bytes], T]) -> Iterator[list[T | Fault]]:
        """Apply to every file, a stretch at a time; in threads, since Pillow lets go of the interpreter."""

        def attempt(name: str) -> T | Fault:
            try:
                return read(self._album.tree.read(name))
            except Unreadable as error:
                return Fault(printable(name), str(error))
            except OSError as error:
                return Fault(printable(name), f"cannot be read: {error.strerror or error}")

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for start in range(0, len(self._names), STRETCH):
                yield list(pool.map(attempt, self._names[start : start + STRETCH]))

    def _channels(self) -> int:
        """Choose 1 if every picture that can be opened is grey, else 3; a coloured set is known by its first."""
        for name in self._names:
            try:
                with self._album.tree.open(name) as file:
                    if not is_grey(file):
                        return 3
            except (Unreadable, OSError):
                continue
        return 1


class Album:
    """What a tree of pictures says as a whole: shared by its parts and sides."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.layout = read_layout(tree.stamps)
        self.captions, caption_faults = read_captions(tree)
        self.layout, label_faults = _relabelled(self.layout, tree)
        self.words = vocabulary(self.captions.values())
        self.licence = f"see {', '.join(self.layout.documents)}" if self.layout.documents else ""
        self.faults = (
            *(Fault(printable(name), f"not a picture ({_suffix(name)})") for name in self.layout.others),
            *(Fault(printable(name), "lies in none of the parts (train, test...)") for name in self.layout.astray),
            *caption_faults,
            *label_faults,
        )

    @property
    def identity(self) -> str:
        """Hash of where the files lie and what they are called, with their sizes and times or checksums."""
        lines = [READS, str(self.tree.path), *(f"{name}\0{stamp}" for name, stamp in self.tree.stamps.items())]
        return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def open_pictures(tree: Tree) -> Pictures | PairSource:
    """Open a folder or a zip as pictures, or as an unpaired pair where it has ``trainA`` and ``trainB``."""
    album = Album(tree)
    if not album.layout.pictures:
        raise RequestError(_nothing(tree, album.layout))
    if "a" in album.layout.parts:
        a, b = (Pictures(album, side, "train") for side in ("a", "b"))
        return PairSource(tree.name, a, b, album.licence, _is_paired(album.layout))
    return Pictures(album, "", "train")


def _is_paired(layout: Layout) -> bool:
    """Whether the held-out pictures of both domains bear the same names, one by one."""
    a, b = ([PurePosixPath(name).stem for name in layout.parts[side].get("test", ())] for side in ("a", "b"))
    return bool(a) and a == b


def printable(name: str) -> str:
    """Write a file name that is no proper Unicode with backslashes, so that it can be shown and stored."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _nothing(tree: Tree, layout: Layout) -> str:
    if any("idx3-ubyte" in name or "data_batch" in name for name in tree.stamps):
        return (
            f"'{tree.path}' holds a named set in its own format, not pictures.\n"
            f"Use --data mnist, fashion-mnist or cifar10 with GANZOO_DATA={tree.path} in the environment."
        )
    kinds = sorted({_suffix(name) for name in layout.others})
    found = f"only {', '.join(kinds[:5])} files" if kinds else "no files of any use" if tree.stamps else "it is empty"
    return f"No pictures in '{tree.path}': {found}. ganzoo reads png, jpg, webp, gif, bmp, tif and more."


def _suffix(name: str) -> str:
    return PurePosixPath(printable(name)).suffix.lower()


def _relabelled(layout: Layout, tree: Tree) -> tuple[Layout, Sequence[Fault]]:
    """Take labels from a ``dataset.json``, as NVIDIA's tools write it, where there is one."""
    name = min((name for name in tree.stamps if name.rpartition("/")[2] == "dataset.json"), key=len, default=None)
    if name is None:
        return layout, ()
    try:
        entries = json.loads(tree.read(name))["labels"]
        folder = name.removesuffix("dataset.json")
        label = {folder + file: index for file, index in entries or () if isinstance(index, int) and index >= 0}
    except (OSError, ValueError, TypeError, KeyError):
        return layout, (Fault(name, 'expected {"labels": [["file.png", 0], ...]}'),)
    named = {picture for parts in layout.parts.values() for names in parts.values() for picture in names}
    if not named <= label.keys():  # "labels": null, vectors, or some pictures unnamed: a set without labels
        return replace(layout, classes=(), label={}), ()
    classes = tuple(str(index) for index in range(max(label[picture] for picture in named) + 1))
    return replace(layout, classes=classes, label=label), ()

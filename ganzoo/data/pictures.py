"""Pictures of one's own, in a folder or a zip."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from ganzoo.data.album import Said
from ganzoo.data.captions import read_captions, vocabulary
from ganzoo.data.decode import Look
from ganzoo.data.layout import Layout, read_layout
from ganzoo.data.reading import Work, decode_all, grey_all, look_at_all, read_all
from ganzoo.data.source import Chunk, Fault, PairSource, Source, Survey, require_split
from ganzoo.data.tree import Tree
from ganzoo.errors import RequestError

STRETCH = 256  # pictures decoded before any is handed on
LARGEST_STRETCH = 8 << 20  # bytes of pixels in a stretch: several are on their way at once


class Pictures(Source):
    """One part and one side of a tree of pictures."""

    def __init__(self, album: Album | Said, side: str, part: str) -> None:
        self._album, self._side, self._part = album, side, part
        self._names = album.layout.parts[side][part]
        self.name = album.tree.name + (f" ({side})" if side else "")
        self.place = f"{album.tree.path} {side}{part}"
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
        return f"{self._album.tree.identity} {self._side}{self._part}"

    def split(self, name: str) -> Pictures:
        """Return another part of the same pictures."""
        require_split(self, name)
        part = copy.copy(self)  # under the name it was given
        part._part, part._names = name, self._album.layout.parts[self._side][name]
        part.place = f"{self._album.tree.path} {self._side}{name}"
        return part

    def survey(self) -> Survey:
        """Read every picture to its end."""
        whole: list[tuple[str, Look]] = []
        faults: list[Fault] = []
        for names, bad, looks in self._each(look_at_all):
            whole += zip(names, looks, strict=True)
            faults += bad
        per_class = Counter(self._album.layout.label.get(name) for name, _ in whole)
        return Survey(
            count=len(whole),
            sizes=dict(Counter(found.size for _, found in whole).most_common()),
            modes=dict(Counter(found.mode for _, found in whole).most_common()),
            channels=self._channels(),
            classes=self.classes,
            per_class=tuple(per_class[index] for index in range(len(self.classes))),
            captions=sum(bool(self._album.captions.get(name)) for name, _ in whole),
            faults=(*self._faults, *faults),
        )

    def chunks(self, size: int, channels: int) -> Iterator[Chunk]:
        """Decode on all processors, in the order of the names."""
        return self._chunks(size, channels or self._channels(), 0)

    def chunks_after(self, size: int, channels: int, mark: Mapping[str, int]) -> Iterator[Chunk]:
        """Decode the rest: a mark tells how many pictures were read, and the channels that were chosen."""
        return self._chunks(size, mark["channels"], mark["read"])

    def _chunks(self, size: int, channels: int, read: int) -> Iterator[Chunk]:
        label, captions = self._album.layout.label, self._album.captions
        faults = () if read else self._faults
        decode_them = partial(decode_all, size=size, channels=channels)
        for names, bad, images in self._each(decode_them, read, _stretch(size, channels)):
            read += len(names) + len(bad)
            yield Chunk(
                images=images,
                labels=np.array([label[name] for name in names], np.int64) if label else None,
                captions=[captions.get(name, []) for name in names] if captions else None,
                faults=(*faults, *bad),
                mark={"read": read, "channels": channels},
            )
            faults = ()

    def glance(self, count: int, size: int, channels: int = 0) -> Chunk:
        """Decode a few pictures, taken evenly from all folders."""
        few = copy.copy(self)
        if count < len(self):
            few._names = tuple(self._names[place * len(self) // count] for place in range(count))
        return super(Pictures, few).glance(count, size, channels or self._channels())

    def _each(
        self, work: Work, read: int = 0, stretch: int = STRETCH
    ) -> Iterator[tuple[Sequence[str], list[Fault], Any]]:
        """Work on the files from number ``read`` on: names of a stretch of whole ones, the faults, what was found."""
        names, at = self._names[read:], 0
        for found in read_all(self._album.tree, names, work, stretch):
            count = len(found.values) + len(found.bad)
            stretched, at = names[at : at + count], at + count
            faults = [Fault(printable(stretched[place]), reason) for place, reason in found.bad.items()]
            yield [name for place, name in enumerate(stretched) if place not in found.bad], faults, found.values

    def _channels(self) -> int:
        """Choose 1 if every picture that can be opened is grey, else 3; a coloured set is known by its first."""
        with closing(self._each(grey_all)) as looked:
            return 3 if any(False in grey for _, _, grey in looked) else 1


class Album:
    """What a tree of pictures says as a whole: shared by its parts and sides."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.layout = read_layout(tree.names)
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


def open_pictures(tree: Tree) -> Pictures | PairSource:
    """Open a folder or a zip as pictures, or as an unpaired pair where it has ``trainA`` and ``trainB``."""
    album = Album(tree)
    if not album.layout.pictures:
        raise RequestError(_nothing(tree, album.layout))
    if "a" in album.layout.parts:
        a, b = (Pictures(album, side, "train") for side in ("a", "b"))
        return PairSource(tree.name, a, b, album.licence, _is_paired(album.layout))
    return Pictures(album, "", "train")


def _stretch(size: int, channels: int) -> int:
    return max(1, min(STRETCH, LARGEST_STRETCH // (channels * size * size)))


def _is_paired(layout: Layout) -> bool:
    """Whether the held-out pictures of both domains bear the same names, one by one."""
    a, b = ([PurePosixPath(name).stem for name in layout.parts[side].get("test", ())] for side in ("a", "b"))
    return bool(a) and a == b


def printable(name: str) -> str:
    """Write a file name that is no proper Unicode with backslashes, so that it can be shown and stored."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _nothing(tree: Tree, layout: Layout) -> str:
    if any("idx3-ubyte" in name or "data_batch" in name for name in tree.names):
        return (
            f"'{tree.path}' holds a named set in its own format, not pictures.\n"
            f"Use --data mnist, fashion-mnist or cifar10 with GANZOO_DATA={tree.path} in the environment."
        )
    kinds = sorted({_suffix(name) for name in layout.others})
    found = f"only {', '.join(kinds[:5])} files" if kinds else "no files of any use" if tree.names else "it is empty"
    return f"No pictures in '{tree.path}': {found}. ganzoo reads png, jpg, webp, gif, bmp, tif and more."


def _suffix(name: str) -> str:
    return PurePosixPath(printable(name)).suffix.lower()


def _relabelled(layout: Layout, tree: Tree) -> tuple[Layout, Sequence[Fault]]:
    """Take labels from a ``dataset.json``, as NVIDIA's tools write it, where there is one."""
    name = min((name for name in tree.names if name.rpartition("/")[2] == "dataset.json"), key=len, default=None)
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

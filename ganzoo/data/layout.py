"""The layout of a set of pictures: which belong to which part, side and class, read off their names alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

PICTURE = re.compile(
    r"\.(avif|bmp|dib|gif|ico|jfif|jp2|jpe|jpeg|jpg|pbm|pgm|png|pnm|ppm|qoi|tga|tif|tiff|webp)$", re.IGNORECASE
)
USUAL = (".png", ".jpg", ".jpeg")
DOCUMENT = re.compile(r"(licen[cs]e|notice|readme|copying|credits|attribution|citation|sha256sums)\b", re.IGNORECASE)
COMPANIONS = frozenset({"captions.jsonl", "dataset.json"})  # read, though no pictures
PARTS = {"train": "train", "validation": "validation", "valid": "validation", "val": "validation", "test": "test"}


@dataclass(frozen=True)
class Layout:
    """What the names say. ``parts`` has one side called "" or, of an unpaired pair, the sides "a" and "b"."""

    parts: Mapping[str, Mapping[str, tuple[str, ...]]]  # side: part: pictures
    classes: tuple[str, ...] = ()
    label: Mapping[str, int] = field(default_factory=dict)  # picture: index into classes; every picture or none
    documents: tuple[str, ...] = ()  # licences and the like
    others: tuple[str, ...] = ()  # neither pictures nor documents
    astray: tuple[str, ...] = ()  # pictures beside the parts rather than in one

    @property
    def pictures(self) -> int:
        """How many there are in all parts."""
        return sum(len(names) for side in self.parts.values() for names in side.values())


def read_layout(names: Iterable[str]) -> Layout:
    """Sort names into parts, sides and classes.

    ``trainA`` and ``trainB`` make a pair; ``train`` beside ``test`` or ``validation`` makes parts; other folders, if
    there are two or more and no picture lies outside them, are classes. A folder around everything does not count.
    """
    pictures, documents, others = _by_kind(names)
    above = _common_folder(pictures)
    tops = _by_folder(pictures, above)
    rest = {"documents": tuple(documents), "others": tuple(others)}

    if {"traina", "trainb"} <= {top.lower() for top in tops}:
        sides = {side: _parts(tops, side) for side in ("a", "b")}
        return Layout(sides, astray=_astray(pictures, sides), **rest)
    parts = _parts(tops, "")
    if len(parts) < 2 or "train" not in parts:
        return Layout({"": {"train": tuple(pictures)}}, *_classes(tops), **rest)
    of: dict[str, list[str]] = {}
    for top, names_below in tops.items():
        if top.lower() in PARTS:
            for folder, inside in _by_folder(names_below, _folder(above, top)).items():
                of.setdefault(folder, []).extend(inside)
    return Layout({"": parts}, *_classes(of), astray=_astray(pictures, {"": parts}), **rest)


def natural(text: str) -> list[tuple[int, int, str]]:
    """Key that sorts as a person would: "2" before "10"."""
    return [(0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in re.split(r"(\d+)", text) if piece]


def _by_kind(names: Iterable[str]) -> tuple[list[str], list[str], list[str]]:
    pictures, documents, others = [], [], []
    for name in names:
        if name.endswith(USUAL) or PICTURE.search(name):  # most names need no more than this
            pictures.append(name)
            continue
        path = PurePosixPath(name)
        if path.name.lower() in COMPANIONS:
            continue
        if DOCUMENT.match(path.name):
            documents.append(name)
        elif not path.suffix:  # the content will tell
            pictures.append(name)
        else:
            others.append(name)
    return pictures, documents, others


def _common_folder(names: list[str]) -> str:
    """``"set/"`` where every name starts with it, else ``""``."""
    folders = [name.rpartition("/")[0].split("/") for name in (min(names, default=""), max(names, default=""))]
    shared = []
    for one, other in zip(*folders, strict=False):
        if one != other:
            break
        shared.append(one)
    return _folder("", *shared)


def _folder(above: str, *parts: str) -> str:
    return above + "".join(f"{part}/" for part in parts if part)


def _by_folder(names: Iterable[str], above: str) -> dict[str, list[str]]:
    """Sort by the first folder below ``above``: "cats" of "set/cats/1.png" below "set/"; "" lies in no further one."""
    tops: dict[str, list[str]] = {}
    start = len(above)
    for name in names:
        end = name.find("/", start)
        top = name[start:end] if end >= 0 else ""
        if top in tops:
            tops[top].append(name)
        else:
            tops[top] = [name]
    return tops


def _parts(tops: Mapping[str, list[str]], side: str) -> dict[str, tuple[str, ...]]:
    """Sort the pictures of folders called ``train``, ``test``, ..., with the letter of the side behind, into parts."""
    parts: dict[str, tuple[str, ...]] = {}
    for top, names in tops.items():
        part = PARTS.get(top.lower().removesuffix(side)) if top.lower().endswith(side) else None
        if part:
            parts[part] = (*parts.get(part, ()), *names)
    return {part: parts[part] for part in dict.fromkeys(PARTS.values()) if part in parts}


def _astray(pictures: list[str], sides: Mapping[str, Mapping[str, tuple[str, ...]]]) -> tuple[str, ...]:
    if sum(len(names) for parts in sides.values() for names in parts.values()) == len(pictures):
        return ()
    kept = {name for parts in sides.values() for names in parts.values() for name in names}
    return tuple(name for name in pictures if name not in kept)


def _classes(by_folder: Mapping[str, list[str]]) -> tuple[tuple[str, ...], dict[str, int]]:
    """Name the classes and label every picture, if the folders tell at least two apart."""
    if "" in by_folder or len(by_folder) < 2:
        return (), {}
    classes = tuple(sorted(by_folder, key=natural))
    return classes, {name: label for label, folder in enumerate(classes) for name in by_folder[folder]}

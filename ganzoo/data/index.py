"""The index of a shard: which pictures lie in a tar, where, and what is said of them; kept in the cache."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ganzoo.data.cache import cache_folder
from ganzoo.data.crew import Crew
from ganzoo.data.layout import PICTURE
from ganzoo.data.tar import Cut, members
from ganzoo.data.tree import READS

BESIDE = frozenset({"cls", "txt", "text", "caption", "json"})  # suffixes of what is said of a picture
LABELS, TEXTS = ("label", "cls", "class"), ("caption", "text", "txt")  # keys of a .json, the first that is there
LARGEST_NOTE = 1 << 20  # bytes of a file beside a picture; a larger one is something else
MANY = 256 << 20  # bytes of shards whose headers are read by a crew


class Index(NamedTuple):
    """What one shard holds."""

    names: list[str]  # of the pictures, in the order they lie in
    places: list[tuple[int, int]]  # offset and size of each
    labels: list[int | str | None]
    captions: list[list[str]]
    faults: list[str]


def read_indexes(files: Sequence[Path]) -> list[Index]:
    """The index of every shard; those that are new are read, and shelved for the next time."""
    kept = [_place(file) for file in files]
    found = [_kept(place) for place in kept]
    new = [number for number, content in enumerate(found) if content is None]
    tasks = [(files[number],) for number in new]
    if len(new) > 1 and sum(os.path.getsize(files[number]) for number in new) > MANY:
        with Crew() as crew:
            read = list(crew.map(read_index, tasks))
    else:
        read = [read_index(*task) for task in tasks]
    for number, index in zip(new, read, strict=True):
        found[number] = index
        _keep(index, kept[number])
    return found


def read_index(file: Path) -> Index:
    """Read the headers of a shard, and what is said of its pictures; what lies before any damage counts."""
    pictures: dict[str, tuple[str, int, int]] = {}  # key: name, offset, size
    notes: dict[str, dict[str, bytes]] = {}  # key: suffix: content
    faults: list[str] = []
    more: list[str] = []
    try:
        with open(file, "rb", buffering=0) as content:
            for name, offset, size in members(file):
                folder, _, last = name.removeprefix("./").rpartition("/")
                if last.startswith("."):
                    continue
                stem, _, suffix = last.partition(".")
                key = f"{folder}/{stem}"
                if PICTURE.search(last):
                    if key in pictures:
                        more.append(name)
                    else:
                        pictures[key] = (name, offset, size)
                elif suffix.lower() in BESIDE and size <= LARGEST_NOTE:
                    content.seek(offset)
                    notes.setdefault(key, {})[suffix.lower()] = content.read(size)
    except Cut as cut:
        faults.append(f"{cut}; the {len(pictures):,} pictures before that are used" if pictures else str(cut))
    except OSError as error:
        faults.append(f"cannot be read: {error.strerror or error}")
    if more:
        first = more[0].encode("utf-8", "backslashreplace").decode()
        faults.append(f"{len(more):,} further pictures of the same key are left out, such as {first}")
    said = [_said(notes.get(key, {})) for key in pictures]
    return Index(
        names=[name for name, _, _ in pictures.values()],
        places=[(offset, size) for _, offset, size in pictures.values()],
        labels=[label for label, _ in said],
        captions=[texts for _, texts in said],
        faults=faults,
    )


def _said(notes: dict[str, bytes]) -> tuple[int | str | None, list[str]]:
    """The label and the captions of a picture."""
    told = _described(notes.get("json", b""))
    label = next((told[key] for key in LABELS if isinstance(told.get(key), int | str)), None)
    if "cls" in notes:
        label = _text(notes["cls"])
    texts = next((told[key] for key in TEXTS if isinstance(told.get(key), str | list)), [])
    for suffix in ("txt", "text", "caption"):
        if suffix in notes:
            texts = _text(notes[suffix])
    texts = [texts] if isinstance(texts, str) else [each for each in texts if isinstance(each, str)]
    if isinstance(label, str) and label.isdecimal():
        label = int(label)
    return label if label != "" else None, [each for each in texts if each]


def _described(content: bytes) -> dict[str, Any]:
    try:
        told = json.loads(content) if content else {}
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace").strip()


def stamp(file: Path) -> str:
    """A text that changes when a file may have changed."""
    stat = file.stat()
    return f"{stat.st_size} {stat.st_mtime_ns}"


def _place(file: Path) -> Path:
    key = hashlib.sha256(f"{READS}\0{file}\0{stamp(file)}".encode("utf-8", "surrogateescape")).hexdigest()
    return cache_folder() / "shards" / f"{key}.json"


def _kept(place: Path) -> Index | None:
    try:
        return Index(**json.loads(place.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _keep(index: Index, place: Path) -> None:
    """Put it there whole, or leave it: the cache is a convenience."""
    part = place.with_suffix(f".{os.getpid()}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(index._asdict()), encoding="ascii")
        os.replace(part, place)
    except OSError:
        part.unlink(missing_ok=True)

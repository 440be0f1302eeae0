"""Tables: pictures in parquet files, as the Hugging Face hub keeps them; read a group of rows at a time."""

from __future__ import annotations

import hashlib
import io
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ganzoo.data.album import Said, Told
from ganzoo.data.index import stamp
from ganzoo.data.pictures import Pictures
from ganzoo.data.source import Fault
from ganzoo.data.tree import READS, Held, Lot, Tree
from ganzoo.errors import RequestError

PICTURES = ("image", "img", "picture", "jpg", "jpeg", "png", "webp")  # usual names of columns
LABELS = ("label", "labels", "fine_label", "class", "cls", "target")
TEXTS = ("caption", "captions", "text", "texts", "prompt", "description", "sentences")
GROUPS = 3  # groups of rows kept: threads read side by side, in order


def open_tables(folder: Path, parts: Mapping[str, Sequence[str]]) -> Pictures:
    """Open parquet files, sorted into parts, as pictures. Raises RequestError where that cannot be."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise RequestError(f"'{folder}' has parquet files: pip install 'ganzoo[hub]' for what reads them.") from None
    tables = Tables(folder, [folder / file for files in parts.values() for file in files])
    said = tables.said({part: len(files) for part, files in parts.items()})
    if not said.layout.pictures:
        reasons = "; ".join(f"{fault.file}: {fault.reason}" for fault in said.faults[:2])
        raise RequestError(f"Nothing usable in '{folder}': {reasons or 'its tables are empty'}.")
    return Pictures(said, "", "train")


class Tables(Tree):
    """The pictures in some parquet files, by "file/row"."""

    def __init__(self, path: Path, files: Sequence[Path]) -> None:
        super().__init__(path)
        self.files = files
        stamps = [f"{file.relative_to(path).as_posix()}\0{stamp(file)}" for file in files]
        text = "\n".join([READS, "tables", str(self.path), *stamps])
        self._identity = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
        self._lock = threading.Lock()
        self._groups: OrderedDict[tuple[int, int], Any] = OrderedDict()
        self.faults: list[Fault] = []
        self._place: dict[str, tuple[int, int, int]] = {}  # name: file, group, row in it
        self._tables: list[_Table | None] = []
        self.told: list[list[Told]] = []  # of each file
        for number, file in enumerate(files):
            short = file.relative_to(path).with_suffix("").as_posix()
            table, told = self._read(file)
            self._tables.append(table)
            self.told.append(told)
            rows = [(group, row) for group, count in enumerate(table.groups if told else ()) for row in range(count)]
            for place, (group, row) in enumerate(rows):
                self._place[f"{short}/{place:07}"] = (number, group, row)

    @property
    def names(self) -> list[str]:
        """The rows, in their order."""
        return list(self._place)

    @property
    def identity(self) -> str:
        """Hash of the place, and of the names, sizes and times of the files."""
        return self._identity

    def said(self, parts: Mapping[str, int]) -> Said:
        """What the tables say as a whole; the first so many files are of the first part, and so on."""
        sizes, at = {}, 0
        for part, files in parts.items():
            sizes[part] = sum(len(told) for told in self.told[at : at + files])
            at += files
        classes = next((table.classes for table in self._tables if table is not None), ())
        told = [each for of_file in self.told for each in of_file]
        return Said(self, self.names, told, sizes, self.faults, classes)

    def _find(self) -> dict[str, str]:
        raise NotImplementedError  # names and identity are known otherwise

    def open(self, name: str) -> BinaryIO:
        """Read a row. Raises OSError where it cannot be read."""
        number, group, row = self._place[name]
        content = self._group(number, group)[row].as_py()
        if content is None:
            raise OSError("no picture in this row")
        return io.BytesIO(content)

    def lot(self, names: Sequence[str]) -> Lot:
        """The pictures' content: a group of rows is read once, here."""
        return Lot(Held(), [self.held(name) for name in names])

    def _read(self, file: Path) -> tuple[_Table, list[Told]]:
        import pyarrow

        try:
            table = _Table(file)
            return table, table.told()
        except (pyarrow.ArrowException, OSError, ValueError) as error:
            self.faults.append(Fault(file.name, f"cannot be read: {str(error).partition(chr(10))[0]}"))
            return None, []

    def _group(self, number: int, group: int) -> Any:
        import pyarrow

        with self._lock:
            if (number, group) not in self._groups:
                try:
                    self._groups[number, group] = self._tables[number].pictures(group)
                except pyarrow.ArrowException as error:
                    raise OSError(f"damaged: {error}") from None
                while len(self._groups) > GROUPS:
                    self._groups.popitem(last=False)
            return self._groups[number, group]


class _Table:
    """One parquet file: which of its columns is what."""

    def __init__(self, path: Path) -> None:
        from pyarrow import parquet

        self._file = parquet.ParquetFile(path, memory_map=True)
        metadata = self._file.metadata
        self.groups = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
        features = _features(self._file.schema_arrow.metadata or {})
        names = self._file.schema_arrow.names
        self._picture = _column(names, [n for n in names if _kind(features, n) == "Image"], PICTURES)
        if self._picture is None:
            raise ValueError(f"no column of pictures among {', '.join(names[:8])}")
        self._label = _column(names, [n for n in names if _kind(features, n) == "ClassLabel"], LABELS)
        self._text = _column(names, [], TEXTS)
        self.classes = tuple(features[self._label]["names"]) if _kind(features, self._label) == "ClassLabel" else ()

    def told(self) -> list[Told]:
        """The label and the captions of every row."""
        wanted = [name for name in (self._label, self._text) if name is not None]
        rows = self._file.read(columns=wanted).to_pydict() if wanted else {}
        count = sum(self.groups)
        labels, texts = rows.get(self._label, [None] * count), rows.get(self._text, [None] * count)
        return [(_label(label), _texts(text)) for label, text in zip(labels, texts, strict=True)]

    def pictures(self, group: int) -> Any:
        """The encoded pictures of a group of rows."""
        import pyarrow

        column = self._file.read_row_group(group, columns=[self._picture]).column(0).combine_chunks()
        column = column.chunk(0) if isinstance(column, pyarrow.ChunkedArray) else column
        return column.field("bytes") if pyarrow.types.is_struct(column.type) else column


def _features(metadata: Mapping[bytes, bytes]) -> dict[str, Any]:
    """What the writer said of the columns, where it was the hub's own library."""
    try:
        return json.loads(metadata[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError):
        return {}


def _kind(features: Mapping[str, Any], name: str | None) -> str:
    feature = features.get(name)
    return feature.get("_type", "") if isinstance(feature, dict) else ""


def _column(names: Sequence[str], told: Sequence[str], usual: Sequence[str]) -> str | None:
    return next(iter(told), None) or next((name for each in usual for name in names if name.lower() == each), None)


def _label(value: Any) -> int | str | None:
    if isinstance(value, int | np.integer):
        return int(value)
    return value if isinstance(value, str) and value else None


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str) and each]

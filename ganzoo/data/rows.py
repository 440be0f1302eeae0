"""Rows: a large .npy file written a stretch at a time."""

from __future__ import annotations

import hashlib
import io
import math
from pathlib import Path
from types import TracebackType

import numpy as np

Kind = tuple[str, tuple[int, ...]]  # type and shape of a row


class Rows:
    """An .npy file that grows: its header, which tells the count, is written again at the end.

    One that is there already is gone on with: its rows count as far as `recover` finds them.
    """

    def __init__(self, path: Path) -> None:
        self.count = 0
        self._path = path
        self._digest = hashlib.sha256()
        self._none: np.ndarray | None = None  # [0, ...]: type and shape of the rows
        self._sum: np.ndarray | None = None  # [...]
        self._start = 0  # where in the file the rows begin

    def __enter__(self) -> Rows:
        self._file = self._path.open("r+b" if self._path.exists() else "w+b")
        return self

    def recover(self, count: int, digest: str, kind: Kind) -> bool:
        """Take over the next rows of the file, up to ``count`` in all, if the digest of all rows is then this one."""
        if self._none is None and count:
            self._begin(*kind)
        size = (count - self.count) * math.prod(kind[1]) * np.dtype(kind[0]).itemsize
        self._file.seek(self._end())
        read = self._file.read(size)
        grown = self._digest.copy()
        grown.update(read)
        if len(read) != size or grown.hexdigest() != digest:
            return False
        if size:
            self._count(np.frombuffer(read, kind[0]).reshape(-1, *kind[1]))
        self._digest = grown
        return True

    def cut(self) -> None:
        """Forget what the file holds beyond the rows that count."""
        self._file.seek(self._end())
        self._file.truncate()

    def append(self, rows: np.ndarray) -> None:
        """Add rows [n, ...], all of one type and shape."""
        if len(rows) == 0:
            return
        if self._none is None:
            self._begin(rows.dtype.str, rows.shape[1:])
            self._write_header()
        rows = np.ascontiguousarray(rows)
        if (rows.dtype, rows.shape[1:]) != (self._none.dtype, self._none.shape[1:]):
            raise ValueError(f"rows of {rows.dtype} {rows.shape[1:]} after {self._none.dtype} {self._none.shape[1:]}")
        self._file.write(rows.data)
        self._digest.update(rows.data)
        self._count(rows)

    def flush(self) -> None:
        """Hand over to the system all that was added."""
        self._file.flush()

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        with self._file:
            if kind is None and self._none is not None:
                self._write_header()  # numpy leaves space in it for the count to grow

    @property
    def kind(self) -> Kind:
        """Type and shape of a row; of no rows, of a row of nothing."""
        return ("|u1", (0,)) if self._none is None else (self._none.dtype.str, self._none.shape[1:])

    def digest(self) -> str:
        """Hash of the rows so far, content alone."""
        return self._digest.hexdigest()

    def mean(self) -> np.ndarray:
        """Average of each element, float32: of pictures in [-1, 1], of points as they are."""
        mean = self._sum / self.count
        return (mean / 127.5 - 1 if self._none.dtype == np.uint8 else mean).astype(np.float32)

    def hash(self) -> str:
        """Hash of type, shape and content: of what the file says, not of how numpy writes it."""
        digest = self._digest.copy()
        digest.update(f"{self._none.dtype.str} {(self.count, *self._none.shape[1:])}".encode())
        return digest.hexdigest()

    def _begin(self, dtype: str, shape: tuple[int, ...]) -> None:
        self._none = np.empty((0, *shape), dtype)
        # Whole numbers add up to the same mean however the rows were cut into chunks.
        self._sum = np.zeros(shape, np.int64 if self._none.dtype == np.uint8 else np.float64)
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, self._header())
        self._start = header.tell()

    def _count(self, rows: np.ndarray) -> None:
        self._sum += rows.sum(axis=0, dtype=self._sum.dtype)
        self.count += len(rows)

    def _end(self) -> int:
        return self._start + (0 if self._none is None else self.count * self._none.itemsize * self._sum.size)

    def _header(self) -> dict[str, object]:
        return {
            "descr": self._none.dtype.str,
            "fortran_order": False,
            "shape": (self.count, *self._none.shape[1:]),
        }

    def _write_header(self) -> None:
        self._file.seek(0)
        np.lib.format.write_array_header_1_0(self._file, self._header())

"""Rows: a large .npy file written a stretch at a time."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import TracebackType

import numpy as np


class Rows:
    """An .npy file that grows: its header, which tells the count, is written again at the end."""

    def __init__(self, path: Path) -> None:
        self.count = 0
        self._path = path
        self._digest = hashlib.sha256()
        self._none: np.ndarray | None = None  # [0, ...]: type and shape of the rows
        self._sum: np.ndarray | None = None  # [...]

    def __enter__(self) -> Rows:
        self._file = self._path.open("wb")
        return self

    def append(self, rows: np.ndarray) -> None:
        """Add rows [n, ...], all of one type and shape."""
        if len(rows) == 0:
            return
        if self._none is None:
            self._none = rows[:0].copy()
            # Whole numbers add up to the same mean however the rows were cut into chunks.
            self._sum = np.zeros(rows.shape[1:], np.int64 if rows.dtype == np.uint8 else np.float64)
            self._write_header()
        rows = np.ascontiguousarray(rows)
        if (rows.dtype, rows.shape[1:]) != (self._none.dtype, self._none.shape[1:]):
            raise ValueError(f"rows of {rows.dtype} {rows.shape[1:]} after {self._none.dtype} {self._none.shape[1:]}")
        self._file.write(rows.data)
        self._digest.update(rows.data)
        self._sum += rows.sum(axis=0, dtype=self._sum.dtype)
        self.count += len(rows)

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        with self._file:
            if kind is None and self._none is not None:
                self._file.seek(0)
                self._write_header()  # numpy leaves space in it for the count to grow

    def mean(self) -> np.ndarray:
        """Average of each element, float32: of pictures in [-1, 1], of points as they are."""
        mean = self._sum / self.count
        return (mean / 127.5 - 1 if self._none.dtype == np.uint8 else mean).astype(np.float32)

    def hash(self) -> str:
        """Hash of type, shape and content: of what the file says, not of how numpy writes it."""
        digest = self._digest.copy()
        digest.update(f"{self._none.dtype.str} {(self.count, *self._none.shape[1:])}".encode())
        return digest.hexdigest()

    def _write_header(self) -> None:
        shape = (self.count, *self._none.shape[1:])
        header = {"descr": self._none.dtype.str, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._file, header)

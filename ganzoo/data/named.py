"""Named sets of the literature: a local copy where there is one, else downloaded by torchvision."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import math
import os
import socket
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPException
from pathlib import Path

import filelock
import numpy as np
from PIL import Image

from ganzoo.data.cache import cache_folder
from ganzoo.data.decode import fit
from ganzoo.data.source import Chunk, Source, Survey, require_split
from ganzoo.errors import RequestError

DIGITS = tuple("0123456789")
CLOTHES = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
OBJECTS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
STRETCH = 1024  # pictures resized before any is handed on
PATIENCE = 30  # seconds without an answer after which a download is given up
IDX_FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
CIFAR_FILES = {"train": tuple(f"data_batch_{number}" for number in range(1, 6)), "test": ("test_batch",)}

Examples = tuple[np.ndarray, np.ndarray]  # uint8 [n, H, W] or [n, H, W, 3]; int64 [n]


@dataclass(frozen=True)
class Edition:
    """How a named set is stored and where it comes from."""

    name: str
    torchvision: str  # its class there, which also downloads it
    folder: str  # below the root, as torchvision lays it out
    classes: tuple[str, ...]
    licence: str
    files: Mapping[str, tuple[str, ...]]  # of each part, in the folder, perhaps with .gz behind
    read: Callable[[Path, str], Examples]  # (folder, part)


class Named(Source):
    """One part of a named set, found when first asked for."""

    gives = ("image", "label")
    splits = ("train", "test")

    def __init__(self, edition: Edition, part: str = "train") -> None:
        self._edition, self._part = edition, part
        self.name, self.classes, self.licence = edition.name, edition.classes, edition.licence

    def __len__(self) -> int:
        return len(self._examples[1])

    def identity(self) -> str:
        """Hash where the files lie, how large and how old they are."""
        stamps = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in self._files]
        return f"{self._edition.name} {self._part} {hashlib.sha256(repr(stamps).encode()).hexdigest()}"

    def split(self, name: str) -> Named:
        """Return the pictures to train on, or those held out."""
        require_split(self, name)
        if name == self._part:
            return self
        part = Named(self._edition, name)
        part.name, part.licence = self.name, self.licence
        return part

    def survey(self) -> Survey:
        """Count what is there."""
        images, labels = self._examples
        grey = images.ndim == 3
        per_class = Counter(labels.tolist())
        return Survey(
            count=len(labels),
            sizes={(images.shape[2], images.shape[1]): len(labels)},
            modes={"L" if grey else "RGB": len(labels)},
            channels=1 if grey else 3,
            classes=self.classes,
            per_class=tuple(per_class[index] for index in range(len(self.classes))),
        )

    def chunks(self, size: int, channels: int) -> Iterator[Chunk]:
        """Resize as pictures from files are."""
        images, labels = self._examples
        mode = {0: "L" if images.ndim == 3 else "RGB", 1: "L", 3: "RGB", 4: "RGBA"}[channels]
        for start in range(0, len(labels), STRETCH):
            stretch = slice(start, start + STRETCH)
            resized = np.stack([_resized(image, size, mode) for image in images[stretch]])
            yield Chunk(images=resized, labels=labels[stretch])

    @cached_property
    def _files(self) -> list[Path]:
        edition, part = self._edition, self._part
        candidates = (_found(root / edition.folder, edition.files[part]) for root in _roots())
        found = next(filter(None, candidates), None) or _found(_download(edition) / edition.folder, edition.files[part])
        if found is None:
            raise RequestError(
                f"The download of '{self.name}' lacks {', '.join(edition.files[part])}.{_where(edition)}"
            )
        return found

    @cached_property
    def _examples(self) -> Examples:
        folder = self._files[0].parent
        try:
            return self._edition.read(folder, self._part)
        except (OSError, EOFError, ValueError, RuntimeError, zlib.error) as error:
            raise RequestError(
                f"The copy of '{self.name}' in {folder} is damaged: {error}.\n"
                f"Remove that folder to have it downloaded, or put the {self._edition.torchvision} files there again."
            ) from error


def mnist() -> Named:
    """Handwritten digits (LeCun et al. 1998), 28 px, grey."""
    return Named(Edition("mnist", "MNIST", "MNIST/raw", DIGITS, "CC BY-SA 3.0", IDX_FILES, _read_idx))


def fashion_mnist() -> Named:
    """Clothes (Xiao et al. 2017), 28 px, grey."""
    return Named(Edition("fashion-mnist", "FashionMNIST", "FashionMNIST/raw", CLOTHES, "MIT", IDX_FILES, _read_idx))


def cifar10() -> Named:
    """Small photos (Krizhevsky 2009), 32 px, in colour."""
    licence = "none stated by its authors; customary for research"
    return Named(Edition("cifar10", "CIFAR10", "cifar-10-batches-py", OBJECTS, licence, CIFAR_FILES, _read_cifar))


def _roots() -> list[Path]:
    """Folders that may hold named sets, the first that has one wins."""
    own = os.environ.get("GANZOO_DATA")
    return [*([Path(own).expanduser().absolute()] if own else []), Path("data").absolute(), cache_folder() / "data"]


def _found(folder: Path, files: tuple[str, ...]) -> list[Path] | None:
    """The files of a part as they lie in a folder, or None where one is missing."""
    paths = [next((path for path in (folder / file, folder / f"{file}.gz") if path.is_file()), None) for file in files]
    return paths if all(paths) else None


def _where(edition: Edition) -> str:
    place = _roots()[0] / edition.folder
    return f"\nPut its files into {place}, or set GANZOO_DATA to the folder that has {edition.folder}."


def _download(edition: Edition) -> Path:
    from torchvision import datasets  # imports torch: only where there is no other way

    root = cache_folder() / "data"
    before = socket.getdefaulttimeout()
    try:
        root.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(root / f"{edition.name}.lock"), contextlib.redirect_stdout(io.StringIO()):
            socket.setdefaulttimeout(PATIENCE)  # torchvision sets none, and a silent network would hold us for ever
            getattr(datasets, edition.torchvision)(root, download=True)
    except (OSError, HTTPException, RuntimeError) as error:
        reason = getattr(error, "reason", None) or str(error).partition("\n")[0].rstrip(":. ") or type(error).__name__
        raise RequestError(
            f"No copy of '{edition.name}' on this machine, and it cannot be downloaded: {reason}.{_where(edition)}"
        ) from error
    finally:
        socket.setdefaulttimeout(before)
    return root


def _read_idx(folder: Path, part: str) -> Examples:
    images, labels = (_read_idx_file(path) for path in _found(folder, IDX_FILES[part]))
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise ValueError(f"pictures {images.shape} do not go with labels {labels.shape}")
    return images, labels.astype(np.int64)


def _read_idx_file(path: Path) -> np.ndarray:
    """Read bytes in LeCun's format: 0, 0, 8, the number of dimensions, each of them big-endian, then the values."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if data[:3] != b"\0\0\x08":
        raise ValueError(f"{path.name} is no idx file of bytes")
    start = 4 + 4 * data[3]
    shape = np.frombuffer(data[4:start], ">i4").tolist()
    if len(data) - start != math.prod(shape):
        raise ValueError(f"{path.name} has {len(data) - start} values instead of {math.prod(shape)}")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def _read_cifar(folder: Path, part: str) -> Examples:
    from torchvision import datasets  # checks the md5 of these pickles before it opens them

    found = datasets.CIFAR10(folder.parent, train=part == "train", download=False)
    return found.data, np.array(found.targets, np.int64)


def _resized(image: np.ndarray, size: int, mode: str) -> np.ndarray:
    """To uint8 [C, size, size]."""
    pixels = np.asarray(fit(Image.fromarray(image).convert(mode), size))
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)

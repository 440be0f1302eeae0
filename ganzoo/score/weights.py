"""Inception's weights: found, fetched once, and checked before anything is unpickled."""

from __future__ import annotations

import hashlib
import os
import shutil
import urllib.error
import urllib.request
from pathlib import Path

import filelock

from ganzoo.data.cache import cache_folder
from ganzoo.errors import RequestError

FILE = "weights-inception-2015-12-05-6726825d.pth"  # as torch-fidelity publishes it
HASH = "6726825d"  # the SHA-256 of that file begins so
URL = f"https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/{FILE}"
PATIENCE = 15  # seconds without an answer after which the download is given up


def found() -> Path | None:
    """The weights, where they are on this machine already: in ganzoo's cache or in torch's."""
    torch_home = Path(os.environ.get("TORCH_HOME", Path.home() / ".cache" / "torch"))
    places = (_own(), torch_home / "hub" / "checkpoints" / FILE)
    return next((place for place in places if place.is_file()), None)


def fetched(url: str = URL) -> Path:
    """The weights, downloaded if they are not here.

    Raises:
        RequestError: there is no network, or what came is not the published file.
    """
    here = found()
    if here:
        return here
    place = _own()
    part = place.with_suffix(".part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(place.with_suffix(".lock")):
            with urllib.request.urlopen(url, timeout=PATIENCE) as answer, part.open("wb") as file:
                shutil.copyfileobj(answer, file)
            if not is_published(part):
                raise RequestError(f"What {url} gave is not the published file: its hash is another.{_advice()}")
            part.replace(place)
    except OSError as error:
        reason = getattr(error, "reason", None) or error
        if isinstance(error, urllib.error.HTTPError):
            error.close()  # it holds the connection
        raise RequestError(f"Inception's weights cannot be downloaded: {reason}.{_advice()}") from error
    finally:
        part.unlink(missing_ok=True)
    return place


def is_published(file: Path) -> bool:
    """Whether a file is the one that published numbers are made with, to the bit."""
    return digest(file).startswith(HASH)


def digest(file: Path) -> str:
    """SHA-256 of a file."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def check(file: Path) -> None:
    """Refuse, with RequestError, a file that is more than tensors: torch-fidelity would unpickle whatever it finds."""
    import torch

    if not file.is_file():
        raise RequestError(f"No file {file} of weights.")
    if is_published(file):
        return
    try:
        torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # of pickle, of zip, of torch: all mean the same
        raise RequestError(f"{file} is no file of weights: {str(error).strip().splitlines()[0]}") from error


def _own() -> Path:
    return cache_folder() / "weights" / FILE


def _advice() -> str:
    return f"\nPut {FILE} into {_own().parent}, give it with --weights FILE, or use --features bundled."

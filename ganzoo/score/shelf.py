"""Tensors that are costly to make, kept in the cache where the disk will have them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ganzoo.data.cache import cache_folder


def place(kind: str, key: str) -> Path:
    """Where something lies, or will."""
    return cache_folder() / kind / f"{key}.safetensors"


def read(file: Path) -> dict[str, Tensor] | None:
    """What lies there; None where nothing does, or what does was cut short."""
    try:
        return load_file(file)
    except (OSError, SafetensorError):
        return None


def keep(tensors: Mapping[str, Tensor], file: Path) -> None:
    """Put it there whole, or leave it: the cache is a convenience."""
    part = file.with_suffix(f".{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file({key: value.contiguous() for key, value in tensors.items()}, part)
        os.replace(part, file)
    except (OSError, SafetensorError):
        part.unlink(missing_ok=True)

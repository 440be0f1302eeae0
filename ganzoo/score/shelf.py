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
        # Copies, laid out in memory like what was just made: sums of the same numbers then end in the same digits.
        return {name: tensor.clone() for name, tensor in load_file(file).items()}
    except (OSError, SafetensorError):
        return None


def keep(tensors: Mapping[str, Tensor], file: Path) -> dict[str, Tensor]:
    """Put it there whole, or leave it: the cache is a convenience. Gives it back as `read` would."""
    kept = {name: tensor.contiguous() for name, tensor in tensors.items()}
    part = file.with_suffix(f".{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file(kept, part)
        os.replace(part, file)
    except (OSError, SafetensorError):
        part.unlink(missing_ok=True)
    return kept

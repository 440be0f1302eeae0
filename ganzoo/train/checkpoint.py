"""A checkpoint: one safetensors file that is either whole or recognised as damaged, and never unpickled.

The state is a tree of dicts, lists, tuples and plain values with tensors at its leaves. Tensors are stored under
their path in the tree; the tree itself, with those paths in their place, is JSON in the header, beside a
description of the run and a SHA-256 over all of it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ganzoo.errors import WorkError

FORMAT = "ganzoo checkpoint 1"


class Damaged(WorkError):
    """A file that is cut short, altered, or no checkpoint at all."""

    def __init__(self, path: Path, reason: str):
        super().__init__(f"{path} is not a usable checkpoint: {reason}")
        self.path, self.reason = path, reason


def save(path: Path, state: Mapping[str, Any], about: Mapping[str, Any]) -> None:
    """Write atomically: whoever looks sees the whole file or none. WorkError when the disk will not take it."""
    tensors: dict[str, Tensor] = {}
    texts = {"format": FORMAT, "tree": json.dumps(_split(state, "", tensors)), "about": json.dumps(about)}
    part = path.with_suffix(".part")
    try:
        save_file(tensors, part, {**texts, "sha256": _digest(tensors, texts)})
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
        _sync_folder(path.parent)
    except (OSError, SafetensorError) as error:
        part.unlink(missing_ok=True)
        size = sum(t.numel() * t.element_size() for t in tensors.values()) / 1e6
        raise WorkError(
            f"could not write {path} ({size:.0f} MB): {error}. The checkpoint before it is untouched; "
            "make room and run the same command again."
        ) from error


def load(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The state and the description of the run, on the CPU; Damaged unless every byte is as it was written."""
    with _opened(path) as file:
        texts = file.metadata() or {}
        # Copies: what it gives is a window on the file, which may be removed, or cut short under our feet.
        tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 (not a dict)
    _check_format(path, texts)
    if texts.pop("sha256", "") != _digest(tensors, texts):
        raise Damaged(path, "its content does not match its hash")
    return _join(json.loads(texts["tree"]), tensors), json.loads(texts["about"])


def describe(path: Path) -> dict[str, Any]:
    """The description of the run, from the header alone: quick, and unchecked beyond that."""
    with _opened(path) as file:
        texts = file.metadata() or {}
    _check_format(path, texts)
    return json.loads(texts["about"])


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, "pt") as file:
            yield file
    except SafetensorError as error:
        raise Damaged(path, str(error)) from error
    except OSError as error:  # not the file's fault: nothing may conclude that it is worthless
        raise WorkError(f"{path} cannot be read: {error.strerror or error}.") from error


def _check_format(path: Path, texts: Mapping[str, str]) -> None:
    if texts.get("format") != FORMAT or "tree" not in texts or "about" not in texts:
        raise Damaged(path, "it was not written by `ganzoo train`")


def _split(node: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    """The tree as JSON, its tensors moved to ``tensors``."""
    if isinstance(node, Tensor):
        # A copy: safetensors takes neither views nor two names for one storage.
        tensors[path] = node.detach().cpu().clone(memory_format=torch.contiguous_format)
        return {"tensor": path}
    if isinstance(node, Mapping):
        # A list of pairs, because optimizers key their state by number and JSON would make text of it.
        return {"dict": [[key, _split(value, f"{path}/{key}".lstrip("/"), tensors)] for key, value in node.items()]}
    if isinstance(node, list | tuple):
        kind = "tuple" if isinstance(node, tuple) else "list"
        return {kind: [_split(value, f"{path}/{i}", tensors) for i, value in enumerate(node)]}
    if node is None or isinstance(node, bool | int | float | str):
        return {"value": node}
    raise TypeError(f"a checkpoint cannot hold {type(node).__name__} at {path!r}; keep state in tensors and numbers")


def _join(node: dict[str, Any], tensors: Mapping[str, Tensor]) -> Any:
    (kind, content), *_ = node.items()
    match kind:
        case "tensor":
            return tensors[content]
        case "dict":
            return {key: _join(value, tensors) for key, value in content}
        case "list":
            return [_join(value, tensors) for value in content]
        case "tuple":
            return tuple(_join(value, tensors) for value in content)
        case _:
            return content


def _digest(tensors: Mapping[str, Tensor], texts: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    for key in ("format", "tree", "about"):
        digest.update(texts[key].encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # Windows cannot open a folder, and its rename is durable by itself
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""A run's folder: what was asked for, what happened, and what came out of it."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import tomli_w
from filelock import FileLock, Timeout

from ganzoo.errors import RequestError

LOCK = ".lock"  # held while a process trains the run
KEPT = 2  # newest checkpoints kept beside the milestones


class Run:
    """One folder under ``runs/``; light enough to list hundreds of them."""

    def __init__(self, path: Path):
        self.path = path
        self.log = path / "log.jsonl"
        self.samples = path / "samples"
        self.checkpoints = path / "checkpoints"

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def exists(self) -> bool:
        return (self.path / "run.toml").is_file()

    @cached_property
    def about(self) -> dict[str, Any]:
        """The resolved request, as `run.toml` holds it; RequestError when it cannot be read."""
        try:
            return tomllib.loads((self.path / "run.toml").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise RequestError(f"{self.path} is no run: it has no run.toml. See ganzoo runs list.") from None
        except (OSError, ValueError) as error:
            raise RequestError(f"{self.path / 'run.toml'} cannot be read: {error}") from None

    @property
    def request(self) -> dict[str, Any]:
        """The identity of the request; empty where `run.toml` cannot be read."""
        try:
            return self.about.get("request", {})
        except RequestError:
            return {}

    def write_about(self, about: dict[str, Any]) -> None:
        write_text(self.path / "run.toml", tomli_w.dumps(about))
        self.__dict__.pop("about", None)

    # the log

    def append(self, line: dict[str, Any]) -> None:
        with open(self.log, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def lines(self) -> list[dict[str, Any]]:
        """Every whole line of the log; the one a kill cut short is left out."""
        if not self.log.exists():
            return []
        return list(_whole_lines(self.log.read_text(encoding="utf-8")))

    def rewind(self, images: int) -> None:
        """Forget what was logged and drawn after ``images``: the steps since then will be taken again."""
        kept = [line for line in self.lines() if line["images"] <= images and not line.get("done")]
        write_text(self.log, "".join(json.dumps(line) + "\n" for line in kept))
        for picture in self.sheets():
            if int(picture.stem) > images:
                picture.unlink()

    def sheets(self) -> list[Path]:
        """Sample sheets, oldest first."""
        return sorted(self.samples.glob("[0-9]*.png"))

    # the checkpoints

    def checkpoint_path(self, images: int) -> Path:
        self.checkpoints.mkdir(exist_ok=True)
        return self.checkpoints / f"{images:09d}.safetensors"

    def saved(self) -> list[Path]:
        """Checkpoints, newest first."""
        return sorted(self.checkpoints.glob("[0-9]*.safetensors"), reverse=True)

    def sweep(self) -> None:
        """Remove the halves of files that a kill left behind."""
        for folder in (self.path, self.samples, self.checkpoints):
            for half in folder.glob("*.part"):
                half.unlink()

    def prune(self, milestone: int) -> None:
        """Keep the newest checkpoints and the first one past every multiple of ``milestone`` images."""
        reached: set[int] = set()
        newest = set(self.saved()[:KEPT])
        for path in reversed(self.saved()):
            mark = int(path.stem) // milestone
            if path not in newest and mark in reached | {0}:
                path.unlink()
            reached.add(mark)

    @property
    def is_held(self) -> bool:
        """Whether a process is training it right now."""
        if not (self.path / LOCK).exists():
            return False
        try:
            with FileLock(self.path / LOCK, timeout=0):
                return False
        except Timeout:
            return True

    @property
    def bytes(self) -> int:
        """What the folder takes on disk."""
        return sum(path.stat().st_size for path in self.path.rglob("*") if path.is_file())

    @property
    def progress(self) -> tuple[int, bool]:
        """Images shown so far, and whether the run came to its end."""
        lines = self.lines()
        return (lines[-1]["images"], bool(lines[-1].get("done"))) if lines else (0, False)


def _whole_lines(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def write_text(path: Path, text: str) -> None:
    """Replace a small file in one move."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)

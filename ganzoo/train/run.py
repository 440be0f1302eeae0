"""A run's folder: what was asked for, what happened, and what came out of it."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from ganzoo.errors import RequestError

LOCK = ".lock"  # held while a process trains the run
PATIENCE = 2.0  # seconds; whoever only looks whether a run is held holds it for an instant
KEPT = 2  # newest checkpoints kept beside the milestones


class Run:
    """One folder under ``runs/``; light enough to list hundreds of them."""

    def __init__(self, path: Path):
        self.path = path
        self.name = Path(os.path.abspath(path)).name  # "." has one too
        self.log = path / "log.jsonl"
        self.samples = path / "samples"
        self.checkpoints = path / "checkpoints"

    @property
    def exists(self) -> bool:
        return (self.path / "run.toml").is_file()

    @cached_property
    def about(self) -> dict[str, Any]:
        """The resolved request, as `run.toml` holds it; RequestError when it cannot be read."""
        file = self.path / "run.toml"
        try:
            about = tomllib.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise RequestError(f"{self.path} is no run: it has no run.toml. See ganzoo runs list.") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise RequestError(f"{file} cannot be read: {reason}. Mend it, or use another --name.") from None
        if not isinstance(about.get("request"), dict):
            raise RequestError(f"{file} was not written by ganzoo train: it has no [request].")
        return about

    @property
    def request(self) -> dict[str, Any]:
        """The identity of the request; empty where `run.toml` cannot be read."""
        try:
            return self.about["request"]
        except RequestError:
            return {}

    def write_about(self, about: dict[str, Any]) -> None:
        import tomli_w

        write_text(self.path / "run.toml", tomli_w.dumps(about))
        self.__dict__.pop("about", None)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes from training it meanwhile; RequestError where one does already."""
        with locked(self.path / LOCK, f"{self.path} is being trained by another process. Wait for it, or use --new."):
            yield

    @property
    def is_held(self) -> bool:
        """Whether a process is training it right now."""
        if not (self.path / LOCK).exists():
            return False
        from filelock import FileLock, Timeout  # here: most runs of a list have no lock to look at

        try:
            with FileLock(self.path / LOCK, timeout=0):
                return False
        except Timeout:
            return True
        except OSError:  # where nobody can write, nobody trains
            return False

    # the log

    def append(self, line: dict[str, Any]) -> None:
        with open(self.log, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def lines(self) -> list[dict[str, Any]]:
        """Every whole line of the log; the one a kill cut short is left out."""
        try:
            return list(_whole_lines(self.log.read_text(encoding="utf-8", errors="replace")))
        except OSError:
            return []

    def rewind(self, images: int) -> None:
        """Forget what was logged and drawn after ``images``: the steps since then will be taken again."""
        kept = "".join(json.dumps(line) + "\n" for line in self.lines() if line["images"] <= images)
        if not self.log.exists() or self.log.read_text(encoding="utf-8", errors="replace") != kept:
            write_text(self.log, kept)
        for sheet in self.sheets():
            if int(sheet.stem) > images:
                sheet.unlink()

    def sheets(self) -> list[Path]:
        """Sample sheets, oldest first."""
        return sorted(self.samples.glob("[0-9]*.png"))

    # the scores

    def keep_scores(self, record: dict[str, Any]) -> None:
        """Add one evaluation to `metrics.jsonl`."""
        with open(self.path / "metrics.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def scores(self) -> list[dict[str, Any]]:
        """Every evaluation, oldest first; a line that a kill cut short is left out."""
        try:
            return list(_whole_lines((self.path / "metrics.jsonl").read_text(encoding="utf-8", errors="replace")))
        except OSError:
            return []

    # the checkpoints

    def checkpoint_path(self, images: int) -> Path:
        self.checkpoints.mkdir(exist_ok=True)
        return self.checkpoints / f"{images:09d}.safetensors"

    def saved(self) -> list[Path]:
        """Checkpoints, newest first."""
        return sorted(self.checkpoints.glob("[0-9]*.safetensors"), reverse=True)

    def set_aside(self, checkpoint: Path) -> None:
        """Take a damaged checkpoint out of the row, without destroying what somebody may still want to look at."""
        os.replace(checkpoint, checkpoint.with_suffix(".damaged"))

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
    def bytes(self) -> int:
        """What the folder takes on disk."""
        total = 0
        for path in self.path.rglob("*"):
            with suppress(FileNotFoundError):  # it may be in training
                total += path.stat().st_size
        return total

    @property
    def progress(self) -> tuple[int, bool]:
        """Images shown so far, and whether the run came to its end."""
        lines = self.lines()
        return (lines[-1]["images"], bool(lines[-1].get("done"))) if lines else (0, False)


def _whole_lines(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        with suppress(ValueError):
            values = json.loads(line)
            if isinstance(values, dict) and isinstance(values.get("images"), int):
                yield values


@contextmanager
def locked(lock: Path, refusal: str) -> Iterator[None]:
    """Hold a lock file; RequestError with ``refusal`` where another process holds it, or where none can be made."""
    from filelock import FileLock, Timeout

    guard = FileLock(lock, timeout=PATIENCE)
    try:
        guard.acquire()
    except Timeout:
        raise RequestError(refusal) from None
    except OSError as error:
        raise RequestError(f"Cannot write to {lock.parent}: {error.strerror}. Choose a folder with --runs.") from None
    try:
        yield
    finally:
        guard.release()


def write_text(path: Path, text: str) -> None:
    """Replace a small file in one move."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)

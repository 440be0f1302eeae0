"""The runs folder: naming a run, finding it again, and telling whether a request was made before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ganzoo.errors import RequestError, did_you_mean
from ganzoo.train.run import LOCK, Run, locked


class Runs:
    """All runs in one folder."""

    def __init__(self, folder: Path | str = "runs"):
        self.folder = Path(folder)

    def all(self) -> list[Run]:
        """Every run, the one most recently worked on last."""
        if not self.folder.is_dir():
            return []
        found = [Run(path) for path in self.folder.iterdir() if (path / "run.toml").is_file()]
        return sorted(found, key=_last_touched)

    def find(self, name: str) -> Run:
        """The run of that name or path, or the ``latest``; RequestError with near misses."""
        if name == "latest":
            if not (runs := self.all()):
                raise RequestError(f"No runs in {self.folder}. Start one: ganzoo train dcgan")
            return runs[-1]
        for path in (self.folder / name, Path(name)):
            if (path / "run.toml").is_file():
                return Run(path)
        if Path(name).is_dir():
            raise RequestError(f"{name} is no run: it has no run.toml. See ganzoo runs list.")
        near = did_you_mean(name, [run.name for run in self.all()])
        raise RequestError(f"No run {name!r} in {self.folder}.{near} See ganzoo runs list.")

    def named(self, name: str) -> Run:
        """The run that is or would be called ``name``; RequestError where no folder can have that name."""
        if name != folder_name(name) or name == "latest":
            raise RequestError(
                f"A run cannot be called {name!r}. Use letters, digits and . _ + - in --name, as in first-try.2"
            )
        return Run(self.folder / name)

    def create(self, name: str) -> Run:
        """A new folder called ``name``, or ``name-2``, ``name-3``, ... where that is taken."""
        name = folder_name(name)
        number = 1
        while True:
            path = self.folder / (name if number == 1 else f"{name}-{number}")
            with self._writing():
                path.mkdir(parents=True, exist_ok=True)
                if is_free(path):
                    return Run(path)
            number += 1

    @contextmanager
    def claiming(self) -> Iterator[None]:
        """One process at a time looks for its run and creates it; two equal requests never become two runs."""
        with self._writing():
            self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder / LOCK, f"{self.folder} is busy: another process is creating a run. Try again."):
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RequestError(
                f"Cannot write to {self.folder}: {error.strerror}. Choose a folder with --runs."
            ) from None


def folder_name(text: str) -> str:
    """``text`` as every file system takes it."""
    return re.sub(r"[^\w.+-]+", "-", text).strip("-.") or "run"


def is_free(folder: Path) -> bool:
    """Whether there is nothing in it but what a process leaves that was killed before its first line."""
    return folder.is_dir() and not any(entry.name != LOCK and entry.suffix != ".part" for entry in folder.iterdir())


def _last_touched(run: Run) -> tuple[float, str]:
    touched = 0.0
    for path in (run.log, run.path / "run.toml"):
        with suppress(FileNotFoundError):
            touched = max(touched, path.stat().st_mtime)
    return touched, run.name

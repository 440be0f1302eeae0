"""The runs folder: naming a run, finding it again, and telling whether a request was made before."""

from __future__ import annotations

import re
from pathlib import Path

from ganzoo.errors import RequestError, did_you_mean
from ganzoo.train.run import LOCK, Run


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

    def create(self, name: str) -> Run:
        """A new folder called ``name``, or ``name-2``, ``name-3``, ... where that is taken."""
        name = re.sub(r"[^\w.+-]+", "-", name).strip("-.") or "run"
        number = 1
        while True:
            path = self.folder / (name if number == 1 else f"{name}-{number}")
            try:
                path.mkdir(parents=True, exist_ok=True)
                # A process killed before its first line leaves a folder with nothing in it: free to take.
                if not any(entry.name != LOCK for entry in path.iterdir()):
                    return Run(path)
            except OSError as error:
                raise RequestError(f"Cannot create {path}: {error.strerror}. Choose a folder with --runs.") from None
            number += 1


def _last_touched(run: Run) -> tuple[float, str]:
    marks = [path for path in (run.log, run.path / "run.toml") if path.exists()]
    return max(path.stat().st_mtime for path in marks), run.name

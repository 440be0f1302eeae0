"""The opponent: a training step of one's own, found by ``PATH.py:function``."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from ganzoo.bench.subject import Subject
from ganzoo.errors import GanzooError, RequestError, WorkError, did_you_mean

USAGE = "Write a function that takes a ganzoo.bench.subject.Subject and returns step(number)."


class Opponent:
    """A function of a file, ready to be given its subject.

    Raises:
        RequestError: there is no such file, or no such function in it.
        WorkError: the file cannot be imported.
    """

    needs_subject = True

    def __init__(self, target: str) -> None:
        path, colon, self.function = target.rpartition(":")
        if not (colon and path and self.function):
            raise RequestError(f"--against {target}: expected PATH.py:function, as in steps.py:plain.")
        self.target, self.path = target, Path(path).expanduser()
        if not self.path.is_file():
            raise RequestError(f"--against {target}: there is no file {self.path}. {USAGE}")
        module = self._imported()
        make = getattr(module, self.function, None)
        if not callable(make):
            known = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
            near = did_you_mean(self.function, known) or f" {USAGE}"
            raise RequestError(f"{self.path} has no function '{self.function}'.{near}")
        self._make = make
        self._step: Callable[[int], Any] | None = None

    def meet(self, subject: Subject) -> None:
        """Let the function make its step."""
        step = self._guarded(self._make, subject)
        if not callable(step):
            raise RequestError(f"{self.target} returned {type(step).__name__}, and no step. {USAGE}")
        self._step = step

    def step(self, number: int) -> None:
        """Take one step. Raises WorkError where the function's own code fails."""
        assert self._step is not None, "meet a subject first"
        self._guarded(self._step, number)

    def _imported(self) -> ModuleType:
        path = self.path.resolve()
        spec = importlib.util.spec_from_file_location(f"against_{path.stem}", path)
        if spec is None or spec.loader is None:
            raise RequestError(f"--against {self.target}: {self.path} is no Python file. {USAGE}")
        module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # dataclasses look it up there
        sys.path.insert(0, str(path.parent))  # what lies beside it can be imported, as of a script
        try:
            self._guarded(spec.loader.exec_module, module)
        finally:
            sys.path.remove(str(path.parent))
        return module

    def _guarded(self, call: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return call(*arguments)
        except (GanzooError, torch.OutOfMemoryError):
            raise
        except Exception as error:  # of any kind: it is the code of a stranger
            reason = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
            frames = [
                each for each in traceback.extract_tb(error.__traceback__) if each.filename == str(self.path.resolve())
            ]
            where = f", line {frames[-1].lineno}" if frames else ""
            raise WorkError(
                f"{self.path}{where}: {reason}\nWith --debug the same command shows how it came to that."
            ) from error

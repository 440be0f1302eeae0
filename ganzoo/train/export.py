"""Exporting: a run's programs as files that need no ganzoo, and the proof that they draw what the run draws.

"onnx" goes to whatever runs ONNX, browsers included; "pt2" to torch alone, by `torch.export.load`.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.export import Dim, ExportedProgram

from ganzoo.errors import RequestError, WorkError
from ganzoo.train.program import Program
from ganzoo.train.trained import Trained
from ganzoo.zoo.distributions import own_version

LOOKED_AT = (0, 1)  # seeds of the examples that a program is traced with
COMPARED = ((0,), (0, 1, 2, 3, 4))  # batches that it has to draw as the run does, of other sizes than that
MOST = 1e-3  # that anything may be off, of [-1, 1]
NEEDED = ("onnx", "onnxscript")
LARGEST = 2 << 30  # bytes in one ONNX file
KEY = "ganzoo"  # of what a file says of itself

Runner = Callable[[dict[str, Tensor]], Tensor]


@dataclass(frozen=True)
class Exported:
    """One file."""

    path: Path
    program: Program
    checked_by: str  # what ran it again; empty where nothing here can
    difference: float  # at most, from what ganzoo computes

    def record(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        return {
            "path": str(self.path),
            "bytes": self.path.stat().st_size,
            "inputs": {each.name: each.record() for each in self.program.inputs},
            "output": {self.program.output: ["n", *self.program.expected(LOOKED_AT).shape[1:]]},
            "checked_by": self.checked_by or None,
            "difference": self.difference if self.checked_by else None,
        }


def export(trained: Trained, program: Program, kind: str, path: Path) -> Exported:
    """Write one program, run what was written, and compare.

    Args:
        kind: "onnx" or "pt2".
        path: all of it or nothing is written there.

    Raises:
        RequestError: packages that are needed are not installed, or the file would be too large for its kind.
        WorkError: the family cannot be exported, or what was written computes something else.
        OSError: it cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        with _quiet():
            KINDS[kind](_traced(trained, program), _about(trained, program), part)
            name, run = RUNNERS[kind](part)
            difference = _difference(program, run) if run else 0.0
        if not difference <= MOST:  # nor where it is no number
            raise WorkError(
                f"{path} would not draw what {trained.name} draws: {name} is off by {difference:.2g}.\n"
                "Nothing is written."
            )
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return Exported(path, program, name, difference)


def require(kind: str) -> None:
    """Refuse a kind whose packages are missing."""
    missing = [name for name in NEEDED if kind == "onnx" and not find_spec(name)]
    if missing:
        raise RequestError(
            f"--to onnx needs {' and '.join(missing)}: pip install 'ganzoo[onnx]'. --to pt2 needs nothing."
        )


def _traced(trained: Trained, program: Program) -> ExportedProgram:
    shapes = {each.name: {0: Dim("n")} for each in program.inputs}
    try:
        return torch.export.export(program.signed(), (), program.examples(LOOKED_AT), dynamic_shapes=shapes)
    except Exception as error:  # of any kind: a stranger's network under a tracer
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise WorkError(
            f"{trained.family.name} cannot be exported: torch.export says: {reason}\n"
            "Where a network decides in Python what to do with numbers, it has to decide with tensors."
        ) from error


def _about(trained: Trained, program: Program) -> dict[str, Any]:
    """What a file says of itself, that its pictures are synthetic first of all."""
    return {
        "synthetic": True,
        "run": trained.name,
        "family": trained.family.name,
        "data": trained.request["data"],
        "images": trained.now.images,
        "weights": trained.weights,
        "ganzoo": own_version(),
        "inputs": {each.name: each.record() for each in program.inputs},
        "output": program.output,
    }


def _write_pt2(traced: ExportedProgram, about: dict[str, Any], path: Path) -> None:
    with path.open("wb") as file:  # torch asks for its own suffix of a name
        torch.export.save(traced, file, extra_files={KEY: json.dumps(about, ensure_ascii=False)})


def _write_onnx(traced: ExportedProgram, about: dict[str, Any], path: Path) -> None:
    if sum(p.nbytes for p in traced.state_dict.values()) > LARGEST:
        raise RequestError("An ONNX file holds 2 GB, and these networks are larger. Try --to pt2.")
    made = torch.onnx.export(traced, dynamo=True, verbose=False, output_names=[about["output"]])
    made.model.metadata_props[KEY] = json.dumps(about, ensure_ascii=False)
    made.save(path, external_data=False)


def _run_pt2(path: Path) -> tuple[str, Runner]:
    with path.open("rb") as file:
        module = torch.export.load(file).module()
    return f"torch {torch.__version__}", lambda given: module(**given)


def _run_onnx(path: Path) -> tuple[str, Runner | None]:
    if not find_spec("onnxruntime"):
        return "", None
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def run(given: dict[str, Tensor]) -> Tensor:
        return torch.from_numpy(session.run(None, {name: value.numpy() for name, value in given.items()})[0])

    return f"onnxruntime {onnxruntime.__version__}", run


KINDS = {"onnx": _write_onnx, "pt2": _write_pt2}
RUNNERS: dict[str, Callable[[Path], tuple[str, Runner | None]]] = {"onnx": _run_onnx, "pt2": _run_pt2}


@torch.no_grad()
def _difference(program: Program, run: Runner) -> float:
    """The largest between what a file computes and what ganzoo does; not a number where either is none."""
    found = [(run(program.examples(seeds)) - program.expected(seeds)).abs().max() for seeds in COMPARED]
    return torch.stack(found).max().item()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Tracers and converters tell those who write them what they do."""
    said = logging.root.manager.disable
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(said)

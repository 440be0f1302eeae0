"""`ganzoo export`: a run as files for others, who need no ganzoo to draw from them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.output import print_json, print_note
from ganzoo.errors import RequestError, did_you_mean

if TYPE_CHECKING:
    from ganzoo.train.export import Exported

KINDS = ("onnx", "pt2")
MIB = 1 << 20


def export(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A name in the runs folder, a path, or latest.")],
    to: Annotated[str, typer.Option(metavar="onnx|pt2", help="onnx for any runtime, pt2 for torch.")],
    out: Annotated[Path | None, typer.Option(help="A file; by itself it is called as the run is.")] = None,
    runs: Annotated[Path, typer.Option(help="The folder of all runs.")] = Path("runs"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Write a run as a file that draws without ganzoo, and prove that it draws the same."""
    if to not in KINDS:
        raise RequestError(f"--to {to}: expected onnx or pt2.{did_you_mean(to, KINDS)}")
    if out and out.suffix.lower() != f".{to}":
        raise RequestError(f"--out {out}: --to {to} writes a .{to}. Give {out.with_suffix(f'.{to}')}.")
    from ganzoo.train.export import export as write
    from ganzoo.train.export import require
    from ganzoo.train.program import programs_of
    from ganzoo.train.runs import Runs
    from ganzoo.train.trained import open_trained

    require(to)
    trained = open_trained(run, Runs(runs), "cpu")
    place = out or Path(f"{trained.name}.{to}")
    written = []
    for program in programs_of(trained):
        path = place.with_name(place.stem + program.suffix + place.suffix)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            written.append(write(trained, program, to, path))
        except OSError as error:
            reason = error.strerror or error
            raise RequestError(f"Cannot write {path}: {reason}. Give another place with --out.") from error
    if as_json:
        record = {"run": trained.name, "checkpoint": str(trained.path), "images": trained.now.images, "to": to}
        print_json({**record, "files": [each.record() for each in written]})
        return
    for each in written:
        print(_line(each))
    if not all(each.checked_by for each in written):
        print_note("Not run again here: pip install onnxruntime, and what is written is compared with the run.")


def _line(exported: Exported) -> str:
    told = exported.record()
    ends = {**{name: each["shape"] for name, each in told["inputs"].items()}, **told["output"]}
    *given, made = (f"{name} [{', '.join(map(str, shape))}]" for name, shape in ends.items())
    line = f"{exported.path}: {', '.join(given)} to {made}, {told['bytes'] / MIB:.1f} MiB"
    if exported.checked_by:
        off = f"to {exported.difference:.1e}" if exported.difference else "to the last digit"
        line += f"\n  {exported.checked_by} draws with it what ganzoo draws, {off}"
    return line

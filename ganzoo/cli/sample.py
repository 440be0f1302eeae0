"""`ganzoo sample`: pictures from a trained run, a seed each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganzoo.cli.output import print_json
from ganzoo.cli.seeds import LARGEST_DRAW, parse_seeds
from ganzoo.errors import RequestError

if TYPE_CHECKING:
    from ganzoo.train.trained import Trained

MOST = 1024  # pictures on one sheet
OTHER_FORMATS = (".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".npz")


def sample(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A name in the runs folder, a path, or latest.")],
    n: Annotated[int, typer.Option("-n", help="How many, from seed 0 on.", min=1, max=LARGEST_DRAW)] = 64,
    seeds: Annotated[str, typer.Option(help="Which: 0-63, or 7,12,40-44. A seed is always the same picture.")] = "",
    label: Annotated[str, typer.Option(help="Of this class, by name or number, where the family has classes.")] = "",
    out: Annotated[Path | None, typer.Option(help="A .png for one sheet, a .npy for numbers, else a folder.")] = None,
    runs: Annotated[Path, typer.Option(help="The folder of all runs.")] = Path("runs"),
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")] = "auto",
    mark: Annotated[bool, typer.Option("--mark/--no-mark", help="Say in each picture that it is synthetic.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Draw from a run: one sheet, or a picture a file."""
    numbers = parse_seeds(seeds) if seeds else list(range(n))
    from ganzoo.train.runs import Runs
    from ganzoo.train.trained import open_trained

    trained = open_trained(run, Runs(runs), device)
    out = out or Path(f"{trained.name}.png")
    _check_out(out, trained.facts.is_points, len(numbers))
    origin = {"tool": "ganzoo", "run": trained.name, "family": trained.family.name, "images": trained.now.images}
    try:
        written = _write(trained, numbers, _conditions(trained, label, numbers), out, origin if mark else None)
    except OSError as error:
        raise RequestError(f"Cannot write {out}: {error.strerror or error}. Give another place with --out.") from error
    if as_json:
        record = {"run": trained.name, "checkpoint": str(trained.path), "images": trained.now.images}
        print_json({**record, "out": str(out), "files": written, "seeds": numbers})
    else:
        what = "points" if trained.facts.is_points else "pictures"
        print(f"{out}: {len(numbers):,} {what} of {trained.name} after {trained.now.images:,} images")


def _check_out(out: Path, is_points: bool, count: int) -> None:
    """Refuse a place that does not suit what is drawn."""
    suffix = out.suffix.lower()
    if suffix in OTHER_FORMATS:
        raise RequestError(f"--out {out}: {suffix} is not written. Give a .png, a .npy, or a folder.")
    if suffix == ".png" and not is_points and count > MOST:
        raise RequestError(f"A sheet holds {MOST} pictures, not {count:,}. Give a folder: --out {out.stem}/")
    if is_points and suffix not in (".png", ".npy"):
        raise RequestError(f"Points are written to one file, not to a folder. Give --out {out.name or 'points'}.npy")


def _conditions(trained: Trained, label: str, seeds: list[int]) -> dict[str, Any]:
    """What the family is told beside noise, a row a picture; a label follows from the seed where none is asked for."""
    import torch

    classes = trained.facts.classes
    takes_labels = "label" in (*trained.family.needs, *getattr(trained.recipe, "cond", ()))  # some only if asked to
    if label and not takes_labels:
        raise RequestError(f"{trained.family.name} draws without labels, so --label has nothing to choose.")
    if not takes_labels:
        return {}
    if not label:
        return {"label": torch.tensor(seeds) % len(classes)}
    if label in classes:
        return {"label": torch.full((len(seeds),), classes.index(label))}
    if label.isdecimal() and int(label) < len(classes):
        return {"label": torch.full((len(seeds),), int(label))}
    shown = ", ".join(classes[:12]) + (", ..." if len(classes) > 12 else "")
    raise RequestError(f"No class {label!r} in {trained.name}: it has {len(classes)}, {shown}.")


def _write(trained: Trained, seeds: list[int], cond: dict[str, Any], out: Path, origin: Any) -> list[str]:
    import numpy as np
    import torch

    from ganzoo.train import marks, sheet
    from ganzoo.train.sampling import BLOCK, draw

    is_folder = out.suffix.lower() not in (".png", ".npy")
    (out if is_folder else out.parent).mkdir(parents=True, exist_ok=True)
    files, kept = [], []
    with torch.no_grad():
        for start in range(0, len(seeds), 16 * BLOCK):
            part = slice(start, start + 16 * BLOCK)
            rows = {key: value[part] for key, value in cond.items()}
            drawn = draw(trained.recipe, trained.nets, seeds[part], rows, trained.backend.device)
            if not is_folder:
                kept.append(drawn)
                continue
            for seed, image in zip(seeds[part], drawn, strict=True):
                path = out / f"seed{seed:06d}.png"
                mark = origin and {**origin, "seed": seed}
                marks.save_png(sheet.picture(sheet.to_uint8(image)), path, mark)
                files.append(str(path))
    if is_folder:
        return files
    drawn = np.concatenate(kept)
    if out.suffix.lower() == ".npy":
        np.save(out, drawn)
    else:
        page = sheet.scatter(drawn, drawn) if trained.facts.is_points else sheet.grid(sheet.to_uint8(drawn))
        marks.save_png(page, out, origin and {**origin, "seeds": seeds})
    return [str(out)]

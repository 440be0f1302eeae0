"""`ganzoo data`: what there is to learn from, what a source holds, and getting it ready."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganzoo.cli.output import print_json, print_table
from ganzoo.cli.progress import progress_bar
from ganzoo.errors import RequestError
from ganzoo.zoo.project import project
from ganzoo.zoo.registry import zoo

if TYPE_CHECKING:
    from PIL import Image

    from ganzoo.data.packing import Progress
    from ganzoo.data.source import Fault, PairSource, Source, Survey

EXAMPLES, EXAMPLE_SIZE, COLUMNS = 32, 64, 8  # pictures of a contact sheet, their side in pixels, how many in a row
CLOUD = 2000  # points of a scatter
SHOWN = 10  # lines of any one thing before "and more"
UNKNOWN = "unknown: find out before you publish what was learned from it"

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
SOURCES = "A data set, a name in zoo.toml, a folder, a zip, 'shards-{000..127}.tar', or hub:owner/name."
Name = Annotated[str, typer.Argument(metavar="D", help=SOURCES)]

app = typer.Typer(help="Show what there is to learn from, look into a source, get it ready.", no_args_is_help=True)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the data sets there are, and those named in zoo.toml."""
    known = [
        {
            "name": card.name,
            "gives": list(card.gives),
            "licence": card.licence,
            "summary": card.summary,
            "package": zoo().origin(card).package,
        }
        for card in zoo().all("datasets")
    ] + [
        {"name": name, "gives": [], "licence": named.licence, "summary": named.source, "package": "zoo.toml"}
        for name, named in sorted(project().data.items())
    ]
    if as_json:
        print_json(known)
        return
    print_table(
        ("name", "gives", "licence", "summary"),
        [(each["name"], " ".join(each["gives"]), each["licence"], each["summary"]) for each in known],
    )


@app.command()
def inspect(
    data: Name,
    out: Annotated[Path | None, typer.Option(help="Write a sheet of examples to this file: sheet.png.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read every file of a source and say what it holds: sizes, modes, labels, captions, faults, licence."""
    from ganzoo.data.catalogue import find_source
    from ganzoo.data.source import PairSource

    source = find_source(data)
    report: dict[str, Any] = {
        "name": source.name,
        "licence": source.licence,
        "gives": list(source.gives),
        "families": _families(source.gives),
    }
    if isinstance(source, PairSource):
        report |= {"a": _report(source.a), "b": _report(source.b)}
    else:
        report |= _report(source)
    if out is not None:
        report["sheet"] = str(_save(_sheet(source), out))
    if as_json:
        print_json(report)
    else:
        print("\n".join(_told(report)))


@app.command()
def prepare(
    data: Name,
    size: Annotated[int, typer.Option(help="Side of the pictures, in pixels.")] = 32,
    channels: Annotated[int, typer.Option(help="1, 3 or 4; 0 takes what the data has.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Decode a source into the cache, so that training starts at once."""
    from ganzoo.data.catalogue import open_data
    from ganzoo.data.pack import Pair

    with packing_bar() as progress:
        opened = open_data(data, size=size, channels=channels, progress=progress)
    packs = [opened.a, opened.b] if isinstance(opened, Pair) else [opened]
    if as_json:
        print_json(
            {
                "name": opened.name,
                "hash": opened.hash,
                "gives": list(opened.gives),
                "count": [len(each) for each in packs] if len(packs) > 1 else len(packs[0]),
                "shape": list(opened.facts.shape),
                "paths": [str(each.path) for each in packs],
                "faults": _faults(opened.faults),
            }
        )
        return
    for each in packs:
        print(f"{each.name}: {len(each):,} of shape {'x'.join(map(str, each.facts.shape))} in {each.path}")


@contextmanager
def packing_bar() -> Iterator[Progress]:
    """Show how far the packing of a data set is; nothing where it was packed before."""
    with progress_bar() as report:
        yield lambda done, total: report("packing", done, total)


def _report(source: Source) -> dict[str, Any]:
    """What a survey of a source found, in JSON's types."""
    from ganzoo.data.packing import nothing_usable

    survey = source.survey()
    if survey.count == 0:
        raise RequestError(nothing_usable(source.name, survey.faults))
    return {
        "count": survey.count,
        "parts": {part: len(source.split(part)) for part in source.splits},
        "sizes": [{"width": width, "height": height, "count": n} for (width, height), n in survey.sizes.items()],
        "modes": dict(survey.modes),
        "channels": survey.channels,
        "labels": dict(zip(survey.classes, survey.per_class, strict=True)),
        "captions": {"count": survey.captions, "examples": _caption_examples(source, survey)},
        "faults": _faults(survey.faults),
    }


def _caption_examples(source: Source, survey: Survey) -> list[str]:
    if not survey.captions:
        return []
    return [texts[0] for texts in source.glance(SHOWN, 8).captions if texts][:5]


def _faults(faults: Iterable[Fault]) -> list[dict[str, str]]:
    return [{"file": fault.file, "reason": fault.reason} for fault in faults]


def _families(gives: Sequence[str]) -> list[str]:
    """The families that can learn from data that gives this."""
    return [
        family.name
        for family in zoo().all("families")
        if all(
            need in gives or (need == "image" and "points" in gives and family.points_preset) for need in family.needs
        )
    ]


def _sheet(source: Source | PairSource) -> Image.Image:
    """Examples side by side; of a pair, a above b; of points, a scatter."""
    import numpy as np

    from ganzoo.data.source import PairSource
    from ganzoo.train.sheet import grid, scatter

    if isinstance(source, PairSource):
        sides = (source.a, source.b)
        images = [side.glance(EXAMPLES // 2, EXAMPLE_SIZE, channels=3).images for side in sides]
        return grid(np.concatenate(images), COLUMNS)
    if "points" in source.gives:
        points = source.glance(CLOUD, 0).images
        return scatter(points, points)
    return grid(source.glance(EXAMPLES, EXAMPLE_SIZE).images, COLUMNS)


def _save(sheet: Image.Image, out: Path) -> Path:
    try:
        sheet.save(out)
    except (OSError, ValueError) as error:  # ValueError: a suffix that names no format
        reason = getattr(error, "strerror", None) or error
        raise RequestError(f"The sheet cannot be written to '{out}': {reason}. Try --out sheet.png.") from error
    return out


def _told(report: dict[str, Any]) -> Iterator[str]:
    """The report in lines, a topic each."""
    yield report["name"]
    yield f"  gives     {', '.join(report['gives'])}"
    yield f"  licence   {report['licence'] or UNKNOWN}"
    yield f"  families  {', '.join(report['families']) or 'none of those here'}"
    for side in ("a", "b"):
        if side in report:
            yield f"  {side}"
            yield from (f"  {line}" for line in _counts(report[side]))
    if "count" in report:
        yield from _counts(report)
    if "sheet" in report:
        yield f"  sheet     {report['sheet']}"


def _counts(report: dict[str, Any]) -> Iterator[str]:
    parts = [f"{part} {count:,}" for part, count in report["parts"].items()]
    yield f"  examples  {report['count']:,}" + (f" (parts: {', '.join(parts)})" if len(parts) > 1 else "")
    if report["sizes"]:
        sizes = {f"{each['width']}x{each['height']}": each["count"] for each in report["sizes"]}
        channels = f"packed with {report['channels']} channel{'s' * (report['channels'] > 1)}"
        yield f"  sizes     {_some(sizes)}"
        yield f"  modes     {_some(report['modes'])}; {channels}"
    if report["labels"]:
        yield f"  labels    {_some(report['labels'])}"
    if report["captions"]["count"]:
        examples = ", ".join(f'"{text}"' for text in report["captions"]["examples"])
        yield f"  captions  {report['captions']['count']:,}, such as {examples}"
    faults = report["faults"]
    yield f"  faults    {len(faults) or 'none'}"
    for fault in faults[:SHOWN]:
        yield f"    {fault['file']}: {fault['reason']}"
    if len(faults) > SHOWN:
        yield f"    and {len(faults) - SHOWN:,} more; --json has them all"


def _some(counts: Mapping[str, int]) -> str:
    """The first of them, each with its count."""
    more = f" and {len(counts) - SHOWN:,} more" if len(counts) > SHOWN else ""
    return ", ".join(f"{name} ({count:,})" for name, count in islice(counts.items(), SHOWN)) + more

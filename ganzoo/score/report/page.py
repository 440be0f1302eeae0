"""The page: for every ranking what was measured, the table, the plots, the pictures, and how the numbers were made."""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from ganzoo.errors import RequestError
from ganzoo.score.ranking import Ranking
from ganzoo.score.report import table
from ganzoo.score.report.contender import Contender, contenders
from ganzoo.score.report.curves import curves
from ganzoo.score.report.figures import figure, listed
from ganzoo.score.report.intervals import intervals, key
from ganzoo.score.report.introduction import introduction
from ganzoo.score.report.markup import Markup, element, joined
from ganzoo.score.report.protocol import protocol_table

SMALL = 320  # pixels; pictures of smaller sheets keep their hard edges when enlarged

# Even if something slipped through: a page that may neither load anything nor run a script.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def write_report(
    rankings: Sequence[Ranking], grids: Mapping[str, bytes], file: Path, *, about: Mapping[str, str]
) -> None:
    """Write one HTML file that needs nothing else: no network, no script.

    Args:
        rankings: a section each.
        grids: PNG files by name of the row, samples of all contenders from the same seeds; not every row needs one.
        file: is replaced in one move; its folder is made.
        about: facts for the foot, told as they are: the command, the date, the machine, versions.

    Raises:
        RequestError: the file cannot be written.
    """
    text = page(rankings, grids, about)
    part = file.with_name(f"{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(file)
    except OSError as error:
        if part.is_file():
            part.unlink()
        raise RequestError(f"{file} cannot be written: {error.strerror}. Give --html another place.") from error


def page(rankings: Sequence[Ranking], grids: Mapping[str, bytes], about: Mapping[str, str]) -> str:
    """The whole document."""
    alone = len(rankings) == 1
    title = rankings[0].title if alone else _common_title(rankings)
    links = [element("li", element("a", each.title, href=f"#r{at}")) for at, each in enumerate(rankings, 1)]
    sections = [_section(each, grids, at, alone) for at, each in enumerate(rankings, 1)]
    style = (files("ganzoo.score.report") / "style.css").read_text(encoding="utf-8")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("link", rel="icon", href="data:,"),  # or browsers ask the server for one
        element("title", title),
        element("style", Markup(style)),
    )
    body = element(
        "body",
        element("header", element("p", "ganzoo compare", class_="eyebrow"), element("h1", title)),
        None if alone else element("nav", element("ol", *links), aria_label="rankings"),
        element("main", joined(*sections, between="\n")),
        element("footer", *_facts(about)),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _section(ranking: Ranking, grids: Mapping[str, bytes], at: int, alone: bool) -> Markup:
    entries = contenders(ranking)
    level = 2 if alone else 3  # of the headings below that of the section
    seeds = [len(entry.row.runs) for entry in entries]
    several = max(seeds, default=0) > 1
    return element(
        "article",
        None if alone else element("h2", ranking.title),
        *introduction(ranking, entries),
        table.ranking_table(ranking, entries),
        _part(level, "Spread over seeds", intervals(entries), key()) if several else None,
        _part(level, "Side by side", intervals(entries)) if not several and sum(seeds) > 1 else None,
        _part(level, "Over training", curves(ranking, entries, f"r{at}")),
        _part(level, "Samples from the same seeds", _gallery(entries, grids)),
        _part(level, "Further metrics, at the end of training", table.metrics_table(ranking, entries)),
        _folded("Every run", table.runs_table(ranking, entries)) if any(seeds) else None,
        _folded("How these numbers were made", protocol_table(ranking)) if ranking.protocol else None,
        id=f"r{at}",
    )


def _part(level: int, title: str, content: Markup | None, *below: Markup) -> Markup | None:
    return element("section", element(f"h{level}", title), content, *below) if content else None


def _gallery(entries: Sequence[Contender], grids: Mapping[str, bytes]) -> Markup | None:
    shown = [
        element(
            "figure",
            _picture(grids[entry.row.name], f"Samples of {entry.row.name}, from the same seeds as the others'"),
            element(
                "figcaption",
                entry.badge(),
                element("span", entry.row.name, class_="name"),
                element("span", figure(entry.row.value), class_="value") if entry.row.runs else None,
            ),
        )
        for entry in entries
        if entry.row.name in grids
    ]
    return element("div", *shown, class_="gallery") if shown else None


def _picture(png: bytes, alt: str) -> Markup:
    width, height = struct.unpack(">II", png[16:24])  # its header, so that the page does not jump while it is read
    data = f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
    small = "small" if width < SMALL else None
    return element("img", src=data, alt=alt, width=width, height=height, class_=small)


def _folded(title: str, content: Markup) -> Markup:
    return element("details", element("summary", title), content)


def _facts(about: Mapping[str, str]) -> list[Markup]:
    pairs = [element("div", element("dt", key), element("dd", value)) for key, value in about.items()]
    return [element("dl", *pairs)]


def _common_title(rankings: Sequence[Ranking]) -> str:
    metrics = listed(list(dict.fromkeys(each.metric for each in rankings)))
    return f"{metrics} on {listed(list(dict.fromkeys(each.data for each in rankings)))}"

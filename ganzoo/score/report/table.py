"""Tables: the ranking itself, what else was measured, and every run. On a phone their rows become cards."""

from __future__ import annotations

from collections.abc import Sequence

from ganzoo.score.ranking import Ranking
from ganzoo.score.report.contender import Contender
from ganzoo.score.report.figures import common_decimals, count, figure, memory, minutes, speed, spread
from ganzoo.score.report.markup import Markup, element, joined

ARROWS = {"lower": "↓", "higher": "↑"}


def ranking_table(ranking: Ranking, entries: Sequence[Contender]) -> Markup:
    """Best first; one without a value says why across the columns."""
    main = f"{ranking.metric} {ARROWS[ranking.better]}"
    titles = (main, "best", "last", "seeds", "images", "images/s", "parameters", "peak memory", "minutes")
    told = [value for entry in entries for value in (entry.row.best, entry.row.last)]
    decimals = common_decimals(told)
    rows = [
        _row(_title(entry), _cells(entry, decimals), titles) if entry.row.runs else _without(entry, len(titles))
        for entry in entries
    ]
    return _table(titles, rows, f"{ranking.title}: ranking, best first", "ranking")


def metrics_table(ranking: Ranking, entries: Sequence[Contender]) -> Markup | None:
    """What was measured beside the score they are ranked by; None where nothing was."""
    told = [entry for entry in entries if entry.row.runs]
    names = [name for name in dict.fromkeys(name for e in told for name in e.row.metrics) if name != ranking.metric]
    if not names:
        return None
    decimals = {name: common_decimals(entry.row.metrics.get(name) for entry in told) for name in names}
    rows = [_row(_title(e), [figure(e.row.metrics.get(name), decimals[name]) for name in names], names) for e in told]
    return _table(names, rows, f"{ranking.title}: further metrics at the end of training", "further")


def runs_table(ranking: Ranking, entries: Sequence[Contender]) -> Markup:
    """One line a run: the numbers behind the charts."""
    titles = ("seed", "checkpoints", "best", "last", "images", "minutes")
    rows = []
    for entry in entries:
        for seed in entry.seeds:
            (run,) = seed.runs
            scores = (figure(seed.best), figure(seed.last))
            work = (f"{seed.images:,}", minutes(seed.seconds))
            name = _name(entry, run.run, entry.row.name)
            rows.append(_row(name, [str(run.seed), str(len(run.curve)), *scores, *work], titles))
    return _table(titles, rows, f"{ranking.title}: every run", "runs", "run")


def _cells(entry: Contender, decimals: int | None) -> list[object]:
    row = entry.row
    beside = element("span", spread(row.value, row.std, decimals), class_="spread")
    return [
        element("span", element("strong", figure(row.value, decimals)), beside),
        figure(row.best, decimals),
        figure(row.last, decimals),
        str(len(row.runs)),
        f"{row.images:,}",
        speed(row.images_per_second),
        count(row.parameters),
        memory(row.peak_memory),
        minutes(row.seconds),
    ]


def _row(name: Markup, cells: Sequence[object], titles: Sequence[str]) -> Markup:
    told = [
        element("td", element("span", cell), role="cell", data_title=title)
        for cell, title in zip(cells, titles, strict=True)
    ]
    return element("tr", name, *told, role="row")


def _without(entry: Contender, columns: int) -> Markup:
    reason = element("td", entry.row.reason or "no value", class_="reason", colspan=columns, role="cell")
    return element("tr", _title(entry), reason, role="row", class_="without")


def _title(entry: Contender) -> Markup:
    return _name(entry, entry.row.name, entry.row.family)


def _name(entry: Contender, name: str, below: str) -> Markup:
    """The head of a row, with what else it is called in small."""
    small = element("small", below) if below != name else None
    title = element("span", element("span", name, class_="name"), small)
    return element("th", element("span", entry.badge(), title, class_="who"), scope="row", role="rowheader")


def _table(titles: Sequence[str], rows: Sequence[Markup], caption: str, kind: str, first: str = "contender") -> Markup:
    heads = [element("th", title, scope="col", role="columnheader") for title in (first, *titles)]
    # Roles are spoken out because CSS that makes cards of rows would take them away.
    table = element(
        "table",
        element("caption", caption, class_="unseen"),
        element("thead", element("tr", *heads, role="row"), role="rowgroup"),
        element("tbody", joined(*rows, between="\n"), role="rowgroup"),
        class_=kind,
        role="table",
    )
    return element("div", table, class_="box", tabindex=0, role="region", aria_label=caption)

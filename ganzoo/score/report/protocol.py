"""How the numbers were made, in full and in words."""

from __future__ import annotations

from dataclasses import fields

from ganzoo.score.protocol import Protocol
from ganzoo.score.ranking import Ranking
from ganzoo.score.report.figures import listed
from ganzoo.score.report.markup import Markup, element

MEANINGS = {
    "data": "the set samples are compared with",
    "data_hash": "SHA-256 of its content",
    "split": "the part of it",
    "real": "examples of it",
    "samples": "drawn from each contender",
    "size": "side of the pictures compared, in pixels",
    "channels": "of the pictures compared",
    "extractor": "whose features are compared",
    "extractor_hash": "of its weights and of what is done to pictures before them",
    "resize": "how pictures are brought to the extractor's size",
    "weights": "which copy of the generator drew: its average over training, or the live one",
    "truncation": "of the noise; 1 is none",
    "seed": "of the first sample; the others follow",
    "precision": "samples were drawn in",
    "version": "of these rules: goes up when they would give another number",
}


def protocol_table(ranking: Ranking) -> Markup:
    """Every field of the protocol; where contenders differ in one that may differ, who has which value."""
    rows = [
        element(
            "tr",
            element("th", element("code", each.name), scope="row"),
            element("td", _told(ranking, each.name)),
            element("td", MEANINGS.get(each.name, ""), class_="meaning"),
        )
        for each in fields(Protocol)
    ]
    return element("div", element("table", element("tbody", *rows), class_="protocol"), class_="box", tabindex=0)


def _told(ranking: Ranking, name: str) -> str:
    holders: dict[str, list[str]] = {}
    for row in ranking.rows:
        if row.protocol:
            value = getattr(row.protocol, name)
            holders.setdefault(f"{value:,}" if name in ("real", "samples") else str(value), []).append(row.name)
    if len(holders) == 1:
        return next(iter(holders)) or "none"
    return "; ".join(f"{value or 'none'} ({listed(names)})" for value, names in holders.items())

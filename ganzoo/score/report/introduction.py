"""What is said before the numbers: what they mean, what they show, and what must be known before they are believed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ganzoo.score.protocol import Protocol
from ganzoo.score.ranking import Ranking
from ganzoo.score.report.contender import Contender
from ganzoo.score.report.figures import common_decimals, figure
from ganzoo.score.report.markup import Markup, element
from ganzoo.score.weights import HASH as PUBLISHED
from ganzoo.zoo.cards import Metric
from ganzoo.zoo.registry import zoo


def introduction(ranking: Ranking, entries: Sequence[Contender]) -> Iterator[Markup]:
    """Paragraphs, the warnings last."""
    better = f"{ranking.better.capitalize()} is better."
    yield element("p", element("strong", ranking.metric), _meaning(ranking.metric), better, class_="lead")
    scored = [entry for entry in entries if entry.row.runs]
    if not scored:
        return
    protocol = ranking.protocol
    yield element("p", _drawn(ranking, protocol), _values(scored), _finding(entries))
    published = protocol and protocol.extractor == "inception" and protocol.extractor_hash.startswith(PUBLISHED)
    if protocol and protocol.extractor and not published:
        yield _note(
            "Not comparable with papers.",
            f"The features are those of “{protocol.extractor}”, not the ones published numbers are made with: "
            "compare these numbers with each other, and with nothing published.",
        )
    single = sum(len(entry.row.runs) == 1 for entry in scored)
    if single and len(scored) > 1:
        who = "All" if single == len(scored) else f"{single} of the {len(scored)}"
        text = f"{who} contenders were trained from a single seed: where they stand may be luck."
        yield _note("One seed.", text if single > 1 else text.replace("contenders were", "contenders was"))


def _meaning(metric: str) -> str:
    """From its card; one of several numbers that a metric gives, such as recall, has none of its own."""
    card = next((card for card in zoo().all(Metric.kind) if card.name == metric), None)
    if card is None:
        return ". "
    paper = f" ({card.paper})" if card.paper else ""
    return f": {card.summary}{paper}. "


def _drawn(ranking: Ranking, protocol: Protocol | None) -> str | None:
    if protocol is None:
        return None
    return f"{protocol.samples:,} samples of each are compared with {protocol.real:,} of {ranking.data}. "


def _values(scored: Sequence[Contender]) -> str:
    several = any(len(entry.row.runs) > 1 for entry in scored)
    values = "Values are means over seeds (± standard deviation)" if several else "Values are those"
    if scored[0].row.by == "best":
        return f"{values} of the best checkpoint of each run, which nobody knew while it trained. "
    return f"{values} of the runs as they ended; “best” is the best checkpoint, which nobody knew while they trained. "


def _finding(entries: Sequence[Contender]) -> str | None:
    """How far the first is ahead, measured by how far seeds lie apart."""
    leaders = [entry.row for entry in entries if entry.rank in (1, 2) and entry.row.std is not None]
    if len(leaders) < 2:
        return None
    first, second = leaders
    gap, apart = abs(first.value - second.value), first.std + second.std
    decimals = common_decimals((first.value, second.value))
    verdict = "more" if gap > apart else "no more"
    return (
        f"{first.name} is ahead of {second.name} by {figure(gap, decimals)}, which is {verdict} than both their "
        f"standard deviations together ({figure(apart, decimals)})."
    )


def _note(what: str, text: str) -> Markup:
    return element("p", element("strong", what), " ", text, class_="note", role="note")

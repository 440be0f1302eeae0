"""The metrics that come with ganzoo, through the same door as everybody's."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Literal

from ganzoo.zoo.cards import Metric
from ganzoo.zoo.hookspecs import hookimpl


@hookimpl
def register_metrics(register: Callable[[Metric], None]) -> None:
    for card in METRICS:
        register(card)


def score(where: str) -> Callable[[], Any]:
    """Builds ``module:function`` of `ganzoo.score.scores`, whose modules import torch."""

    def build() -> Any:
        module, _, function = where.partition(":")
        return getattr(import_module(f"ganzoo.score.scores.{module}"), function)

    return build


HEUSEL = ("Heusel et al. 2017, arXiv:1706.08500", 2017)
BINKOWSKI = ("Binkowski et al. 2018, arXiv:1801.01401", 2018)
SALIMANS = ("Salimans et al. 2016, arXiv:1606.03498", 2016)
KYNKAANNIEMI = ("Kynkaanniemi et al. 2019, arXiv:1904.06991", 2019)
NAEEM = ("Naeem et al. 2020, arXiv:2002.09797", 2020)
KARRAS = ("Karras et al. 2019, arXiv:1812.04948", 2019)
LIN = ("Lin et al. 2018, arXiv:1712.04086", 2018)
ODENA = ("Odena et al. 2017, arXiv:1610.09585", 2017)
MAKHZANI = ("Makhzani et al. 2015, arXiv:1511.05644", 2015)
NOBODY = ("", None)

TABLE: tuple[tuple[str, str, Literal["lower", "higher"], tuple[str, int | None], str], ...] = (
    ("fid", "likeness:fid", "lower", HEUSEL, "Frechet distance of features, the usual one"),
    ("kid", "likeness:kid", "lower", BINKOWSKI, "kernel distance of features, fair to few samples"),
    ("isc", "likeness:isc", "higher", SALIMANS, "Inception Score: certain classes, all of them"),
    ("prc", "likeness:prc", "higher", KYNKAANNIEMI, "precision and recall: how good, and how much of it"),
    ("density", "likeness:density", "higher", NAEEM, "how well samples lie where data are many"),
    ("coverage", "likeness:coverage", "higher", NAEEM, "the share of the data that has a sample nearby"),
    ("modes", "variety:found_modes", "higher", LIN, "modes found: centres of points, or kinds of pictures"),
    ("nn", "variety:nearest", "lower", NOBODY, "samples learned by heart, and samples that repeat each other"),
    ("msssim", "variety:msssim", "higher", ODENA, "how unlike each other samples are, as a share of the data's"),
    ("ppl", "variety:ppl", "lower", KARRAS, "path length: how evenly pictures change with the noise"),
    ("label_accuracy", "obedience:label_accuracy", "higher", NOBODY, "samples that look like the class asked for"),
    ("text_accuracy", "obedience:text_accuracy", "higher", NOBODY, "words of the caption that can be seen"),
    ("pair_l1", "translations:pair_l1", "lower", NOBODY, "error of translations whose truth is known, in pixels"),
    (
        "pair_features",
        "translations:pair_features",
        "lower",
        NOBODY,
        "error of translations whose truth is known, in features",
    ),
    ("recon", "codes:recon", "lower", NOBODY, "error of reconstructions of pictures not seen in training"),
    ("prior_mmd", "codes:prior_mmd", "lower", MAKHZANI, "distance of codes from the prior they are to follow"),
)

NEEDS = {  # of the data; the rest takes pictures, or says what else
    "label_accuracy": ("image", "label"),
    "text_accuracy": ("image", "text"),
    "pair_l1": ("a", "b"),
    "pair_features": ("a", "b"),
    "modes": (),
}

METRICS = tuple(
    Metric(
        name=name,
        summary=summary,
        build=score(where),
        paper=paper,
        year=year,
        better=better,
        needs=NEEDS.get(name, ("image",)),
    )
    for name, where, better, (paper, year), summary in TABLE
)

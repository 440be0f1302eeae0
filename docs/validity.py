"""Writes docs/validity.md and its plots from docs/images/validity.json: ``python docs/validity.py``.

With ``--check`` it only says if they are old. ``--run [NAME...]`` first makes the numbers of some extractors, or of
all, anew: minutes each. ``--real FOLDER`` has mnist_idx, fashion_small, fluent3d and noto_emoji in it; without it there
are only drawn pictures.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests" / "score"))

import validity_plots as plots
from trials import MODES, rises
from validity_run import CONTENDERS, RECORDS, SEEDS, run

PAGE, IMAGES = Path(__file__).with_suffix(".md"), RECORDS.parent

OPENING = """\
Inception's weights cannot be had everywhere, and it was trained on photographs. Ganzoo brings an extractor of its own:
`--features bundled`, and what `auto` takes where there is no Inception. Its numbers have no place beside published
ones; they have to put generators in the right order. This page is the evidence that they do.
[validity.py](validity.py) made it, and `tests/score/test_validity.py` asserts it.

## What it is

Four layers of random convolutions, 318 thousand weights that follow from a seed. Of every map the mean and the root
mean square are taken, of the last ones also the means of four quarters: 1350 numbers, most of which say how bright a
picture is. [bundled.py](bundled.py) finds the 64 directions among them that best tell what is known of drawn pictures
(12,000 of `anime`, `animals` and `shapes`, from a seed that no set is drawn with): ridge regression on all attributes,
its answers turned to their principal axes and scaled to unit variance. That is a closed form, in double precision and
without chance: `python docs/bundled.py --check` finds the same directions, to rounding, in half a minute. They are
0.35 MB in the wheel.

Pictures of 32 to 64 pixels are looked at as they are; smaller ones are enlarged to 32, larger ones reduced to 64.
"""

CURVES = """\
## Spoiled pictures

Real pictures are cut in two halves that share none. One is spoiled, to four degrees in each of six ways; FID and KID
are taken to the other. `anime` at 32 pixels (mixed with `animals`), MNIST at 28 (with Fashion-MNIST), Fluent emoji at
64 (with Noto's): 2,000 pictures a half, of the emoji 768. Noise has a standard deviation of 4, 8, 16 and 32 % of the
range; blur of 2, 4, 8 and 16 % of the side; the middle is turned by 0.2 to 1.6 radians; 1 to 30 % of pixels are salt or
pepper; 10 to 80 % of pictures are foreign; 3/4, 1/2 and 1/4 of the classes are kept, and one, in the mean over as many
choices as there are classes.

![FID and KID rise with every damage](images/validity-curves.svg)

The first point of a curve are the two halves as they are: what is left there is not distance but the number of
pictures. FID is biased upwards, the more features and the fewer pictures the more: that is why 64 features are better
than 2048 where samples are few, and why two FIDs of different numbers of samples are never compared. KID has no bias.

The swirl interpolates bicubically. With the usual bilinear one the first degree is above all a blur, which distances
rightly find worse than the turn.
"""

RANKS = """\
## Generators whose coverage is known

Of a drawn set every attribute is known, so that imperfect generators can be made to measure: a hundred draw only some
of the combinations of two attributes (hair colour and style, shape and colour, species and accessory), at least a
tenth, all equally often or some more often than others. Coverage is the part of the true law that a generator has: the
sum over combinations of the lesser of its chance and the true one. Each draws 2,000 pictures, which are compared with
2,000 real ones.

![FID falls as coverage grows](images/validity-ranks.svg)
"""

UNFIT = """\
## What it is not good for

- Comparing with published numbers: no paper has used it.
- Photographs: nothing it was made with has their textures. It will find gross faults, not subtle ones.
- Details of large pictures: beyond 64 pixels a side nothing is seen.
- Objects whose parts are all there but do not fit: responses are averages over the picture or a quarter of it.
- Telling what a single picture shows: hair colour is read off these features without error, a figure's shape four
  times in ten, an expression hardly ever. They are for sets of pictures.
- Small differences on few samples: below 1,000 prefer KID.
- Comparing damages with each other. Strong noise is to it a far worse fault than a forgotten class.

The same pictures give the same features to the last digit on one machine, whatever the batch and the number of threads.
Another processor may round the convolutions otherwise.
"""


def page(records: dict) -> str:
    """The whole page, as Markdown."""
    chosen = f"""\
## The choice

{table(records)}

Images/s are for pictures of 32 and of 64 pixels on one core ({records["machine"]}). A curve *rises* where every degree
of damage is further away than the one before. *Halves* is the FID of two halves of real data as a share of that of the
mildest damage, in the median over the curves. The last three columns are Spearman's rank correlation of FID, then KID,
with the exact coverage of a hundred generators, the worse of {len(SEEDS)} draws of them.

Random directions rise with every damage, but brightness drowns what tells generators apart. Pixels do nearly as well,
and do not know a figure again that lies elsewhere. The discriminants are not good only because they know the answers:
those found without the set they are judged on, in the last row, rank it better than random ones in every column."""
    title = "# What the bundled extractor is worth\n\nWritten by `python docs/validity.py`; do not edit."
    return "\n\n".join(part.strip("\n") for part in (title, OPENING, chosen, CURVES, RANKS, UNFIT)) + "\n"


def table(records: dict) -> str:
    """A row an extractor."""
    rows = [
        "| features | numbers | images/s | FID rises | KID rises | halves | `anime` | `shapes` | `animals` |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, (words, _) in CONTENDERS.items():
        told = records[name]
        shown = [curve for by_damage in told["curves"].values() for curve in by_damage.values()]
        fids, kids = (sum(rises([point[way] for point in curve]) for curve in shown) for way in (0, 1))
        halves = statistics.median(curve[0][0] / curve[1][0] for curve in shown)
        speeds = " and ".join(f"{value:,.0f}" for value in told["speed"].values())
        rows.append(
            f"| {words} | {told['features']} | {speeds} | {fids} of {len(shown)} | {kids} of {len(shown)} "
            f"| {halves:.2f} | {ranks(told)} |"
        )
    rows.append(f"| the discriminants of the other two sets | 64 | | | | | {ranks(records['unseen'])} |")
    return "\n".join(rows)


def ranks(told: dict) -> str:
    """The worst of all seeds, FID and KID, a cell a set."""
    return " | ".join(" ".join(f"{min(way):.2f}" for way in zip(*told["ranks"][name], strict=True)) for name in MODES)


def main() -> int:
    """Run if asked to, then write the page and its plots, or say whether they are current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--run", nargs="*", choices=[*CONTENDERS, "unseen"], metavar="NAME")
    parser.add_argument("--real", type=Path, metavar="FOLDER")
    asked = parser.parse_args()
    if asked.run is not None:
        run(asked.run, asked.real)
    records = json.loads(RECORDS.read_text(encoding="utf-8"))
    if missing := [name for name in (*CONTENDERS, "unseen") if name not in records]:
        print(f"Still to be judged: python docs/validity.py --run {' '.join(missing)}", file=sys.stderr)
        return 1
    best = records["bundled"]
    agreed = {name: seeds[0] for name, seeds in best["ranks"].items()}
    files = {
        IMAGES / "validity-curves.svg": plots.curves_plot(best["curves"]),
        IMAGES / "validity-ranks.svg": plots.ranks_plot(best["generators"], agreed),
        PAGE: page(records),
    }
    old = [file for file, text in files.items() if not file.is_file() or file.read_text(encoding="utf-8") != text]
    if asked.check and old:
        print(f"{old[0]} is not what the numbers say. Run: python docs/validity.py", file=sys.stderr)
        return 1
    for file in old:
        file.write_text(files[file], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

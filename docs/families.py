"""Writes docs/families.md from the cards: ``python docs/families.py``, and with ``--check`` only says if it is old.

``--train NAME...`` first trains those families, each by the command the page shows, and takes the last sheet into
docs/images; ``--time NAME...`` measures their speed, which wants an idle machine. Without names: all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

os.environ |= {"GANZOO_LOAD_PLUGINS": "", "GANZOO_SKIP_PLUGINS": ""}  # the page is of ganzoo, not of this machine

from ganzoo.zoo.cards import Family
from ganzoo.zoo.registry import zoo

PAGE = Path(__file__).with_name("families.md")
IMAGES = Path(__file__).with_name("images")
RECORDS = IMAGES / "families.json"  # by family: what training it came to

OPENING = """\
A card each, and beside it what its command draws with no other flag: 64 samples from the seeds 0 to 63, or translations
of the first pictures of the data, at the end of the run and not chosen. Speeds are those of the machine named. `ganzoo
show NAME` prints a card with all settings, presets and the sizes of its networks; the [reference](reference.md) has
every setting; [families.py](families.py) wrote this page and trained what it shows.
"""


def page() -> str:
    """The whole page, as Markdown."""
    records = json.loads(RECORDS.read_text(encoding="utf-8"))
    cards = sorted(zoo().all("families"), key=lambda card: (card.year, card.name))
    parts = ["# The families", "Written by `python docs/families.py`; do not edit.", OPENING]
    for card in cards:
        parts += _card(card, records[card.name])
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _card(card: Family, record: dict) -> Iterator[str]:
    yield f"## {card.name}"
    yield f"{card.summary}. {card.paper}."
    yield card.idea
    needs = " and ".join(f"`{need}`" for need in card.needs)
    yield "\n".join(
        (
            f"- game: {card.game}",
            f"- needs of the data: {needs}{', or points' if card.points_preset else ''}",
            f"- good for: {card.good_for}",
            f"- known failure: {card.weakness}",
        )
    )
    yield f"```console\nganzoo train {card.name}\n```"
    yield f"![What {card.name} draws](images/{card.name}.png)"
    minutes = record["images"] / record["speed"] / 60
    yield (
        f"{record['images']:,} images of `{record['data']}`: {minutes:.1f} minutes at {record['speed']:,.0f} images/s, "
        f"measured on {record['machine']}."
    )


def train(name: str) -> dict:
    """Train one family as the page says, and keep its last sheet."""
    told = run(name)
    return {key: told[key] for key in ("data", "images")}


def time(name: str) -> dict:
    """How fast one family trains here, in images/s over ten seconds."""
    told = run(name, "--budget", "10s")
    return {"speed": told["images"] / told["seconds"], "machine": machine()}


def run(name: str, *more: str) -> dict:
    """What `ganzoo train` tells of a run in a folder of its own; a whole run leaves its last sheet."""
    with tempfile.TemporaryDirectory() as runs:
        command = [sys.executable, "-m", "ganzoo", "train", name, "--runs", runs, "--json", *more]
        told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
        if not more:
            sheet = max((Path(runs) / Path(told["run"]).name / "samples").glob("*.png"))
            shutil.copyfile(sheet, IMAGES / f"{name}.png")
    return told


def machine() -> str:
    """Who computed, with what and when."""
    from datetime import UTC, datetime

    import torch

    cores = torch.get_num_threads()
    today = datetime.now(UTC).date().isoformat()
    return f"{cores} CPU core{'s' * (cores > 1)} (torch {torch.__version__.partition('+')[0]}, {today})"


def every() -> list[str]:
    return [card.name for card in zoo().all("families")]


def keep(name: str, record: dict) -> None:
    """Write down what came of a run beside what is known of the family already."""
    records = json.loads(RECORDS.read_text(encoding="utf-8")) if RECORDS.is_file() else {}
    records[name] = {**records.get(name, {}), **record}
    RECORDS.write_text(json.dumps(records, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def main() -> int:
    """Train if asked to, then write the page or say whether it is current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--train", nargs="*", metavar="NAME")
    parser.add_argument("--time", nargs="*", metavar="NAME")
    asked = parser.parse_args()
    for names, work in ((asked.train, train), (asked.time, time)):
        for name in every() if names == [] else names or ():
            keep(name, work(name))
    text = page()
    if not asked.check:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
        print(f"{PAGE} is not what the cards say. Run: python docs/families.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What a card says of itself, and at what price."""

from __future__ import annotations

import subprocess
import sys
from typing import Protocol

from ganzoo.testing.finding import Broken
from ganzoo.testing.subject import Subject
from ganzoo.zoo.cards import Card
from ganzoo.zoo.config import fields

WORDED = ("summary", "paper", "idea", "game", "good_for", "weakness")
PRESETS = ("default", "paper", "tiny")


class Trial(Protocol):
    """Anything on trial."""

    card: Card


def card_is_complete(subject: Subject) -> str:
    """Every line that `ganzoo show` prints has something to say."""
    family = subject.family
    if missing := [name for name in (*WORDED, "year") if not getattr(family, name)]:
        raise Broken(f"the card of {family.name} says nothing of {', '.join(missing)}: fill it in where it is made")
    if missing := [name for name in PRESETS if name not in family.presets]:
        raise Broken(f"no preset {' nor '.join(missing)}: every family has {', '.join(PRESETS)}")
    if silent := [each.name for each in fields(family.config) if not each.meaning]:
        raise Broken(f"nothing is said of {', '.join(silent)}: put a comment behind each field of Config")
    return f"{len(WORDED) + 1} lines, {len(family.presets)} presets, {len(fields(family.config))} settings explained"


def card_says_what_it_is(trial: Trial) -> str:
    """The line that `ganzoo list` prints says something, and the licence of data is named."""
    card = trial.card
    summary = " ".join(card.summary.split())
    if not summary:
        raise Broken(f"the card of {card.name} has no summary: say in a few words what it is")
    if card.summary != summary or summary.endswith("."):
        raise Broken(f"the summary of {card.name} is one line without a full stop, as its place in a table wants it")
    if not getattr(card, "licence", "named"):
        raise Broken(f"nobody knows what pictures of {card.name} may be used for: name the licence")
    if (better := getattr(card, "better", "lower")) not in ("lower", "higher"):
        raise Broken(f"better is {better!r}: say 'lower' or 'higher'")
    return summary


def listing_imports_no_torch(trial: Trial) -> str:
    """`ganzoo list` reads every card; one that imports torch costs everybody seconds."""
    module = trial.card.build.__module__
    question = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True)
    if done.returncode == 1 and not done.stderr:
        raise Broken(f"importing {module} imports torch: do that inside build()")
    if done.returncode:
        raise Broken(f"{module} cannot be imported by itself: {done.stderr.strip().splitlines()[-1]}")
    return f"{module} is imported without torch"

"""What a family says of itself, and at what price."""

from __future__ import annotations

import subprocess
import sys

from ganzoo.testing.finding import Broken
from ganzoo.testing.subject import Subject
from ganzoo.zoo.config import fields

WORDED = ("summary", "paper", "idea", "game", "good_for", "weakness")
PRESETS = ("default", "paper", "tiny")


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


def listing_imports_no_torch(subject: Subject) -> str:
    """`ganzoo list` reads every card; one that imports torch costs everybody seconds."""
    module = subject.family.build.__module__
    question = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True)
    if done.returncode == 1 and not done.stderr:
        raise Broken(f"importing {module} imports torch: do that inside build()")
    if done.returncode:
        raise Broken(f"{module} cannot be imported by itself: {done.stderr.strip().splitlines()[-1]}")
    return f"{module} is imported without torch"

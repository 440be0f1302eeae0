"""Print, as Markdown, how far two ranks are from one process, family by family: the table of docs/devices.md."""

from __future__ import annotations

import torch
from dealt import in_parts
from equality import CASES, Learnt, apart, apart_in_weights, learn, phases
from pair import Pair

WHOLE = 1e-6  # from here on the batch as a whole matters
HEADER = ("family", "steps", "phases", "gradients", "weights", "gradients, batch as a whole")


def row(title: str, steps: int, parts: Learnt, whole: Learnt, rank: Learnt) -> tuple[str, ...]:
    by_phase = {phase: apart(whole, rank, phase, step=first(whole, phase)) for phase in phases(whole)}
    unlike = {phase: value for phase, value in by_phase.items() if value > WHOLE}
    said = ", ".join(f"{phase} {value:.0%}" for phase, value in unlike.items()) or "the same"
    names = ", ".join(phases(parts))
    return title, str(steps), names, f"{apart(parts, rank):.0e}", f"{apart_in_weights(parts, rank):.0e}", said


def first(learnt: Learnt, phase: str) -> str:
    """The step in which a phase is first run: later ones begin from other weights."""
    return next(key.split()[0] for key in learnt.gradients if key.split()[1] == phase)


def main() -> None:
    torch.set_num_threads(1)
    pair = Pair()
    print("|", " | ".join(HEADER), "|")
    print("|", " | ".join("---" for _ in HEADER), "|")
    for case in CASES:
        with in_parts(2):
            parts = learn(case)
        rank, _ = pair(learn, case)
        print("|", " | ".join(row(case.title, case.steps, parts, learn(case), rank)), "|", flush=True)
    pair.close()


if __name__ == "__main__":
    main()

"""All checks of a family, one after the other, each in its own guard."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ganzoo.testing import building, describing, drawing, learning
from ganzoo.testing.finding import Broken, Finding
from ganzoo.testing.subject import Subject
from ganzoo.zoo.cards import Family
from ganzoo.zoo.registry import zoo

CHECKS: dict[str, Callable[[Subject], str]] = {  # each says what it tried, or raises Broken
    "card": describing.card_is_complete,
    "light to list": describing.listing_imports_no_torch,
    "presets": building.presets_build,
    "sizes and channels": building.sizes_build_or_name_the_nearest,
    "finite": learning.losses_stay_finite,
    "own parameters": learning.phases_move_their_own_parameters,
    "schedule": learning.schedule_follows_progress,
    "exact resume": learning.resume_is_exact,
    "randomness": learning.chance_comes_from_torch,
    "micro-batches": learning.micro_batches_weigh_alike,
    "logits": learning.discriminators_give_logits,
    "a seed is a sample": drawing.a_seed_is_a_sample,
    "drawing changes nothing": drawing.drawing_leaves_no_trace,
}


class ContractBroken(AssertionError):
    """A family does not keep the contract; the message holds a line for each promise it breaks."""


def check_family(family: Family | str, preset: str = "tiny") -> list[Finding]:
    """Hold a family to the contract, trained for a moment on made-up data at ``preset``; seconds on a CPU.

    Args:
        family: a card, or the name of a registered one.
        preset: small enough to take some dozen steps at once.

    Returns:
        What was tried, a finding each.

    Raises:
        ContractBroken: at least one promise is not kept; each is named with what to change.
        RequestError: no family has this name, or it has no such preset.
    """
    findings = list(examine(family, preset))
    broken = [finding for finding in findings if not finding.kept]
    if broken:
        raise ContractBroken("\n".join(f"{finding.check}: {finding.message}" for finding in broken))
    return findings


def examine(family: Family | str, preset: str = "tiny") -> Iterator[Finding]:
    """The same without raising: findings as they come."""
    card = zoo().get("families", family) if isinstance(family, str) else family
    subject = Subject(card, preset)
    for name, check in CHECKS.items():
        try:
            yield Finding(name, True, check(subject))
        except Broken as broken:
            yield Finding(name, False, str(broken))
        except Exception as error:  # whatever a stranger's code raises is a finding, not our crash
            yield Finding(name, False, f"raises {type(error).__name__}: {first_line(error)}")


def first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), "")

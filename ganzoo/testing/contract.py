"""The contract of every kind of card: its checks one after the other, each in its own guard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ganzoo.testing import building, datasets, describing, drawing, learning, losses, metrics, networks
from ganzoo.testing.finding import Broken, Finding
from ganzoo.testing.subject import Subject
from ganzoo.zoo.cards import Card, Dataset, Discriminator, Family, Generator, Loss, Metric
from ganzoo.zoo.registry import zoo

Check = Callable[[Any], str]  # of what is on trial: says what it tried, or raises Broken

CHECKS: dict[str, Check] = {  # of a family
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
DESCRIBED: dict[str, Check] = {  # of everything else, first
    "card": describing.card_says_what_it_is,
    "light to list": describing.listing_imports_no_torch,
}


class Contract(NamedTuple):
    """What a kind of card is held to."""

    trial: Callable[[Any, str], Any]  # a card and a preset, which only families have, to what is looked at
    checks: dict[str, Check]


CONTRACTS: dict[str, Contract] = {
    "families": Contract(Subject, CHECKS),
    "generators": Contract(networks.NetworkTrial, DESCRIBED | networks.OF_GENERATORS),
    "discriminators": Contract(networks.NetworkTrial, DESCRIBED | networks.OF_DISCRIMINATORS),
    "losses": Contract(losses.LossTrial, DESCRIBED | losses.CHECKS),
    "datasets": Contract(datasets.DatasetTrial, DESCRIBED | datasets.CHECKS),
    "metrics": Contract(metrics.MetricTrial, DESCRIBED | metrics.CHECKS),
}


class ContractBroken(AssertionError):
    """A part does not keep its contract; the message holds a line for each promise it breaks."""


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
    return _hold(examine(_card("families", family), preset))


def check_generator(generator: Generator | str) -> list[Finding]:
    """Hold a generator to its contract, as `check_family` does a family."""
    return _hold(examine(_card("generators", generator)))


def check_discriminator(discriminator: Discriminator | str) -> list[Finding]:
    """Hold a discriminator to its contract, as `check_family` does a family."""
    return _hold(examine(_card("discriminators", discriminator)))


def check_loss(loss: Loss | str) -> list[Finding]:
    """Hold a loss to its contract, as `check_family` does a family: at logits of every size."""
    return _hold(examine(_card("losses", loss)))


def check_metric(metric: Metric | str) -> list[Finding]:
    """Hold a metric to its contract, as `check_family` does a family: on made-up pictures, points or pairs."""
    return _hold(examine(_card("metrics", metric)))


def check_dataset(dataset: Dataset | str, change: Callable[[], object] | None = None) -> list[Finding]:
    """Hold a data set to its contract, as `check_family` does a family. All of it is read twice, at 16 pixels.

    Args:
        dataset: a card, or the name of a registered one.
        change: alters the content, as by writing another picture into a folder; that the set then has another
            identity is tried only where this is given.
    """
    trial = datasets.DatasetTrial(_card("datasets", dataset), change=change)
    return _hold(_findings(trial, CONTRACTS["datasets"].checks))


def examine(card: Card | str, preset: str = "tiny") -> Iterator[Finding]:
    """The same of any card, or of the family of this name, without raising: findings as they come."""
    card = _card("families", card)
    trial, checks = CONTRACTS[card.kind]
    yield from _findings(trial(card, preset), checks)


def _findings(trial: Any, checks: dict[str, Check]) -> Iterator[Finding]:
    for name, check in checks.items():
        try:
            yield Finding(name, True, check(trial))
        except Broken as broken:
            yield Finding(name, False, str(broken))
        except Exception as error:  # whatever a stranger's code raises is a finding, not our crash
            yield Finding(name, False, f"raises {type(error).__name__}: {first_line(error)}")


def _hold(found: Iterator[Finding]) -> list[Finding]:
    findings = list(found)
    broken = [finding for finding in findings if not finding.kept]
    if broken:
        raise ContractBroken("\n".join(f"{finding.check}: {finding.message}" for finding in broken))
    return findings


def _card(kind: str, card: Card | str) -> Any:
    return zoo().get(kind, card) if isinstance(card, str) else card


def first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), "")

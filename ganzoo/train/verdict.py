"""What the log says of a run's health, in a word, and what to do about it; a pure function of its lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Line = Mapping[str, Any]  # of the log

BALANCED = "balanced"
READINGS, STEPS = 4, 100  # lines in a row that must agree on a verdict, and how far they must lie apart
CALM = 0.5  # how bad it may be at most for a verdict to be taken back; 1 is how bad it must be for one to be given

GROWTH = 1_000  # of a loss, a gradient or the diversity, over the smallest of the run and over 1
DOUBT = 0.01  # of a discriminator that is sure
FALL = 0.25  # of the best diversity of a run: what is left of it after a collapse
FLOOR = 0.05  # diversity of a generator that never found any
START = 1_000  # steps that a generator may take to find it


class Rule:
    """One thing that may go wrong: `severity` of a line is 1 where it does, and None where the line cannot tell."""

    verdict: str
    meaning: str
    readings, steps = READINGS, STEPS  # for it to be given; to take it back is never quicker

    def __init__(self) -> None:
        self.holds = False
        self._against: list[int] = []  # steps of the last readings that contradict the verdict

    def severity(self, line: Line) -> float | None:
        raise NotImplementedError

    def hear(self, line: Line) -> None:
        severity = self.severity(line)
        if severity is None:
            return
        contradicts = severity <= CALM if self.holds else severity >= 1
        self._against = [*self._against, line["step"]] if contradicts else []
        readings, steps = (READINGS, STEPS) if self.holds else (self.readings, self.steps)
        if len(self._against) >= readings and self._against[-1] - self._against[0] >= steps:
            self.holds, self._against = not self.holds, []


class Diverging(Rule):
    """A loss, a gradient or the distance of two samples is a thousand times what it was at its smallest."""

    verdict = "diverging"
    meaning = "A loss, a gradient or the distance of samples grew a thousandfold."
    readings, steps = 2, 1  # what grows like this has no time for more

    def __init__(self) -> None:
        super().__init__()
        self._smallest: dict[str, float] = {}

    def severity(self, line: Line) -> float | None:
        sizes = {key: abs(value) for key, value in line.items() if key.endswith("/loss")}
        sizes |= {f"{phase}/gradient": norm for phase, norm in line["health"].get("gradients", {}).items()}
        sizes |= {key: line["health"][key] for key in ("diversity",) if key in line["health"]}
        growths = []
        for key, size in sizes.items():
            self._smallest[key] = min(size, self._smallest.get(key, size))
            growths.append(size / max(self._smallest[key], 1.0))
        return max(growths) / GROWTH if growths else None


class Winning(Rule):
    """A discriminator is right about nearly every example, and sure of it: its verdicts have no slope to follow."""

    verdict = "discriminator wins"
    meaning = "The discriminator is always right, and sure of it, so the generator learns little from it."

    def severity(self, line: Line) -> float | None:
        doubts = []
        for real, fake in pairs(line["health"].get("accuracy", {})):
            wrong = (1 - line["health"]["accuracy"][key] for key in (real, fake))
            doubts.append(max(1 - line[real], line[fake], *wrong))
        return DOUBT / max(min(doubts), 1e-9) if doubts else None


class Collapsing(Rule):
    """Samples differ far less than they did, or than they ever should."""

    verdict = "mode collapse"
    meaning = "The generator draws nearly the same again and again."

    def __init__(self) -> None:
        super().__init__()
        self._best = self._last = 0.0  # the best diversity of two readings in a row, and that of the last one

    def severity(self, line: Line) -> float | None:
        health = line["health"]
        if "diversity" not in health:
            return None
        diversity = health["diversity"]
        self._best = max(self._best, min(diversity, self._last, 1.0))  # more than the data's is noise, no gain
        self._last = diversity
        fallen = FALL * self._best if FALL * self._best >= FLOOR else 0.0  # below, it had not risen yet
        least = max(fallen, FLOOR if line["step"] >= START else 0.0)
        return least / max(diversity, 1e-9)


RULES: tuple[type[Rule], ...] = (Diverging, Winning, Collapsing)  # what is named first, where several hold
VERDICTS = (BALANCED, *(rule.verdict for rule in RULES))


class Judge:
    """Hears a run's log line by line, and keeps the verdict on what it heard so far."""

    def __init__(self, lines: Iterable[Line] = ()):
        self.rules = [rule() for rule in RULES]
        self._step = -1
        for line in lines:
            self.hear(line)

    @property
    def verdict(self) -> str:
        return next((rule.verdict for rule in self.rules if rule.holds), BALANCED)

    def hear(self, line: Line) -> str:
        """The verdict after one more line; one without "health", or about a step heard of before, changes nothing."""
        if "health" in line and line["step"] > self._step:
            self._step = line["step"]
            for rule in self.rules:
                rule.hear(line)
        return self.verdict


def pairs(keys: Iterable[str]) -> list[tuple[str, str]]:
    """Beliefs in the real and in the fake of one game: ("d/real", "d/fake"), ("d/real_a", "d/fake_a")."""
    keys, found = list(keys), []
    for key in keys:
        phase, _, name = key.rpartition("/")
        fake = f"{phase}/fake{name.removeprefix('real')}"
        if name.startswith("real") and fake in keys:
            found.append((key, fake))
    return found


def changes(lines: Iterable[Line]) -> list[tuple[int, str]]:
    """Images shown and verdict, wherever a log's verdict changed; a run begins balanced."""
    found, last = [], BALANCED
    for line in lines:
        verdict = line.get("health", {}).get("verdict", last)
        if verdict != last:
            found.append((line["images"], verdict))
        last = verdict
    return found


def remedy(verdict: str, settings: Mapping[str, Any]) -> str:
    """What a verdict means and what to try, in settings that the family has; empty where nothing is wrong."""
    meaning = next((rule.meaning for rule in RULES if rule.verdict == verdict), "")
    if not meaning:
        return ""
    advice = {
        Diverging.verdict: [_lower("lr", settings, 10), _lower("lr_d", settings, 10)],
        Winning.verdict: [_lower("lr_d", settings, 4), _fewer_turns(settings), _other_loss(settings, "hinge")],
        Collapsing.verdict: [_more("batch", settings, 2), _lower("lr", settings, 2), "another --seed"],
    }[verdict]
    tries = [each for each in advice if each]
    return f"{meaning} Try {' or '.join(tries)}." if tries else f"{meaning} Try smaller steps or another preset."


def _more(key: str, settings: Mapping[str, Any], times: int) -> str:
    return f"--set {key}={times * settings[key]}" if key in settings else ""


def _lower(key: str, settings: Mapping[str, Any], times: int) -> str:
    value = settings.get(key)
    return f"--set {key}={value / times:.2g}" if isinstance(value, float) and value > 0 else ""


def _fewer_turns(settings: Mapping[str, Any]) -> str:
    turns = settings.get("n_critic", 1)
    return f"--set n_critic={turns // 2}" if turns > 1 else ""


def _other_loss(settings: Mapping[str, Any], loss: str) -> str:
    return f"--set loss={loss}" if settings.get("loss", loss) != loss else ""

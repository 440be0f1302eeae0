"""How a run does while it trains: cheap signals for every line of its log, and the verdict on them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from ganzoo.train.engine import Engine
from ganzoo.train.variety import Variety
from ganzoo.train.verdict import Judge, Line

SHARE = 0.01  # of the time may go into samples that nobody sees
FIRST = 32  # images shown for each sample of the first reading, whose cost nobody knows yet


class Health:
    """Looks at an engine whenever its log gets a line; training does not notice."""

    def __init__(self, variety: Variety):
        self.variety, self.judge = variety, Judge()
        self._began = time.perf_counter()
        self._spent = self._cost = 0.0  # seconds on samples: by this process, and on the last ones

    def recall(self, lines: Iterable[Line]) -> None:
        """Go on from the lines of an earlier process."""
        self.judge = Judge(lines)

    def examine(self, engine: Engine, line: Line) -> dict[str, Any]:
        """The "health" of a line, with the verdict on the run up to it.

        "accuracy" of every discriminator that gives chances; "gradients", a norm a phase, where the last step was
        watched; "diversity" and "duplicates" where there was time to draw samples. Only what is known is in it.
        """
        found: dict[str, Any] = {
            "accuracy": _rounded(engine.read_accuracies()),
            "gradients": _rounded(engine.read_gradients()),
            **(_rounded(self._varied(engine)) if self._has_time(engine) else {}),
        }
        found = {key: value for key, value in found.items() if value != {}}
        return {"verdict": self.judge.hear({**line, "health": found}), **found}

    def _has_time(self, engine: Engine) -> bool:
        if not self._cost:
            return engine.now.images >= FIRST * self.variety.count
        return self._spent + self._cost <= SHARE * (time.perf_counter() - self._began)

    def _varied(self, engine: Engine) -> dict[str, float]:
        began = time.perf_counter()
        found = self.variety.read(engine)
        self._cost = time.perf_counter() - began
        self._spent += self._cost
        return found


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    """As the log holds them; what is no number goes unsaid, a loss will soon tell."""
    return {key: round(value, 6) for key, value in values.items() if isfinite(value)}

"""A scale: values to places along an axis, and the round values that are marked there."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ganzoo.score.report.figures import compact, figure

LOG_FROM = 12.0  # largest over smallest
MARGIN = 0.05  # of the axis, left free at either end
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
MANTISSAS = ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), tuple(map(float, range(1, 10))))
FEWEST, MOST = 3, 7  # marks


@dataclass(frozen=True)
class Scale:
    """An axis from ``low`` to ``high``, linear or logarithmic."""

    low: float
    high: float
    log: bool = False

    @classmethod
    def over(cls, values: Iterable[float], *, from_zero: bool = False) -> Scale:
        """The axis that holds these values, with some room; those that are not finite have no place on it."""
        told = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
        low, high = min(told), max(told)
        if from_zero:
            return cls(0.0, high or 1.0)
        if low > 0 and high > LOG_FROM * low:
            room = (high / low) ** MARGIN
            return cls(low / room, high * room, log=True)
        room = MARGIN * (high - low) or 0.1 * abs(high) or 1.0
        return cls(low - room, high + room)

    def at(self, value: float) -> float:
        """Where a finite value lies: 0 at ``low``, 1 at ``high``."""
        if self.log:
            return math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def marks(self) -> list[tuple[float, str]]:
        """Round values on the axis, three to seven of them, and how they are written."""
        if not self.log:
            return self._even()
        for mantissas in MANTISSAS:
            found = self._powers(mantissas)
            if len(found) >= FEWEST:
                return [(value, _short(value)) for value in found[:: math.ceil(len(found) / MOST)]]
        return self._even()

    def _even(self) -> list[tuple[float, str]]:
        rough = (self.high - self.low) / MOST
        unit = 10.0 ** math.floor(math.log10(rough))
        step = next(unit * each for each in STEPS if unit * each >= rough * (1 - 1e-9))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [(value, _short(value)) for value in (round(i * step, 12) for i in range(first, last + 1))]

    def _powers(self, mantissas: tuple[float, ...]) -> list[float]:
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        values = (mantissa * 10.0**power for power in powers for mantissa in mantissas)
        return [value for value in values if self.low <= value <= self.high]


def _short(value: float) -> str:
    if abs(value) >= 1000:
        return compact(value)
    return f"{value:g}".replace("-", "−") if not value or abs(value) >= 1e-4 else figure(value)

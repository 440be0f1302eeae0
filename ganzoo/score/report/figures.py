"""Numbers as people read them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

DIGITS = 4  # significant ones of a score
WIDEST = 1000.0  # largest over smallest, above which numbers in one column do not share their decimals
UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
DURATIONS = ((7200.0, 3600.0, "hours"), (120.0, 60.0, "minutes"), (0.0, 1.0, "seconds"))  # from, unit, its name
ABSENT = "–"


def figure(value: float | None, decimals: int | None = None) -> str:
    """A score: four significant digits, or as many decimals as its neighbours have; powers of ten at the extremes."""
    if value is None:
        return ABSENT
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    size = abs(value)
    if decimals is None or (size and not 1e-4 <= size < 1e6):
        if size and not 1e-4 <= size < 1e6:
            mantissa, power = f"{value:.2e}".split("e")
            return f"{mantissa.replace('-', '−')}e{int(power)}".replace("e-", "e−")
        decimals = fitting(size)
    return f"{value:,.{decimals}f}".replace("-", "−")


def spread(value: float | None, std: float | None, decimals: int | None = None) -> str:
    """`` ± 0.12`` with the decimals of the value before it; empty where there is none."""
    if value is None or std is None:
        return ""
    return f" ± {figure(std, fitting(abs(value)) if decimals is None else decimals)}"


def fitting(size: float) -> int:
    """Decimals that show a number of this size with four significant digits."""
    return min(max(DIGITS - 1 - math.floor(math.log10(size)), 0), 6) if size else 2


def common_decimals(values: Iterable[float | None]) -> int | None:
    """Decimals for all numbers of a column; None where they are too far apart to share them."""
    sizes = [abs(value) for value in values if value is not None and math.isfinite(value) and value]
    if not sizes or max(sizes) > WIDEST * min(sizes):
        return None
    return fitting(max(sizes))


def compact(value: float) -> str:
    """``1.2M``, ``200k``: for axes."""
    unit, letter = _unit(abs(value))
    return f"{value / unit:.3g}{letter}"


def count(value: int) -> str:
    """``1.70M``: three digits, so that a column of them lines up."""
    unit, letter = _unit(value)
    return f"{value / unit:#.3g}".removesuffix(".") + letter if letter else str(value)


def _unit(size: float) -> tuple[float, str]:
    rounded = float(f"{size:.3g}")  # 999,600 is 1.00M, not 1000k
    return next(((unit, letter) for unit, letter in UNITS if rounded >= unit), (1.0, ""))


def memory(size: int | None) -> str:
    if size is None:
        return ABSENT
    return f"{size / 2**30:.2f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"


def minutes(seconds: float) -> str:
    return f"{seconds / 60:,.1f}" if seconds < 6000 else f"{seconds / 60:,.0f}"


def speed(images_per_second: float) -> str:
    return f"{images_per_second:,.0f}" if images_per_second >= 10 else f"{images_per_second:.2g}"


def duration_unit(longest: float) -> tuple[float, str]:
    """Seconds in the unit that suits an axis, and its name."""
    return next((unit, name) for least, unit, name in DURATIONS if longest >= least)


def listed(names: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join([*([", ".join(names[:-1])] if names[1:] else []), *names[-1:]])

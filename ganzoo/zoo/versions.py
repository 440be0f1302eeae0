"""Versions, and the ranges of them that a package says it works with."""

from __future__ import annotations

import re

NUMBERS = re.compile(r"v?(\d+(?:\.\d+)*)")
CLAUSE = re.compile(r"(~=|===|==|!=|<=|>=|<|>)\s*v?(\d+(?:\.\d+)*)(\.\*)?")


def release(version: str) -> tuple[int, ...]:
    """The numbers of a version without the zeros at its end: ``"1.2.0rc1"`` to ``(1, 2)``; or none."""
    found = NUMBERS.match(version)
    numbers = [int(part) for part in found[1].split(".")] if found else []
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def admits(specifier: str, version: str) -> bool:
    """Whether a range such as ``">=0.1,<1"`` (PEP 440) has a version in it; an empty range has every one.

    A release candidate counts as the release it is to become: whoever was not made for 1.0 was not made for 1.0rc1.
    """
    return all(_holds(*clause, release(version)) for clause in CLAUSE.findall(specifier))


def _holds(sign: str, text: str, wildcard: str, version: tuple[int, ...]) -> bool:
    bound, parts = release(text), [int(part) for part in text.split(".")]
    alike = _padded(version, len(parts)) == parts
    if sign == "~=":  # ~=1.2.3 is >=1.2.3 and ==1.2.*
        return version >= bound and _padded(version, len(parts) - 1) == parts[:-1]
    if sign == "!=":
        return not alike if wildcard else version != bound
    if sign in ("==", "==="):
        return alike if wildcard else version == bound
    return {"<": version < bound, "<=": version <= bound, ">": version > bound, ">=": version >= bound}[sign]


def _padded(version: tuple[int, ...], length: int) -> list[int]:
    return [*version, *[0] * length][:length]

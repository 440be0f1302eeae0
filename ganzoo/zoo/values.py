"""One value of a setting: read from text, TOML or code by the type of its field, refused with what was expected."""

from __future__ import annotations

import math
import types
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin


class PartOf(NamedTuple):
    """Marks a text field as the name of a registered part, of ``kind`` "losses", "generators", ..."""

    kind: str


TRUTH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
SUFFIXES = {"k": 1e3, "m": 1e6}  # of counts: 200k images
BRACKETS = "()[] "


def part_kind(kind: Any) -> str:
    """The kind of registered part a field names ("losses", ...), or "" where it names none."""
    marks = get_args(kind)[1:] if get_origin(kind) is Annotated else ()
    return next((mark.kind for mark in marks if isinstance(mark, PartOf)), "")


def convert(value: Any, kind: Any) -> Any:
    """``value`` as the type ``kind``: text is parsed, a whole float serves as int, a list as tuple.

    Raises:
        ValueError: it does not fit; ``expected(kind)`` says what would.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return convert(value, inner[0])
    if origin in (Union, types.UnionType):
        return _one_of_types(value, inner)
    if origin is Literal:
        return _one_of_words(value, inner)
    if origin is tuple:
        return _several(value, inner)
    if kind is bool:
        return value if isinstance(value, bool) else TRUTH[_text(value).lower()]
    if kind is int:
        return _whole(value)
    if kind is float:
        return _number(value)
    if kind is str:
        return _text(value)
    raise ValueError(f"a field of type {type_name(kind)} cannot be set")


def expected(kind: Any) -> str:
    """What a field of this type takes, in words: ``"a whole number, such as 64 or 200k"``."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        part = part_kind(kind)
        return f"one of the {part}" if part else expected(inner[0])
    if origin in (Union, types.UnionType):
        return " or ".join("none" if each is types.NoneType else expected(each) for each in inner)
    if origin is Literal:
        return "one of " + ", ".join(map(str, inner))
    if origin is tuple:
        each = inner[0] if inner else Any
        return f"several of {type_name(each)}" if inner[1:] == (...,) else f"{len(inner)} of {type_name(each)}, as a,b"
    words = {
        bool: "true or false",
        int: "a whole number, such as 64 or 200k",
        float: "a number, such as 0.5 or 2e-4",
        str: "text",
    }
    return words.get(kind, type_name(kind))


def type_name(kind: Any) -> str:
    """The type in a word, as tables show it: ``"int"``, ``"float or none"``, ``"a|b"``."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return part_kind(kind) or type_name(inner[0])
    if origin in (Union, types.UnionType):
        return " or ".join(map(type_name, inner))
    if origin is Literal:
        return "|".join(map(str, inner))
    if origin is tuple:
        return f"{type_name(inner[0])},..." if inner[1:] == (...,) else ",".join(map(type_name, inner))
    if kind is types.NoneType:
        return "none"
    return getattr(kind, "__name__", str(kind))


def shown(value: Any) -> str:
    """The value as it would be typed after ``--set key=``."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (tuple, list)):
        return ",".join(map(shown, value))
    return "none" if value is None else str(value).removesuffix(".0")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not text")
    return value.strip()


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"{value!r} is no number")
    scale = 1.0
    if isinstance(value, str):
        value = value.strip().lower()
        if value and value[-1] in SUFFIXES:
            value, scale = value[:-1], SUFFIXES[value[-1]]
    number = float(value) * scale
    if not math.isfinite(number):
        raise ValueError(f"{value} is not finite")
    return number


def _whole(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lstrip("+-").replace("_", "").isdigit():
        return int(value)  # exact: a seed may have more digits than a float keeps
    number = _number(value)
    if not number.is_integer():
        raise ValueError(f"{value} is not whole")
    return int(number)


def _one_of_words(value: Any, words: tuple[Any, ...]) -> Any:
    for word in words:
        if value == word or str(value).strip().lower() == str(word).lower():
            return word
    raise ValueError(f"{value!r} is none of them")


def _one_of_types(value: Any, choices: tuple[Any, ...]) -> Any:
    if types.NoneType in choices and (value is None or str(value).strip().lower() == "none"):
        return None
    for choice in choices:
        if choice is not types.NoneType:
            try:
                return convert(value, choice)
            except (ValueError, KeyError):
                continue
    raise ValueError(f"{value!r} is none of them")


def _several(value: Any, inner: tuple[Any, ...]) -> tuple[Any, ...]:
    items = value.strip(BRACKETS).split(",") if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)):
        raise ValueError(f"{value!r} is a single value")
    each = (inner[0],) * len(items) if inner[1:] == (...,) else inner
    if len(items) != len(each):
        raise ValueError(f"{len(items)} values instead of {len(each)}")
    return tuple(convert(item, kind) for item, kind in zip(items, each, strict=True))

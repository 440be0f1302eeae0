"""HTML in pieces. Whatever is no `Markup` yet is escaped here, and nowhere else."""

from __future__ import annotations

import html

VOID = frozenset({"img", "link", "meta"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(name: str, /, *children: object, **attributes: object) -> Markup:
    """``element("td", "a < b", class_="wide", colspan=2)``: one element; a child or attribute that is None is left out.

    Attributes lose a closing underscore, and others become hyphens: ``class_``, ``text_anchor``.
    """
    told = "".join(
        f' {key.removesuffix("_").replace("_", "-")}="{html.escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Markup(f"<{name}{told}>")
    return Markup(f"<{name}{told}>{joined(*children)}</{name}>")


def joined(*children: object, between: str = "") -> Markup:
    """Pieces one after the other."""
    return Markup(between.join(_safe(child) for child in children if child is not None))


def _safe(child: object) -> str:
    return child if isinstance(child, Markup) else html.escape(str(child))

"""How accessories are put on: a table of them by name, each painted in its window of the head."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ganzoo.data.drawn.canvas import Box, Canvas, Look, groups

Worn = dict[str, tuple[Callable[[Canvas, Look, np.ndarray, np.ndarray], None], Box]]  # by name: how, and where


def put_on(canvas: Canvas, look: Look, names: Sequence[str], worn: Worn) -> None:
    """Paint the accessories of a table on those who wear them; ``names`` are those of ``look.accessory``."""
    for accessory, chosen in groups(look.accessory):
        name = names[accessory]
        if name in worn:
            paint, window = worn[name]
            some = look[chosen]
            with canvas.part(some.head, window, chosen) as part:
                paint(part, some, *part.coordinates(some.head))

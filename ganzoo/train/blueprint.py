"""A family's networks as they would be built, without the memory they would take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from ganzoo.game import Recipe
from ganzoo.zoo.cards import Family
from ganzoo.zoo.config import Config
from ganzoo.zoo.facts import Facts

DRAWS = (torch.randn, torch.rand)
FILLS = frozenset({"normal_", "uniform_", "trunc_normal_", "bernoulli_", "random_"})


def draw_up(family: Family, config: Config, facts: Facts) -> Recipe:
    """The recipe on torch's meta device: shapes without numbers."""
    with torch.device("meta"), Unfilled():
        return family.build(config, facts)


def count_parameters(family: Family, config: Config, facts: Facts) -> dict[str, int]:
    """Trainable numbers in every network that has any."""
    nets = draw_up(family, config, facts).nets
    counts = {name: sum(each.numel() for each in net.parameters()) for name, net in nets.items()}
    return {name: count for name, count in counts.items() if count}


class Unfilled(TorchFunctionMode):
    """First weights are not drawn: on the meta device torch would import its compiler to draw nothing at all."""

    def __torch_function__(self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        name, module = getattr(func, "__name__", ""), getattr(func, "__module__", "")  # a method of torch may have none
        if name in FILLS or (module == "torch.nn.init" and name.endswith("_")):
            return args[0] if args else kwargs["tensor"]
        if func in DRAWS:
            func = torch.empty
        return func(*args, **(kwargs or {}))

"""How different the examples are that a family draws, compared with as many real ones."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from ganzoo.data.feed import Feed
from ganzoo.game import Recipe
from ganzoo.train.engine import Engine
from ganzoo.train.sampling import OTHER, draw
from ganzoo.zoo.facts import Facts

PICTURES, POINTS = 64, 256  # examples compared
SIDE = 16  # of the pictures compared: what stays of them is what they show, not how it is drawn
NEARLY_ALL = 0.95  # of the real ones are at least this far from the nearest; a duplicate is less than half as far


class Variety:
    """Draws the same seeds at every reading, told what as many real examples are told.

    The networks are those that learn: an average would show a collapse only after its half-life.
    """

    def __init__(self, feed: Feed, facts: Facts):
        self.count = min(POINTS if facts.is_points else PICTURES, max(facts.count, 1))
        self.real = {key: value.cpu() for key, value in feed.batch(0, self.count).items()}

    def read(self, engine: Engine) -> dict[str, float]:
        """``diversity``, of real examples 1, and ``duplicates``, a share; empty where the real ones are all alike."""
        engine.recipe.begin(engine.now)
        with engine.sampling(live=True) as nets:
            drawn = self._drawn(engine.recipe, nets, engine.backend.device)
        found = [compared(fake, self.real[key]) for key, fake in drawn.items()]
        if not all(found):
            return {}
        return {  # of two games, the worse
            "diversity": min(each["diversity"] for each in found),
            "duplicates": max(each["duplicates"] for each in found),
        }

    def _drawn(self, recipe: Recipe, nets: Mapping[str, nn.Module], device: torch.device) -> dict[str, Tensor]:
        """Examples under the name of the real ones that they are to be like."""
        seeds, takes = range(self.count), recipe.takes
        if "a" in takes:
            told = {to: {other: self.real[other]} for to, other in OTHER.items()}
        else:
            told = {"image": {key: self.real[key] for key in ("label", "text") if key in takes}}
            if "truncation" in takes:  # what may be drawn, not what a person chose to see of it
                told["image"]["truncation"] = torch.ones(self.count)
        return {key: torch.from_numpy(draw(recipe, nets, seeds, cond, device)) for key, cond in told.items()}


def compared(drawn: Tensor, real: Tensor) -> dict[str, float]:
    """``diversity`` and ``duplicates`` of pictures [n, C, H, W] or points [n, D]; empty where no two real ones differ.

    Diversity is the mean distance of two drawn ones over that of two real ones. A duplicate is a drawn one whose
    nearest other one is less than half as far as that of nearly all real ones.
    """
    apart, apart_real = distances(coarse(drawn)), distances(coarse(real))
    spread = apart_real.mean()
    if len(real) < 2 or not spread > 0:
        return {}
    near = apart_real.amin(1).quantile(1 - NEARLY_ALL) / 2
    return {
        "diversity": (apart.mean() / spread).item(),
        "duplicates": (apart.amin(1) < near).float().mean().item(),
    }


def coarse(x: Tensor) -> Tensor:
    """Rows to compare [n, D]: points as they are, pictures brought down to 16 x 16 where they are larger."""
    if x.dim() == 4:
        x = adaptive_avg_pool2d(x, [min(side, SIDE) for side in x.shape[2:]])
    return x.flatten(1)


def distances(x: Tensor) -> Tensor:
    """From each row [n, D] to every other one, [n, n - 1]."""
    n = len(x)
    others = ~torch.eye(n, dtype=torch.bool)
    return torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist")[others].view(n, n - 1)

"""A loss on trial: what it says to either player about logits of every size."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ganzoo.testing.chance import chance_kept
from ganzoo.testing.finding import Broken
from ganzoo.zoo.cards import Loss

COUNT = 16  # logits of either kind
USUAL, LARGE = 2.0, 50.0  # logits of a game in balance, and of one that is decided
CLOSE = 1e-5  # relative difference that rounding may make


class LossTrial:
    """The loss under examination."""

    def __init__(self, card: Loss, preset: str = ""):
        self.card = card

    @cached_property
    def loss(self):
        return self.card.build()

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        """What the discriminator is told."""
        return self.loss.d(real, fake)

    def g(self, real: Tensor, fake: Tensor) -> Tensor:
        """What the generator is told; a relative loss lets it see the reals."""
        return self.loss.g(fake, real) if getattr(self.loss, "relative", False) else self.loss.g(fake)

    @property
    def opinions(self) -> dict[str, Callable[[Tensor, Tensor], Tensor]]:
        return {"d": self.d, "g": self.g}


def opinions_are_one_number(trial: LossTrial) -> str:
    """Either opinion is a tensor of one number."""
    real, fake = logits(0, USUAL), logits(1, USUAL)
    for name, opinion in trial.opinions.items():
        value = opinion(real, fake)
        if not isinstance(value, Tensor):
            raise Broken(
                f"{name}() gives a {type(value).__name__}: give back a tensor, so that it can be differentiated"
            )
        if value.shape:
            raise Broken(f"{name}() gives a tensor of shape {tuple(value.shape)}: a loss is one number, end in .mean()")
    return "d(real, fake) and g(fake)"


def logits_of_every_size_are_taken(trial: LossTrial) -> str:
    """Loss and gradient are finite wherever logits may lie."""
    for name, opinion in trial.opinions.items():
        if _fails(opinion, -USUAL, USUAL):
            if not _fails(opinion, 0.1, 0.9):
                raise Broken(
                    f"{name}() takes probabilities alone, and is given logits, which have no bounds: write it with "
                    "torch.nn.functional.softplus, as -log D(x) is softplus(-logit)"
                )
            raise Broken(
                f"{name}() is not finite at logits from -{USUAL:g} to {USUAL:g}: {_fails(opinion, -USUAL, USUAL)}"
            )
        if _fails(opinion, -LARGE, LARGE):
            raise Broken(
                f"{name}() is not finite at logits of {LARGE:g}, where a game is decided: in place of log(sigmoid(x)) "
                "write -softplus(-x), which is exact there"
            )
    return f"finite from -{LARGE:g} to {LARGE:g}, with gradients"


def players_learn_from_it(trial: LossTrial) -> str:
    """The discriminator's loss depends on both kinds of logits, the generator's on fakes."""
    wanted = {"d": {"real": 0, "fake": 1}, "g": {"fake": 1}}
    for name, opinion in trial.opinions.items():
        given = logits(0, USUAL).requires_grad_(), logits(1, USUAL).requires_grad_()
        value = opinion(*given)
        slopes = torch.autograd.grad(value, given, allow_unused=True) if value.requires_grad else (None, None)
        for kind, at in wanted[name].items():
            if slopes[at] is None or not slopes[at].any():
                raise Broken(
                    f"no gradient of {name}() reaches {kind}: is there a detach(), an item() or a sign() in it?"
                )
    return "gradients of d reach both, of g the fakes"


def right_logits_cost_less(trial: LossTrial) -> str:
    """Logits are positive for real: the discriminator pays for the opposite, the generator for being found out."""
    low, high = torch.full((COUNT,), -0.5), torch.full((COUNT,), 0.5)
    if not trial.d(high, low) < trial.d(low, high):
        raise Broken("d() is no less where reals have the higher logits: both are minimised, so mind the sign")
    if not trial.g(torch.zeros(COUNT), high) < trial.g(torch.zeros(COUNT), low):
        raise Broken("g() is no less where fakes have the higher logits: it is minimised, so mind the sign")
    return "d falls where it is right, g where it fools"


def batches_weigh_alike(trial: LossTrial) -> str:
    """A batch said twice costs what it costs once: a mean, not a sum."""
    real, fake = logits(0, USUAL), logits(1, USUAL)
    for name, opinion in trial.opinions.items():
        once, twice = opinion(real, fake), opinion(real.repeat(2), fake.repeat(2))
        if not torch.isclose(once, twice, rtol=CLOSE, atol=CLOSE):
            raise Broken(
                f"{name}() of a batch said twice is {twice / once:.2f} times as much: take the mean, not the sum"
            )
    return "the same for a batch and for the batch twice"


def nothing_is_remembered(trial: LossTrial) -> str:
    """The same logits cost the same, whatever came between: a loss is in no checkpoint."""
    real, fake = logits(0, USUAL), logits(1, USUAL)
    with chance_kept():
        for name, opinion in trial.opinions.items():
            values = []
            for seed in (1, 2):
                random.seed(seed)
                np.random.seed(seed)
                torch.manual_seed(0)
                values.append(opinion(real, fake))
                opinion(3 * fake, 2 * real)
            if not torch.equal(*values):
                raise Broken(
                    f"{name}() of the same logits is another number the second time: keep no memory in a loss, "
                    "and draw by chance with torch alone, whose state is in every checkpoint"
                )
    return "the same again after other logits"


def beliefs_are_chances(trial: LossTrial) -> str:
    """What people are shown lies between 0 and 1, one a logit; a loss without such a number says ``belief = None``."""
    belief = getattr(trial.loss, "belief", None)
    if belief is None:
        return "its own way to show none"
    given = logits(0, LARGE)
    chances = belief(given)
    if chances.shape != given.shape or not ((chances >= 0) & (chances <= 1)).all():
        raise Broken("belief() gives no chances: one number in [0, 1] a logit; where there is none, say belief = None")
    return "chances, one a logit"


CHECKS = {
    "one number": opinions_are_one_number,
    "logits": logits_of_every_size_are_taken,
    "gradient": players_learn_from_it,
    "sign": right_logits_cost_less,
    "mean": batches_weigh_alike,
    "no memory": nothing_is_remembered,
    "belief": beliefs_are_chances,
}


def logits(stream: int, size: float) -> Tensor:
    """Logits [n] from -size to size, the two ends among them."""
    drawn = torch.rand(COUNT, generator=torch.Generator().manual_seed(stream)) * 2 - 1
    drawn[0], drawn[1] = (-1, 1) if stream else (1, -1)
    return drawn * size


def _fails(opinion: Callable[[Tensor, Tensor], Tensor], low: float, high: float) -> str:
    """What is wrong with an opinion about logits from ``low`` to ``high``, or nothing."""
    middle, half = (low + high) / 2, (high - low) / 2
    given = tuple((middle + logits(stream, half)).requires_grad_() for stream in (0, 1))
    try:
        value = opinion(*given)
        slopes = torch.autograd.grad(value, given, allow_unused=True) if value.requires_grad else ()
    except Exception as error:  # a stranger's; torch's own binary_cross_entropy refuses what is no probability
        return f"raises {type(error).__name__}"
    found = [value, *(slope for slope in slopes if slope is not None)]
    return "" if all(each.isfinite().all() for each in found) else "not a number"

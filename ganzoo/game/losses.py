"""Adversarial losses, each written on logits: one scalar for either player, to be minimised.

``belief`` turns logits into the chances the discriminator gives to "this is real", for people to look at;
0.5 is where neither player wins. A critic that measures a distance has no such number and says None.

Logits may come in half precision; what is made of them is in float32, as their mean over a batch has to be.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus

from ganzoo.game.precision import wide


def belief(loss: Any, logits: Tensor) -> Tensor:
    """Chances of being real that a discriminator gives, like ``logits``; the mean of its scores where there are none.

    Shown as they are by a phase: the log has their mean, and the engine counts how many are on the right side of 0.5.
    """
    chance = getattr(loss, "belief", torch.sigmoid)
    return chance(wide(logits)) if chance else wide(logits).mean()


class NonSaturating:
    """Goodfellow et al. 2014, section 3: the generator maximises log D(G(z)) instead of minimising log(1 - D(G(z)))."""

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        return softplus(-wide(real)).mean() + softplus(wide(fake)).mean()

    def g(self, fake: Tensor) -> Tensor:
        return softplus(-wide(fake)).mean()


class Minimax:
    """Goodfellow et al. 2014, equation 1, as written: the generator's gradient dies where D is sure."""

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        return softplus(-wide(real)).mean() + softplus(wide(fake)).mean()

    def g(self, fake: Tensor) -> Tensor:
        return -softplus(wide(fake)).mean()


class Hinge:
    """Lim and Ye 2017; Miyato et al. 2018, equations 16 and 17: only logits inside the margin teach."""

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        return relu(1 - wide(real)).mean() + relu(1 + wide(fake)).mean()

    def g(self, fake: Tensor) -> Tensor:
        return -wide(fake).mean()


class LeastSquares:
    """Mao et al. 2017, equation 9, with targets 1 for real and 0 for fake."""

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        return 0.5 * ((wide(real) - 1).square().mean() + wide(fake).square().mean())

    def g(self, fake: Tensor) -> Tensor:
        return (wide(fake) - 1).square().mean()

    def belief(self, logits: Tensor) -> Tensor:
        """The logits are regressed on the targets themselves."""
        return logits.clamp(0, 1)


class Wasserstein:
    """Arjovsky et al. 2017, equation 2: the critic's gap estimates the earth mover's distance."""

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        return wide(fake).mean() - wide(real).mean()

    def g(self, fake: Tensor) -> Tensor:
        return -wide(fake).mean()

    belief = None  # only the difference of two scores means anything


class Relativistic:
    """Jolicoeur-Martineau 2018, RpGAN: is this real one more real than this fake one? Pairs by position."""

    relative = True  # the generator's turn also looks at reals

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        return softplus(wide(fake) - wide(real)).mean()

    def g(self, fake: Tensor, real: Tensor) -> Tensor:
        return softplus(wide(real) - wide(fake)).mean()

    belief = None  # a chance belongs to a pair, not to a logit

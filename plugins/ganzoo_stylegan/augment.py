"""Adaptive discriminator augmentation (Karras et al. 2020, limited data): what the discriminator sees, and how often.

Every picture it is shown, real or made, is first moved, turned and recoloured by chance. As long as each change is
left out often enough, what is drawn without them is still the only way to look right, and the changes do not leak.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganzoo_stylegan.colour import Colour
from ganzoo_stylegan.geometry import Geometry


class Augment(nn.Module):
    """Pictures [N, C, S, S] in, as many out, each change made with probability ``p``; differentiable twice.

    ``p`` is steered by how sure the discriminator is of real pictures: it is told to `heed` its logits on them, and
    `adjust` moves ``p`` by a step up when the share of positive over negative ones is above the target, else down.
    """

    def __init__(self, p: float = 0.0, target: float = 0.6):
        super().__init__()
        self.target = target
        self.geometry, self.colour = Geometry(), Colour()
        self.register_buffer("p", torch.tensor(float(p)))
        self.register_buffer("heard", torch.zeros(2))  # sum of signs, and how many, since the last adjustment

    def forward(self, x: Tensor) -> Tensor:
        return self.colour(self.geometry(x, self.p), self.p)

    @torch.no_grad()
    def heed(self, logits: Tensor) -> None:
        signs = logits.detach().float().sign()
        self.heard += torch.stack([signs.sum(), torch.ones_like(signs).sum()])

    @torch.no_grad()
    def adjust(self, step: float) -> None:
        """``step``: how far to move. Nothing here waits for the device."""
        sureness = self.heard[0] / self.heard[1].clamp(min=1)
        # The paper bounds p below alone; above 1 it would be no probability, and the changes would leak.
        self.p.add_(torch.sign(sureness - self.target), alpha=step).clamp_(0, 1)
        self.heard.zero_()

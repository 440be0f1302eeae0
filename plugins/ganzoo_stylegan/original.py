"""How version 1 is trained (Karras et al. 2019): growing, with a penalty on the slope in every step."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, log2

from torch import Tensor, nn
from torch.optim import Optimizer

import ganzoo
from ganzoo import find
from ganzoo.game import Batch, Outcome, Phase, Progress, adam
from ganzoo.game.growth import Growth, faded, renew
from ganzoo.game.nn.pyramid import enlarged
from ganzoo.game.penalties import r1
from ganzoo_stylegan import Config, networks
from ganzoo_stylegan.growing import GrowingDiscriminator
from ganzoo_stylegan.styled import Styled

FIRST = 8  # side of the pictures that a run begins with
FASTER = {128: 1.5, 256: 2.0, 512: 3.0, 1024: 3.0}  # learning rate over the one below 128 pixels


def build(config: Config, facts: ganzoo.Facts) -> StyleGAN1:
    sizes = {"base": config.base, "width": config.width}
    nets: dict[str, nn.Module] = {
        "g": networks.growing_generator(
            facts.shape, config.latent, style=config.style, layers=config.mapping, lr_mul=config.mapping_lr, **sizes
        ),
        "d": GrowingDiscriminator(facts.shape, group=config.group, **sizes),
    }
    opts: dict[str, Optimizer] = {
        name: adam(net, lr=config.lr, betas=(0.0, config.beta2)) for name, net in nets.items()
    }
    return StyleGAN1(nets, opts, find("losses", config.loss).build(), config, size=facts.shape[1])


class StyleGAN1(Styled):
    """Two turns, of networks that grow with the images shown: first 8 pixels a side, then 16, and so on."""

    def __init__(self, *args, size: int):
        super().__init__(*args)
        self.size = size
        self.growth = Growth(int(log2(size / FIRST)), self.config.grow, self.config.grow)
        self.begin(Progress())

    def begin(self, now: Progress) -> None:
        lod = self.growth.lod(now)
        self.at = {"lod": lod}
        side = self.size >> floor(lod)
        if self.config.batches:
            self.batch = self.growth.entry(self.config.batches, lod)
        renew(self.opts.values(), lod)
        self.pace(now, FASTER.get(side, 1.0 if side < 128 else 3.0))

    def phases(self) -> list[Phase]:
        return [Phase("d", self.d_loss, "d"), Phase("g", self.g_loss, "g")]

    def d_loss(self, batch: Batch) -> Outcome:
        loss, shown = super().d_loss(batch)
        if not self.config.gamma:
            return loss, shown

        def judge(x: Tensor) -> Tensor:
            # Forward itself, not the call that may be compiled: a compiled pass cannot be differentiated twice.
            return self.nets["d"].forward(x, **self.at)

        shown["penalty"] = r1(judge, self.real(batch), {}, weight=self.config.gamma)
        return loss + shown["penalty"], shown

    def real(self, batch: Batch) -> Tensor:
        return faded(super().real(batch), self.at["lod"])

    def layers(self) -> int:
        return super().layers() - 2 * floor(self.at["lod"])

    def sample(self, nets: Mapping[str, nn.Module], n: int, cond: Batch) -> Tensor:
        """As in `Styled`, and of the full size from the beginning."""
        x = super().sample(nets, n, cond)
        return enlarged(x, self.size // x.shape[-1])

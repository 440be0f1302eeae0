"""How the vanilla GAN is trained: Algorithm 1 of Goodfellow et al. 2014 with k = 1."""

from __future__ import annotations

from dataclasses import replace

from torch import nn
from torch.optim import SGD, Optimizer

import ganzoo
from ganzoo import find
from ganzoo.game import Latent, Progress, TwoPlayer, adam
from ganzoo_vanilla import Config


class PaperSGD(TwoPlayer):
    """The plain game with the released code's schedule: a slowly decaying rate, a slowly rising momentum."""

    def __init__(self, *args, epoch: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.epoch = epoch  # real images in one
        self.rates = {name: opt.param_groups[0]["lr"] for name, opt in self.opts.items()}

    def begin(self, now: Progress) -> None:
        for name, opt in self.opts.items():
            group = opt.param_groups[0]
            group["lr"] = max(self.rates[name] / 1.000004**now.step, 1e-6)
            group["momentum"] = 0.5 + 0.2 * min(now.images / (250 * self.epoch), 1.0)


def build(config: Config, facts: ganzoo.Facts) -> TwoPlayer:
    facts = replace(facts, classes=())  # nobody is told a label, and networks that could be are not to wait for one
    g = find("generators", config.generator).build(facts, latent=config.latent, width=config.width)
    d = find("discriminators", config.discriminator).build(facts, width=config.width)
    game = g, d, find("losses", config.loss).build()
    latent = Latent(config.latent, config.noise)
    if config.optimizer == "sgd":
        opts: dict[str, Optimizer] = {"g": sgd(g, config.lr), "d": sgd(d, config.lr_d)}
        return PaperSGD(*game, opts, latent=latent, epoch=max(facts.count, 1))
    opts = {"g": adam(g, lr=config.lr, betas=config.betas), "d": adam(d, lr=config.lr_d, betas=config.betas)}
    return TwoPlayer(*game, opts, latent=latent)


def sgd(net: nn.Module, lr: float) -> SGD:
    return SGD(net.parameters(), lr, momentum=0.5)

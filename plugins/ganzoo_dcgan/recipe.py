"""How DCGAN is trained (Radford et al. 2015, section 4): the plain game, Adam with a short memory."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor, nn
from torch.optim import Adam

import ganzoo
from ganzoo import find
from ganzoo.game import Latent, Loss, TwoPlayer, adam
from ganzoo_dcgan import Config


class Smoothed:
    """A cross entropy whose target for real pictures is 1 - ``amount`` (Salimans et al. 2016, section 3.4).

    log D(x) and log(1 - D(x)) differ by the logit, so that is all there is to add.
    """

    def __init__(self, loss: Loss, amount: float):
        self.loss, self.amount = loss, amount

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        return self.loss.d(real, fake) + self.amount * real.mean()

    def g(self, fake: Tensor) -> Tensor:
        return self.loss.g(fake)


def build(config: Config, facts: ganzoo.Facts) -> TwoPlayer:
    facts = replace(facts, classes=())  # nobody is told a label, and networks that could be are not to wait for one
    g = find("generators", config.generator).build(facts, latent=config.latent, width=config.width)
    d = find("discriminators", config.discriminator).build(facts, width=config.width)
    loss = find("losses", config.loss).build()
    if config.smoothing:
        loss = Smoothed(loss, config.smoothing)
    opts = {name: optimizer(config, net) for name, net in {"g": g, "d": d}.items()}
    return TwoPlayer(g, d, loss, opts, latent=Latent(config.latent, config.noise))


def optimizer(config: Config, net: nn.Module) -> Adam:
    opt = adam(net, lr=config.lr, betas=config.betas)
    for group in opt.param_groups:
        group["weight_decay"] = config.l2
    return opt

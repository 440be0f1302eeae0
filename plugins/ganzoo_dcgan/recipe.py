"""How DCGAN is trained (Radford et al. 2015, section 4): the plain game, Adam with a short memory."""

from __future__ import annotations

import ganzoo
from ganzoo import find
from ganzoo.game import Latent, TwoPlayer, adam
from ganzoo_dcgan import Config


def build(config: Config, facts: ganzoo.Facts) -> TwoPlayer:
    g = find("generators", config.generator).build(facts, latent=config.latent, width=config.width)
    d = find("discriminators", config.discriminator).build(facts, width=config.width)
    opts = {name: adam(net, lr=config.lr, betas=config.betas) for name, net in {"g": g, "d": d}.items()}
    return TwoPlayer(g, d, find("losses", config.loss).build(), opts, latent=Latent(config.latent))

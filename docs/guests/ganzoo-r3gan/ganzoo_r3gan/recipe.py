"""How R3GAN is trained (section 3 and appendix): pairs, both penalties at every step, and a burn-in."""

from __future__ import annotations

from math import cos, pi

import torch
from torch import Tensor, nn

import ganzoo
from ganzoo import find
from ganzoo.game import Batch, Latent, Outcome, Progress, TwoPlayer, adam, belief, drawn_ahead
from ganzoo.game.penalties import slopes
from ganzoo_r3gan import Config
from ganzoo_r3gan.networks import Discriminator, Generator, Plan


def build(config: Config, facts: ganzoo.Facts) -> R3GAN:
    plan = Plan(config.maps, config.blocks, config.group)
    other = Plan(config.d_maps or config.maps, config.blocks, config.group)
    return R3GAN(Generator(facts.shape, config.latent, plan), Discriminator(facts.shape, other), config)


class R3GAN(TwoPlayer):
    """The plain game between pairs, with a price on the discriminator's slope at either end of a pair."""

    def __init__(self, g: nn.Module, d: nn.Module, config: Config):
        opts = {
            name: adam(net, lr=config.lr[0], betas=(0.0, config.beta2[0])) for name, net in {"g": g, "d": d}.items()
        }
        super().__init__(g, d, find("losses", config.loss).build(), opts, latent=Latent(config.latent))
        self.config, self.gamma = config, config.gamma[0]

    def begin(self, now: Progress) -> None:
        config = self.config
        done = min(now.fraction / config.burn_in, 1.0) if config.burn_in else 1.0
        self.gamma = between(config.gamma, done)
        for opt in self.opts.values():
            for group in opt.param_groups:
                group.update(lr=between(config.lr, done), betas=(0.0, between(config.beta2, done)))

    def d_loss(self, batch: Batch) -> Outcome:
        real, d = batch["image"], self.nets["d"]
        batch["z"] = self.latent(len(real), real.device)
        fake = drawn_ahead(batch, self.nets["g"], lambda: self.fakes(batch)).detach()
        logits, steepness = judged(d, torch.cat((real, fake)))  # at once: nothing here looks at the batch
        on_real, on_fake = logits.chunk(2)
        r1, r2 = (half.mean() for half in steepness.chunk(2))
        loss = self.loss.d(on_real, on_fake) + self.gamma / 2 * (r1 + r2)
        return loss, {"real": belief(self.loss, on_real), "fake": belief(self.loss, on_fake), "r1": r1, "r2": r2}

    def sample(self, nets, n: int, cond: Batch) -> Tensor:
        return super().sample(nets, n, cond).clamp(-1, 1)  # the last layer is linear, and pictures are not


def judged(d: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """Logits [N] of pictures, and the squared length [N] of the slope at each, from one pass forward."""
    heard = []

    def judge(x: Tensor) -> Tensor:
        heard.append(d.forward(x))  # itself, not the call that may be compiled: that cannot be differentiated twice
        return heard[0]

    steepness = slopes(judge, x, {}).square().flatten(1).sum(1)
    return heard[0], steepness


def between(ends: tuple[float, float], done: float) -> float:
    """From the first number to the second along half a cosine; ``done`` in [0, 1]."""
    first, last = ends
    return last + (first - last) * (1 + cos(pi * done)) / 2

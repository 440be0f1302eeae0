"""How ProGAN is trained (Karras et al. 2017, appendix A): the plain game at a size that grows with the images shown."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

import ganzoo
from ganzoo import RequestError, find
from ganzoo.game import Batch, Latent, Loss, Outcome, Progress, TwoPlayer, adam, belief, drawn_ahead, drawn_before
from ganzoo.game.growth import Growth, faded, renew
from ganzoo.game.nn.pyramid import enlarged
from ganzoo.game.penalties import gradient_penalty
from ganzoo_progan import Config
from ganzoo_progan.networks import Discriminator, Generator


class Drifting:
    """A loss that also keeps the scores of reals near 0, which a critic's differences leave free to wander."""

    def __init__(self, loss: Loss, weight: float):
        self.loss, self.weight = loss, weight

    def __getattr__(self, name: str):
        return getattr(self.loss, name)  # how it is played and shown is the loss's own business

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        return self.loss.d(real, fake) + self.weight * real.square().mean()


class Growing(TwoPlayer):
    """The plain game, at the size and with the batch and the learning rate that are due."""

    def __init__(self, g: nn.Module, d: nn.Module, loss: Loss, opts, *, growth: Growth, config: Config):
        latent = Latent(config.latent)
        super().__init__(g, d, Drifting(loss, config.drift), opts, latent=latent, penalty=self.steepness)
        self.growth, self.config = growth, config
        self.lod = float(growth.levels)

    def begin(self, now: Progress) -> None:
        self.lod = self.growth.lod(now)
        renew(self.opts.values(), self.lod)
        if self.config.batches:
            self.batch = self.growth.entry(self.config.batches, self.lod)
        for opt in self.opts.values():
            opt.param_groups[0]["lr"] = self.growth.entry(self.config.rates or (self.config.lr,), self.lod)

    def d_loss(self, batch: Batch) -> Outcome:
        batch["image"] = faded(batch["image"], self.lod)
        return super().d_loss(batch)

    def steepness(self, d: nn.Module, real: Tensor, fake: Tensor, cond: Batch) -> Tensor:
        """The gradient penalty as if pictures always had the full size, so that growing does not move it.

        A pixel of a smaller picture stands for 4^k of them, and its slope is 2^k times theirs together.
        """
        target = self.config.target * 2 ** floor(self.lod)
        return gradient_penalty(d, real, fake, cond, self.config.penalty / target**2, target)

    def sample(self, nets: Mapping[str, nn.Module], n: int, cond: Batch) -> Tensor:
        small = super().sample(nets, n, cond)
        # The last layer is linear, and pictures are not.
        return enlarged(small, 2 ** floor(self.lod)).clamp(-1, 1)

    def seen(self, batch: Batch) -> Batch:
        return {"lod": self.lod}


class Labelled(Growing):
    """With classes (Odena et al. 2017, as the released code has it): D also names what it sees, G is to be understood.

    The generator is told the class; the discriminator is not, and learns to say it of reals and fakes alike.
    """

    takes = ("label",)

    def d_loss(self, batch: Batch) -> Outcome:
        d, label = self.nets["d"], batch["label"]
        real = batch["image"] = faded(batch["image"], self.lod)
        batch["z"] = self.latent(len(real), real.device)
        fake = drawn_ahead(batch, self.nets["g"], lambda: self.fakes(batch)).detach()
        on_real, on_fake = d.judge(real, self.lod), d.judge(fake, self.lod)
        shown = {
            "real": belief(self.loss, on_real[:, 0]),
            "fake": belief(self.loss, on_fake[:, 0]),
            "penalty": self.steepness(d, real, fake, {"lod": self.lod}),
            "naming": cross_entropy(on_real[:, 1:], label) + cross_entropy(on_fake[:, 1:], label),
        }
        return self.loss.d(on_real[:, 0], on_fake[:, 0]) + shown["penalty"] + shown["naming"], shown

    def g_loss(self, batch: Batch) -> Outcome:
        d = self.nets["d"]
        on_fake = d.judge(drawn_before(batch, lambda: self.fakes(batch)), self.lod)
        others = [d(batch["image"], self.lod)] if getattr(self.loss, "relative", False) else []
        naming = cross_entropy(on_fake[:, 1:], batch["label"])
        return self.loss.g(on_fake[:, 0], *others) + naming, {"naming": naming}

    def seen(self, batch: Batch) -> Batch:
        return {"lod": self.lod, "label": batch["label"]}


def build(config: Config, facts: ganzoo.Facts) -> Growing:
    classes = len(facts.classes) if config.labels else 0
    if config.labels and not classes:
        raise RequestError("labels=true: this data has no classes. See ganzoo data inspect.")
    sizes = {"base": config.base, "width": config.width, "classes": classes}
    g = Generator(facts.shape, config.latent, **sizes)
    d = Discriminator(facts.shape, group=config.group, fused=config.fused, **sizes)
    growth = Growth(len(g.blocks) - 1, config.stable, config.fade, config.growth)
    opts = {name: adam(net, lr=config.lr, betas=config.betas) for name, net in {"g": g, "d": d}.items()}
    loss = find("losses", config.loss).build()
    return (Labelled if classes else Growing)(g, d, loss, opts, growth=growth, config=config)

"""How ProGAN is trained (Karras et al. 2017, appendix A): the plain game at a size that grows with the images shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import TypeVar

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

import ganzoo
from ganzoo import RequestError, find
from ganzoo.game import Batch, Latent, Loss, Outcome, Progress, TwoPlayer, adam
from ganzoo.game.penalties import gradient_penalty
from ganzoo_progan import Config
from ganzoo_progan.networks import Discriminator, Generator, enlarged, faded

T, U = TypeVar("T"), TypeVar("U")


@dataclass(frozen=True)
class Growth:
    """When which size is learnt: each is held for ``stable`` images, then the next fades in over ``fade`` more."""

    levels: int  # doublings from 4x4 to the full size
    stable: int = 0
    fade: int = 0
    share: float = 0.6  # of the run, where stable and fade are both 0: runs of every length then grow fully

    def lod(self, now: Progress) -> float:
        """Doublings that are still to come, ``levels`` at first and 0 at last; its fraction is what is fading out."""
        stable: float = self.stable
        fade: float = self.fade
        if not stable and not fade:
            stable = fade = self.share * now.total / max(2 * self.levels, 1)
        if not fade and not stable:
            return 0.0
        phase, into = divmod(now.images, stable + fade)
        done = phase + (max(into - stable, 0) / fade if fade else 0)
        return max(self.levels - done, 0.0)


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
        level = self.growth.levels - floor(self.lod)
        self.batch = at(level, self.config.batches, None)
        turn = floor(self.lod) + ceil(self.lod)  # changes where a size begins to fade in, and where it has
        for opt in self.opts.values():
            group = opt.param_groups[0]
            group["lr"] = at(level, self.config.rates, self.config.lr)
            # Moments of another network than the one that learns from here on. The group is in every checkpoint.
            if group.setdefault("turn", turn) != turn:
                opt.state.clear()
                group["turn"] = turn

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

    def d_loss(self, batch: Batch) -> Outcome:
        g, d, label = self.nets["g"], self.nets["d"], batch["label"]
        real = batch["image"] = faded(batch["image"], self.lod)
        batch["z"] = self.latent(len(real), real.device)
        fake = g(batch["z"], **self.seen(batch))
        on_real, on_fake = d.judge(real, self.lod), d.judge(fake, self.lod)
        shown = {
            "real": self.belief(on_real[:, 0]),
            "fake": self.belief(on_fake[:, 0]),
            "penalty": self.steepness(d, real, fake, {"lod": self.lod}),
            "naming": cross_entropy(on_real[:, 1:], label) + cross_entropy(on_fake[:, 1:], label),
        }
        return self.loss.d(on_real[:, 0], on_fake[:, 0]) + shown["penalty"] + shown["naming"], shown

    def g_loss(self, batch: Batch) -> Outcome:
        d = self.nets["d"]
        on_fake = d.judge(self.nets["g"](batch["z"], **self.seen(batch)), self.lod)
        others = [d(batch["image"], self.lod)] if getattr(self.loss, "relative", False) else []
        naming = cross_entropy(on_fake[:, 1:], batch["label"])
        return self.loss.g(on_fake[:, 0], *others) + naming, {"naming": naming}

    def seen(self, batch: Batch) -> Batch:
        return {"lod": self.lod, "label": batch["label"]}


def at(level: int, table: Sequence[T], otherwise: U) -> T | U:
    """The entry for a size, 4x4 having level 0; the last one serves all above, and an empty table says nothing."""
    return table[min(level, len(table) - 1)] if table else otherwise


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

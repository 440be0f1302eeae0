"""How the tree is trained (Zhang et al. 2017, section 4): all scales at once, each before a judge of its own."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn

import ganzoo
from ganzoo.game import Batch, Outcome, Phase, Progress, belief, drawn_ahead, drawn_before
from ganzoo.game.nn.pyramid import picture, reduced
from ganzoo_stackgan import Config
from ganzoo_stackgan.captioned import Captioned, others, spoken
from ganzoo_stackgan.networks import Discriminator, divergence
from ganzoo_stackgan.tree import Grown, Tree, inconsistency


class Branching(Captioned):
    """One generator of pictures at all scales (``g``), and a discriminator of each (``d1``, ``d2``, ...).

    Without captions the noise stands where the condition does, and colours are to agree from scale to scale.
    """

    def __init__(self, *game):
        super().__init__(*game)
        self.hears = self.config.conditional
        self.takes = ("text",) if self.hears else ()
        self.ema = ("text", "g") if self.hears else ("g",)
        self.judges = [net for name, net in self.nets.items() if name.startswith("d")]

    def begin(self, now: Progress) -> None:
        if self.hears:
            self.read(now.fraction)
        self.play(now.fraction, "g", "d")

    def phases(self) -> list[Phase]:
        text = self.text_phases() if self.hears else []
        return [*text, Phase("d", self.d_loss, "d", ahead="g"), Phase("g", self.g_loss, "g")]

    def d_loss(self, batch: Batch) -> Outcome:
        image = batch["image"]
        batch["noise"] = self.noise(len(image), image.device)
        if self.hears:
            batch["told"], batch["others"] = self.nets["text"](batch["text"]), others(batch["text"])
        grown = drawn_ahead(batch, self.nets["g"], lambda: self.grow(self.nets, batch))
        mu = None if grown.mu is None else grown.mu.detach()
        image = self.shown(image)
        losses, shown = [], {}
        for d, fake in zip(self.judges, grown.pictures, strict=True):
            side = fake.shape[-1]
            real = reduced(image, image.shape[-1] // side)
            loss, beliefs = self.judged(d, real, fake.detach(), mu, batch)
            losses.append(loss)
            shown |= {f"{key}_{side}": value for key, value in beliefs.items()}
        return sum(losses), shown

    def judged(self, d: nn.Module, real: Tensor, fake: Tensor, mu: Tensor | None, batch: Batch) -> Outcome:
        """What one discriminator pays, and believes: of pictures alone, and of pictures under captions."""
        seen, seen_fake = d(real), d(fake)
        real_alone, fake_alone = d.judge(seen), d.judge(seen_fake)
        if mu is None:
            shown = {"real": belief(self.loss, real_alone), "fake": belief(self.loss, fake_alone)}
            return self.loss.d(real_alone, fake_alone), shown
        other, exists = batch["others"]
        right, on_fake = d.match(seen, mu), d.match(seen_fake, mu)
        # Where all of a batch have one caption there is no wrong picture, and the fake speaks for it.
        wrong = torch.where(exists, d.match(seen[other], mu), on_fake)
        # A picture that does not suit the caption is a real one all the same.
        wrong_alone = d.judge(seen[other])
        reals, fakes = (right, real_alone, wrong_alone), (wrong, on_fake, fake_alone)
        shown = {
            "real": belief(self.loss, right),
            "wrong": belief(self.loss, wrong),
            "fake": belief(self.loss, on_fake),
        }
        return 3 * self.loss.d(torch.cat(reals), torch.cat(fakes)), shown  # sums of six, not means

    def g_loss(self, batch: Batch) -> Outcome:
        grown = drawn_before(batch, lambda: self.grow(self.nets, batch))
        losses = []
        for d, fake in zip(self.judges, grown.pictures, strict=True):
            seen = d(fake)
            losses.append(self.loss.g(d.judge(seen)))
            if self.hears:
                # What is asked for may not be changed to what is easily judged well.
                losses.append(self.loss.g(d.match(seen, grown.mu.detach())))
        if self.hears:
            kl = divergence(grown.mu, grown.logvar)
            return sum(losses) + self.config.kl * kl, {"kl": kl}
        apart = [inconsistency(fine, coarse, self.config.colour) for coarse, fine in pairwise(grown.pictures)]
        return sum(losses + apart), {"colour": sum(apart)} if apart else {}

    def grow(self, nets: Mapping[str, nn.Module], batch: Batch) -> Grown:
        z, *eps = batch["noise"]
        return nets["g"](z, batch["told"], *eps) if self.hears else nets["g"](z)

    def sample(self, nets: Mapping[str, nn.Module], n: int, cond: Batch) -> Tensor:
        """The largest pictures of ``cond["text"]``, tokens [n, L], where captions are heard."""
        drawing: Batch = {"noise": self.noise(n, next(nets["g"].parameters()).device, cond.get("seed"))}
        if self.hears:
            drawing["told"] = nets["text"](spoken(cond))
        return self.grow(nets, drawing).pictures[-1]

    def noise(self, n: int, device: torch.device, seeds: Tensor | None = None) -> tuple[Tensor, ...]:
        parts = (self.config.latent, self.config.condition) if self.hears else (self.config.latent,)
        return self.drawn(n, device, parts, seeds)


def build_tree(config: Config, facts: ganzoo.Facts) -> dict[str, dict[str, nn.Module]]:
    """The networks by the optimizer that moves them."""
    g = Tree(
        facts.shape,
        text=config.text if config.conditional else 0,
        condition=config.condition,
        latent=config.latent,
        width=config.width,
        residuals=config.residuals,
        branches=config.branches,
    )
    channels, side = picture(facts.shape, "stackgan")
    sides = [side >> level for level in reversed(range(config.branches))]
    told = config.condition if config.conditional else 0
    judges = [Discriminator((channels, s, s), width=config.width_d, condition=told, alone=True) for s in sides]
    return {"g": {"g": g}, "d": {f"d{number}": d for number, d in enumerate(judges, start=1)}}

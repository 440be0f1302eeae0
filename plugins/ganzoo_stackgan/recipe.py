"""How the two stages are trained (Zhang et al. 2016, section 3), one after the other within a run."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

import ganzoo
from ganzoo import RequestError, find
from ganzoo.game import Batch, Outcome, Phase, Progress, adam, belief, drawn_ahead, drawn_before
from ganzoo.game.nn.pyramid import enlarged, picture, reduced
from ganzoo_stackgan import Config, branching
from ganzoo_stackgan.captioned import Captioned, others, rate, spoken
from ganzoo_stackgan.networks import LEAST, Discriminator, Drawn, StageOne, StageTwo, divergence
from ganzoo_stackgan.text import Eye, TextEncoder
from ganzoo_stackgan.vectors import read_vectors


class Stacked(Captioned):
    """Stage one (``g``, ``d``) learns small pictures of captions; then stage two (``g2``, ``d2``) learns large ones.

    In stage two, stage one is frozen and normalises by the statistics it has gathered. So it draws in training what it
    will draw in samples, each picture from its own noise and caption alone, and nothing of it moves any more; the
    encoder of words has come to rest before. A stage has optimizers of its own, which begin where it begins.
    """

    ema = ("text", "g", "g2")
    stage = 1

    def begin(self, now: Progress) -> None:
        first = self.config.first
        self.stage = 1 if now.fraction < first or first == 1 else 2
        if self.stage == 1:
            share = now.fraction / first
            self.read(share)
            self.play(share, "g", "d")
        else:
            self.read(1.0)
            self.play((now.fraction - first) / (1 - first), "g2", "d2")
        if self.stage == 2:
            self.nets["g"].eval()
        self.batch = (self.stage == 2 and self.config.batch_two) or None

    def phases(self) -> list[Phase]:
        if self.stage == 1:
            return [*self.text_phases(), Phase("d", self.d_loss, "d", ahead="g"), Phase("g", self.g_loss, "g")]
        return [Phase("d2", self.d_loss, "d2", ahead="g2"), Phase("g2", self.g_loss, "g2")]

    def d_loss(self, batch: Batch) -> Outcome:
        """Real pictures under their captions against fakes, and against the same pictures under other captions."""
        d, real = self.judge, self.real(batch["image"])
        batch["told"] = self.nets["text"](batch["text"])
        batch["noise"] = self.noise(len(real), real.device)
        drawn = drawn_ahead(batch, self.drawer, lambda: self.draw(self.nets, batch["told"], *batch["noise"]))
        fake, mu = drawn.picture.detach(), drawn.mu.detach()
        seen, seen_fake = d(real), d(fake)
        other, exists = others(batch["text"])
        right, on_fake = d.match(seen, mu), d.match(seen_fake, mu)
        # Where all of a batch have one caption there is no wrong one, and the fake speaks for it.
        wrong = torch.where(exists, d.match(seen, mu[other]), on_fake)
        shown = {
            "real": belief(self.loss, right),
            "wrong": belief(self.loss, wrong),
            "fake": belief(self.loss, on_fake),
        }
        reals, fakes = [right], [wrong, on_fake]
        if d.alone is not None:
            reals, fakes = [right, d.judge(seen)], [wrong, on_fake, d.judge(seen_fake)]
        return self.loss.d(torch.cat(reals), torch.cat(fakes)), shown

    def g_loss(self, batch: Batch) -> Outcome:
        d = self.judge
        fake, mu, logvar = drawn_before(batch, lambda: self.draw(self.nets, batch["told"], *batch["noise"]))
        seen = d(fake)
        # What is asked for may not be changed to what is easily judged well.
        loss = self.loss.g(d.match(seen, mu.detach()))
        if d.alone is not None:
            loss = loss + self.loss.g(d.judge(seen))
        kl = divergence(mu, logvar)
        return loss + self.config.kl * kl, {"kl": kl}

    def draw(self, nets: Mapping[str, nn.Module], told: Tensor, z: Tensor, eps: Tensor, eps_two: Tensor) -> Drawn:
        """Pictures of the stage at work, as large as it makes them."""
        drawn = nets["g"](z, told, eps)
        return drawn if self.stage == 1 else nets["g2"](drawn.picture, told, eps_two)

    def sample(self, nets: Mapping[str, nn.Module], n: int, cond: Batch) -> Tensor:
        """Pictures of ``cond["text"]``, tokens [n, L]; those of stage one are enlarged to the size of stage two's."""
        told = nets["text"](spoken(cond))
        small = self.draw(nets, told, *self.noise(n, told.device, cond.get("seed"))).picture
        return enlarged(small, self.config.enlarge) if self.stage == 1 else small

    def real(self, x: Tensor) -> Tensor:
        return reduced(self.shown(x), self.config.enlarge if self.stage == 1 else 1)

    def noise(self, n: int, device: torch.device, seeds: Tensor | None = None) -> tuple[Tensor, ...]:
        """Noise of stage one and of both conditionings, in one draw: a seed means the same in either stage."""
        parts = self.config.latent, self.config.condition, self.config.condition
        return self.drawn(n, device, parts, seeds)

    @property
    def drawer(self) -> nn.Module:
        """The generator that learns now."""
        return self.nets["g" if self.stage == 1 else "g2"]

    @property
    def judge(self) -> nn.Module:
        """The discriminator that learns now."""
        return self.nets["d" if self.stage == 1 else "d2"]


def build(config: Config, facts: ganzoo.Facts) -> Captioned:
    loss = find("losses", config.loss).build()
    if getattr(loss, "relative", False):
        raise RequestError(
            f"stackgan's discriminators see more fakes than reals, so loss={config.loss} finds no pairs. "
            "Use another: ganzoo list --kind losses."
        )
    make, recipe = (build_stages, Stacked) if config.version == 1 else (branching.build_tree, branching.Branching)
    players = make(config, facts)
    listeners = build_listeners(config, facts) if config.conditional else {}
    opts: dict[str, Optimizer] = {}
    for name, nets in players.items():
        opts[name] = adam(*nets.values(), lr=rate(config, name), betas=config.betas)
    if listeners:
        opts["text"] = adam(*listeners.values(), lr=config.lr_text, betas=(0.9, 0.999))
    nets = {name: net for those in (listeners, *players.values()) for name, net in those.items()}
    return recipe(nets, opts, loss, config)


def build_listeners(config: Config, facts: ganzoo.Facts) -> dict[str, nn.Module]:
    """The encoder of words, and the eye that it learns with."""
    known = read_vectors(config.embeddings, facts.words) if config.embeddings and facts.count else None
    return {
        "text": TextEncoder(facts.words, config.text, config.words, known),
        "eye": Eye(facts.shape, config.text, config.width_d),
    }


def build_stages(config: Config, facts: ganzoo.Facts) -> dict[str, dict[str, nn.Module]]:
    """The networks by the optimizer that moves them."""
    channels, side = picture(facts.shape, "stackgan", LEAST * config.enlarge)
    small = (channels, side // config.enlarge, side // config.enlarge)
    heard = {"text": config.text, "condition": config.condition, "slope": config.slope}
    width_two = config.width_two or config.width
    told = {"width": config.width_d, "condition": config.condition}
    nets: dict[str, nn.Module] = {
        "g": StageOne(small, latent=config.latent, width=config.width, **heard),
        "d": Discriminator(small, alone=False, **told),
        "g2": StageTwo(facts.shape, width=width_two, residuals=config.residuals, enlarge=config.enlarge, **heard),
        "d2": Discriminator(facts.shape, alone=True, **told),
    }
    return {name: {name: net} for name, net in nets.items()}

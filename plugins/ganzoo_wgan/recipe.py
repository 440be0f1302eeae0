"""How a Wasserstein GAN is trained: Algorithm 1 of Arjovsky et al. 2017 (clip), and of Gulrajani et al. 2017 (gp)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import Optimizer, RMSprop

import ganzoo
from ganzoo import RequestError, find
from ganzoo.game import Batch, Latent, Outcome, Progress, TwoPlayer, adam, belief
from ganzoo.game.nn import statistics_held
from ganzoo.game.penalties import gradient_penalty
from ganzoo_wgan import Config


class Wasserstein(TwoPlayer):
    """The plain game with a critic that is asked ``n_critic`` times before the generator moves once, on fresh noise."""

    ahead = ""

    def __init__(self, *args, config: Config, classes: int = 0, **kwargs):
        super().__init__(*args, **kwargs)
        self.config, self.classes = config, classes
        self.rates = {name: opt.param_groups[0]["lr"] for name, opt in self.opts.items()}

    def begin(self, now: Progress) -> None:
        if self.config.variant == "clip":
            self.n_critic = critic_steps(now.step, self.config)
        if self.config.decay:
            for name, opt in self.opts.items():
                opt.param_groups[0]["lr"] = self.rates[name] * (1 - now.fraction)

    def d_loss(self, batch: Batch) -> Outcome:
        return super().d_loss({**batch, "image": self.dithered(batch["image"])})

    def g_loss(self, batch: Batch) -> Outcome:
        fake, _ = self.drawn(batch)
        return self.opinion(self.nets["d"](fake), batch), {}

    def opinion(self, score: Tensor, batch: Batch) -> Tensor:
        """The generator's loss; one that compares also looks at reals."""
        if getattr(self.loss, "relative", False):
            real = self.nets["d"](self.dithered(batch["image"])).repeat(self.config.fakes)
            return self.loss.g(score, real)
        return self.loss.g(score)

    def drawn(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """``fakes`` times as many new examples as the batch has, with a graph, and the labels they were drawn for."""
        real = batch["image"]
        n = len(real) * self.config.fakes
        label = torch.randint(self.classes, (n,), device=real.device) if self.classes else None
        cond = {} if label is None else {"label": label}
        return self.nets["g"](self.latent(n, real.device), **cond), label

    def dithered(self, real: Tensor) -> Tensor:
        """Grey levels spread over the step between them, so that a fake need not hit 256 values to pass."""
        return real + self.config.dither * torch.rand_like(real) if self.config.dither else real


class Auxiliary(Wasserstein):
    """The same for labelled data: the critic also learns to name what it sees (Odena et al. 2016, as in appendix F).

    The generator is told a label and gains a little where the critic names it; the critic is not told.
    """

    def d_loss(self, batch: Batch) -> Outcome:
        g, d, label, real = self.nets["g"], self.nets["d"], batch["label"], self.dithered(batch["image"])
        with statistics_held(g):
            fake = g(self.latent(len(real), real.device), label=label)
        on_real, names = d(real, naming=True)
        on_fake = d(fake)
        penalty = self.penalty(d, real, fake, {}) if self.penalty else on_real.new_zeros(())
        naming = cross_entropy(names, label)
        shown = {
            "real": belief(self.loss, on_real),
            "fake": belief(self.loss, on_fake),
            "penalty": penalty,
            "naming": naming,
        }
        return self.loss.d(on_real, on_fake) + penalty + naming, shown

    def g_loss(self, batch: Batch) -> Outcome:
        fake, label = self.drawn(batch)
        score, names = self.nets["d"](fake, naming=True)
        naming = cross_entropy(names, label)
        return self.opinion(score, batch) + self.config.naming * naming, {"naming": naming}


def build(config: Config, facts: ganzoo.Facts) -> Wasserstein:
    # Networks take labels where they see classes.
    facts = replace(facts, classes=named_classes(facts) if config.conditional else ())
    classes = len(facts.classes)
    g = find("generators", config.generator).build(facts, latent=config.latent, width=config.width)
    d = find("discriminators", config.discriminator).build(facts, width=config.width)
    check_networks(config, g, d)
    clipped = config.variant == "clip"
    play = Auxiliary if classes else Wasserstein
    return play(
        g,
        d,
        find("losses", config.loss).build(),
        {name: optimizer(config, net) for name, net in {"g": g, "d": d}.items()},
        latent=Latent(config.latent),
        cond=("label",) if classes else (),
        n_critic=config.n_critic,
        penalty=None if clipped else partial(gradient_penalty, weight=config.penalty),
        after_d=partial(clip, d, config.clip) if clipped else None,
        config=config,
        classes=classes,
    )


def named_classes(facts: ganzoo.Facts) -> tuple[str, ...]:
    """The classes to draw by: those of the data, or the ten of CIFAR-10 while no data is open (`ganzoo show`)."""
    if len(facts.shape) != 3:
        raise RequestError("conditional=true draws pictures by class, and this data holds points.")
    if facts.count and not facts.classes:
        raise RequestError("conditional=true draws by class, and this data has no classes. See ganzoo data list.")
    return facts.classes or tuple(map(str, range(10)))


def check_networks(config: Config, g: nn.Module, d: nn.Module) -> None:
    """Refuse, with RequestError, networks that cannot play this game."""
    if config.conditional and not (getattr(g, "classes", 0) and getattr(d, "classes", 0)):
        raise RequestError(
            f"conditional=true needs networks that take labels, not {config.generator} and {config.discriminator}. "
            "Use --set generator=wgan-conv4-batch --set discriminator=wgan-conv4-layer."
        )
    if config.variant == "gp" and any(isinstance(layer, _BatchNorm) for layer in d.modules()):
        raise RequestError(
            f"variant=gp bounds the slope at each example, and batch norm in {config.discriminator} ties examples "
            "together. Use --set discriminator=wgan-conv4-layer, or --set variant=clip."
        )


def optimizer(config: Config, net: nn.Module) -> Optimizer:
    """RMSprop for clipping, which momentum makes unstable (Arjovsky et al. 2017, section 4); Adam otherwise."""
    if config.variant == "clip":
        return RMSprop(net.parameters(), config.lr or 5e-5)
    return adam(net, lr=config.lr or 1e-4, betas=config.betas)


def critic_steps(step: int, config: Config) -> int:
    """The released schedule of the clipped critic: many steps for the first 25 turns and every 500th, else a few."""
    return config.warmup if step < 25 or step % 500 == 0 else config.n_critic


@torch.no_grad()
def clip(d: nn.Module, bound: float) -> None:
    """Algorithm 1, line 7: every parameter of the critic into [-bound, bound], gains and offsets of norms included."""
    weights = list(d.parameters())
    torch._foreach_clamp_min_(weights, -bound)
    torch._foreach_clamp_max_(weights, bound)

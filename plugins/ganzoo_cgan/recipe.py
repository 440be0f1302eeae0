"""How the conditional GANs are trained: the plain game, in which every fake has a label of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer

import ganzoo
from ganzoo import RequestError, find
from ganzoo.game import Batch, Latent, Outcome, Progress, TwoPlayer, adam, belief
from ganzoo.game.nn import statistics_held
from ganzoo_cgan import Config

Schedule = Callable[[float, Progress], dict[str, float]]  # (first rate, now) to settings of an optimizer


class LabelPrior(nn.Module):
    """How often each class is met, learned from the labels that pass; the first draws are close to uniform.

    Labels of fakes come from here and not from the batch at hand: under another law than that of the real ones the
    discriminator could tell fakes by their label alone, and drawn with the batch they would repeat its order.
    """

    def __init__(self, classes: int):
        super().__init__()
        self.register_buffer("met", torch.ones(classes, dtype=torch.long))

    @torch.no_grad()
    def meet(self, label: Tensor) -> None:
        self.met.index_add_(0, label, torch.ones_like(label))

    def draw(self, n: int) -> Tensor:
        return torch.multinomial(self.met.float(), n, replacement=True)


class Conditional(TwoPlayer):
    """Two players who are both told the class: the real one of a picture, a drawn one of a fake.

    Each turn draws its own fakes, the generator's ``fakes`` for every real picture of the batch.
    """

    ahead = ""

    def __init__(self, *game, prior: LabelPrior, schedule: Schedule, fakes: int, **options):
        super().__init__(*game, cond=("label",), **options)
        self.nets["prior"] = prior
        self.schedule, self.fakes = schedule, fakes
        self.rates = {name: opt.param_groups[0]["lr"] for name, opt in self.opts.items()}

    def begin(self, now: Progress) -> None:
        for name, opt in self.opts.items():
            opt.param_groups[0].update(self.schedule(self.rates[name], now))

    def d_loss(self, batch: Batch) -> Outcome:
        g, d, real, label = self.nets["g"], self.nets["d"], batch["image"], batch["label"]
        self.nets["prior"].meet(label)
        z, drawn = self.drawn(len(real), real.device)
        with statistics_held(g):
            fake = g(z, label=drawn)
        on_real, on_fake = d(real, label=label), d(fake, label=drawn)
        return self.loss.d(on_real, on_fake), {"real": belief(self.loss, on_real), "fake": belief(self.loss, on_fake)}

    def g_loss(self, batch: Batch) -> Outcome:
        g, d, real = self.nets["g"], self.nets["d"], batch["image"]
        z, drawn = self.drawn(self.fakes * len(real), real.device)
        on_fake = d(g(z, label=drawn), label=drawn)
        if getattr(self.loss, "relative", False):
            return self.loss.g(on_fake, d(real, label=batch["label"]).repeat(self.fakes)), {}
        return self.loss.g(on_fake), {}

    def drawn(self, n: int, device: torch.device) -> tuple[Tensor, Tensor]:
        """Noise and labels of n fakes."""
        return self.latent(n, device), self.nets["prior"].draw(n)


def build(config: Config, facts: ganzoo.Facts) -> Conditional:
    g = part("generators", config.generator).build(facts, latent=config.latent, width=config.width)
    d = part("discriminators", config.discriminator).build(facts, width=config.width_d)
    if config.optimizer == "sgd":
        opts: dict[str, Optimizer] = {"g": sgd(g, config.lr), "d": sgd(d, config.lr_d)}
        schedule: Schedule = partial(papers_decay, epoch=max(facts.count, 1))
    else:
        opts = {"g": adam(g, lr=config.lr, betas=config.betas), "d": adam(d, lr=config.lr_d, betas=config.betas)}
        for opt in opts.values():
            opt.param_groups[0]["weight_decay"] = config.l2
        schedule = partial(linear_decay, steady=config.steady)
    return Conditional(
        g,
        d,
        find("losses", config.loss).build(),
        opts,
        latent=Latent(config.latent, config.noise),
        prior=LabelPrior(len(facts.classes)),
        schedule=schedule,
        fakes=config.fakes,
        n_critic=config.n_critic,
    )


def part(kind: str, name: str) -> Any:
    """A network that hears labels, or an error that names those that do."""
    card = find(kind, name)
    if "label" not in card.needs:
        raise RequestError(
            f"cgan tells its {kind} the class, and {name} has no ear for it. See ganzoo list --kind {kind}."
        )
    return card


def sgd(net: nn.Module, lr: float) -> SGD:
    return SGD(net.parameters(), lr, momentum=0.5)


def linear_decay(rate: float, now: Progress, steady: float) -> dict[str, float]:
    """Constant for the first ``steady`` part of the run, then on a line that reaches 0 at its end."""
    left = (1 - now.fraction) / max(1 - steady, 1e-9)
    return {"lr": rate * min(left, 1.0)}


def papers_decay(rate: float, now: Progress, epoch: int) -> dict[str, float]:
    """Mirza and Osindero 2014, section 4.1: a rate that decays each step, a momentum that rises over 250 epochs."""
    rise = min(now.images / (250 * epoch), 1.0)
    return {"lr": max(rate * 1.00004**-now.step, 1e-6), "momentum": 0.5 + 0.2 * rise}

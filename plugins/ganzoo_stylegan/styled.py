"""What training is in both versions: the turns of two players, styles mixed while they learn, and sampling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ganzoo import RequestError
from ganzoo.game import Batch, Latent, Loss, Outcome, Progress, Recipe, belief, whole
from ganzoo_stylegan import Config


class Styled(Recipe):
    """Two players whose every turn draws noise of its own; most of the time the styles of two are mixed."""

    ema = ("g",)

    def __init__(
        self, nets: dict[str, nn.Module], opts: dict[str, Optimizer], loss: Loss, config: Config, classes: int = 0
    ):
        self.nets, self.opts, self.loss, self.config, self.classes = nets, opts, loss, config, classes
        self.latent = Latent(config.latent)
        self.rates = {name: opt.param_groups[0]["lr"] for name, opt in opts.items()}
        self.takes = ("truncation", "mix", "cut", *(("label",) if classes else ()))
        self.at: dict[str, float] = {}  # where in its growth the run is, as both networks are told

    def pace(self, now: Progress, factor: float = 1.0) -> None:
        """Set the learning rates: ``factor`` times what they are at first, falling to 0 at the end where asked."""
        left = min((1 - now.fraction) / self.config.decay, 1.0) if self.config.decay else 1.0
        for name, opt in self.opts.items():
            opt.param_groups[0]["lr"] = self.rates[name] * factor * left

    # the turns

    def g_loss(self, batch: Batch) -> Outcome:
        on_fake = self.judged(self.drawn(batch), batch)
        if getattr(self.loss, "relative", False):
            return self.loss.g(on_fake, self.judged(self.real(batch), batch)), {}
        return self.loss.g(on_fake), {}

    def d_loss(self, batch: Batch) -> Outcome:
        on_real, on_fake = self.judged(self.real(batch), batch), self.judged(self.drawn(batch), batch)
        self.heed(on_real)
        return self.loss.d(on_real, on_fake), {"real": belief(self.loss, on_real), "fake": belief(self.loss, on_fake)}

    def heed(self, on_real: Tensor) -> None:
        """Take note of the discriminator's opinion of real pictures."""

    # what they are made of

    def real(self, batch: Batch) -> Tensor:
        """The real pictures of a batch, as the discriminator is to know them."""
        x = batch["image"]
        if not self.config.mirror:
            return x
        return torch.where(torch.rand(len(x), 1, 1, 1, device=x.device) < 0.5, x.flip(3), x)

    def drawn(self, batch: Batch) -> Tensor:
        """As many pictures as there are real ones, from fresh noise."""
        z, blend = self.noise(len(batch["image"]), batch["image"].device)
        return self.nets["g"](z, **self.label(batch), **blend, at=self.at)

    def noise(self, n: int, device: torch.device) -> tuple[Tensor, dict[str, Tensor]]:
        """Noise for n pictures; with it, for the styles of their finer layers, other noise and where it sets in."""
        z, layers = self.latent(n, device), self.layers()
        if not self.config.mixing:
            return z, {}
        mixed = torch.rand((), device=device) < self.config.mixing
        cut = torch.where(mixed, torch.randint(1, layers, (), device=device), layers)  # one for the whole batch
        return z, {"second": self.latent(n, device), "cut": cut}

    def layers(self) -> int:
        """Layers at work that have a style."""
        return self.nets["g"].synthesis.layers

    def judged(self, x: Tensor, batch: Batch) -> Tensor:
        """What the discriminator says, logits [N]."""
        return self.nets["d"](x, **self.label(batch), **self.at)

    def label(self, batch: Batch) -> Batch:
        return {"label": batch["label"]} if self.classes else {}

    # what comes out

    def sample(self, nets: Mapping[str, nn.Module], n: int, cond: Batch) -> Tensor:
        """Pictures [n, C, S, S] that depend on their seeds alone: all have the same noise in their layers, or none.

        Beside "seed" and "label", ``cond`` may hold a row a picture of "truncation", instead of the run's own, and of
        "mix" and "cut": the seed whose style the layers from the cut on take, half of them where no cut is named.
        """
        g: Any = nets["g"]
        device, seeds = g.mean_style.device, cond.get("seed")
        how: dict[str, Any] = {
            "truncation": cond.get("truncation", self.config.truncation),
            "layers": self.config.truncated or None,
        }
        if "mix" in cond:
            how |= {"second": self.latent(n, device, cond["mix"]), "cut": self.cut(g.synthesis.layers, n, cond)}
        if self.classes:
            rows = torch.arange(n) if seeds is None else whole(seeds)
            how["label"] = cond["label"] if "label" in cond else torch.as_tensor(rows % self.classes, device=device)
        return g(self.latent(n, device, seeds), noise=self.config.noise, at=self.at, **how).clamp(-1, 1)

    def cut(self, layers: int, n: int, cond: Batch) -> Tensor:
        """The first layer [n] to take its style from other noise."""
        cut = cond.get("cut", torch.full((n,), layers // 2))
        if not 0 <= int(cut.min()) <= int(cut.max()) <= layers:
            raise RequestError(f"--cut {int(cut.max())}: the generator has {layers} layers with a style.")
        return torch.as_tensor(cut, device=self.nets["g"].mean_style.device)

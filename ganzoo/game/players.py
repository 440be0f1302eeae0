"""The plain game: a generator, a discriminator, a loss, and turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor, nn
from torch.optim import Optimizer

from ganzoo.game.ahead import drawn_ahead, drawn_before
from ganzoo.game.interfaces import Batch, Loss, Outcome, Phase, Recipe
from ganzoo.game.losses import belief
from ganzoo.game.noise import Latent

Penalty = Callable[[nn.Module, Tensor, Tensor, Batch], Tensor]  # (d, real, fake, cond) to a scalar


class TwoPlayer(Recipe):
    """Two networks take turns on one batch: first the discriminator ``n_critic`` times, then the generator.

    Real and fake pass the discriminator in separate calls, so that batch normalisation sees each kind by itself.
    Both turns look at the same fakes: the generator answers for those it was just judged on. Where a subclass has
    either turn draw its own, it says ``ahead = ""``.
    """

    ema = ("g",)
    ahead = "g"  # of the discriminator's phase

    def __init__(
        self,
        g: nn.Module,
        d: nn.Module,
        loss: Loss,
        opts: dict[str, Optimizer],
        *,
        latent: Latent,
        cond: tuple[str, ...] = (),  # batch keys that both players see: "label"
        n_critic: int = 1,
        penalty: Penalty | None = None,
        after_d: Callable[[], None] | None = None,
    ):
        self.nets, self.opts = {"g": g, "d": d}, opts
        self.loss, self.latent, self.cond = loss, latent, cond
        self.takes = cond or self.takes
        self.n_critic, self.penalty, self.after_d = n_critic, penalty, after_d

    def phases(self) -> list[Phase]:
        return [
            Phase("d", self.d_loss, "d", repeat=self.n_critic, ahead=self.ahead, after=self.after_d),
            Phase("g", self.g_loss, "g"),
        ]

    def d_loss(self, batch: Batch) -> Outcome:
        d, cond, real = self.nets["d"], self.seen(batch), batch["image"]
        batch["z"] = self.latent(len(real), real.device)
        fake = drawn_ahead(batch, self.nets["g"], lambda: self.fakes(batch)).detach()
        on_real, on_fake = d(real, **cond), d(fake, **cond)
        shown = {"real": belief(self.loss, on_real), "fake": belief(self.loss, on_fake)}
        loss = self.loss.d(on_real, on_fake)
        if self.penalty:
            shown["penalty"] = self.penalty(d, real, fake, cond)
            loss = loss + shown["penalty"]
        return loss, shown

    def g_loss(self, batch: Batch) -> Outcome:
        d, cond = self.nets["d"], self.seen(batch)
        on_fake = d(drawn_before(batch, lambda: self.fakes(batch)), **cond)
        if getattr(self.loss, "relative", False):
            return self.loss.g(on_fake, d(batch["image"], **cond)), {}
        return self.loss.g(on_fake), {}

    def sample(self, nets: Mapping[str, nn.Module], n: int, cond: Batch) -> Tensor:
        device = next(nets["g"].parameters()).device
        return nets["g"](self.latent(n, device, cond.get("seed")), **self.seen(cond))

    def fakes(self, batch: Batch) -> Tensor:
        """One of the noise of each example."""
        return self.nets["g"](batch["z"], **self.seen(batch))

    def seen(self, batch: Batch) -> Batch:
        """The part of a batch that conditions both players."""
        return {key: batch[key] for key in self.cond}

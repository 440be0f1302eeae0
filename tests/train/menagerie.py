"""Small recipes that between them use everything the seam offers; each learns in milliseconds."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import softplus

from ganzoo.game import Latent, Phase, Recipe, TwoPlayer, adam
from ganzoo.game.losses import NonSaturating, Relativistic, Wasserstein

SHAPE = (1, 8, 8)


def mlp(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Flatten(), nn.Linear(inputs, 16), nn.LeakyReLU(0.2), nn.Linear(16, outputs))


def drawer(*last: nn.Module) -> nn.Sequential:
    return nn.Sequential(mlp(4, 64), *last, nn.Tanh(), nn.Unflatten(1, SHAPE))


def plain(loss=None, **options) -> TwoPlayer:
    """Two perceptrons, batch norm in both: averages must copy its statistics."""
    g, d = drawer(nn.BatchNorm1d(64)), nn.Sequential(nn.Flatten(), nn.BatchNorm1d(64), mlp(64, 1), nn.Flatten(0))
    opts = {name: adam(net, lr=2e-4, betas=(0.5, 0.999)) for name, net in {"g": g, "d": d}.items()}
    return TwoPlayer(g, d, loss or NonSaturating(), opts, latent=Latent(4), **options)


def relativistic() -> TwoPlayer:
    return plain(Relativistic())


def critic() -> TwoPlayer:
    """Five turns of a critic whose penalty differentiates twice."""

    def penalty(d, real, fake, cond):
        x = torch.lerp(real, fake, torch.rand(len(real), 1, 1, 1)).requires_grad_()
        (slope,) = torch.autograd.grad(d(x).sum(), x, create_graph=True)
        return 10 * (slope.flatten(1).norm(2, 1) - 1).square().mean()

    g, d = drawer(), nn.Sequential(mlp(64, 1), nn.Flatten(0))
    opts = {name: adam(net, lr=1e-3, betas=(0.0, 0.9)) for name, net in {"g": g, "d": d}.items()}
    return TwoPlayer(g, d, Wasserstein(), opts, latent=Latent(4), n_critic=5, penalty=penalty)


class Memory(nn.Module):
    """A running mean and a pool: state that is no parameter."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("pool", torch.zeros(8, *SHAPE))
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))

    @torch.no_grad()
    def exchange(self, fresh: torch.Tensor) -> torch.Tensor:
        place = torch.randint(8, (len(fresh),))
        old = self.pool[place].clone()
        self.pool[place] = fresh
        self.seen += len(fresh)
        return old


class Lazy(Recipe):
    """Lazy phases, a module with memory, a phase that hands its pictures to the next, an after."""

    ema = ("g",)

    def __init__(self):
        self.nets = {"g": drawer(), "d": nn.Sequential(mlp(64, 1), nn.Flatten(0)), "memory": Memory()}
        self.opts = {k: adam(self.nets[k], lr=1e-3, betas=(0.0, 0.99)) for k in "gd"}

    def phases(self):
        return [
            Phase("g", self.fool, "g"),
            Phase("d", self.judge, "d", after=self.adjust),
            Phase("d_r1", self.flatten, "d", every=3),
        ]

    def fool(self, batch):
        fake = self.nets["g"](torch.randn(len(batch["image"]), 4))
        batch["fake"] = fake.detach()
        return softplus(-self.nets["d"](fake)).mean(), {}

    def judge(self, batch):
        old = self.nets["memory"].exchange(batch["fake"])
        on_real, on_fake = self.nets["d"](batch["image"]), self.nets["d"](old)
        return softplus(-on_real).mean() + softplus(on_fake).mean(), {"real": on_real.mean()}

    def flatten(self, batch):
        x = batch["image"].clone().requires_grad_()
        (slope,) = torch.autograd.grad(self.nets["d"](x).sum(), x, create_graph=True)
        return slope.square().sum((1, 2, 3)).mean(), {}

    def adjust(self):
        self.nets["memory"].mean.lerp_(torch.rand(()), 0.1)

    def sample(self, nets, n, cond):
        return nets["g"](Latent(4)(n, "cpu", cond.get("seed")))


class Staged(Recipe):
    """Two stages with an optimizer each; momentum is forgotten where the second begins; a moving rate."""

    def __init__(self):
        self.nets = {"one": mlp(64, 64), "two": mlp(64, 64)}
        self.opts = {k: adam(self.nets[k], lr=1e-3, betas=(0.9, 0.99)) for k in self.nets}

    def begin(self, now):
        self.stage = "one" if now.fraction < 0.5 else "two"
        before = (now.images - now.batch) / now.total
        if self.stage == "two" and before < 0.5:
            self.opts["two"].state.clear()
        for opt in self.opts.values():
            opt.param_groups[0]["lr"] = 1e-3 * (1 - 0.5 * now.fraction)

    def phases(self):
        return [Phase(self.stage, self.rebuild, self.stage)]

    def rebuild(self, batch):
        x = batch["image"]
        y = self.nets["two"](self.nets["one"](x)).view_as(x)
        return (y - x).square().mean(), {}

    def sample(self, nets, n, cond):
        return nets["two"](torch.zeros(n, 64)).view(n, *SHAPE)


RECIPES = {"plain": plain, "relativistic": relativistic, "critic": critic, "lazy": Lazy, "staged": Staged}

"""How an adversarial autoencoder is trained (Makhzani et al. 2015, section 2): reconstruct, tell apart, fool.

Each of the three has an optimizer of its own, so that the encoder's two aims share no momentum. The discriminator
looks at codes, never at pictures: a sample of the prior is real, the code of a picture is fake.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot
from torch.optim import SGD, Optimizer

import ganzoo
from ganzoo import RequestError, find
from ganzoo.game import Batch, Loss, Outcome, Phase, Progress, Recipe, adam, belief, drawn_ahead, drawn_before, whole
from ganzoo_aae import Config
from ganzoo_aae.networks import CodeDiscriminator, Decoder, Encoder, LabelMemory, SplitEncoder
from ganzoo_aae.priors import Gaussian, Mixture, Prior, SwissRoll

FALLS = (50, 1000)  # epochs after which the paper divides its learning rates by ten
MOMENTUM = {"ae": 0.9, "d": 0.1, "g": 0.1, "y": 0.9}
CLASSES = 10  # where no data is open


class Plain(Recipe):
    """Codes z, and one discriminator that compares them with the prior."""

    ema = ("encoder", "decoder")
    takes = ("image",)
    gathering = False  # whether labels are still being kept for later

    def __init__(
        self,
        nets: dict[str, nn.Module],
        opts: dict[str, Optimizer],
        loss: Loss,
        prior: Prior,
        *,
        categories: int = 0,  # of which the code names one, where there are any
        labelled: int = 0,  # examples whose label may be seen; 0: all
        epoch: int = 0,  # real images in one, where the rates fall by the epoch
    ):
        self.nets, self.opts, self.loss, self.prior = nets, opts, loss, prior
        self.categories, self.labelled, self.epoch = categories, labelled, epoch
        self.rates = {name: opt.param_groups[0]["lr"] for name, opt in opts.items()}
        if prior.size == 2:
            self.takes, self.reach = (*self.takes, "plane"), prior.reach

    def begin(self, now: Progress) -> None:
        self.gathering = now.images < self.labelled
        if self.epoch:
            fallen = sum(now.images >= epoch * self.epoch for epoch in FALLS)
            for name, opt in self.opts.items():
                opt.param_groups[0]["lr"] = self.rates[name] / 10**fallen

    def phases(self) -> list[Phase]:
        return [Phase("ae", self.reconstruct, "ae"), Phase("d", self.judge, "d", ahead="g"), Phase("g", self.fool, "g")]

    def reconstruct(self, batch: Batch) -> Outcome:
        """Half the squared distance of a picture and its reconstruction, both in the paper's [0, 1]."""
        if self.gathering:
            self.nets["labels"].keep(batch["image"], batch["label"])
        error = (self.rebuilt(self.nets, batch) - batch["image"]).square().flatten(1) / 4
        return 0.5 * error.sum(1).mean(), {"mse": error.mean()}

    def judge(self, batch: Batch) -> Outcome:
        codes = drawn_ahead(batch, self.nets["encoder"], lambda: self.codes(batch))
        samples = self.samples(batch)
        losses, shown = [], {}
        for name, code in codes.items():
            on_sample, on_code = self.nets[name](samples[name]), self.nets[name](code.detach())
            losses.append(self.loss.d(on_sample, on_code))
            shown |= {f"prior{name[1:]}": belief(self.loss, on_sample), f"code{name[1:]}": belief(self.loss, on_code)}
        return sum(losses), shown

    def fool(self, batch: Batch) -> Outcome:
        codes = drawn_before(batch, lambda: self.codes(batch))
        opinions = {name: (self.nets[name](code),) for name, code in codes.items()}
        if getattr(self.loss, "relative", False):
            samples = self.samples(batch)
            opinions = {name: (*on_code, self.nets[name](samples[name])) for name, on_code in opinions.items()}
        return sum(self.loss.g(*each) for each in opinions.values()), {}

    def sample(self, nets: Mapping[str, nn.Module], n: int, cond: Batch) -> Tensor:
        """Decode samples of the prior, or places on its plane; or reconstruct pictures, where those are given."""
        if "image" in cond:
            return self.rebuilt(nets, cond)
        device = next(nets["decoder"].parameters()).device
        if "plane" in cond:
            z = self.reach * cond["plane"]
        else:
            z = self.prior(n, device, self.component(cond), cond.get("seed"))
        return nets["decoder"](z, *self.told(n, cond, device))

    # What the variants change

    def rebuilt(self, nets: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        return nets["decoder"](nets["encoder"](batch["image"]))

    def codes(self, batch: Batch) -> dict[str, Tensor]:
        """What each discriminator is to take for a sample of the prior."""
        return {"d": self.nets["encoder"](batch["image"])}

    def samples(self, batch: Batch) -> dict[str, Tensor]:
        """Real ones, as many as there are codes."""
        x = batch["image"]
        return {"d": self.prior(len(x), x.device)}

    def component(self, cond: Batch) -> Tensor | None:
        """The part of the prior to draw a picture from."""
        return None

    def told(self, n: int, cond: Batch, device: torch.device) -> tuple[Tensor, ...]:
        """What the decoder learns beside z about a picture to draw."""
        return ()

    def known(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Pictures with labels that may be seen, as many as the batch has."""
        x = batch["image"]
        return self.nets["labels"].draw(len(x)) if self.labelled else (x, batch["label"])


class Supervised(Plain):
    """The decoder is told the label, so that z need not say it (section 4): what and how apart."""

    takes = ("image", "label")

    def rebuilt(self, nets: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        if "label" not in batch:
            raise RequestError("variant=supervised reconstructs a picture of a class. Say which: --label NAME.")
        return nets["decoder"](nets["encoder"](batch["image"]), self.row(batch["label"]))

    def told(self, n: int, cond: Batch, device: torch.device) -> tuple[Tensor, ...]:
        return (self.row(torch.as_tensor(self.choice(n, cond), device=device)),)  # seeds are on the CPU

    def choice(self, n: int, cond: Batch) -> Tensor:
        """Which category to draw [N]: the label asked for, else the seeds take them in turn."""
        if "label" in cond:
            return cond["label"]
        return (whole(cond["seed"]) if "seed" in cond else torch.arange(n)) % self.categories

    def row(self, category: Tensor) -> Tensor:
        """Categories [N] as rows of zeros with a single one [N, categories]."""
        return one_hot(category, self.categories).float()


class SemiSupervised(Supervised):
    """The encoder names the category itself (section 5), and a fourth phase teaches it the labels that may be seen.

    A second discriminator compares what it names with certain categories, each as frequent as the others.
    """

    def phases(self) -> list[Phase]:
        return [*super().phases(), Phase("y", self.classify, "y")]

    def classify(self, batch: Batch) -> Outcome:
        x, y = self.known(batch)
        logits, _ = self.nets["encoder"](x)
        return cross_entropy(logits, y), {"accuracy": (logits.argmax(1) == y).float().mean()}

    def rebuilt(self, nets: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        logits, z = nets["encoder"](batch["image"])
        return nets["decoder"](z, logits.softmax(1))

    def codes(self, batch: Batch) -> dict[str, Tensor]:
        logits, z = self.nets["encoder"](batch["image"])
        return {"d": z, "d_y": logits.softmax(1)}

    def samples(self, batch: Batch) -> dict[str, Tensor]:
        x = batch["image"]
        category = torch.randint(self.categories, (len(x),), device=x.device)
        return {**super().samples(batch), "d_y": self.row(category)}


class Clustering(SemiSupervised):
    """No label at all (section 6): the same without the fourth phase."""

    takes = ("image", "cluster")  # the label of the data is no cluster

    @property
    def clusters(self) -> int:
        return self.categories

    def phases(self) -> list[Phase]:
        return [phase for phase in super().phases() if phase.name != "y"]

    def choice(self, n: int, cond: Batch) -> Tensor:
        return cond["cluster"] if "cluster" in cond else super().choice(n, cond)


class Conditioned(Plain):
    """The discriminator is told the label (section 2.3, figure 3), so that each class gets a part of the prior.

    One class more stands for "not labelled": its codes are compared with the whole prior.
    """

    takes = ("image", "label")

    def codes(self, batch: Batch) -> dict[str, Tensor]:
        x, y = self.known(batch)
        if self.labelled:
            x, y = torch.cat((x, batch["image"])), torch.cat((y, torch.full_like(y, self.categories)))
        batch["told"] = y
        return {"d": self.conditioned(self.nets["encoder"](x), y)}

    def samples(self, batch: Batch) -> dict[str, Tensor]:
        y = batch["told"]
        component = torch.where(y < self.categories, y, torch.randint_like(y, self.categories))
        return {"d": self.conditioned(self.prior(len(y), y.device, component), y)}

    def conditioned(self, code: Tensor, y: Tensor) -> Tensor:
        """A code [N, size] with its class beside it, as a row of zeros with a single one [N, categories + 1]."""
        return torch.cat((code, one_hot(y, self.categories + 1).float()), 1)

    def component(self, cond: Batch) -> Tensor | None:
        return cond.get("label")


VARIANTS = {
    "plain": Plain,
    "conditioned": Conditioned,
    "supervised": Supervised,
    "semi-supervised": SemiSupervised,
    "clustering": Clustering,
}


def build(config: Config, facts: ganzoo.Facts) -> Plain:
    categories = count_categories(config, facts)
    nets = build_nets(config, facts, categories)
    return VARIANTS[config.variant](
        nets,
        build_optimizers(config, nets),
        find("losses", config.loss).build(),
        build_prior(config, categories),
        categories=categories,
        labelled=config.labelled,
        epoch=max(facts.count, 1) if config.optimizer == "sgd" else 0,
    )


def count_categories(config: Config, facts: ganzoo.Facts) -> int:
    """How many categories the variant tells apart; RequestError where the data have not the labels for it."""
    if config.variant in ("plain", "clustering"):
        return config.clusters if config.variant == "clustering" else 0
    if facts.count and not facts.classes:
        raise RequestError(
            f"variant={config.variant} learns from labels, and this data has none.\n"
            "See ganzoo data list for sets with labels, or use --set variant=clustering."
        )
    if facts.count and config.labelled > facts.count:
        raise RequestError(f"labelled={config.labelled}: the data has {facts.count:,} examples.")
    return len(facts.classes) or CLASSES


def build_nets(config: Config, facts: ganzoo.Facts, categories: int) -> dict[str, nn.Module]:
    shape, latent, width, noise = facts.shape, config.latent, config.width, config.noise
    splits = config.variant in ("semi-supervised", "clustering")
    is_told = categories if splits or config.variant == "supervised" else 0  # the decoder
    is_judged_with = categories + 1 if config.variant == "conditioned" else 0
    encoder = SplitEncoder(shape, categories, latent, width, noise) if splits else Encoder(shape, latent, width, noise)
    nets: dict[str, nn.Module] = {
        "encoder": encoder,
        "decoder": Decoder(shape, latent + is_told, width),
        "d": CodeDiscriminator(latent + is_judged_with, width),
    }
    if splits:
        nets["d_y"] = CodeDiscriminator(categories, width)
    if config.labelled:
        nets["labels"] = LabelMemory(config.labelled, shape)
    return nets


def build_optimizers(config: Config, nets: dict[str, nn.Module]) -> dict[str, Optimizer]:
    """One for each phase, with a momentum of its own: three of them move the encoder, each to its own end."""
    moved = {
        "ae": (config.lr, [nets["encoder"], nets["decoder"]]),
        "d": (config.lr_adversarial, [net for name, net in nets.items() if name in ("d", "d_y")]),
        "g": (config.lr_adversarial, [nets["encoder"]]),
        "y": (config.lr_label, [nets["encoder"]]),
    }
    if config.variant != "semi-supervised":
        del moved["y"]
    if config.optimizer == "adam":
        return {name: adam(*those, lr=lr, betas=config.betas) for name, (lr, those) in moved.items()}
    return {
        name: SGD([p for net in those for p in net.parameters()], lr, MOMENTUM[name])
        for name, (lr, those) in moved.items()
    }


def build_prior(config: Config, categories: int) -> Prior:
    if config.prior == "gaussian":
        return Gaussian(config.latent, config.spread)
    law = Mixture if config.prior == "mixture" else SwissRoll
    return law(components=categories) if config.variant == "conditioned" else law()

"""How version 2 is trained (Karras et al. 2020, both papers): lazy regularisation, path lengths, augmentation."""

from __future__ import annotations

from torch import Tensor, nn
from torch.optim import Adam, Optimizer

import ganzoo
from ganzoo import RequestError, find
from ganzoo.game import Alarm, Batch, Outcome, Phase, Progress, adam
from ganzoo.game.penalties import r1
from ganzoo_stylegan import Config, networks, original
from ganzoo_stylegan.augment import Augment
from ganzoo_stylegan.discriminator import Discriminator
from ganzoo_stylegan.pathlength import PathLength
from ganzoo_stylegan.styled import Styled

ADJUST_EVERY = 4  # steps between two looks at how sure the discriminator is
LEAKS = Alarm(
    "d/augment_p",
    above=0.8,  # the limit of Karras et al. 2020, limited data
    text="Pictures are changed so often before they are judged (augment_p above 0.8) that the changes may turn up in "
    "those that are drawn. Show it more data, or lower augment_target.",
)
USUAL_CLASSES = 10  # where no data is open that could tell


def build(config: Config, facts: ganzoo.Facts) -> Styled:
    if config.version == 1:
        return original.build(config, facts)
    classes = count_classes(facts) if config.conditional else 0
    sizes = {"base": config.base, "width": config.width, "classes": classes}
    nets: dict[str, nn.Module] = {
        "g": networks.skip_generator(
            facts.shape, config.latent, style=config.style, layers=config.mapping, lr_mul=config.mapping_lr, **sizes
        ),
        "d": Discriminator(facts.shape, group=config.group, residual=config.residual, **sizes),
    }
    if config.path:
        nets["path"] = PathLength()
    if config.augment != "none":
        nets["augment"] = Augment(config.augment_p, config.augment_target)
    opts: dict[str, Optimizer] = {
        "g": lazy_adam(nets["g"], config, config.path_every if config.path else 0),
        "d": lazy_adam(nets["d"], config, config.r1_every if config.gamma else 0),
    }
    return StyleGAN2(nets, opts, find("losses", config.loss).build(), config, classes)


def count_classes(facts: ganzoo.Facts) -> int:
    if facts.classes:
        return len(facts.classes)
    if facts.count:
        raise RequestError("conditional=true draws by class, and this data has no classes. Leave it out.")
    return USUAL_CLASSES


def lazy_adam(net: nn.Module, config: Config, every: int) -> Adam:
    """Adam for a player with one more step in every ``every``, slowed so that time passes as without it."""
    share = every / (every + 1) if every else 1.0
    return adam(net, lr=config.lr * share, betas=(0.0, config.beta2**share))


class StyleGAN2(Styled):
    """Four turns: the generator and, rarely, its smoothness; the discriminator and, rarely, its slope.

    A rare turn counts for all the steps it was left out of.
    """

    now = Progress()
    alarms = (LEAKS,)

    def begin(self, now: Progress) -> None:
        self.now = now
        self.pace(now)

    def phases(self) -> list[Phase]:
        turns = [Phase("g", self.g_loss, "g")]
        if "path" in self.nets:
            turns.append(Phase("g_path", self.path_loss, "g", every=self.config.path_every))
        turns.append(Phase("d", self.d_loss, "d", after=self.control))
        if self.config.gamma:
            turns.append(Phase("d_r1", self.r1_loss, "d", every=self.config.r1_every))
        return turns

    def d_loss(self, batch: Batch) -> Outcome:
        loss, shown = super().d_loss(batch)
        if "augment" in self.nets:
            shown["augment_p"] = self.nets["augment"].p.clone()  # of this step, whatever it is when it is read
        return loss, shown

    # Forward itself below, not the call that may be compiled: a compiled pass cannot be differentiated twice.

    def path_loss(self, batch: Batch) -> Outcome:
        image, g = batch["image"], self.nets["g"]
        half = max(1, len(image) // 2)  # the turn takes much memory, and can do with fewer pictures
        z, blend = self.noise(half, image.device)
        ws = g.styles(z, **{key: value[:half] for key, value in self.label(batch).items()}, **blend)
        penalty, length = self.nets["path"].forward(g.synthesis.forward(ws), ws)
        return self.config.path_every * self.config.path * penalty, {"length": length}

    def r1_loss(self, batch: Batch) -> Outcome:
        def judge(x: Tensor, **label: Tensor) -> Tensor:
            # The slope at the picture itself, through whatever is done to it before it is judged.
            return self.nets["d"].forward(self.augmented(x), **label)

        penalty = r1(judge, self.real(batch), self.label(batch), weight=self.config.gamma)
        return self.config.r1_every * penalty, {"penalty": penalty}

    def judged(self, x: Tensor, batch: Batch) -> Tensor:
        return super().judged(self.augmented(x), batch)

    def augmented(self, x: Tensor) -> Tensor:
        return self.nets["augment"].forward(x) if "augment" in self.nets else x

    def heed(self, on_real: Tensor) -> None:
        if "augment" in self.nets:
            self.nets["augment"].heed(on_real)

    def control(self) -> None:
        """After every turn of the discriminator: whether pictures are to be changed more often before it sees them."""
        if self.config.augment == "ada" and (self.now.step + 1) % ADJUST_EVERY == 0:
            self.nets["augment"].adjust(self.now.batch * ADJUST_EVERY / self.config.augment_images)

"""The steps that ganzoo's DCGAN is measured against: from the paper, and as pytorch/examples and StudioGAN take it.

    ganzoo bench dcgan --preset paper --batch 64 --set ema=0 --against docs/benchmarks/dcgan.py:plain
    ganzoo bench dcgan --preset paper --batch 64 --set ema=0 --against docs/benchmarks/dcgan.py:pytorch_examples
    ganzoo bench dcgan --preset paper --size 32 --batch 64 --set ema=0 --against docs/benchmarks/dcgan.py:studiogan

Targets: 1.0 against `plain`, 1.15 against `pytorch_examples` at 64 pixels, 2 against `studiogan` at 32. The first two
play on equal networks (3,576,704 and 2,765,568 weights at 64 pixels). StudioGAN's DCGAN is another pair of networks;
`studiogan_step` is its step on ours, and what is left of the difference then.

The mathematics is Radford et al. 2015, section 4: the non-saturating game, real and fake judged in batches of their
own, Adam with beta1 = 0.5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy
from torch.optim import Adam

Step = Callable[[int], dict[str, Tensor]]


def plain(subject) -> Step:
    """What a careful person writes: default layout, Adam as it comes, each fake drawn once and judged twice.

    Nobody freezes the discriminator in the generator's turn, so its gradients are computed and thrown away.
    """
    g, d, config, n = subject.nets["g"], subject.nets["d"], subject.config, subject.batch
    images = subject.data["image"]
    opt_g, opt_d = (Adam(net.parameters(), config.lr, config.betas) for net in (g, d))
    ones, zeros = torch.ones(n), torch.zeros(n)

    def step(number: int) -> dict[str, Tensor]:
        real = rows(images, number, n)
        fake = g(torch.randn(n, config.latent))

        opt_d.zero_grad()
        d_loss = cross_entropy(d(real), ones) + cross_entropy(d(fake.detach()), zeros)
        d_loss.backward()
        opt_d.step()

        opt_g.zero_grad()
        g_loss = cross_entropy(d(fake), ones)
        g_loss.backward()
        opt_g.step()
        return {"d": d_loss.detach(), "g": g_loss.detach()}

    return step


def pytorch_examples(subject) -> Step:
    """The step of pytorch/examples, told in our words.

    As `plain`, and: probabilities and a cross entropy of them; reals and fakes back-propagated one after the other; one
    vector of targets, filled three times; and five numbers read in every step to be printed.
    """
    g, d, config, n = subject.nets["g"], subject.nets["d"], subject.config, subject.batch
    images = subject.data["image"]
    opt_g, opt_d = (Adam(net.parameters(), config.lr, config.betas) for net in (g, d))
    judge = nn.BCELoss()

    def step(number: int) -> dict[str, Tensor]:
        d.zero_grad()
        real = rows(images, number, n)
        target = torch.full((n,), 1.0)
        chance = d(real).sigmoid()
        real_loss = judge(chance, target)
        real_loss.backward()
        shown = [chance.mean().item()]
        fake = g(torch.randn(n, config.latent, 1, 1).flatten(1))
        target.fill_(0.0)
        chance = d(fake.detach()).sigmoid()
        fake_loss = judge(chance, target)
        fake_loss.backward()
        shown.append(chance.mean().item())
        d_loss = real_loss + fake_loss
        opt_d.step()

        g.zero_grad()
        target.fill_(1.0)
        chance = d(fake).sigmoid()
        g_loss = judge(chance, target)
        g_loss.backward()
        shown += [chance.mean().item(), d_loss.item(), g_loss.item()]
        opt_g.step()
        return {"d": d_loss.detach(), "g": g_loss.detach()}

    return step


def studiogan(subject) -> Step:
    """StudioGAN's DCGAN for 32 pixels: its step on networks like its own, which do far more work than the paper's.

    Its discriminator has a 3x3 convolution at full side in front of each halving, ends in a sum over a 4x4 grid, and
    its generator in a 3x3 convolution at full side. Sizes are written from its description; the weights are its own
    and so are their counts, so the ratio says how long each takes for what it calls a DCGAN, not who is quicker at one
    and the same. One discriminator's turn for one of the generator's, as the figures that are compared have it.
    """
    return studiogan_step(subject, {"g": DeepGenerator(subject.config.latent), "d": DeepDiscriminator()})


def studiogan_step(subject, nets: Mapping[str, nn.Module] | None = None) -> Step:
    """StudioGAN's step, told in our words, on equal networks unless others are given.

    It freezes whoever does not learn, by going through the parameters, and draws new fakes for each turn: the
    discriminator's without a graph, the generator's with one. Reals and fakes are judged in separate calls, by a cross
    entropy of logits with targets that are made anew. Adam as it comes; the average of the generator is left out here.
    """
    nets = nets or subject.nets
    g, d, config, n = nets["g"], nets["d"], subject.config, subject.batch
    images = subject.data["image"]
    opt_g, opt_d = (Adam(net.parameters(), config.lr, config.betas, eps=1e-6) for net in (g, d))

    def step(number: int) -> dict[str, Tensor]:
        let_learn(g, False)
        let_learn(d, True)
        opt_d.zero_grad()
        real = rows(images, number, n)
        fake = g(torch.randn(n, config.latent))
        on_real, on_fake = d(real), d(fake)
        d_loss = cross_entropy(on_real, torch.ones_like(on_real)) + cross_entropy(on_fake, torch.zeros_like(on_fake))
        d_loss.backward()
        opt_d.step()

        let_learn(d, False)
        let_learn(g, True)
        opt_g.zero_grad()
        on_fake = d(g(torch.randn(n, config.latent)))
        g_loss = cross_entropy(on_fake, torch.ones_like(on_fake))
        g_loss.backward()
        opt_g.step()
        shown = [d_loss.item(), g_loss.item()]
        return {"d": torch.tensor(shown[0]), "g": torch.tensor(shown[1])}

    return step


class DeepGenerator(nn.Sequential):
    """Noise to pictures: [N, latent] to [N, 3, 32, 32], a dense layer, three doublings and a convolution."""

    def __init__(self, latent: int):
        layers: list[nn.Module] = [nn.Linear(latent, 512 * 16), nn.Unflatten(1, (512, 4, 4))]
        for inputs, outputs in ((512, 256), (256, 128), (128, 64)):
            layers += [nn.ConvTranspose2d(inputs, outputs, 4, 2, 1), nn.BatchNorm2d(outputs), nn.ReLU()]
        super().__init__(*layers, nn.Conv2d(64, 3, 3, 1, 1), nn.Tanh())


class DeepDiscriminator(nn.Module):
    """Pictures to logits: [N, 3, 32, 32] to [N], three halvings that each begin with a convolution at their side."""

    def __init__(self):
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs in ((3, 64), (64, 128), (128, 256)):
            for conv in (nn.Conv2d(inputs, outputs, 3, 1, 1), nn.Conv2d(outputs, outputs, 4, 2, 1)):
                layers += [conv, nn.BatchNorm2d(outputs), nn.ReLU()]
        layers += [nn.Conv2d(256, 512, 3, 1, 1), nn.BatchNorm2d(512), nn.ReLU()]
        self.body, self.out = nn.Sequential(*layers), nn.Linear(512, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.body(x).sum((2, 3))).flatten()


def let_learn(net: nn.Module, learns: bool) -> None:
    for p in net.parameters():
        p.requires_grad = learns


def rows(data: Tensor, number: int, n: int) -> Tensor:
    start = number * n % (len(data) - n + 1)
    return data[start : start + n]

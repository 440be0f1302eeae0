"""Conditional GANs at work: finite steps, turns apart, runs that are cut, schedules, what can be asked."""

from __future__ import annotations

import copy

import pytest
import torch
from cgan_bench import PRESETS, STEPS, data, engine, steps

from ganzoo import Facts, RequestError, find
from ganzoo.game import Progress
from ganzoo.testing.subject import differences
from ganzoo.train import checkpoint
from ganzoo.zoo.config import resolve


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("preset", PRESETS)
def test_a_few_steps_are_finite(preset, channels):
    e = steps(engine(preset, channels=channels), 3)
    assert all(torch.tensor(value).isfinite() for value in e.read().values())


@pytest.mark.parametrize("preset", PRESETS)
def test_resume_is_bit_equal_wherever_the_run_is_cut(preset, tmp_path):
    straight = steps(engine(preset), STEPS).state()
    for cut in (1, STEPS // 2, STEPS // 2 + 1, STEPS - 1):  # `dcgan` starts to fall in the middle
        checkpoint.save(tmp_path / "c.safetensors", steps(engine(preset), cut).state(), {})
        second = engine(preset, seed=99)
        second.load(checkpoint.load(tmp_path / "c.safetensors")[0])
        assert not differences(steps(second, STEPS - cut).state(), straight), cut


@pytest.mark.parametrize("preset", PRESETS)
def test_a_turn_moves_its_own_player_and_no_other(preset):
    e = engine(preset)
    for phase in e.recipe.phases():
        before = {name: copy.deepcopy(dict(net.named_parameters())) for name, net in e.recipe.nets.items()}
        e.recipe.phases = lambda turn=phase: [turn]
        e.step()
        for name, net in e.recipe.nets.items():
            for at, p in net.named_parameters():
                if name == phase.name:
                    assert p.grad is not None, at
                    assert p.grad.isfinite().all()
                else:
                    assert torch.equal(p, before[name][at]), at
        assert any(not torch.equal(p, before[phase.name][at]) for at, p in e.recipe.nets[phase.name].named_parameters())


def test_a_seed_and_a_label_are_a_picture():
    e = steps(engine("paper"), 2)
    seeds = torch.tensor([5, 6, 5, 5])
    with e.sampling() as nets:
        drawn = e.recipe.sample(nets, 4, {"seed": seeds, "label": torch.tensor([1, 1, 1, 2])})
    assert torch.equal(drawn[0], drawn[2])
    assert not torch.allclose(drawn[0], drawn[1])
    assert not torch.allclose(drawn[0], drawn[3])


@pytest.mark.parametrize(
    ("preset", "fractions", "expected"),
    [
        ("cifar", (0, 0.5, 0.75, 1), (1, 0.5, 0.25, 0)),
        ("imagenet64", (0, 400 / 450, 425 / 450, 1), (1, 1, 0.5, 0)),
        ("dcgan", (0, 0.5, 0.75, 1), (1, 1, 0.5, 0)),
    ],
)
def test_rates_fall_in_a_line_to_nothing(preset, fractions, expected):
    family = find("families", "cgan")
    with torch.device("meta"):
        recipe = family.build(resolve(family, preset), data(64 if preset == "imagenet64" else 32))
    for fraction, rate in zip(fractions, expected, strict=True):
        recipe.begin(Progress(images=round(fraction * 900_000), total=900_000))
        for opt in recipe.opts.values():
            assert opt.param_groups[0]["lr"] == pytest.approx(2e-4 * rate, abs=1e-12)


def test_the_first_papers_schedule_of_rate_and_momentum():
    family = find("families", "cgan")
    with torch.device("meta"):
        recipe = family.build(resolve(family, "paper"), Facts((1, 28, 28), count=50_000, classes=("0", "1")))
    for images, step, rate, momentum in [
        (0, 0, 0.1, 0.5),
        (6_250_000, 62_500, 0.1 * 1.00004**-62_500, 0.6),  # 125 of 250 epochs
        (50_000_000, 30_000_000, 1e-6, 0.7),
    ]:
        recipe.begin(Progress(step=step, images=images, batch=100, total=1))
        group = recipe.opts["g"].param_groups[0]
        assert group["lr"] == pytest.approx(rate)
        assert group["momentum"] == pytest.approx(momentum)
        assert recipe.opts["d"].param_groups[0]["lr"] == pytest.approx(max(rate / 2, 1e-6))


def test_the_papers_settings():
    family = find("families", "cgan")
    cifar, dcgan = resolve(family, "cifar"), resolve(family, "dcgan")
    assert (cifar.batch, cifar.n_critic, cifar.fakes, cifar.lr, cifar.betas) == (64, 5, 2, 2e-4, (0.0, 0.9))
    assert cifar.images == 50_000 * cifar.n_critic * cifar.batch
    assert (dcgan.batch, dcgan.lr, dcgan.betas, dcgan.l2) == (128, 2e-4, (0.5, 0.999), 2.5e-5)
    assert engine("dcgan").recipe.opts["d"].param_groups[0]["weight_decay"] == 2.5e-5


def test_a_network_that_cannot_hear_the_class_is_refused():
    family, vanilla = find("families", "cgan"), find("families", "vanilla")
    with pytest.raises(RequestError, match="mlp has no ear"):
        family.build(resolve(family, "tiny", {"generator": "mlp"}), data(16))
    with pytest.raises(RequestError, match="needs label"):
        resolve(vanilla, "tiny", {"discriminator": "projection"})


@pytest.mark.parametrize("setting", [{"n_critic": 0}, {"fakes": 0}, {"steady": 1.5}])
def test_a_setting_out_of_range_is_refused(setting):
    with pytest.raises(RequestError, match=next(iter(setting))):
        resolve(find("families", "cgan"), "tiny", setting)

"""CycleGAN at work: the learning rate, runs that are cut, translations, what pictures go through."""

from __future__ import annotations

import pytest
import torch
from cyclegan_bench import draw, engine, recipe, stepped
from ganzoo_cyclegan.recipe import decayed

from ganzoo import RequestError
from ganzoo.game import Progress
from ganzoo.testing.subject import differences
from ganzoo.train import checkpoint


@pytest.mark.parametrize(
    ("epoch", "multiplier"), [(0, 1), (98, 1), (99, 1), (100, 100 / 101), (150, 50 / 101), (199, 1 / 101)]
)
def test_the_papers_learning_rate(epoch, multiplier):
    """Constant within an epoch: here one of 1,334 pictures, 200 in the run."""
    made = recipe("paper", size=32, width=4, width_d=4)
    for images in (epoch * 1334, epoch * 1334 + 1333):
        made.begin(Progress(step=7, images=images, total=200 * 1334))
        rates = [group["lr"] for opt in made.opts.values() for group in opt.param_groups]
        assert rates == pytest.approx([2e-4 * multiplier] * 2, rel=1e-12)


def test_the_share_of_the_decay():
    def at(images, share):
        return decayed(Progress(images=images, total=1000), share)

    assert [at(images, 0.0) for images in (0, 999, 1000)] == [1, 1, 1]
    assert [at(images, 1.0) for images in (0, 1000)] == pytest.approx([200 / 201, 1 / 201])
    assert at(895, 0.1) == 1 > at(900, 0.1) > at(999, 0.1) > 0


def test_resume_is_bit_equal_wherever_the_run_is_cut(tmp_path):
    """The pool fills at step 2, and the learning rate falls from the half of the run on."""
    steps, settings = 10, {"total": 40, "pool": 7, "flip": True, "enlarge": 2}
    straight = stepped(engine(**settings), steps).state()
    assert "pool_a" in straight["nets"]
    for cut in (1, 2, 4, 5, 6, 9):
        first = stepped(engine(**settings), cut)
        checkpoint.save(tmp_path / "c.safetensors", first.state(), {})
        second = engine(seed=99, **settings)
        second.load(checkpoint.load(tmp_path / "c.safetensors")[0])
        assert not differences(stepped(second, steps - cut).state(), straight), cut


def test_a_sample_is_a_translation_either_way_and_back():
    made = recipe()
    nets, batch = made.nets, draw(0, 4)
    with torch.no_grad():
        there = made.sample(nets, 4, {"a": batch["a"], "seed": torch.arange(4)})
        assert torch.equal(there, nets["g_ab"](batch["a"]))
        assert torch.equal(made.sample(nets, 4, {"b": there}), nets["g_ba"](there))
        assert torch.equal(made.sample(nets, 4, batch), there)
        alone = made.sample(nets, 1, {"a": batch["a"][:1]})
        assert torch.allclose(alone, there[:1], atol=1e-5)
        larger = torch.rand(1, 3, 24, 40)
        assert made.sample(nets, 1, {"a": larger}).shape == larger.shape
    with pytest.raises(RequestError, match="--input"):
        made.sample(nets, 4, {"seed": torch.arange(4)})


def test_pictures_are_cropped_and_mirrored_each_by_itself():
    torch.manual_seed(0)
    ramp = torch.linspace(-1, 1, 16).expand(64, 1, 16, 16).contiguous()  # brighter to the right
    mirrored = recipe(channels=1, flip=True).shifted(ramp)
    flipped = mirrored[:, 0, 0, 0] > 0
    assert 16 < flipped.sum() < 48
    assert torch.equal(mirrored, torch.where(flipped[:, None, None, None], ramp.flip(3), ramp))
    cropped = recipe(channels=1, enlarge=16).shifted(ramp)
    assert cropped.shape == ramp.shape
    assert cropped.abs().max() <= 1
    assert (cropped.diff(dim=3) > -1e-6).all()
    assert cropped[:, 0, 0, 0].unique().numel() > 8
    assert torch.equal(recipe(channels=1).shifted(ramp), ramp)


@pytest.mark.parametrize("setting", [{"layers": 0}, {"decay": 1.5}, {"pool": -1}, {"enlarge": -2}])
def test_a_setting_out_of_range_is_refused(setting):
    with pytest.raises(RequestError, match=next(iter(setting))):
        recipe(**setting)

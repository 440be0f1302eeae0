"""Adversarial autoencoders at work: who moves in a phase, what can be drawn, runs that are cut."""

from __future__ import annotations

import copy

import pytest
import torch
from aae_bench import (
    VARIANTS,
    Heard,
    draw,
    engine,
    every_variant,
    recipe,
    trained,
)

from ganzoo.testing.subject import differences
from ganzoo.train import checkpoint


@every_variant
def test_a_phase_moves_its_own_networks_and_no_others(variant):
    moves = {"ae": {"encoder", "decoder"}, "d": {"d", "d_y"}, "g": {"encoder"}, "y": {"encoder"}}
    made = recipe(variant)
    e = engine(made)
    trained(e, 3)  # out of the reach of symmetric beginnings
    e.recipe.begin(e.now)
    batch = draw(24, 64)
    for phase in made.phases():
        before = {name: copy.deepcopy(list(net.parameters())) for name, net in made.nets.items()}
        moments = {name: copy.deepcopy(opt.state_dict()["state"]) for name, opt in made.opts.items()}
        e._run(phase, [batch])
        moved = {
            name
            for name, net in made.nets.items()
            if any(not torch.equal(p, old) for p, old in zip(net.parameters(), before[name], strict=True))
        }
        assert moved == moves[phase.name] & made.nets.keys(), phase.name
        for p in (p for name in moved for p in made.nets[name].parameters()):
            assert p.grad is not None
            assert p.grad.isfinite().all()
        for name, opt in made.opts.items():  # no phase shares its momentum with another
            unmoved = all(
                torch.equal(value, moments[name][i][key])
                for i, each in opt.state_dict()["state"].items()
                for key, value in each.items()
            )
            assert unmoved == (name != phase.opt), (phase.name, name)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 8, 8), (4, 5, 7), (3, 1, 1)])
@every_variant
def test_it_learns_and_draws_at_any_shape(variant, shape):
    e = trained(engine(recipe(variant, shape), lambda p, n: draw(p, n, shape)), 3)
    assert all(value == value and abs(value) < 1e6 for value in e.read().values())
    with e.sampling() as nets:
        given = {"seed": torch.arange(6), "plane": torch.rand(6, 2), **draw(0, 6, shape)}
        given["cluster"] = given["seed"] % 4
        for asked in ((), ("label",), ("cluster",), ("plane",), ("image", "label")):
            cond = {key: given[key] for key in ("seed", *asked) if key == "seed" or key in e.recipe.takes}
            drawn = e.recipe.sample(nets, 6, cond)
            assert drawn.shape == (6, *shape)
            assert drawn.abs().max() <= 1


def test_pictures_and_places_can_be_given_instead_of_a_seed():
    made = recipe()
    x, corners = draw(0, 4)["image"], torch.tensor([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    assert torch.equal(made.sample(made.nets, 4, {"image": x}), made.nets["decoder"](made.nets["encoder"](x)))
    made.nets["decoder"] = Heard()
    assert torch.equal(made.sample(made.nets, 4, {"plane": corners}), made.reach * corners)


@every_variant
def test_resume_is_bit_equal_wherever_the_run_is_cut(variant, tmp_path):
    def started(seed):
        torch.manual_seed(seed)
        few = VARIANTS[variant].get("labelled", 0)
        return engine(recipe(variant, examples=max(few, 1)))  # of one example: the rates fall at 50 images

    steps = 11
    straight = trained(started(0), steps).state()
    for cut in (1, 2, 3, 6, 7, 8, 10):  # labels are gathered in steps 0 to 2, rates fall at step 7
        checkpoint.save(tmp_path / "c.safetensors", trained(started(0), cut).state(), {})
        second = started(99)
        second.load(checkpoint.load(tmp_path / "c.safetensors")[0])
        assert not differences(trained(second, steps - cut).state(), straight), cut

"""StackGAN at work: whom a turn moves, from stage to stage, runs that are cut, what is drawn."""

from __future__ import annotations

import pytest
import torch
from stackgan_bench import TREE, captions, engine, examples, recipe, run

from ganzoo import RequestError
from ganzoo.game import Progress
from ganzoo.testing.subject import differences
from ganzoo.train import checkpoint


@pytest.mark.parametrize(
    ("settings", "stage", "moving"),
    [
        ({}, 1, {"text": {"text", "eye"}, "d": {"d"}, "g": {"g"}}),
        ({}, 2, {"d2": {"d2"}, "g2": {"g2"}}),
        (TREE, 1, {"text": {"text", "eye"}, "d": {"d1", "d2"}, "g": {"g"}}),
        (TREE | {"conditional": False}, 1, {"d": {"d1", "d2"}, "g": {"g"}}),
    ],
    ids=["stage one", "stage two", "tree", "tree without captions"],
)
def test_a_turn_moves_its_own_networks_alone(settings, stage, moving):
    game = recipe(**settings)
    started, batch = run(game, stage), examples(8)
    assert [phase.name for phase in game.phases()] == list(moving)
    for phase in game.phases():
        before = {name: [p.detach().clone() for p in net.parameters()] for name, net in game.nets.items()}
        started._run(phase, [batch])
        for name, net in game.nets.items():
            own = name in moving[phase.name]
            for old, p in zip(before[name], net.parameters(), strict=True):
                assert own or torch.equal(old, p)
                assert not own or (p.grad is not None and p.grad.isfinite().all())
            assert not own or any(not torch.equal(a, b) for a, b in zip(before[name], net.parameters(), strict=True))


def test_stage_two_leaves_stage_one_as_it_is():
    """Neither weights nor statistics nor the encoder of words move; what it draws is what it draws in samples."""
    game = recipe()
    started = run(game, 2)
    before = {name: [t.clone() for t in game.nets[name].state_dict().values()] for name in ("g", "text", "d")}
    for _ in range(3):
        started.step()
    for name, tensors in before.items():
        assert all(torch.equal(a, b) for a, b in zip(tensors, game.nets[name].state_dict().values(), strict=True))
    assert all(p.grad is None for p in game.nets["g"].parameters())
    assert not game.nets["g"].training
    assert game.nets["g2"].training
    told, noise = game.nets["text"](captions(4)), game.noise(4, "cpu")
    in_training = game.nets["g"](noise[0], told, noise[1]).picture
    with started.sampling():
        assert torch.equal(in_training, game.nets["g"](noise[0], told, noise[1]).picture)
    assert not game.nets["g"].training  # nor does a sheet wake it


def test_a_run_goes_from_stage_to_stage():
    game = recipe(first=0.3, reading=0.5, batch_two=4, halvings=1)
    started, seen = engine(game), []
    while started.now.images < 160:
        game.begin(started.now)
        names = [phase.name for phase in game.phases()]
        before = started.now.images
        started.step()
        rate = game.opts[names[-1]].param_groups[0]["lr"]
        seen.append((before, names, started.now.images - before, rate))
    read = [before for before, names, *_ in seen if "text" in names]
    assert read == [0, 8, 16]
    assert [before for before, names, *_ in seen if "d" in names] == [0, 8, 16, 24, 32, 40]
    assert [names for *_, names, _, _ in seen][-1] == ["d2", "g2"]
    assert [size for _, _, size, _ in seen] == [8] * 6 + [4] * 28
    assert [rate for *_, rate in seen] == [2e-4] * 3 + [1e-4] * 3 + [2e-4] * 14 + [1e-4] * 14


def test_the_encoder_comes_to_rest():
    game = recipe(reading=0.5, first=0.5)
    rates = []
    for images in (0, 10, 20, 39, 40, 60):
        game.begin(Progress(images=images, total=160))
        rates.append((game.opts["text"].param_groups[0]["lr"], game.reading))
    assert rates == [
        (pytest.approx(1e-3), True),
        (pytest.approx(7.5e-4), True),
        (pytest.approx(5e-4), True),
        (pytest.approx(2.5e-5), True),
        (0, False),
        (0, False),
    ]


@pytest.mark.parametrize(
    "settings", [{"batch_two": 4}, TREE, TREE | {"conditional": False}], ids=["stages", "tree", "without captions"]
)
def test_a_run_that_is_cut_anywhere_goes_on_as_if_it_were_not(tmp_path, settings):
    """Bit for bit: at chance, where the encoder rests, and at and beside the edge of the stages."""
    game = recipe(crop=1.25, flip=True, halvings=2, **settings)
    whole = engine(game, total=96)
    while whole.now.images < 96:
        whole.step()
        checkpoint.save(tmp_path / f"{whole.now.images}.safetensors", whole.state(), {})
    end = whole.state()
    for images in (8, 24, 40, 48, 56):
        torch.manual_seed(99)  # nothing outside the checkpoint may matter
        again = engine(recipe(crop=1.25, flip=True, halvings=2, **settings), total=96)
        again.load(checkpoint.load(tmp_path / f"{images}.safetensors")[0])
        again.recipe.begin(again.now)  # as a sheet does, between two steps
        while again.now.images < 96:
            again.step()
        assert again.now == whole.now
        assert not differences(again.state(), end)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("settings", [{}, TREE, TREE | {"conditional": False}], ids=["stages", "tree", "colours"])
def test_a_few_steps_to_the_end(channels, settings):
    game = recipe(channels=channels, **settings)
    started = engine(game, total=64, channels=channels)
    while started.now.images < 64:
        started.step()
    assert all(torch.tensor(value).isfinite() for value in started.read().values())
    with started.sampling() as nets:
        drawn = game.sample(nets, 2, {"seed": torch.arange(2), "text": captions(2)})
    assert drawn.shape == (2, channels, 16, 16)
    assert drawn.abs().max() <= 1


def test_the_averages_have_the_statistics_of_their_networks():
    game = recipe()
    started = engine(game)
    for _ in range(12):
        started.step()
    assert game.stage == 2
    for name in ("g", "g2"):
        live, twin = game.nets[name], started.averages[name].net
        assert all(torch.equal(a, b) for a, b in zip(live.buffers(), twin.buffers(), strict=True))
        assert any(not torch.equal(a, b) for a, b in zip(live.parameters(), twin.parameters(), strict=True))


@pytest.mark.parametrize(("settings", "images"), [({}, 0), ({}, 80), (TREE, 0)], ids=["one", "two", "tree"])
def test_samples_follow_their_seed_and_their_caption(settings, images):
    game = recipe(**settings)
    started = engine(game, images=images)
    started.step()
    game.begin(started.now)
    seeds = torch.tensor([5, 5, 6, 5])
    red, blue = captions(1), captions(1, start=2)
    with started.sampling() as nets:
        drawn = game.sample(nets, 4, {"seed": seeds, "text": torch.cat([red, red, red, blue])})
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    assert not torch.equal(drawn[0], drawn[3])


def test_stage_one_is_shown_at_the_size_of_stage_two():
    game = recipe()
    game.begin(Progress(total=100))
    with torch.no_grad():
        drawn = game.sample(game.nets, 2, {"seed": torch.arange(2), "text": captions(2)})
    assert drawn.shape == (2, 3, 16, 16)
    assert torch.equal(drawn[:, :, ::2, ::2].repeat_interleave(2, 2).repeat_interleave(2, 3), drawn)


def test_without_words_there_is_nothing_to_draw():
    for settings in ({}, TREE):
        game = recipe(**settings)
        assert game.takes == ("text",)
        with pytest.raises(RequestError, match="--text"):
            game.sample(game.nets, 2, {"seed": torch.arange(2)})
    silent_tree = recipe(conditional=False, **TREE)
    assert silent_tree.takes == ()
    assert silent_tree.sample(silent_tree.nets, 2, {"seed": torch.arange(2)}).shape == (2, 3, 16, 16)

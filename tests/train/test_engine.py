"""The step: cadence, who learns, exact resume, accumulation, averages, divergence."""

from __future__ import annotations

import copy
from collections import Counter

import pytest
import torch
from menagerie import RECIPES, SHAPE, Lazy, Staged, critic, plain

from ganzoo import RequestError
from ganzoo.game import Progress
from ganzoo.train import checkpoint
from ganzoo.train.device import Backend
from ganzoo.train.engine import Diverged, Engine

BATCH, STEPS = 8, 24
CPU = Backend.choose("cpu", "fp32")
every_recipe = pytest.mark.parametrize("name", RECIPES)


def draw(position: int, n: int) -> dict[str, torch.Tensor]:
    """Pictures as a pure function of their place in the order."""
    rows = [torch.rand(SHAPE, generator=torch.Generator().manual_seed(position + i)) for i in range(n)]
    return {"image": 2 * torch.stack(rows) - 1}


def engine(name: str, seed: int = 0, **options) -> Engine:
    torch.manual_seed(seed)
    recipe = RECIPES[name]()
    start = Progress(batch=BATCH, total=BATCH * STEPS)
    return Engine(recipe, draw, CPU, start, **{"halflife": 100.0, **options})


def steps(e: Engine, n: int) -> Engine:
    for _ in range(n):
        e.step()
    return e


def weights(e: Engine) -> dict[str, torch.Tensor]:
    tensors: dict[str, torch.Tensor] = {}
    checkpoint._split({k: v for k, v in e.state().items() if k != "progress"}, "", tensors)
    return tensors


@every_recipe
def test_resume_is_bit_equal_wherever_the_run_is_cut(name, tmp_path):
    straight = weights(steps(engine(name), STEPS))
    for cut in (1, 2, 3, 11, 12, 13, 23):
        first = steps(engine(name), cut)
        checkpoint.save(tmp_path / "c.safetensors", first.state(), {})
        second = engine(name, seed=99)
        second.load(checkpoint.load(tmp_path / "c.safetensors")[0])
        resumed = weights(steps(second, STEPS - cut))
        assert resumed.keys() == straight.keys()
        for key, value in straight.items():
            assert torch.equal(value, resumed[key]), (cut, key)


@every_recipe
def test_a_phase_moves_its_own_optimizers_parameters_and_no_others(name):
    e = engine(name)
    e.recipe.begin(e.now)
    micro = e._fresh(0)
    for phase in e.recipe.phases():
        before = {key: copy.deepcopy(dict(net.named_parameters())) for key, net in e.recipe.nets.items()}
        own = {id(p) for group in e.recipe.opts[phase.opt].param_groups for p in group["params"]}
        e._run(phase, micro)
        moved = 0
        for key, net in e.recipe.nets.items():
            for at, p in net.named_parameters():
                if id(p) in own:
                    # A penalty on the slope says nothing of the last bias.
                    assert p.grad is not None or phase.name == "d_r1", (phase.name, key, at)
                    assert p.grad is None or p.grad.isfinite().all()
                    moved += not torch.equal(p, before[key][at])
                else:
                    assert torch.equal(p, before[key][at]), (phase.name, key, at)
        assert moved, phase.name


def test_phases_keep_their_cadence():
    lazy = engine("lazy")
    steps(lazy, 9)
    counts = Counter({key: len(values) for key, values in lazy._logged.items() if key.endswith("/loss")})
    assert counts == {"g/loss": 9, "d/loss": 9, "d_r1/loss": 3}
    five = steps(engine("critic"), 4)
    assert len(five._logged["d/loss"]) == 20
    assert len(five._logged["g/loss"]) == 4


def test_images_count_every_real_picture_shown():
    assert steps(engine("plain"), 3).now.images == 3 * BATCH
    assert steps(engine("critic"), 3).now.images == 3 * 5 * BATCH  # each critic turn sees fresh ones


def test_repeated_phases_see_fresh_data_in_order():
    asked: list[int] = []

    def spy(position: int, n: int):
        asked.append(position)
        return draw(position, n)

    torch.manual_seed(0)
    steps(Engine(critic(), spy, CPU, Progress(batch=BATCH, total=1000)), 2)
    assert asked == [i * BATCH for i in range(10)]


def test_micro_batches_give_the_gradient_of_one_batch():
    whole, pieces = engine("staged"), engine("staged", accumulate=4)
    for e in (whole, pieces):
        e.recipe.opts["one"].step = lambda: None
        e.step()
    for a, b in zip(whole.recipe.nets["one"].parameters(), pieces.recipe.nets["one"].parameters(), strict=True):
        assert torch.allclose(a.grad, b.grad, atol=1e-7)


def test_a_batch_that_varies_must_still_fall_into_equal_parts():
    e = engine("plain", accumulate=4)
    e.recipe.batch = BATCH - 2
    with pytest.raises(RequestError, match=f"accumulate=4: a batch of {BATCH - 2}"):
        e.step()


def test_the_average_follows_its_half_life_and_copies_buffers():
    e = engine("plain", halflife=16.0)
    first = {k: v.clone() for k, v in e.averages["g"].net.state_dict().items()}
    steps(e, 1)
    keep = 0.5 ** (BATCH / min(16.0, 0.05 * BATCH))
    live, mine = e.recipe.nets["g"].state_dict(), e.averages["g"].net.state_dict()
    for key, value in live.items():
        want = first[key] * keep + value * (1 - keep) if value.is_floating_point() else value
        if "running" in key:
            want = value
        assert torch.allclose(mine[key], want, atol=1e-6), key
    assert mine["1.num_batches_tracked"] == 1


def test_no_average_without_a_half_life():
    assert engine("plain", halflife=0.0).averages == {}


def test_batch_norm_counts_three_passes_of_d_and_one_of_g_a_step():
    e = steps(engine("plain"), 5)
    assert e.recipe.nets["d"][1].num_batches_tracked == 15  # real, fake, and the generator's turn
    assert e.recipe.nets["g"][1].num_batches_tracked == 5


@pytest.mark.parametrize(("accumulate", "drawn"), [(1, 1), (2, 4)])
def test_both_turns_judge_the_same_fakes(accumulate, drawn):
    e = engine("plain", accumulate=accumulate)
    made, judged = [], []
    e.recipe.nets["g"].register_forward_hook(lambda _m, _i, out: made.append(out))
    e.recipe.nets["d"].register_forward_hook(lambda _m, given, _o: judged.append(given[0]))
    e.step()
    assert len(made) == drawn
    in_turn_of_d, in_turn_of_g = judged[1 : 2 * accumulate : 2], judged[2 * accumulate :]
    assert all(torch.equal(a, b) for a, b in zip(in_turn_of_d, in_turn_of_g, strict=True))
    assert not any(fake.requires_grad for fake in in_turn_of_d)
    assert all(fake.requires_grad for fake in in_turn_of_g)


def test_what_is_drawn_ahead_changes_no_weight():
    once = steps(engine("plain"), 5)
    twice = engine("plain")
    twice.recipe.ahead = ""
    steps(twice, 5)
    assert all(torch.equal(a, b) for a, b in zip(weights(once).values(), weights(twice).values(), strict=True))


def test_the_first_phase_to_diverge_is_named():
    e = engine("lazy")
    judge = e.recipe.judge

    def broken(batch):
        loss, shown = judge(batch)
        return loss * float("nan" if e.now.step == 2 else 1), shown

    e.recipe.judge = broken
    steps(e, 5)
    with pytest.raises(Diverged, match="phase 'd' is not finite at step 2"):
        e.read()


def test_reading_gives_means_and_forgets():
    e = steps(engine("plain"), 3)
    expected = torch.stack([v for _, v in e._logged["d/loss"]]).mean().item()
    assert e.read()["d/loss"] == pytest.approx(expected)
    assert e.read() == {}


def test_sampling_disturbs_neither_random_numbers_nor_statistics_nor_modes():
    undisturbed = weights(steps(engine("plain", halflife=0.0), 4))
    e = steps(engine("plain", halflife=0.0), 2)
    with e.sampling() as nets:
        assert not nets["g"].training
        e.recipe.sample(nets, 5, {})
    assert e.recipe.nets["g"].training
    for key, value in weights(steps(e, 2)).items():
        assert torch.equal(value, undisturbed[key]), key


def test_a_compiler_that_fails_costs_one_line_and_nothing_else(monkeypatch):
    def refuse(net, *args, **kwargs):
        def call(*_args, **_kwargs):
            raise RuntimeError("no C compiler here\nand a long trace")

        net._compiled_call_impl = call

    uncompiled = weights(steps(engine("plain"), 4))
    monkeypatch.setattr(torch.nn.Module, "compile", refuse)
    e = engine("plain")
    assert e.compile() == "no C compiler here"
    for key, value in weights(steps(e, 4)).items():
        assert torch.equal(value, uncompiled[key]), key


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning")  # torch looks at its own while it traces
def test_compiled_networks_learn_the_same():
    plain_run = steps(engine("plain"), 4)
    e = engine("plain")
    assert e.compile() is None
    steps(e, 4)
    z = torch.randn(16, 4)
    # Pictures, not weights: a bias in front of batch norm has a gradient of rounding alone, and Adam scales it up.
    assert torch.allclose(plain_run.recipe.nets["g"](z), e.recipe.nets["g"](z), atol=1e-4)
    assert plain_run.state()["nets"]["g"].keys() == e.state()["nets"]["g"].keys()


def test_bf16_autocast_keeps_float32_weights():
    torch.manual_seed(0)
    backend = Backend(torch.device("cpu"), "bf16")
    e = steps(Engine(plain(), draw, backend, Progress(batch=BATCH, total=100)), 2)
    assert all(p.dtype == torch.float32 for p in e.recipe.nets["g"].parameters())
    assert e.read()["d/loss"] > 0


@pytest.mark.parametrize("recipe", [Lazy, Staged])
def test_every_recipe_of_the_menagerie_samples(recipe):
    torch.manual_seed(0)
    made = recipe()
    assert made.sample(made.nets, 3, {}).shape == (3, *SHAPE)

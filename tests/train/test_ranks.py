"""Several ranks are one run: they learn what one process learns, agree at every step, and go on where they stood."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
import rank_tasks
import torch
from dealt import in_parts
from equality import CASES, Case, apart, apart_in_weights, begun, learn, phases, relative
from pair import Pair
from torch.nn.modules.batchnorm import _BatchNorm

from ganzoo.errors import RequestError
from ganzoo.train.ranks import gradients
from ganzoo.train.ranks.buffers import Buffers
from ganzoo.train.ranks.world import ALONE, World, stream

QUICK = {"vanilla", "dcgan", "wgan", "aae"}
HIDDEN = 1e-10  # what is left of a gradient's difference in double precision
ADAM = 1e-4  # and of a weight's, of the way it went: a gradient of almost 0 is divided by its own size


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    started = Pair()
    yield started
    started.close()


def check(pair: Pair, case: Case) -> None:
    with in_parts(2):
        one = learn(case)
    first, second = pair(learn, case)
    assert relative(first.weights, second.weights) == 0, "the ranks have other weights"
    assert first.gradients.keys() == one.gradients.keys()
    assert first.without == one.without
    for phase in phases(one):
        assert apart(one, first, phase) < HIDDEN, phase
    assert apart_in_weights(one, first) < ADAM
    assert first.values == pytest.approx(one.values, abs=1e-6)
    assert first.values == second.values
    # What was said of real pictures is counted by each rank, and its share is that of all.
    shares = [buffer / buffer.abs().max().clamp(min=1e-9) for buffer in one.statistics]
    others = [buffer / buffer.abs().max().clamp(min=1e-9) for buffer in first.statistics]
    assert relative(shares, others) < 1e-6 if shares else not others


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=[] if case.family in QUICK else pytest.mark.slow, id=case.title) for case in CASES],
)
def test_two_ranks_learn_what_one_process_learns(pair, case):
    check(pair, case)


def test_every_family_is_compared():
    from ganzoo.zoo.registry import zoo

    assert {case.family for case in CASES} >= {card.name for card in zoo().all("families")}


def test_it_matters_that_gradients_are_averaged(pair, monkeypatch):
    """The comparison sees a rank that learns from its own half alone."""
    case = Case("vanilla", 2)
    one = learn(case)
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setattr(gradients, "average", lambda *anything: None)
    monkeypatch.setattr(World, "spread_", lambda self, tensors: None)
    monkeypatch.setattr(World, "average_", lambda self, tensors: None)
    half = learn(case)
    assert apart(one, half) > 1e-2


def test_a_parameter_without_gradient_on_one_rank_has_that_of_the_others(pair):
    left, right = pair(rank_tasks.choose, ("left", "right"))
    for key, gradient in left.items():
        if key.startswith("idle"):
            assert gradient is None
            assert right[key] is None
        else:
            assert torch.equal(gradient, right[key])
            assert gradient.any() or "bias" in key


def test_a_parameter_without_gradient_on_all_ranks_has_none(pair):
    for found in pair(rank_tasks.choose, ("left", "left")):
        assert {key.split(".")[0] for key, gradient in found.items() if gradient is not None} == {"left"}


def test_ranks_share_each_batch_in_the_order_of_one_process(pair):
    first, second = pair(rank_tasks.shown)
    assert first == [(0, 4), (8, 4), (16, 4)]
    assert second == [(4, 4), (12, 4), (20, 4)]


def test_a_batch_that_does_not_fall_into_equal_parts_is_refused(pair):
    for said in pair(rank_tasks.refuse, 12, 4):
        assert said == "A batch of 12 does not fall into 8 equal parts, for 2 ranks with accumulate=4.\nUse --batch 16."
    with pytest.raises(RequestError, match="A batch of 9 does not fall into 2 equal parts, for 2 ranks"):
        World(size=2).check((8, 9), 1)
    ALONE.check((9,), 4)  # is told by its Config


def test_resumed_on_as_many_ranks_all_is_bit_equal(pair):
    straight = pair(rank_tasks.learn_on, None, 12)
    state = pair(rank_tasks.learn_on, None, 6)[0][0]
    assert len(state["ranks"]) == 1
    assert state["ranks"][0]["buffers"].keys() == {"pool_a.kept", "pool_b.kept"}
    resumed = pair(rank_tasks.learn_on, state, 6)
    for (_, wanted, own), (_, found, own_found) in zip(straight, resumed, strict=True):
        assert all(torch.equal(value, found[key]) for key, value in wanted.items())
        assert own == own_found
    assert straight[0][2] != straight[1][2], "the ranks have the same noise"


def test_resumed_on_another_number_of_ranks_it_goes_on(pair):
    two = pair(rank_tasks.learn_on, None, 2)[0][0]
    alone, weights, _ = rank_tasks.learn_on(two, 2)
    assert alone["progress"]["step"] == 4
    assert "ranks" not in alone
    (state, first, own), (_, second, own_second) = pair(rank_tasks.learn_on, alone, 2)
    assert state["progress"] == {**alone["progress"], "step": 6, "images": alone["progress"]["images"] + 32}
    assert all(torch.equal(value, second[key]) for key, value in first.items())
    assert any(not torch.equal(value, weights[key]) for key, value in first.items())
    assert own != own_second
    assert len({stream(seed, rank, step) for seed in (0, 1) for rank in (1, 2) for step in (0, 4)}) == 8


def test_what_is_logged_is_the_mean_over_ranks(pair):
    (found, one, _), (other_found, other, _) = pair(rank_tasks.read, None)
    assert found == other_found
    assert one != other
    for key, value in one.items():
        assert found[key] == pytest.approx((value + other[key]) / 2, rel=1e-5)


def test_a_loss_that_is_no_number_on_one_rank_is_said_on_all(pair):
    for _, _, said in pair(rank_tasks.read, 1):
        assert said == "training diverged: the loss of phase 'g' is not finite at step 0"


def test_readings_need_no_step_between_them(pair):
    assert pair(rank_tasks.read_twice) == [3, 3]


def test_where_one_compiler_fails_no_rank_is_compiled(pair):
    assert pair(rank_tasks.compile_where, 1) == [("another rank could not", False), ("no C compiler here", False)]


def test_a_signal_to_one_rank_stops_all_at_the_same_step(pair):
    (step, stop, sittings), other = pair(rank_tasks.sit, 1, 700)
    assert (step, stop, sittings) == other
    assert stop == signal.SIGTERM
    assert step >= 700
    assert sittings < step / 4, "they wait for each other at nearly every step"


def test_an_error_of_the_first_rank_is_told_once(pair):
    assert pair(rank_tasks.fail_first) == [("no such thing", 2), ("", 2)]


def test_each_rank_has_a_device_of_its_own(monkeypatch):
    assert World(3, 4, 3).place("cpu") == "cpu"
    assert ALONE.place("cuda:1") == "cuda:1"
    with pytest.raises(RequestError, match="is one device"):
        World(0, 2).place("cuda:0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert World(5, 8, 1).place("auto") == "cuda:1"
    with pytest.raises(RequestError, match="number 3 on this machine, which has 2 CUDA devices"):
        World(6, 8, 2).place("cuda")


def test_what_is_averaged_are_statistics_and_no_memories():
    nets = begun(Case("cyclegan")).recipe.nets | begun(Case("dcgan")).recipe.nets
    found = Buffers(nets, ALONE)
    norms = [layer for net in nets.values() for layer in net.modules() if isinstance(layer, _BatchNorm)]
    assert {buffer.data_ptr() for buffer in found.statistics} == {
        buffer.data_ptr() for layer in norms for buffer in (layer.running_mean, layer.running_var)
    }


def test_the_lone_process_talks_to_nobody():
    assert World.here() == ALONE
    assert not torch.distributed.is_initialized()
    assert ALONE.told({"a": 1}) == {"a": 1}
    assert ALONE.gathered(3) == [3]
    assert ALONE.most([1.0, 2.0]) == [1.0, 2.0]
    assert ALONE.share(24, 8) == (24, 8)


def test_ranks_share_an_evaluation_and_come_to_the_numbers_of_one_process(pair, tmp_path):
    alone = rank_tasks.score(str(tmp_path / "one"))
    first, second = pair(rank_tasks.score, str(tmp_path / "two"))
    for key in ("fid", "kid"):
        assert first[key] == second[key] == pytest.approx(alone[key], rel=1e-6, abs=1e-6)
    assert (first["samples"] == alone["samples"]).all()
    assert (alone["drawn"], alone["looked"]) == (96, 96 + 192)
    assert [each["drawn"] for each in (first, second)] == [48, 48]
    assert [each["looked"] for each in (first, second)] == [48 + 96, 48 + 96]
    again, _ = pair(rank_tasks.score, str(tmp_path / "two"))  # the data are known now
    assert (again["looked"], again["fid"]) == (48, first["fid"])

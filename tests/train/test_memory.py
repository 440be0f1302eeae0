"""What a run is predicted to need is what it takes, and a batch is taken in as many parts as that asks for."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from ganzoo.errors import WorkError
from ganzoo.game import Phase, Progress, Recipe, adam
from ganzoo.testing.subject import CAPTION, Subject
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.train.memory.fitting import RESERVE, cut, fit, fits, note, parts_of, prove, settle, warning
from ganzoo.train.memory.ledger import Ledger, bytes_of
from ganzoo.train.memory.prediction import Memory, in_words, predict, resident, surely_fits
from ganzoo.train.memory.rehearsal import kinds_of_steps, rehearse, weigh
from ganzoo.train.memory.room import free_memory
from ganzoo.train.plan import Asked, plan
from ganzoo.train.request import Request
from ganzoo.zoo.cards import Family
from ganzoo.zoo.config import Config, resolve
from ganzoo.zoo.facts import Facts
from ganzoo.zoo.registry import zoo

CPU = torch.device("cpu")
FAMILIES = [family.name for family in zoo().all("families")]


def of(name: str, preset: str = "tiny", **changes) -> Request:
    family = zoo().get("families", name)
    gives = ("a", "b") if "a" in family.needs else ("image", "label", "text")
    return Request(family, preset, replace(resolve(family, preset), **changes), "somewhere", gives)


def real(subject: Subject, backend: Backend) -> Engine:
    recipe, config = subject.recipe(), subject.config
    for net in recipe.nets.values():
        backend.place(net)
    start = Progress(batch=config.batch, total=config.images)
    return Engine(recipe, subject.draw, backend, start, accumulate=config.accumulate, halflife=config.ema)


# the ledger


def test_a_storage_counts_from_its_making_to_its_end():
    with Ledger() as ledger:
        a = torch.zeros(1000)
        b = a[:10].view(2, 5)
        c = a + 1
        assert ledger.bytes == 8000
        del a, c
        assert (ledger.bytes, ledger.peak) == (4000, 8000)  # b is a window on what was a
        del b
        assert (ledger.bytes, ledger.peak) == (0, 8000)


def test_tensors_without_numbers_count_alike():
    with Ledger() as ledger:
        x = torch.empty(1 << 40, device="meta")
        assert ledger.bytes == 4 << 40
    assert bytes_of([x, x[:5], torch.zeros(3)]) == (4 << 40) + 12


# the rehearsal


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("name", FAMILIES)
def test_shapes_alone_weigh_what_numbers_weigh(name, precision):
    subject, backend = Subject(zoo().get("families", name)), Backend(CPU, precision)
    foreseen = rehearse(of(name), subject.facts, CAPTION, backend)
    taken = weigh(real(subject, backend))
    # Padding by reflection, which autocast on the CPU has in float32 and on CUDA not, is the one thing unlike.
    assert foreseen.total == pytest.approx(taken.total, rel=0.001 if precision == "fp32" else 0.12)
    for part in ("weights", "gradients", "optimizer", "averages"):
        assert getattr(foreseen, part) == getattr(taken, part), part


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_every_preset_is_predicted(name):
    family = zoo().get("families", name)
    for preset in family.presets:
        is_points = preset == family.points_preset
        request = of(name, preset)
        shape = (2,) if is_points else (request.config.channels or 3, request.config.size, request.config.size)
        words = tuple("abc") if "text" in family.needs else ()
        facts = Facts(shape, 20_000, () if is_points else tuple("0123456789"), words)
        memory = predict(replace(request, gives=("points",)) if is_points else request, facts, Backend(CPU))
        assert not memory.reason, f"{preset}: {memory.reason}"
        assert min(memory.weights, memory.gradients, memory.activations) > 0


def test_a_network_that_grows_is_weighed_at_its_heaviest():
    request = of("progan")
    facts = Facts((3, request.config.size, request.config.size), 1000)
    full = rehearse(request, facts, 0, Backend(CPU))
    recipe = request.family.build(request.config, facts)
    kinds = list(kinds_of_steps(recipe, Progress(batch=request.config.batch, total=request.config.images)))
    assert [now.images for now in kinds] == sorted(now.images for now in kinds)
    assert 2 < len(kinds) < 12
    engine = real(Subject(request.family), Backend(CPU))
    engine.recipe.begin(engine.now)
    with Ledger() as ledger:
        engine.step()
    assert full.activations > 2 * ledger.peak


def test_halving_the_parts_halves_what_a_step_makes():
    request = of("dcgan", "paper")
    facts = Facts((3, 64, 64), 1000)
    whole, half = (rehearse(cut(request, parts), facts, 0, Backend(CPU)) for parts in (1, 2))
    assert half.activations < 0.6 * whole.activations
    assert (half.weights, half.optimizer) == (whole.weights, whole.optimizer)
    shared = rehearse(request, facts, 0, Backend(CPU), ranks=2)
    assert shared.activations < 0.6 * whole.activations


def test_half_the_precision_takes_less():
    request, facts = of("stylegan"), Facts((3, 16, 16), 1000)
    on_cpu, on_cuda = (rehearse(request, facts, 0, Backend(torch.device(d), "bf16")) for d in ("cpu", "cuda"))
    full = rehearse(request, facts, 0, Backend(CPU))
    assert on_cpu.weights == full.weights
    assert on_cpu.activations < 0.8 * full.activations
    assert on_cuda.activations < 0.8 * full.activations


class Peeking(Recipe):
    """Does what needs numbers: asks a tensor whether it is positive."""

    def __init__(self):
        self.nets = {"g": nn.Linear(4, 4)}
        self.opts = {"g": adam(self.nets["g"], lr=1e-3, betas=(0.0, 0.9))}

    def phases(self):
        return [Phase("g", self.loss, "g")]

    def loss(self, batch):
        out = self.nets["g"](batch["image"].flatten(1)[:, :4]).square().mean()
        return (out if out.item() >= 0 else -out), {}


def test_what_needs_numbers_is_told_and_not_guessed():
    family = Family(name="peeking", summary="", build=lambda config, facts: Peeking(), config=Config)
    memory = predict(Request(family, "default", Config(), "d", ("image",)), Facts((1, 2, 2), 10), Backend(CPU))
    assert memory.total == 0
    assert memory.reason.startswith("peeking cannot be rehearsed without numbers: ")
    assert memory.record()["total"] is None


def test_predicting_leaves_the_random_numbers_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    predict(of("aae"), Facts((3, 8, 8), 10), Backend(CPU))
    assert torch.equal(torch.rand(2), expected)


def test_data_count_where_they_live_on_the_device():
    facts, cuda = Facts((3, 64, 64), 10_000), torch.device("cuda")
    size = 10_000 * 3 * 64 * 64
    assert resident(facts, CPU) == 0
    assert resident(facts, cuda, free=3 * size) == size
    assert resident(facts, cuda, free=2 * size) == 0


def test_free_memory_is_known_on_linux():
    if sys.platform == "linux":
        assert 0 < free_memory(CPU) < 1 << 50


def test_sizes_are_told_in_words():
    assert [in_words(size) for size in (5 << 30, 140 << 20, 3 << 20)] == ["5.0 GiB", "140 MiB", "3.0 MiB"]


@pytest.mark.parametrize(
    ("name", "changes"), [("dcgan", {"width": 128, "batch": 128}), ("aae", {"width": 3000}), ("cgan", {"batch": 128})]
)
@pytest.mark.slow
def test_a_process_takes_what_was_predicted(name, changes, tmp_path):
    """Peak resident memory of a fresh process on the drawn faces, within 15 %."""
    settings = [f"--set={key}={value}" for key, value in changes.items()]
    words = [sys.executable, "-m", "ganzoo", "train", name, *settings, "--data", "anime", "--steps", "2", "--json"]
    told = subprocess.run([*words, "-n"], capture_output=True, text=True, check=True, cwd=tmp_path)
    subprocess.run(words, capture_output=True, check=True, cwd=tmp_path)
    (log,) = tmp_path.glob("runs/*/log.jsonl")
    peak = json.loads(log.read_text().splitlines()[-1])["peak_memory"]
    assert json.loads(told.stdout)["memory"]["total"] == pytest.approx(peak, rel=0.15)


# in parts that fit


def test_parts_divide_every_batch():
    assert parts_of(Config(batch=12)) == [1, 2, 3, 4, 6]
    assert parts_of(Config(batch=12, accumulate=4)) == [4, 6]
    assert parts_of(Config(batch=12), ranks=3) == [1, 2]
    assert parts_of(Config(batch=1)) == [1]
    growing = of("progan", "paper").config
    assert all(batch % parts == 0 for parts in parts_of(growing) for batch in growing.sizes_of_batches())


def test_as_few_parts_as_fit():
    request, facts, backend = of("dcgan", "paper", batch=8), Facts((3, 64, 64), 1000), Backend(CPU)
    needs = {parts: predict(cut(request, parts), facts, backend).total for parts in (1, 2, 4)}
    room = {parts: int(need / (1 - RESERVE)) + 1 for parts, need in needs.items()}
    for parts in needs:
        found, memory = fit(request, facts, backend, free=room[parts])
        assert (found, memory.total) == (parts, needs[parts])
    assert fit(request, facts, backend, free=room[4] // 2)[0] == 4  # nothing fits: the least there is


def test_a_run_fits_where_nobody_can_tell():
    assert fits(Memory(weights=1 << 60), None)
    assert not fits(Memory(weights=95), 100)
    assert fits(Memory(weights=89), 100)


def test_only_what_might_not_fit_is_looked_at():
    request, facts = of("dcgan", "default"), Facts((3, 32, 32), 1000)
    assert surely_fits(request, facts, weights=1 << 20, free=8 << 30)
    assert not surely_fits(request, facts, weights=8 << 30, free=8 << 30)
    assert not surely_fits(request, facts, weights=0, free=1 << 20)
    assert surely_fits(request, facts, weights=8 << 30, free=None)


def test_a_run_that_will_not_fit_is_told_before_it_starts():
    request, facts = of("dcgan"), Facts((3, 16, 16), 1000)
    engine = real(Subject(request.family), Backend(CPU))
    said = warning(request, facts, engine, free=100 << 20)
    assert all(words in said for words in ("predicted to need", "100 MiB free", "--batch auto"))
    assert "\n" not in said
    assert warning(request, facts, engine, free=64 << 30) == ""
    assert warning(request, facts, engine, free=None) == ""


class Hungry(Recipe):
    """Out of memory with more than ``most`` pictures at once."""

    def __init__(self, most: int):
        self.most, self.tried = most, []
        self.nets = {"g": nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))}
        self.opts = {"g": adam(self.nets["g"], lr=1e-2, betas=(0.0, 0.9))}

    def phases(self):
        return [Phase("a", self.loss, "g"), Phase("b", self.loss, "g")]

    def loss(self, batch):
        n = len(batch["image"])
        self.tried.append(n)
        if n > self.most and len(self.tried) % 2 == 0:  # the second phase: the first has moved the weights by then
            raise torch.OutOfMemoryError("no more")
        return self.nets["g"](batch["image"]).square().mean(), {"noise": torch.rand(())}


def hungry(most: int) -> Engine:
    torch.manual_seed(0)
    start = Progress(batch=8, total=80)
    return Engine(Hungry(most), lambda _, n: {"image": torch.ones(n, 4)}, Backend(CPU), start)


def test_a_step_that_has_no_room_is_tried_in_more_parts_and_taken_back():
    engine, said = hungry(most=2), []
    before = {key: value.clone() for key, value in engine.recipe.nets["g"].state_dict().items()}
    chance = torch.get_rng_state()
    prove(engine, [1, 2, 4], said.append)
    assert engine.accumulate == 4
    assert ["trying 2" in said[0], "trying 4" in said[1], len(said)] == [True, True, 2]
    assert all(torch.equal(value, before[key]) for key, value in engine.recipe.nets["g"].state_dict().items())
    assert torch.equal(torch.get_rng_state(), chance)
    assert (engine.now.step, engine.recipe.opts["g"].state, engine.read()) == (0, {}, {})


def test_where_even_the_smallest_part_is_too_much_the_run_ends():
    with pytest.raises(WorkError, match="the most there can be"):
        prove(hungry(most=0), [1, 2, 4], lambda text: None)


def test_a_run_that_goes_on_keeps_its_parts():
    request, facts, said = of("dcgan"), Facts((3, 16, 16), 1000), []
    engine = real(Subject(request.family), Backend(CPU))
    settle(request, facts, engine, 64 << 30, 4, said.append)
    assert engine.accumulate == 4
    assert "batch statistics are those of 4 images at a time" in said[-1]
    settle(request, facts, engine, 64 << 30, 0, said.append)
    assert engine.accumulate == 1


def test_what_parts_change_is_told_where_they_change_something():
    assert "statistics" in note({"g": nn.BatchNorm2d(1)}, 2, 8)
    assert "statistics" not in note({"g": nn.Conv2d(1, 1, 1)}, 2, 8)
    assert note({"g": nn.BatchNorm2d(1)}, 1, 8) == "a batch of 8 fits as it is"


# as it is asked for


def test_auto_is_a_batch_of_the_preset(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plain, fitted = (plan(Asked("dcgan", data="anime", preset="tiny", batch=batch)) for batch in ("", "auto"))
    assert (fitted.config, fitted.fit, plain.fit) == (plain.config, True, False)
    assert fitted.identity("h") == plain.identity("h") | {"batch": "auto"}
    assert cut(fitted, 4).fit
    Path("zoo.toml").write_text('[runs.mine]\nfamily = "dcgan"\nbatch = "auto"\n')
    assert plan(Asked("mine")).fit
    told = plan(Asked("mine", batch="16"))
    assert (told.fit, told.config.batch) == (False, 16)


def test_the_same_command_finds_the_same_run(tmp_path):
    words = [sys.executable, "-m", "ganzoo", "train", "vanilla", "--preset", "tiny", "--data", "ring", "--json"]
    run = tmp_path / "runs" / "vanilla-ring-tiny"
    for steps in (2, 4):
        subprocess.run(
            [*words, "--batch", "auto", f"--steps={steps}", *(["--resume"] if steps == 4 else [])],
            cwd=tmp_path, check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        about = tomllib.loads((run / "run.toml").read_text())
        assert (about["request"]["batch"], about["backend"]["accumulate"]) == ("auto", 1)
    assert [path.name for path in (tmp_path / "runs").iterdir() if path.is_dir()] == [run.name]
    assert json.loads((run / "log.jsonl").read_text().splitlines()[-1])["step"] == 4


def test_warnings_of_torch_are_not_those_of_the_prediction():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not predict(of("vanilla"), Facts((3, 8, 8), 10), Backend(CPU)).reason

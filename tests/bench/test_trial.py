"""Families timed from a request to a result, as small as they come."""

from __future__ import annotations

import json

import pytest
import torch

from ganzoo.bench.opponent import Opponent
from ganzoo.bench.trial import Trial
from ganzoo.data.pack import Pair
from ganzoo.data.packing import pack
from ganzoo.errors import WorkError
from ganzoo.testing.stage import MadeUp
from ganzoo.train.plan import Asked, plan
from ganzoo.zoo.registry import zoo

FAMILIES = {family.name: family.needs for family in zoo().all("families")}


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Made-up data of a size that give what a family needs."""

    def open_(needs: tuple[str, ...], size: int):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GANZOO_CACHE", str(tmp_path_factory.mktemp("cache")))
            if "a" in needs:
                sides = (pack(MadeUp(("image",), stream=stream), size=size, channels=3) for stream in (0, 1))
                return Pair("made-up", *sides)
            return pack(MadeUp(("image", "label", "text")), size=size, channels=3)

    return open_


@pytest.fixture
def hold(opened):
    """Time a family in preset tiny; gives the result and what was reported."""

    def do(family: str = "vanilla", *settings: str, rounds: int = 1, at: float = 0.9, against: str = "", **options):
        request = plan(Asked(family, preset="tiny", settings=settings, options=options))
        told: list = []
        trial = Trial(
            at, rounds, Opponent(against) if against else None,
            report=lambda *what: told.append(what), note=lambda text: told.append(text),
        )  # fmt: skip
        return trial.hold(request, opened(FAMILIES[family], request.config.size)), told

    return do


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_can_be_timed(hold, family):
    result, _ = hold(family)
    assert result.images_per_second > 0
    assert result.peak_memory > 1 << 20
    assert sum(stage.ms for stage in result.stages) == pytest.approx(result.ms_per_step)
    phases = [stage for stage in result.stages if stage.kind == "phase"]
    assert phases
    assert all(stage.gflop > 0 and stage.ms > 0 and 0 < stage.within < 1 and stage.operations > 0 for stage in phases)
    assert 0 < result.loader_share < 1
    json.dumps(result.record(), allow_nan=False)


def test_a_result_says_what_it_is_of(hold):
    result, told = hold("dcgan", "batch=4", rounds=2, at=0.5)
    setting = result.setting
    assert (setting.family, setting.preset, setting.data, setting.batch, setting.at) == (
        "dcgan",
        "tiny",
        "anime",
        4,
        0.5,
    )
    assert setting.images == setting.total // 2
    assert (setting.device, setting.precision, setting.threads) == ("cpu", "fp32", torch.get_num_threads())
    assert setting.versions["torch"] == torch.__version__
    assert setting.commit
    assert setting.hardware
    assert [what for what in told if what[0] == "dcgan: timing"] == [("dcgan: timing", 0, 2), ("dcgan: timing", 1, 2)]


def test_lazy_phases_cost_what_they_cost_on_average(hold):
    result, _ = hold("stylegan", "path_every=4")
    turns = {stage.name: stage.every for stage in result.stages}
    assert (turns["g"], turns["g_path"], turns["d_r1"]) == (1, 4, 16)


def test_critics_show_more_images_a_step(hold):
    result, _ = hold("wgan", "n_critic=3", "batch=4")
    assert result.images_per_step == 12
    assert {stage.name: stage.repeat for stage in result.stages}["d"] == 3


def test_growth_is_of_the_place(hold):
    early, late = (hold("progan", at=at)[0] for at in (0.0, 1.0))
    work = [sum(stage.gflop for stage in each.stages) for each in (early, late)]
    assert work[0] < work[1] / 2


OWN = """
import torch

def plain(subject):
    seen = {key: (tuple(rows.shape), rows.dtype) for key, rows in subject.data.items()}
    KEPT.update(subject=subject, seen=seen, numbers=[])

    def step(number):
        KEPT["numbers"].append(number)

    return step

KEPT = {}
"""


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(OWN)
    return f"{path}:plain"


@pytest.fixture
def kept(monkeypatch):
    """What the opponent of a trial kept."""
    made = []
    usual = Opponent.meet
    monkeypatch.setattr(Opponent, "meet", lambda self, subject: (made.append(self), usual(self, subject))[1])
    return lambda: made[-1]._make.__globals__["KEPT"]


def test_an_opponent_is_timed_beside_the_engine(hold, own, kept):
    result, _ = hold("stylegan", rounds=3, against=own)
    assert result.against.step == own
    assert result.against.ratio < 0.5  # it does nothing at all
    assert result.against.quartiles[0] <= result.against.ratio <= result.against.quartiles[1]
    numbers = kept()["numbers"]
    assert {number % 16 == 0 for number in numbers} == {True, False}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_subject_is_the_family_s_own(hold, own, kept, family):
    hold(family, against=own)
    subject, seen = kept()["subject"], kept()["seen"]
    n, size = 16 * subject.batch, subject.config.size
    pictures = {key: each for key, each in seen.items() if key in ("image", "a", "b")}
    assert set(pictures) == ({"a", "b"} if "a" in FAMILIES[family] else {"image"})
    assert set(pictures.values()) == {((n, 3, size, size), torch.float32)}
    if "image" in seen:
        assert seen["label"] == ((n,), torch.int64)
        assert seen["text"][0][0] == n
        assert seen["text"][1] == torch.int64
    assert subject.images.dtype == torch.uint8
    assert all(p.is_contiguous() for net in subject.nets.values() for p in net.parameters())
    assert subject.now.fraction == pytest.approx(0.9, abs=0.01)


def test_the_subject_has_the_first_weights_whatever_the_engine_has_learnt(hold, own, kept, opened):
    hold("dcgan", against=own, rounds=2)
    request = plan(Asked("dcgan", preset="tiny"))
    torch.manual_seed(request.seed)
    facts = opened(("image",), request.config.size).facts
    fresh = request.family.build(request.config, facts).nets
    mine = kept()["subject"].nets
    for name, net in fresh.items():
        for one, other in zip(net.parameters(), mine[name].parameters(), strict=True):
            assert torch.equal(one, other)


def test_pictures_and_bytes_of_a_subject_agree(hold, own, kept):
    hold("dcgan", against=own)
    subject = kept()["subject"]
    assert torch.equal(subject.images.float().div(127.5).sub(1), subject.data["image"])


def test_what_cannot_be_compiled_is_timed_without(hold, monkeypatch):
    monkeypatch.setattr("ganzoo.train.engine.Engine.compile", lambda self: "no compiler here")
    result, told = hold("vanilla", compile=True)
    assert not result.setting.compiled
    assert "vanilla: not compiled, timed without: no compiler here" in told


def test_too_much_for_the_memory_is_said_with_what_to_try(hold, tmp_path):
    path = tmp_path / "large.py"
    path.write_text("import torch\ndef plain(subject):\n    raise torch.OutOfMemoryError('so much')")
    with pytest.raises(WorkError, match="out of memory with batch 16") as caught:
        hold("vanilla", against=f"{path}:plain")
    assert "--batch 8" in str(caught.value)

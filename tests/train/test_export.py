"""Runs that leave ganzoo: what is written draws what they draw, for any number of pictures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

import ganzoo
from ganzoo import Facts, find
from ganzoo.errors import RequestError, WorkError
from ganzoo.game import Progress, Recipe, normal
from ganzoo.train import export as exporting
from ganzoo.train.device import Backend
from ganzoo.train.export import MOST, export, require
from ganzoo.train.program import Drawing, Input, programs_of
from ganzoo.train.trained import Trained
from ganzoo.zoo.cards import Family
from ganzoo.zoo.config import resolve

BACKEND = Backend.choose("cpu", "fp32")
FAMILIES = ("vanilla", "dcgan", "cgan", "wgan", "cyclegan", "progan", "stylegan", "stackgan", "aae")
CASES = [
    *((family, {}) for family in FAMILIES),
    ("vanilla", {"noise": "uniform"}),
    ("stylegan", {"version": 1}),
    ("stylegan", {"conditional": True}),
    ("progan", {"labels": True}),
    ("stackgan", {"version": 2, "branches": 2, "size": 32}),
    ("aae", {"prior": "mixture", "latent": 2}),
    ("aae", {"variant": "supervised"}),
    ("aae", {"variant": "clustering"}),
]


def trained(name: str, **settings) -> Trained:
    """What `open_trained` gives of a run: networks that draw something, in evaluation mode, at the end of their run."""
    family = find("families", name)
    torch.manual_seed(0)
    config = resolve(family, "tiny", settings)
    facts = Facts(
        (config.channels or 3, config.size, config.size), count=100, classes=tuple("xyz"), words=tuple("abcdefgh")
    )
    return stand_in(family, config, family.build(config, facts), facts)


def stand_in(family: Family, config, recipe: Recipe, facts: Facts) -> Trained:
    for net in recipe.nets.values():
        for key, p in net.named_parameters():
            if key.endswith(("bias", "strength")):
                torch.nn.init.normal_(p, 0, 0.3)
        BACKEND.place(net).eval().requires_grad_(False)
    now = Progress(100, 1000, 8, 1000)
    recipe.begin(now)
    return Trained("a-run", Path("a"), family, config, facts, recipe, now, 1.0, "live", BACKEND, {"data": "anime"})


@pytest.mark.parametrize(
    ("family", "settings"),
    CASES,
    ids=lambda each: each if isinstance(each, str) else "-".join(map(str, each.values())),
)
def test_what_is_written_for_torch_draws_what_the_run_draws(family, settings, tmp_path):
    run = trained(family, **settings)
    for program in programs_of(run):
        done = export(run, program, "pt2", tmp_path / f"net{program.suffix}.pt2")
        assert done.checked_by.startswith("torch")
        assert done.difference < 1e-4
        module = torch.export.load(str(done.path)).module()
        for seeds in ((7,), tuple(range(20, 37))):
            given = program.examples(seeds)
            assert torch.allclose(module(**given), program.expected(seeds), atol=1e-4)
            assert module(**given).std() > 1e-3


@pytest.mark.parametrize(
    ("family", "settings"),
    [pytest.param(*case, marks=() if case[0] == "dcgan" else pytest.mark.slow) for case in CASES],
)
def test_what_is_written_for_onnx_draws_what_the_run_draws(family, settings, tmp_path):
    pytest.importorskip("onnxscript")
    onnxruntime = pytest.importorskip("onnxruntime")
    run = trained(family, **settings)
    for program in programs_of(run):
        done = export(run, program, "onnx", tmp_path / f"net{program.suffix}.onnx")
        assert done.checked_by.startswith("onnxruntime")
        session = onnxruntime.InferenceSession(done.path, providers=["CPUExecutionProvider"])
        assert {each.name for each in session.get_inputs()} == {each.name for each in program.inputs}
        assert [each.name for each in session.get_outputs()] == [program.output]
        about = json.loads(session.get_modelmeta().custom_metadata_map["ganzoo"])
        assert about["synthetic"] is True
        assert about["inputs"].keys() == {each.name for each in program.inputs}
        given = program.examples(range(9))
        (drawn,) = session.run(None, {name: value.numpy() for name, value in given.items()})
        assert abs(torch.from_numpy(drawn) - program.expected(range(9))).max() < MOST


def test_seed_7_is_noise_that_anybody_can_draw():
    run = trained("dcgan")
    (program,) = programs_of(run)
    z = torch.randn(run.config.latent, generator=torch.Generator().manual_seed(7))[None]
    assert torch.equal(program.examples([7])["z"], z)
    assert torch.allclose(program(z=z), torch.from_numpy(run.draw([7], {})), atol=1e-5)


def test_points_are_called_points(tmp_path):
    family = find("families", "vanilla")
    config, facts = resolve(family, "points", {"width": 8}), Facts((2,), count=100)
    run = stand_in(family, config, family.build(config, facts), facts)
    (program,) = programs_of(run)
    done = export(run, program, "pt2", tmp_path / "net.pt2")
    assert done.record()["output"] == {"point": ["n", 2]}


def test_judges_stay_at_home(tmp_path):
    run = trained("stackgan")
    (program,) = programs_of(run)
    assert set(program.nets) == {"text", "g", "g2"}
    done = export(run, program, "pt2", tmp_path / "net.pt2")
    held = torch.export.load(str(done.path)).state_dict
    assert {name.split(".")[1] for name in held} == {"text", "g", "g2"}


def test_a_file_says_what_it_is_and_what_it_takes(tmp_path):
    run = trained("stackgan")
    (program,) = programs_of(run)
    path = export(run, program, "pt2", tmp_path / "net.pt2").path
    extra = {"ganzoo": ""}
    torch.export.load(str(path), extra_files=extra)
    about = json.loads(extra["ganzoo"])
    assert about["synthetic"] is True
    assert about["family"] == "stackgan"
    assert about["images"] == 1000
    assert about["inputs"]["z"] == {"shape": ["n", program.inputs[0].shape[0]], "dtype": "float32", "law": "normal"}
    assert about["inputs"]["text"]["words"] == list("abcdefgh")


class Deciding(Recipe):
    """One that looks at its numbers in Python: no tracer can follow."""

    def __init__(self):
        self.nets, self.opts = {"g": torch.nn.Linear(4, 4)}, {}

    def sample(self, nets, n, cond):
        z = normal(n, 4, seeds=cond.get("seed"))
        return nets["g"](z) if z.sum().item() > 0 else nets["g"](-z)


class Forgetful(Recipe):
    """One whose pictures do not follow from its noise alone."""

    def __init__(self):
        self.nets, self.opts, self.drawn = {"g": torch.nn.Linear(4, 4)}, {}, 0

    def sample(self, nets, n, cond):
        self.drawn += 1
        return nets["g"](normal(n, 4, seeds=cond.get("seed"))) + self.drawn


class Undefined(Forgetful):
    """One whose run had diverged."""

    def sample(self, nets, n, cond):
        return nets["g"](normal(n, 4, seeds=cond.get("seed"))) * float("nan")


class Seeded(Recipe):
    """One that insists on a seed."""

    def __init__(self):
        self.nets, self.opts = {"g": torch.nn.Linear(4, 4)}, {}

    def sample(self, nets, n, cond):
        return nets["g"](normal(n, 4, seeds=cond["seed"]))


def test_a_family_that_insists_on_seeds_is_told():
    family = ganzoo.Family(name="odd", summary="", build=lambda config, facts: Seeded(), config=ganzoo.Config)
    with pytest.raises(WorkError, match=r"Seeded\.sample fails where noise is given and no seed: KeyError: 'seed'"):
        next(programs_of(stand_in(family, ganzoo.Config(), Seeded(), Facts((4,), 100))))


@pytest.mark.parametrize(
    ("recipe", "says"),
    [
        (Deciding, "cannot be exported: torch.export says"),
        (Forgetful, "would not draw what a-run"),
        (Undefined, "is off by nan"),
    ],
)
def test_what_cannot_be_exported_is_told_and_leaves_nothing(recipe, says, tmp_path):
    family = ganzoo.Family(name="odd", summary="", build=lambda config, facts: recipe(), config=ganzoo.Config)
    run = stand_in(family, ganzoo.Config(), recipe(), Facts((4,), 100))
    (program,) = programs_of(run)
    with pytest.raises(WorkError, match=says):
        export(run, program, "pt2", tmp_path / "net.pt2")
    assert not [*tmp_path.iterdir()]


def test_noise_is_drawn_once_for_each_time_it_is_asked_for():
    class Twice(Recipe):
        nets = {"g": torch.nn.Bilinear(3, 5, 2)}

        def sample(self, nets, n, cond):
            return nets["g"](normal(n, 3, seeds=cond.get("seed")), ganzoo.game.uniform(n, 5, seeds=cond.get("seed")))

    recipe = Twice()
    program = Drawing(recipe, recipe.nets, [])
    assert program.inputs == (Input("z", (3,), law="normal"), Input("z2", (5,), law="uniform"))
    assert torch.equal(program(**program.examples([3, 4])), program.expected([3, 4]))


def test_missing_packages_are_named(monkeypatch):
    monkeypatch.setattr(exporting, "find_spec", lambda name: None)
    with pytest.raises(RequestError, match=r"onnx and onnxscript: pip install 'ganzoo\[onnx\]'"):
        require("onnx")
    require("pt2")

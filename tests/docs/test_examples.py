"""The complete examples of the documents, taken from the page and run."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.__main__ import main
from ganzoo.game import Progress
from ganzoo.train import checkpoint
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.zoo.config import resolve
from ganzoo.zoo.facts import Facts

ROOT = Path(__file__).parents[2]
STEPS = 6


def block(page: str, kind: str, has: str) -> str:
    """The one fenced block of that kind on a page that has these words in it."""
    blocks = re.findall(rf"^```{kind}\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (found,) = [each for each in blocks if has in each]
    return found


@pytest.fixture
def installed(tmp_path):
    """The plugin of README as an installer would have left it; gives the folder and the name of its loss."""
    about = tomllib.loads(block("README.md", "toml", "[project]"))
    project = about["project"]
    ((name, module),) = project["entry-points"]["ganzoo"].items()
    source = block("README.md", "python", "register_losses")
    assert len(source.splitlines()) <= 30
    folder = tmp_path / "site"
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {project['name']}\nVersion: {project['version']}\n")
    (info / "entry_points.txt").write_text(f"[ganzoo]\n{name} = {module}\n")
    (folder / f"{module}.py").write_text(source)
    return folder, name


def test_the_plugin_of_the_readme_is_shown_and_trains(installed, tmp_path):
    folder, loss = installed
    noise = np.random.default_rng(0).integers(0, 256, (16, 16, 16, 3), np.uint8)
    (tmp_path / "pictures").mkdir()
    for number, pixels in enumerate(noise):
        Image.fromarray(pixels).save(tmp_path / "pictures" / f"{number}.png")

    def ganzoo(*words: str) -> dict:
        environment = os.environ | {"PYTHONPATH": str(folder), "GANZOO_STRICT": "1"}
        command = [sys.executable, "-m", "ganzoo", *words, "--json"]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    assert ganzoo("show", loss)["package"] == f"ganzoo-{loss}"
    trained = ganzoo(
        "train", "dcgan", "--preset", "tiny", "--data", "pictures", "--set", f"loss={loss}", "--steps", "3"
    )
    assert trained["step"] == 3
    assert trained["losses"].keys() == {"d/loss", "g/loss"}


@pytest.fixture
def family(tmp_path):
    """The family of docs/seam.md."""
    path = tmp_path / "ganzoo_critical.py"
    path.write_text(block("docs/seam.md", "python", "register_families"))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclass and the comments of Config look there
    spec.loader.exec_module(module)
    cards = []
    module.register_families(cards.append)
    yield cards[0]
    del sys.modules[path.stem]


def engine(family, seed: int = 0) -> Engine:
    config = resolve(family, "tiny")
    shape = (1, config.size, config.size)
    torch.manual_seed(seed)
    recipe = family.build(config, Facts(shape=shape))

    def draw(position: int, n: int) -> dict[str, torch.Tensor]:
        return {"image": torch.rand(n, *shape, generator=torch.Generator().manual_seed(position)) * 2 - 1}

    start = Progress(batch=config.batch, total=config.batch * config.n_critic * STEPS)
    return Engine(recipe, draw, Backend.choose("cpu", "fp32"), start, halflife=config.ema)


def steps(e: Engine, n: int) -> Engine:
    for _ in range(n):
        e.step()
    return e


def test_the_family_of_the_seam_does_what_its_table_says(family):
    table = re.findall(
        r"^\| (\d+) \| ([a-z_, ]+) \| (\d+) \|$", (ROOT / "docs/seam.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(table) == 5
    e, seen = engine(family), []
    e.recipe.phases = watched(e.recipe.phases, seen)
    for step, phases, images in table:
        assert e.now.step == int(step)
        seen.clear()
        e.step()
        assert seen == phases.split(", ")
        assert e.now.images == int(images)


def watched(phases, seen: list[str]):
    """The same phases, which write down their names when they run."""
    from dataclasses import replace

    def watch(phase):
        def loss(batch):
            seen.append(phase.name)
            return phase.loss(batch)

        return replace(phase, loss=loss)

    return lambda: [watch(phase) for phase in phases()]


def test_the_family_of_the_seam_learns_clips_and_draws(family):
    e = engine(family)
    before = {name: [p.clone() for p in net.parameters()] for name, net in e.recipe.nets.items()}
    steps(e, STEPS)
    for name, net in e.recipe.nets.items():
        assert all(not torch.equal(old, new) for old, new in zip(before[name], net.parameters(), strict=True))
    assert max(p.abs().max().item() for p in e.recipe.nets["d"].parameters()) <= 0.05 + 1e-6
    assert e.read().keys() == {"d/loss", "d/real", "d/fake", "d_drift/loss", "g/loss"}
    with e.sampling() as nets:
        drawn = e.recipe.sample(nets, 2, {"seed": torch.tensor([7, 7])})
    assert drawn.shape == (2, 1, 8, 8)
    assert torch.equal(drawn[0], drawn[1])


def test_the_family_of_the_seam_resumes_to_the_same_bits(family, tmp_path):
    straight = steps(engine(family), STEPS)
    checkpoint.save(tmp_path / "c.safetensors", steps(engine(family), 2).state(), {})
    resumed = engine(family, seed=1)
    resumed.load(checkpoint.load(tmp_path / "c.safetensors")[0])
    steps(resumed, STEPS - 2)
    for name, net in straight.recipe.nets.items():
        other = resumed.recipe.nets[name]
        assert all(torch.equal(a, b) for a, b in zip(net.parameters(), other.parameters(), strict=True))


@pytest.fixture
def exported(tmp_path, monkeypatch):
    """A run called dcgan-anime, as both kinds of file, in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    noise = np.random.default_rng(0).integers(0, 256, (16, 32, 32, 3), np.uint8)
    Path("noise").mkdir()
    for number, pixels in enumerate(noise):
        Image.fromarray(pixels).save(Path("noise") / f"{number}.png")
    words = ["--preset", "tiny", "--set", "latent=100", "--size", "32", "--data", "noise", "--steps", "2"]
    assert main(["train", "dcgan", *words, "--name", "dcgan-anime"]) == 0
    for kind in ("onnx", "pt2"):
        assert main(["export", "dcgan-anime", "--to", kind]) == 0


def test_exported_runs_draw_as_their_page_says(exported):
    pytest.importorskip("onnxruntime")
    told = {}
    exec(block("docs/export.md", "python", "onnxruntime"), told)
    assert told["images"].shape == (8, 3, 32, 32)
    told = {}
    exec(block("docs/export.md", "python", "torch.export"), told)
    assert main(["sample", "dcgan-anime", "--seeds", "7", "--out", "seven.npy"]) == 0
    assert np.allclose(np.load("seven.npy"), told["images"].detach().numpy(), atol=1e-5)

"""`ganzoo doctor`: says what is there, and faints at nothing."""

from __future__ import annotations

import torch

from ganzoo.cli import doctor as module


def test_it_names_versions_devices_and_room(ganzoo):
    told = ganzoo("doctor", "--json")
    findings = {each["name"]: each for each in told.json["findings"]}
    assert told.status == 0
    assert findings["torch"]["value"] == torch.__version__
    assert "cpu" in findings["devices"]["value"]
    assert "GiB free" in findings["cache"]["value"]
    assert {"ganzoo", "python", "processor", "working directory", "plugins", "zoo.toml", "numpy"} <= set(findings)
    assert "NAME" not in ganzoo("doctor").out


def test_a_broken_zoo_toml_is_a_finding(ganzoo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zoo.toml").write_text("[data")
    told = ganzoo("doctor", "--json")
    assert told.status == 0
    assert not told.json["ok"]
    (finding,) = [each for each in told.json["findings"] if "zoo.toml cannot be read" in each["value"]]
    assert finding["advice"]
    assert "next steps" in ganzoo("doctor").out


def test_what_is_missing_has_a_next_step(ganzoo, monkeypatch):
    monkeypatch.setattr(module, "LIBRARIES", ("no-such-library",))
    monkeypatch.setattr(module, "LITTLE_DISK", 1 << 80)
    told = ganzoo("doctor")
    assert told.status == 0
    assert "- no-such-library: pip install no-such-library" in told.out
    assert "- cache: make room" in told.out


def test_more_threads_than_cores_are_told(ganzoo, monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 10_000)
    assert "set OMP_NUM_THREADS=" in ganzoo("doctor").out


def test_without_torch_it_still_speaks(python):
    block = "import sys; sys.modules['torch'] = None; from ganzoo.__main__ import main; sys.exit(main(['doctor']))"
    told = python("-c", block)
    assert told.status == 0
    assert "pip install torch" in told.out
    assert told.err == ""

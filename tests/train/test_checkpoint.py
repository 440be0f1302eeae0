"""Checkpoints: whole or recognised, atomic, without pickle."""

from __future__ import annotations

import pickle

import pytest
import torch

from ganzoo.errors import WorkError
from ganzoo.train import checkpoint

STATE = {
    "nets": {"g": {"weight": torch.arange(12.0).view(3, 4), "count": torch.tensor(7)}},
    "opts": {"g": {"state": {0: {"step": torch.tensor(3.0), "exp_avg": torch.ones(2, dtype=torch.bfloat16)}},
                   "param_groups": [{"lr": 1e-3, "betas": (0.5, 0.999), "foreach": None, "params": [0]}]}},
    "random": {"cpu": torch.get_rng_state()},
    "empty": {"none": torch.zeros(0), "list": []},
}  # fmt: skip


def same(a, b) -> bool:
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return a == b


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "000000064.safetensors"
    checkpoint.save(path, STATE, {"images": 64})
    return path


def test_state_and_description_come_back_as_they_were(saved):
    state, about = checkpoint.load(saved)
    assert same(state, STATE)
    assert about == {"images": 64}
    assert checkpoint.describe(saved) == {"images": 64}


def test_channels_last_tensors_and_views_are_stored_by_value(tmp_path):
    x = torch.randn(2, 3, 4, 4).to(memory_format=torch.channels_last)
    checkpoint.save(tmp_path / "v", {"x": x, "part": x[0], "again": x}, {})
    state, _ = checkpoint.load(tmp_path / "v")
    assert torch.equal(state["x"], x)
    assert torch.equal(state["part"], x[0])
    assert torch.equal(state["again"], x)


def test_what_was_loaded_outlives_its_file(saved):
    state, _ = checkpoint.load(saved)
    saved.write_bytes(b"")  # a window on the file would now end the process
    assert same(state, STATE)


@pytest.mark.parametrize("fraction", [0.0, 0.01, 0.3, 0.99])
def test_a_file_cut_short_is_damaged(saved, fraction):
    data = saved.read_bytes()
    saved.write_bytes(data[: int(len(data) * fraction)])
    with pytest.raises(checkpoint.Damaged, match="000000064"):
        checkpoint.load(saved)


def test_every_kind_of_flipped_byte_is_noticed(saved):
    data = saved.read_bytes()
    noticed = 0
    places = range(0, len(data), 97)
    for place in places:
        saved.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(checkpoint.Damaged):
            checkpoint.load(saved)
        noticed += 1
    assert noticed == len(places) > 20


def test_a_pickle_is_refused_unread(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("a checkpoint was unpickled",))

    path = tmp_path / "model.safetensors"
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(checkpoint.Damaged):
        checkpoint.load(path)


def test_another_tools_safetensors_is_no_checkpoint(tmp_path):
    from safetensors.torch import save_file

    save_file({"x": torch.ones(3)}, tmp_path / "other.safetensors")
    with pytest.raises(checkpoint.Damaged, match="not written by"):
        checkpoint.load(tmp_path / "other.safetensors")


def test_a_disk_that_refuses_leaves_the_old_file_and_no_half(saved, monkeypatch):
    before = saved.read_bytes()

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint.os, "replace", full)
    with pytest.raises(WorkError, match="No space left"):
        checkpoint.save(saved, {"x": torch.ones(5)}, {})
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_what_cannot_be_stored_is_named_with_its_place(tmp_path):
    with pytest.raises(TypeError, match="set at 'nets/g'"):
        checkpoint.save(tmp_path / "x", {"nets": {"g": {1, 2}}}, {})

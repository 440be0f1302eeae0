"""Sheets and marks: what is on a page, whatever was drawn."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from ganzoo.train import marks, sheet

REAL = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])


def test_pictures_stand_in_rows_with_gaps():
    images = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.full((5, 3, 8, 8), 50, np.uint8)
    page = np.asarray(sheet.grid(images, columns=3, scale=2))
    assert page.shape == (2 * 18 + 2, 3 * 18 + 2, 3)
    for i in range(5):
        y, x = 2 + i // 3 * 18, 2 + i % 3 * 18
        assert (page[y : y + 16, x : x + 16] == 50 * i).all()
    assert (page[:2] == sheet.PAPER).all()


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_a_picture_has_the_mode_of_its_channels(channels, mode):
    pixels = np.full((channels, 4, 6), 9, np.uint8)
    assert sheet.picture(pixels).mode == mode
    assert sheet.picture(pixels).size == (6, 4)


def test_the_scale_from_minus_one_to_one():
    values = np.array([-2, -1, -0.999, 0, 1, 3, np.nan, np.inf])
    assert sheet.to_uint8(values).tolist() == [0, 0, 0, 128, 255, 255, 128, 255]


def test_points_lie_where_they_are_and_the_lost_ones_nowhere():
    blank = np.asarray(sheet.scatter(np.zeros((0, 2)), REAL)).astype(int)
    page = np.asarray(sheet.scatter(np.array([[0.5, 0.25]]), REAL)).astype(int)
    y, x = np.argwhere((page != blank).any(2)).mean(0)
    assert (x, y) == pytest.approx(((0.5 / 1.25 * 0.5 + 0.5) * 384, (0.5 - 0.25 / 1.25 * 0.5) * 384), abs=1)
    lost = np.array([[np.nan, 0], [np.inf, 0], [1e30, -1e30]])
    assert (np.asarray(sheet.scatter(lost, REAL)) == blank).all()


def test_a_picture_that_cannot_be_written_leaves_no_half(tmp_path, monkeypatch):
    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(tmp_path), "replace", full)
    with pytest.raises(OSError, match="No space left"):
        marks.save_png(Image.new("RGB", (4, 4)), tmp_path / "a.png", None)
    assert not list(tmp_path.iterdir())


def test_an_animation_rests_on_its_last_frame(tmp_path):
    frames = [Image.new("RGB", (8, 8), (80 * i, 0, 0)) for i in range(3)]
    marks.save_gif(frames, tmp_path / "a.gif", {"run": "x"}, 100)
    with Image.open(tmp_path / "a.gif") as animation:
        durations = []
        for i in range(animation.n_frames):
            animation.seek(i)
            durations.append(animation.info["duration"])
        assert durations == [100, 100, 2000]
        assert json.loads(animation.info["comment"])["run"] == "x"

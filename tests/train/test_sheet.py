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
    page = np.asarray(sheet.grid(images, columns=3, side=16))
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


def test_groups_stand_apart():
    images = np.full((8, 3, 8, 8), 200, np.uint8)
    page = np.asarray(sheet.grid(images, columns=4, side=8, group=2))
    assert page.shape == (2 * 10 + 2, 4 * 10 + 8 + 2, 3)
    filled = (page[5] == 200).all(-1)
    assert filled.nonzero()[0].tolist() == [*range(2, 10), *range(12, 20), *range(30, 38), *range(40, 48)]


def test_pictures_of_any_size_take_the_side_they_are_given():
    pages = [sheet.grid(np.full((3, 3, side, side), 9, np.uint8), side=32) for side in (4, 16, 32, 64)]
    assert len({page.size for page in pages}) == 1


def test_a_table_has_an_empty_corner():
    body, top, left = (
        sheet.grid(np.full((n, 3, 8, 8), 9, np.uint8), columns, 8) for n, columns in ((6, 3), (3, 3), (2, 1))
    )
    page = np.asarray(sheet.headed(body, top, left))
    assert (page[:12, :12] == sheet.PAPER).all()
    assert page.shape == (12 + 6 + 22, 12 + 6 + 32, 3)
    assert (page[-1] == sheet.PAPER).all()
    for y in (4, 24, 34):
        for x in (4, 24, 34, 44):
            assert (page[y, x] == (sheet.PAPER if (y, x) == (4, 4) else 9)).all(), (y, x)


def test_clusters_lie_where_their_codes_are_in_colours_of_their_own():
    points = np.array([[0.5, 0.5], [-0.5, -0.5]])
    page = np.asarray(sheet.clusters(points, np.array([0, 1]), ("one", "two"), reach=1.0, side=100)).astype(int)
    assert np.abs(page[25, 75] - sheet.hue(0, 2)).max() < 110  # dots are thin paint
    assert np.abs(page[75, 25] - sheet.hue(1, 2)).max() < 110
    assert (page[25, 25] == sheet.PAPER).all()
    assert page.shape[1] > 106  # the legend
    assert sheet.clusters(points, np.array([0, 0]), (), reach=1.0, side=100).size == (100, 100)
    assert len({sheet.hue(k, 10) for k in range(10)}) == 10


def test_a_webp_moves_and_is_marked(tmp_path):
    frames = [Image.new("RGB", (8, 8), (80 * i, 0, 0)) for i in range(3)]
    marks.save_webp(frames, tmp_path / "a.webp", {"run": "x"}, 40)
    with Image.open(tmp_path / "a.webp") as animation:
        assert animation.n_frames == 3
        assert json.loads(animation.getexif()[0x010E]) == {"synthetic": True, "run": "x"}
        assert marks.SOURCE_TYPE.encode() in animation.info["xmp"]
    marks.save_webp(frames, tmp_path / "b.webp", None, 40)
    assert b"synthetic" not in (tmp_path / "b.webp").read_bytes()

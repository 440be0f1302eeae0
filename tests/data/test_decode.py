from __future__ import annotations

import io
import struct
import threading
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from ganzoo.data.decode import LARGEST, Unreadable, decode, is_grey, look


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def flat(mode: str, colour: object, size: tuple[int, int] = (8, 8)) -> Image.Image:
    return Image.new(mode, size, colour)


def noise(size: tuple[int, int] = (64, 64)) -> Image.Image:
    values = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(values)


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises a picture that large."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("image", "kind", "expected"),
    [
        (flat("RGB", (10, 20, 30)), "PNG", (10, 20, 30)),
        (flat("L", 77), "PNG", (77, 77, 77)),
        (flat("1", 1), "PNG", (255, 255, 255)),
        (flat("LA", (40, 255)), "PNG", (40, 40, 40)),
        (flat("LA", (40, 0)), "PNG", (255, 255, 255)),
        (flat("RGBA", (10, 20, 30, 0)), "PNG", (255, 255, 255)),
        (flat("RGBA", (0, 0, 0, 51)), "PNG", (204, 204, 204)),
        (flat("CMYK", (0, 255, 255, 0)), "TIFF", (255, 0, 0)),
        (flat("RGB", (200, 100, 50)), "BMP", (200, 100, 50)),
        (flat("RGB", (200, 100, 50)), "WEBP", (200, 100, 50)),
        (flat("F", 0.4), "TIFF", (102, 102, 102)),
        (flat("F", 102.0), "TIFF", (102, 102, 102)),
        (flat("I", 65535), "TIFF", (255, 255, 255)),
    ],
)
def test_formats_and_modes(image, kind, expected):
    options = {"lossless": True} if kind == "WEBP" else {}
    pixels = decode(encoded(image, kind, **options), 8, 3)
    assert pixels.dtype == np.uint8
    assert pixels.shape == (3, 8, 8)
    assert np.array_equal(pixels, np.broadcast_to(np.reshape(expected, (3, 1, 1)), (3, 8, 8)))


def test_cmyk_jpeg_keeps_its_colours():
    pixels = decode(encoded(flat("CMYK", (0, 255, 255, 0)), "JPEG", quality=95), 8, 3)
    assert np.abs(pixels.mean(axis=(1, 2)) - (255, 0, 0)).max() < 8


@pytest.mark.parametrize("level", [0, 255, 257, 12_850, 65_535])
def test_sixteen_bits_are_scaled_not_clipped(level):
    image = Image.fromarray(np.full((8, 8), level, np.uint16))
    assert decode(encoded(image), 8, 1).flat[0] == round(level / 257)


def test_deep_grey_out_of_range_is_refused():
    with pytest.raises(Unreadable, match="outside"):
        decode(encoded(flat("I", 70_000), "TIFF"), 8, 1)
    with pytest.raises(Unreadable, match="outside"):
        decode(encoded(flat("F", float("nan")), "TIFF"), 8, 1)


def test_palette_with_and_without_transparency():
    image = flat("P", 1)
    image.putpalette([0, 0, 0, 10, 200, 30])
    assert decode(encoded(image), 8, 3)[:, 0, 0].tolist() == [10, 200, 30]
    assert decode(encoded(image, transparency=1), 8, 3)[:, 0, 0].tolist() == [255, 255, 255]
    assert decode(encoded(image, transparency=b"\xff\x33"), 8, 3)[:, 0, 0].tolist() == [206, 244, 210]


def test_colour_key_of_rgb_and_grey_is_transparency():
    assert decode(encoded(flat("RGB", (1, 2, 3)), transparency=(1, 2, 3)), 8, 3).min() == 255
    assert decode(encoded(flat("L", 9), transparency=9), 8, 1).min() == 255


def test_four_channels_keep_transparency():
    pixels = decode(encoded(flat("RGBA", (10, 20, 30, 40))), 8, 4)
    assert pixels[:, 0, 0].tolist() == [10, 20, 30, 40]
    assert decode(encoded(flat("L", 9)), 8, 4)[:, 0, 0].tolist() == [9, 9, 9, 255]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(orientation):
    corners = np.zeros((16, 24, 3), np.uint8)
    corners[:8, :12], corners[:8, 12:], corners[8:, :12] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    upright = Image.fromarray(corners)
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,  # stored turned to the left: the camera says "turn right to view"
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(turns[orientation]) if orientation in turns else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(stored, "PNG", exif=exif)
    assert np.array_equal(decode(data, 16, 3), decode(encoded(upright), 16, 3))
    assert look(data).size == (24, 16)


def test_broken_exif_spoils_no_picture():
    data = encoded(noise(), "JPEG", exif=b"Exif\0\0" + b"\xff" * 40)
    assert decode(data, 16, 3).shape == (3, 16, 16)
    assert look(data).size == (64, 64)


def test_animation_gives_its_first_frame():
    frames = [flat("RGB", colour) for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255))]
    for kind in ("GIF", "PNG", "WEBP"):
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
        red, green, blue = decode(data, 8, 3)[:, 0, 0].tolist()
        assert red > 250, kind
        assert max(green, blue) < 5, kind


def test_one_pixel_is_enlarged():
    assert np.array_equal(decode(encoded(flat("L", 7, (1, 1))), 16, 1), np.full((1, 16, 16), 7, np.uint8))


def test_centre_is_cut_from_long_pictures():
    wide = np.zeros((10, 30), np.uint8)
    wide[:, 10:20] = 200
    for values in (wide, wide.T):
        assert decode(encoded(Image.fromarray(values)), 10, 1).min() == 200


def test_shrinking_is_antialiased():
    stripes = np.zeros((64, 64), np.uint8)
    stripes[:, ::2] = 255
    pixels = decode(encoded(Image.fromarray(stripes)), 8, 1)
    assert np.abs(pixels[:, :, 1:-1].astype(int) - 128).max() <= 4


def test_large_jpegs_decoded_at_a_fraction_look_the_same():
    gradient = np.linspace(0, 255, 1024)[None, :] * np.ones((1024, 1))
    image = Image.fromarray(gradient.astype(np.uint8))
    fast, exact = decode(encoded(image, "JPEG", quality=95), 32, 1), decode(encoded(image), 32, 1)
    assert np.abs(fast.astype(int) - exact).max() <= 3


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_truncated_files_are_named_as_such(kind, cut):
    data = encoded(noise(), kind)
    data = data[: int(len(data) * cut)]
    for read in (lambda: decode(data, 16, 3), lambda: look(data)):
        with pytest.raises(Unreadable, match=r"truncated|unreadable"):
            read()


def test_a_file_cut_in_its_header_is_no_stranger():
    with pytest.raises(Unreadable, match="damaged in its header"):
        decode(encoded(noise())[:10], 16, 3)


def test_no_picture_at_all():
    with pytest.raises(Unreadable, match=r"^empty file$"):
        decode(b"", 8, 3)
    with pytest.raises(Unreadable, match=r"^not a picture$"):
        decode(b"these are words, and no picture\n" * 20, 8, 3)


@pytest.mark.parametrize("side", [9_460, 10_000, 20_000, 60_000])
def test_decompression_bombs_are_refused_without_a_warning(side):
    assert side * side > LARGEST
    data = bomb(side, side)
    for read in (lambda: decode(data, 8, 3), lambda: look(data), lambda: is_grey(io.BytesIO(data))):
        with pytest.raises(Unreadable, match="too large"):
            read()


def test_damaged_bytes_never_crash():
    chance = np.random.default_rng(1)
    whole = [encoded(noise((24, 24)), kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")]
    reasons = []
    for _ in range(60):
        for data in whole:
            spoilt = bytearray(data)
            for place in chance.integers(0, len(data), 12):
                spoilt[place] = chance.integers(256)
            try:
                assert decode(bytes(spoilt), 8, 3).shape == (3, 8, 8)
            except Unreadable as error:
                reasons.append(str(error))
    assert len(reasons) > 60
    assert all(reasons)


def test_header_tells_grey_from_colour():
    for mode, grey in (("1", True), ("L", True), ("LA", True), ("RGB", False), ("RGBA", False), ("P", False)):
        assert is_grey(io.BytesIO(encoded(flat(mode, 0)))) is grey
    assert is_grey(io.BytesIO(encoded(Image.fromarray(np.zeros((4, 4), np.uint16)))))


def test_filters_for_warnings_survive_many_threads():
    before = list(warnings.filters)
    together = threading.Barrier(4)
    data = bomb(9_500, 9_500)

    def read(_: int) -> None:
        together.wait()
        for _ in range(20):
            with pytest.raises(Unreadable):
                decode(data, 8, 3)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(read, range(4)))
    assert warnings.filters == before

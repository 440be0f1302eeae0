"""One picture: from the bytes of a file, whatever its format, to uint8 [C, size, size]."""

from __future__ import annotations

import io
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

LARGEST = 89_478_485  # pixels; Pillow only warns here (1/4 GiB of RGB), we refuse: a few threads of these fill a memory
GREY = frozenset({"1", "L", "LA", "I", "F", "I;16", "I;16L", "I;16B", "I;16N"})
DEEP = frozenset({"I", "F", "I;16", "I;16L", "I;16B", "I;16N"})  # grey with more than 8 bits
PIXELS = {1: "L", 3: "RGB", 4: "RGBA"}  # Pillow's mode of so many channels
SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM", b"II*\x00", b"MM\x00*")
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # EXIF orientation: what undoes it
SIDEWAYS = {TURNS[orientation] for orientation in (5, 6, 7, 8)}


class Unreadable(Exception):
    """A picture that cannot be used; the message is the reason."""


@dataclass(frozen=True)
class Look:
    """What a picture is before anything is done to it."""

    size: tuple[int, int]  # width, height, as it stands upright
    mode: str  # Pillow's name of the pixel format


def decode(data: bytes, size: int, channels: int) -> np.ndarray:
    """Decode to uint8 [channels, size, size] by centre crop and antialiased resize; channels is 1, 3 or 4.

    Transparent pixels are laid over white, unless there are 4 channels to keep them in. Of an animation the first
    frame is taken. Raises Unreadable with the reason.
    """
    with _opened(_stream(data)) as image:
        turn = _turn(image)
        # A JPEG is decoded at 1/2, 1/4 or 1/8 for much less work; twice the size leaves the resize its antialiasing.
        image.draft(None, (2 * size, 2 * size))
        image = _coloured(image, channels)
        if turn is not None:
            image = image.transpose(turn)
        if image.size != (size, size):
            image = fit(image, size)
        pixels = np.asarray(image)  # [H, W] or [H, W, C]
    return pixels[None] if channels == 1 else np.ascontiguousarray(pixels.transpose(2, 0, 1))


def look(data: bytes) -> Look:
    """Read a picture to its end, so that truncation is found too. Raises Unreadable with the reason."""
    with _opened(_stream(data)) as image:
        turned = _turn(image) in SIDEWAYS
        found = Look(image.size[::-1] if turned else image.size, image.mode)
        image.draft(None, (32, 32))  # skips most of the arithmetic; the entropy decoder still runs to the end
        image.load()
    return found


def is_grey(stream: BinaryIO) -> bool:
    """Whether one channel holds the picture, from its header alone. Raises Unreadable with the reason."""
    with _opened(stream) as image:
        return image.mode in GREY


def fit(image: Image.Image, size: int) -> Image.Image:
    """Cut the largest centred square and resize it.

    Lanczos widens its kernel when it shrinks, so it is antialiased like a box but keeps edges sharper, and it is what
    published image sets were prepared with. Pillow multiplies by alpha on its own.
    """
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.resize((size, size), Image.Resampling.LANCZOS, box=(left, top, left + side, top + side))


def _stream(data: bytes) -> BinaryIO:
    if not data:
        raise Unreadable("empty file")
    return io.BytesIO(data)


@contextmanager
def _opened(stream: BinaryIO) -> Iterator[Image.Image]:
    try:
        with quiet, Image.open(stream) as image:
            if image.width * image.height > LARGEST:
                raise Image.DecompressionBombError
            yield image
    except Unreadable:
        raise
    except Image.DecompressionBombError:
        raise Unreadable(f"too large: more than {LARGEST / 1e6:.0f} million pixels") from None
    except UnidentifiedImageError:
        stream.seek(0)
        damaged = stream.read(4).startswith(SIGNATURES)
        raise Unreadable("truncated or damaged in its header" if damaged else "not a picture") from None
    except Exception as error:  # decoders raise OSError, SyntaxError, struct.error, IndexError...: all mean a bad file
        raise Unreadable(f"unreadable: {str(error) or type(error).__name__}") from None


def _turn(image: Image.Image) -> Image.Transpose | None:
    """What brings the picture upright, by its EXIF block."""
    try:
        return TURNS.get(image.getexif().get(ExifTags.Base.Orientation))
    except (SyntaxError, ValueError, TypeError, LookupError, struct.error):
        return None  # written by everyone, checked by no one: a bad block spoils no pixels


def _coloured(image: Image.Image, channels: int) -> Image.Image:
    """Convert to the mode of so many channels, transparency laid over white unless there are 4."""
    if image.mode in DEEP:
        image = _shallow(image)
    elif image.has_transparency_data:
        image = image.convert("RGBA")
    if image.mode == "RGBA" and channels != 4:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image if image.mode == PIXELS[channels] else image.convert(PIXELS[channels])


def _shallow(image: Image.Image) -> Image.Image:
    """Scale grey of 16 or 32 bits, or in floating point, to 8 bits: Pillow's own conversion clips at 255."""
    values = np.asarray(image, dtype=np.float32)
    top = 65535.0 if image.mode.startswith("I") else 1.0 if values.max() <= 1 else 255.0
    if not (values.min() >= 0 and values.max() <= top):
        raise Unreadable(f"mode {image.mode} with values outside [0, {top:g}]")
    return Image.fromarray(np.rint(values * (255 / top)).astype(np.uint8))


class _Quiet:
    """Silence Pillow's warnings while anyone decodes: what they say is a fault, or harmless.

    `warnings.catch_warnings` swaps a global list, so that two threads leaving in the wrong order would leave the wrong
    one behind; here the first to enter swaps and the last to leave restores.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._caught: warnings.catch_warnings | None = None

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._caught = warnings.catch_warnings()
                self._caught.__enter__()
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)
                warnings.simplefilter("ignore", UserWarning)
            self._inside += 1

    def __exit__(self, *exc: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._caught.__exit__(None, None, None)


quiet = _Quiet()

"""Where pictures go: a sheet, a file of numbers, an animation, or a folder with a file each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ganzoo.errors import RequestError

MOST = 1024  # pictures on one sheet
KINDS = {".png": "sheet", ".npy": "numbers", ".gif": "animation", ".webp": "animation"}
OFFERS = {"sheet": "a .png", "numbers": "a .npy", "animation": "a .gif or a .webp", "folder": "a folder"}
NOT_WRITTEN = (".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".npz", ".mp4")


class Place:
    """What ``--out`` names; its suffix says what kind of thing is written."""

    def __init__(self, path: Path):
        self.path = path
        self.suffix = path.suffix.lower()
        self.kind = "" if self.suffix in NOT_WRITTEN else KINDS.get(self.suffix, "folder")

    def require(self, kinds: Sequence[str], what: str) -> None:
        """Refuse a place that does not suit what is made."""
        if self.kind == "folder" and "folder" not in kinds:
            suffix = next(suffix for suffix, kind in KINDS.items() if kind == kinds[-1])
            raise RequestError(f"--out {self.path}: {what}, not a folder. Give --out {self.path.name}{suffix}")
        if self.kind not in kinds:
            offers = [OFFERS[kind] for kind in kinds]
            offered = " or ".join(filter(None, [", ".join(offers[:-1]), offers[-1]]))
            found = f"{self.suffix} is not written" if not self.kind else f"{what}, not {OFFERS[self.kind]}"
            raise RequestError(f"--out {self.path}: {found}. Give {offered}.")

    def require_room(self, count: int) -> None:
        """Refuse a sheet of too many pictures."""
        if self.kind == "sheet" and count > MOST:
            raise RequestError(
                f"A sheet holds {MOST} pictures, not {count:,}. Give a folder: --out {self.path.with_suffix('')}/"
            )

    def prepare(self) -> None:
        """Make the folder that it is or lies in."""
        (self.path if self.kind == "folder" else self.path.parent).mkdir(parents=True, exist_ok=True)

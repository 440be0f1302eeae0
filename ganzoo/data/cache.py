"""Where ganzoo keeps what it can make or fetch again."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """``$GANZOO_CACHE``, else the user's cache folder."""
    own = os.environ.get("GANZOO_CACHE")
    return Path(own).expanduser().absolute() if own else platformdirs.user_cache_path("ganzoo", appauthor=False)

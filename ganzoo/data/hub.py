"""Data sets of the Hugging Face hub: ``hub:owner/name``, fetched once into a folder, and read from there.

Where the folder is there already, put by hand or fetched before, no network is asked for.
"""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import filelock

from ganzoo.data.cache import cache_folder
from ganzoo.data.layout import DOCUMENT, PARTS, PICTURE
from ganzoo.data.pictures import Pictures, open_pictures
from ganzoo.data.shards import open_shards
from ganzoo.data.source import PairSource
from ganzoo.data.tables import open_tables
from ganzoo.data.tree import Folder
from ganzoo.errors import RequestError, WorkError

NAME = re.compile(r"hub:(\w[\w.-]*/\w[\w.-]*)(?:@([\w./-]+))?(?::([\w.-]+))?")  # owner/name, @revision, :split
ENDPOINT = "https://huggingface.co"
PATIENCE = 5  # seconds for the hub to take a connection
KINDS = (".parquet", ".tar", ".zip")  # what is fetched of a data set that has several, the first there is
# A process of its own, since the hub's client reads once whether it may use the network, and ganzoo says it may not.
FETCH = "import sys; from ganzoo.data.hub import fetch; fetch(*sys.argv[1:])"


def open_hub(name: str) -> Pictures | PairSource:
    """Open a data set of the hub. Raises RequestError where it is neither here nor can be fetched."""
    named = NAME.fullmatch(name)
    if named is None:
        raise RequestError(f"'{name}': expected hub:owner/name, hub:owner/name:split or hub:owner/name@revision.")
    repo, revision, split = (each or "" for each in named.groups())
    folder = _found(repo, revision, split) or _fetched(repo, revision, split)
    source = _open(folder, split, name)
    licence = card(folder).get("license")
    licence = ", ".join(licence) if isinstance(licence, list) else licence
    source.name = repo.partition("/")[2]
    source.licence = source.licence if not licence else str(licence)
    return source


def card(folder: Path) -> dict[str, Any]:
    """What the head of a data set's README says, as far as it says anything."""
    try:
        from huggingface_hub import DatasetCard

        return DatasetCard.load(folder / "README.md", ignore_metadata_errors=True).data.to_dict()
    except Exception:  # written by anyone: no README, no YAML, another shape
        return {}


def pick(files: Iterable[str], about: dict[str, Any], split: str) -> dict[str, list[str]]:
    """Choose the files to read, by the part they belong to: by the card's ``configs``, else by their names.

    Of several configurations the one marked as default is taken, or the first; with a split only its files, as the
    part to train on. Files that belong to no part are to train on, if none says that it is.
    """
    files = sorted(files)
    kind = next((kind for kind in KINDS if any(file.endswith(kind) for file in files)), "")
    files = [file for file in files if (file.endswith(kind) if kind else PICTURE.search(file))]
    parts = _configured(files, about) or _by_name(files, split)
    if split:
        chosen = parts.get(split, [])
        return {"train": chosen} if chosen else {}
    known = {PARTS[part]: parts[part] for part in PARTS if part in parts}
    if "train" in known:
        return known
    return {"train": sorted(file for chosen in parts.values() for file in chosen)} if parts else {}


def fetch(repo: str, revision: str, split: str, folder: str) -> None:
    """Fetch a data set into a folder, or go on with it: what the process of the client runs. Prints what went wrong."""
    from huggingface_hub import HfApi, hf_hub_download, snapshot_download

    try:
        revision = HfApi().dataset_info(repo, revision=revision or None).sha
        files = HfApi().list_repo_files(repo, repo_type="dataset", revision=revision)
        where = {"repo_type": "dataset", "revision": revision, "local_dir": folder}
        if "README.md" in files:
            hf_hub_download(repo, "README.md", **where)
        chosen = [file for part in pick(files, card(Path(folder)), split).values() for file in part]
        if not chosen:
            raise ValueError(f"it has no pictures in parquet, tar, zip or files of their own{_of(split)}")
        documents = [file for file in files if DOCUMENT.match(file)]
        snapshot_download(repo, allow_patterns=[_literal(file) for file in (*chosen, *documents)], **where)
    except Exception as error:  # of the network, the hub, its client or the disk: all end the same
        print(" ".join(str(error).split()) or type(error).__name__)
        sys.exit(1)


def _open(folder: Path, split: str, name: str) -> Pictures | PairSource:
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    files = [file for file in files if not file.startswith(".")]
    parts = pick(files, card(folder), split)
    first = next((file for chosen in parts.values() for file in chosen), "")
    if not first:
        raise RequestError(f"Nothing usable in '{folder}' for {name}: no parquet, tar, zip or pictures{_of(split)}.")
    if first.endswith(".parquet"):
        return open_tables(folder, parts)
    if first.endswith(".tar"):
        return open_shards(folder, parts)
    if first.endswith(".zip"):
        from ganzoo.data.tree import Archive

        return open_pictures(Archive(folder / first))
    return open_pictures(Folder(folder))


def _roots() -> list[Path]:
    own = os.environ.get("GANZOO_DATA")
    return [*([Path(own).expanduser().absolute()] if own else []), Path("data").absolute(), cache_folder() / "data"]


def _place(root: Path, repo: str, revision: str, split: str) -> Path:
    """Where a data set lies: one of a revision or a split beside the whole."""
    return (
        root / "hub" / (repo + (f"@{revision.replace('/', '-')}" if revision else "") + (f"+{split}" if split else ""))
    )


def _found(repo: str, revision: str, split: str) -> Path | None:
    places = [_place(root, repo, revision, each) for root in _roots() for each in dict.fromkeys((split, ""))]
    return next((place for place in places if place.is_dir()), None)


def _fetched(repo: str, revision: str, split: str) -> Path:
    """Fetch a data set through the hub's client, which goes on with what it had of it."""
    place = _place(cache_folder() / "data", repo, revision, split)
    part = place.with_name(place.name + ".part")
    by_hand = _place(_roots()[0], repo, revision, "")
    where = f"\nPut its files into {by_hand}, or set GANZOO_DATA to the folder that has hub/{repo}."
    _require_network(repo, where)
    try:
        part.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(place.with_name(place.name + ".lock")):
            if place.is_dir():
                return place  # by another process, while we waited
            own = {"HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_TELEMETRY": "1"}
            if not sys.stderr.isatty():
                own["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
            command = [sys.executable, "-c", FETCH, repo, revision, split, str(part)]
            paths = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, env=os.environ | own | paths)
            if done.returncode:
                reason = done.stdout.strip().partition("\n")[0] or f"its process ended with status {done.returncode}"
                raise RequestError(f"'hub:{repo}' cannot be fetched: {reason.rstrip('.')}.{where}")
            part.rename(place)
            shutil.rmtree(place / ".cache", ignore_errors=True)
    except OSError as error:
        raise WorkError(f"'hub:{repo}' cannot be written to {place.parent}: {error.strerror or error}.") from error
    return place


def _require_network(repo: str, where: str) -> None:
    """Ask for a connection before the client does, which tries again for most of a minute."""
    endpoint = os.environ.get("HF_ENDPOINT", ENDPOINT)
    url = urllib.parse.urlsplit(endpoint)
    proxy = "" if urllib.request.proxy_bypass(url.hostname or "") else urllib.request.getproxies().get(url.scheme, "")
    asked = urllib.parse.urlsplit(proxy if "//" in proxy else f"//{proxy}") if proxy else url
    try:
        port = asked.port or {"https": 443}.get(asked.scheme, 80)
        socket.create_connection((asked.hostname or "", port), PATIENCE).close()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RequestError(
            f"No copy of 'hub:{repo}' on this machine, and {url.netloc or endpoint} cannot be reached: {reason}.{where}"
        ) from None


def _configured(files: Sequence[str], about: dict[str, Any]) -> dict[str, list[str]]:
    """The files of each part by the card of the data set."""
    configs = [each for each in about.get("configs") or () if isinstance(each, dict) and each.get("data_files")]
    if not configs:
        return {}
    chosen = next((each for each in configs if each.get("default")), None)
    chosen = chosen or next((each for each in configs if each.get("config_name") == "default"), configs[0])
    stated = chosen["data_files"]
    entries = stated if isinstance(stated, list) else [stated]
    parts: dict[str, list[str]] = {}
    for entry in entries:
        split, paths = (entry.get("split", "train"), entry.get("path", ())) if isinstance(entry, dict) else ("", entry)
        for path in [paths] if isinstance(paths, str) else paths:
            parts.setdefault(split or "train", []).extend(fnmatch.filter(files, path.replace("**/", "*")))
    return {part: sorted(set(found)) for part, found in parts.items() if found}


def _by_name(files: Sequence[str], split: str) -> dict[str, list[str]]:
    """The files of each part by a word in their path: "data/train-00000-of-00002.parquet"."""
    parts: dict[str, list[str]] = {}
    for file in files:
        words = re.split(r"[/._-]", file.lower())
        part = next((word for word in words if word in (split.lower(), *PARTS) and word), "")
        parts.setdefault(split if split and part == split.lower() else part, []).append(file)
    return parts


def _literal(file: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", file)


def _of(split: str) -> str:
    return f" of a split '{split}'" if split else ""

"""Captions: read from a file beside the pictures, and turned into numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ganzoo.data.source import Fault
from ganzoo.data.tree import Tree

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
LONGEST = 64  # words of a caption that are kept: one essay among captions must not widen every row


def read_captions(tree: Tree) -> tuple[dict[str, list[str]], list[Fault]]:
    """Read every ``captions.jsonl``: picture to its captions, and the lines that are wrong.

    A line is ``{"file": ..., "text": ...}``; "caption" may stand for "text", and a list for several captions. Several
    lines may speak of one picture. File names are relative to the folder of the ``captions.jsonl``.
    """
    captions: dict[str, list[str]] = {}
    faults: list[Fault] = []
    files = [name for name in tree.names if name.lower().endswith("captions.jsonl")]
    known = frozenset(tree.names if files else ())
    for name in files:
        if name.rpartition("/")[2].lower() != "captions.jsonl":
            continue
        try:
            lines = tree.read(name).decode("utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            faults.append(Fault(name, f"cannot be read: {error}"))
            continue
        absent = []
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                file, texts = _entry(line)
            except ValueError as error:
                faults.append(Fault(f"{name}, line {number}", str(error)))
                continue
            picture = name.removesuffix(name.rpartition("/")[2]) + file
            if picture in known:
                captions.setdefault(picture, []).extend(texts)
            else:
                absent.append(file)
        if absent:
            faults.append(Fault(name, f"{len(absent)} lines name pictures that are not there, such as {absent[0]}"))
    return captions, faults


def vocabulary(captions: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """Collect the words of captions, lower case, sorted."""
    return tuple(sorted({word for texts in captions for text in texts for word in words_of(text)}))


def words_of(text: str) -> list[str]:
    """Cut a caption into lower-case words."""
    return WORD.findall(text.lower())[:LONGEST]


def tokenise(captions: Sequence[Sequence[str]], words: Sequence[str]) -> np.ndarray:
    """Number the words of every caption: int64 [n, K, L] for at most K captions of at most L words, padded with 0.

    Word k of the vocabulary is k + 1; a word outside of it is left out. Both K and L are at least 1.
    """
    number = {word: index for index, word in enumerate(words, start=1)}
    rows = [[[number[word] for word in words_of(text) if word in number] for text in texts] for texts in captions]
    most = max([1, *map(len, rows)])
    longest = max([1, *(len(row) for texts in rows for row in texts)])
    tokens = np.zeros((len(rows), most, longest), dtype=np.int64)
    for example, texts in enumerate(rows):
        for place, row in enumerate(texts):
            tokens[example, place, : len(row)] = row
    return tokens


def _entry(line: str) -> tuple[str, list[str]]:
    """Read one line. Raises ValueError with what is wrong about it."""
    try:
        entry: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg}") from None
    if not isinstance(entry, dict) or not isinstance(entry.get("file"), str):
        raise ValueError('expected {"file": "name.png", "text": "..."}')
    text = entry.get("text", entry.get("caption"))
    texts = [text] if isinstance(text, str) else text
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
        raise ValueError('no "text": expected a caption or a list of captions')
    return entry["file"].removeprefix("./"), texts

"""Word vectors that somebody else has learnt, read from the usual text files (word2vec, GloVe, fastText)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from ganzoo import RequestError

log = logging.getLogger(__name__)
NAMED = 8  # missing words that a message names


def read_vectors(file: str, words: Sequence[str]) -> dict[str, list[float]]:
    """The vectors that ``file`` has for ``words``; a notice names those it lacks.

    A line is a word and its numbers, with spaces between; the line of two counts that word2vec begins with is passed
    over. Words of the data are in lower case, and the first of several spellings counts.

    Raises:
        RequestError: the file cannot be read, its lines are not of that form, or it has none of the words.
    """
    wanted, found = set(words), {}
    for number, line in enumerate(_lines(file), start=1):
        word, _, numbers = line.rstrip().partition(" ")
        word = word.lower()
        if word not in wanted or word in found or (number == 1 and " " not in numbers):
            continue
        try:
            found[word] = [float(each) for each in numbers.split()]
        except ValueError:
            raise RequestError(f"{file}, line {number}: expected a word and its numbers, as GloVe has them.") from None
        if not found[word] or len(found[word]) != len(next(iter(found.values()))):
            raise RequestError(f"{file}, line {number}: {word} has {len(found[word])} numbers, and others do not.")
    missing = [word for word in words if word not in found]
    named = ", ".join(missing[:NAMED]) + (", ..." if len(missing) > NAMED else "")
    if words and not found:
        raise RequestError(f"{file} has none of the words of the captions: {named}. Is it of their language?")
    if missing:
        log.warning("%s lacks %d of %d words, which will be learnt: %s", file, len(missing), len(words), named)
    return found


def _lines(file: str) -> Iterator[str]:
    try:
        with Path(file).expanduser().open(encoding="utf-8", errors="replace") as lines:
            yield from lines
    except OSError as error:
        raise RequestError(f"embeddings={file} cannot be read: {error.strerror}. Name a file of vectors.") from None

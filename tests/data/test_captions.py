from __future__ import annotations

import json

import numpy as np

from ganzoo.data.captions import LONGEST, read_captions, tokenise, vocabulary
from ganzoo.data.tree import Folder


def test_lines_of_every_form(tmp_path, draw):
    for name in ("a.png", "b.png", "deep/c.png"):
        draw(name)
    lines = [
        {"file": "a.png", "text": "one"},
        {"file": "./a.png", "caption": "two"},
        {"file": "b.png", "text": ["three", "four"], "other": 1},
        {"file": "deep/c.png", "caption": "five"},
    ]
    (tmp_path / "captions.jsonl").write_text("\n\n".join(map(json.dumps, lines)))
    (tmp_path / "deep" / "captions.jsonl").write_text(json.dumps({"file": "c.png", "text": "six"}))
    captions, faults = read_captions(Folder(tmp_path))
    assert captions == {"a.png": ["one", "two"], "b.png": ["three", "four"], "deep/c.png": ["five", "six"]}
    assert faults == []


def test_wrong_lines_are_named_and_the_others_kept(tmp_path, draw):
    draw("a.png")
    wrong = [
        "{",
        "[]",
        '{"text": "no file"}',
        '{"file": "a.png"}',
        '{"file": "a.png", "text": 7}',
        '{"file": "z.png", "text": "x"}',
    ]
    (tmp_path / "captions.jsonl").write_text("\n".join([*wrong, '{"file": "a.png", "text": "good"}']))
    captions, faults = read_captions(Folder(tmp_path))
    assert captions == {"a.png": ["good"]}
    assert [fault.file for fault in faults] == [f"captions.jsonl, line {n}" for n in (1, 2, 3, 4, 5)] + [
        "captions.jsonl"
    ]
    assert "z.png" in faults[-1].reason


def test_a_file_that_is_no_text_is_a_fault(tmp_path, draw):
    draw("a.png")
    (tmp_path / "captions.jsonl").write_bytes(b"\xff\xfe\x00binary")
    captions, faults = read_captions(Folder(tmp_path))
    assert captions == {}
    assert [fault.file for fault in faults] == ["captions.jsonl"]


def test_words_are_lower_case_and_sorted():
    assert vocabulary([["A cat's hat,", "a CAT!"], [], ["Ärger: go_now 2"]]) == (
        *("2", "a", "cat", "cat's", "go"),
        *("hat", "now", "ärger"),
    )


def test_tokens_number_words_from_one_and_pad_with_zero():
    words = ("a", "cat", "red")
    tokens = tokenise([["a red cat", "cat"], [], ["a blue cat"]], words)
    assert tokens.dtype == np.int64
    assert tokens.tolist() == [[[1, 3, 2], [2, 0, 0]], [[0, 0, 0], [0, 0, 0]], [[1, 2, 0], [0, 0, 0]]]


def test_tokens_have_a_shape_even_without_words():
    assert tokenise([[], []], ()).shape == (2, 1, 1)


def test_an_essay_does_not_widen_every_row():
    assert tokenise([["word " * 1000]], ("word",)).shape == (1, 1, LONGEST)

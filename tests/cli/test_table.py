"""Tables of text."""

from __future__ import annotations

import io

import pytest

from ganzoo.cli.table import screen_width, table, wrapped

LONG = "one two three four five six seven eight nine ten eleven twelve"


def test_columns_are_as_wide_as_what_is_in_them():
    assert table(("name", "n"), [("a", 1), ("long name", 23)], width=80).splitlines() == [
        "NAME        N",
        "a           1",
        "long name  23",
    ]


def test_the_last_column_is_wrapped_under_itself():
    lines = table(("name", "meaning"), [("size", LONG), ("b", "short")], width=40).splitlines()
    assert max(map(len, lines)) <= 40
    assert lines[1].startswith("size  one two")
    assert lines[2].startswith("      ")
    assert " ".join(line[6:] for line in lines[1:-1]) == LONG
    assert lines[-1] == "b     short"


def test_a_strict_table_wraps_names_too():
    rows = [("a-name-that-is-longer-than-half-a-line", "1.0", LONG), ("b", "2.0", "short")]
    loose, strict = (table(("name", "version", "meaning"), rows, width=50, strict=each) for each in (False, True))
    assert max(map(len, loose.splitlines())) > 50 >= max(map(len, strict.splitlines()))
    assert "".join(line[:15].rstrip() for line in strict.splitlines()[1:-1]).startswith(rows[0][0])
    assert table(("name", "n"), [("a", 1)], width=50, strict=True) == table(("name", "n"), [("a", 1)], width=50)


def test_empty_columns_are_left_out():
    assert table(("name", "package", "n"), [("a", "", ""), ("b", "", 3)], width=80).splitlines() == [
        "NAME  N",
        "a",
        "b     3",
    ]


def test_a_table_without_rows_is_its_header():
    assert table(("name", "n"), [], width=80) == "NAME  N"


def test_bold_marks_the_header_alone():
    assert table(("a",), [("x",)], width=80, bold=True) == "\x1b[1mA\x1b[0m\nx"


def test_a_word_longer_than_the_line_is_cut():
    assert wrapped("abcdefgh ij", 3) == ["abc", "def", "gh", "ij"]


@pytest.mark.parametrize(("columns", "width"), [("120", 120), ("", 80), ("wide", 80), ("0", 80)])
def test_the_width_is_asked_for_or_80(monkeypatch, columns, width):
    monkeypatch.setenv("COLUMNS", columns)
    assert screen_width(io.StringIO()) == width

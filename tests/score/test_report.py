"""The report of a ranking: everything is told, nothing is loaded, names are harmless, and it fits screens."""

from __future__ import annotations

import io
import itertools
import math
import re
from dataclasses import fields, replace
from html.parser import HTMLParser

import pytest
from PIL import Image

from ganzoo.errors import RequestError
from ganzoo.score.protocol import Protocol
from ganzoo.score.ranking import Point, Ranking, Row, Scored, ranked
from ganzoo.score.report import write_report
from ganzoo.score.report.contender import contenders
from ganzoo.score.report.curves import APART, TALL, curves
from ganzoo.score.report.figures import compact, count, figure, memory, spread
from ganzoo.score.report.protocol import MEANINGS
from ganzoo.score.report.scale import Scale
from ganzoo.score.weights import HASH

EVIL = "<script>document.title='mine'</script>\"'&"
PROTOCOL = Protocol(
    "anime", "c0ffee", "train", 20011, 5003, 32, 3, "bundled", "51ab", "bilinear", "averaged", 0.875, 41, "float32"
)
ABOUT = {"command": "ganzoo compare --metric fid", "machine": f"two cores & {EVIL}", "torch": "2.x"}
VOID = {"meta", "link", "img"}


class Reader(HTMLParser):
    """Elements, their text, and whether every one is closed where it must be."""

    def __init__(self, text: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and self._open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def attributes(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.elements if name in attributes]


def run(name: str, seed: int, values: list[float], **more) -> Scored:
    curve = tuple(Point(2000 * at, 11.0 * at, value) for at, value in enumerate(values, 1))
    return Scored(name, seed, curve, 181.8, 3 * 2**28, **more)


def row(name: str, *curves_: list[float], **more) -> Row:
    runs = tuple(run(f"{name}-s{seed}", seed, list(values)) for seed, values in enumerate(curves_))
    return Row(name, "famous", "anime", runs, 1_703_211, more.pop("protocol", PROTOCOL if runs else None), **more)


def ranking() -> Ranking:
    rows = [
        row("second", [90.0, 61.25, 47.5], [80.0, 52.0, 49.5]),
        row("first", [70.0, 30.5, 31.5], [75.0, 33.0, 33.5]),
        row("failed", [88.0, 80.0, math.nan], [85.0, 84.0, 83.0]),
        row(EVIL, [190.0, 150.0, 120.0]),
        row("absent", reason="translates <between> two domains"),
    ]
    (told,) = ranked("fid", "lower", rows)
    return told


def png(width: int = 64) -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize((width, 48)).save(file, "png")
    return file.getvalue()


@pytest.fixture
def page(tmp_path):
    """Writes a report and gives its text."""

    def write(*rankings: Ranking, grids: dict[str, bytes] | None = None) -> str:
        file = tmp_path / "new" / "report.html"
        write_report(rankings, grids or {}, file, about=ABOUT)
        assert [each.name for each in file.parent.iterdir()] == ["report.html"]
        return file.read_text(encoding="utf-8")

    return write


def test_everything_is_told(page):
    told = ranking()
    text = Reader(page(told, grids={"first": png()})).text
    assert told.title in text
    assert "Frechet distance of features" in text
    assert "Lower is better" in text
    assert "5,003 samples of each are compared with 20,011 of anime." in text
    for each in told.rows:
        assert each.name in text
        for scored in each.runs:
            assert scored.run in text
    assert "32.5 ± 1.4" in text  # of 31.5 and 33.5
    assert "31.8" in text  # the mean of 30.5 and 33, the best of either
    assert "first is ahead of second by 16.00, which is more than both" in text
    assert "translates <between> two domains" in text
    assert "NaN" in text
    assert "768 MiB" in text
    assert "1.70M" in text
    for key, value in PROTOCOL.record().items():
        assert key in text
        assert (f"{value:,}" if key in ("real", "samples") else str(value)) in text
    for key, value in ABOUT.items():
        assert key in text
        assert value in text


def test_names_are_harmless(page):
    reader = Reader(page(ranking(), grids={EVIL: png()}))
    assert "script" not in {tag for tag, _ in reader.elements}
    assert not [name for _, attributes in reader.elements for name in attributes if name.startswith("on")]
    assert any(EVIL in alt for alt in reader.attributes("alt"))


def test_nothing_is_loaded(page):
    text = page(ranking(), grids={"first": png()})
    reader = Reader(text)
    links = reader.attributes("src") + reader.attributes("href")
    assert len(links) > 1
    assert all(link.startswith(("data:", "#")) for link in links)
    assert not re.search(r"https?:|url\(|@import", text)
    assert any("default-src 'none'" in each for each in reader.attributes("content"))


def test_plots_and_pictures_can_be_told_to_who_does_not_see_them(page):
    text = page(ranking(), grids={"first": png(), "second": png(500)})
    reader = Reader(text)
    named = re.findall(r"<svg[^>]*role=\"img\"[^>]*><title[^>]*>[^<]+</title>", text)
    assert len(named) == len([1 for tag, at in reader.elements if tag == "svg" and at.get("role") == "img"]) == 6
    ids = reader.attributes("id")
    assert len(ids) == len(set(ids))
    assert set(" ".join(reader.attributes("aria-labelledby")).split()) <= set(ids)
    pictures = [attributes for tag, attributes in reader.elements if tag == "img"]
    assert all(each["alt"] for each in pictures)
    assert {(each["width"], each["height"], each.get("class")) for each in pictures} == {
        ("64", "48", "small"),
        ("500", "48", None),
    }


def test_who_failed_or_was_not_scored_has_no_rank():
    told = contenders(ranking())
    assert [each.row.name for each in told] == ["first", "second", EVIL, "failed", "absent"]
    assert [each.mark for each in told] == ["1", "2", "3", "×", "–"]
    upwards = replace(ranking(), better="higher", rows=(row("endless", [math.inf]), row("sound", [1.0])))
    assert [each.mark for each in contenders(upwards)] == ["1", "×"]


@pytest.mark.parametrize(
    ("extractor", "digest", "warned"),
    [
        ("bundled", "51ab", True),
        ("inception", "0123", True),
        ("inception", f"{HASH}00", False),
        ("", "", False),
    ],
)
def test_numbers_that_compare_with_nothing_published_say_so(page, extractor, digest, warned):
    protocol = replace(PROTOCOL, extractor=extractor, extractor_hash=digest)
    rows = [row("one", [3.0], [4.0], protocol=protocol)]
    assert ("with nothing published" in Reader(page(*ranked("fid", "lower", rows))).text) == warned


def test_one_seed_is_no_evidence_and_one_checkpoint_no_curve(page):
    text = Reader(page(*ranked("fid", "lower", [row("one", [3.0]), row("two", [4.0])]))).text
    assert "All contenders were trained from a single seed" in text
    assert "Over training" not in text
    assert "standard deviation" not in text
    text = Reader(page(ranking())).text
    assert "1 of the 4 contenders was trained from a single seed" in text
    assert "Over training" in text


def test_several_rankings_are_sections_that_can_be_reached(page):
    second = replace(ranking(), data="faces")
    reader = Reader(page(ranking(), second))
    assert "fid on anime and faces" in reader.text
    links = [link for link in reader.attributes("href") if link.startswith("#")]
    assert len(links) == 2
    assert {link[1:] for link in links} <= set(reader.attributes("id"))


def test_a_metric_without_a_card_and_rows_without_a_value_make_a_page(page):
    nothing = Ranking("recall", "higher", "anime", (row("absent", reason="not now"),))
    text = Reader(page(nothing)).text
    assert "recall. Higher is better." in text
    assert "not now" in text


def test_further_metrics_have_a_table_of_their_own(page):
    scored = run("one", 0, [3.0, 2.5], metrics={"fid": 2.5, "recall": 0.123})
    (told,) = ranked("fid", "lower", [replace(row("one", [3.0]), runs=(scored,))])
    text = page(told)
    assert text.count('data-title="recall"') == 1
    assert 'data-title="fid"' not in text
    assert "0.1230" in Reader(text).text


def test_a_curve_is_drawn_where_its_numbers_are():
    (told,) = ranked("fid", "lower", [row("one", [100.0, 60.0, 20.0])])
    along_images, along_time = re.findall(r'<path d="([^"]+)" class="strong"', curves(told, contenders(told), "r"))
    assert along_images == along_time  # the same checkpoints, evenly apart in both
    places = [tuple(map(float, step.split())) for step in re.split("[ML]", along_images)[1:]]
    x, y = zip(*places, strict=True)
    assert x == pytest.approx([1000 / 3, 2000 / 3, 1000], abs=0.1)
    assert y == pytest.approx([TALL * (4 + 80 / 2 * i) / 88 for i in range(3)], abs=0.1)  # a twentieth left free


def test_a_line_breaks_where_a_value_is_not_finite():
    (told,) = ranked("fid", "lower", [row("one", [3.0, 4.0, math.nan, 5.0, 6.0, math.inf])])
    drawn = curves(told, contenders(told), "r")
    assert [path.count("M") for path in re.findall(r'<path d="([^"]+)"', drawn)] == [2, 2]
    assert not re.search(r'="[^"]*\b(nan|inf)\b', drawn)


def test_labels_do_not_lie_on_each_other():
    (told,) = ranked("fid", "lower", [row(f"run{at}", [50.0, 10 + at / 100]) for at in range(12)])
    drawn = curves(told, contenders(told), "r")
    places = sorted(float(y) for y in re.findall(r'<text x="18" y="([\d.]+)"', drawn.split("</figure>")[0]))
    assert len(places) == 12
    assert min(b - a for a, b in itertools.pairwise(places)) >= APART
    assert places[0] >= 0
    assert places[-1] <= TALL


@pytest.mark.parametrize(
    "values",
    [(3.0, 3.0), (0.0, 0.0), (-5.0, 7.0), (24.0, 190.0), (1e-5, 1e5), (7e-7, 9e-7), (2.0, 31.0), (1.0, math.nan)],
)
def test_a_scale_holds_its_values_and_marks_some_round_ones(values):
    scale = Scale.over(values)
    finite = [value for value in values if math.isfinite(value)]
    assert all(0 <= scale.at(value) <= 1 for value in finite)
    assert scale.at(scale.low) == 0
    assert scale.at(scale.high) == pytest.approx(1)
    places = [scale.at(value) for value, _ in scale.marks()]
    assert 2 <= len(places) <= 8
    assert places == sorted(places)
    assert all(-1e-6 <= place <= 1 + 1e-6 for place in places)
    assert len({text for _, text in scale.marks()}) == len(places)


def test_numbers_are_written_as_people_read_them():
    assert [figure(value) for value in (31.2345, 0.00123456, 12345.6, 0.0, -2.5)] == [
        "31.23", "0.001235", "12,346", "0.00", "−2.500"
    ]  # fmt: skip
    assert [figure(value) for value in (3.2e-7, 4.56e9, math.inf, math.nan, None)] == [
        "3.20e−7", "4.56e9", "∞", "NaN", "–"
    ]  # fmt: skip
    assert spread(31.2345, 1.4, 1) == " ± 1.4"
    assert spread(31.2345, None) == ""
    assert [compact(value) for value in (0, 950, 200_000, 1_250_000)] == ["0", "950", "200k", "1.25M"]
    assert [count(value) for value in (999, 999_600, 1_700_000, 2_000_000_000)] == ["999", "1.00M", "1.70M", "2.00G"]
    assert [memory(size) for size in (None, 3 * 2**28, 3 * 2**30)] == ["–", "768 MiB", "3.00 GiB"]


def test_every_field_of_the_protocol_is_explained():
    assert set(MEANINGS) == {each.name for each in fields(Protocol)}


def test_a_report_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(RequestError, match="--html"):
        write_report([ranking()], {}, tmp_path / "taken" / "report.html", about=ABOUT)
    (tmp_path / "folder").mkdir()
    with pytest.raises(RequestError, match="--html"):
        write_report([ranking()], {}, tmp_path / "folder", about=ABOUT)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["folder", "taken"]

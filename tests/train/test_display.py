"""What a person sees: the pure parts, and that what they make fits a screen."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from ganzoo.game import Progress
from ganzoo.train.display import TRACK, End, LiveDisplay, balance, beliefs, clock, display, losses

LINE = {
    "step": 660, "images": 10_560, "seconds": 4.2, "images_per_second": 2412.3,
    "d/loss": 0.967, "d/real": 0.64, "d/fake": 0.4, "g/loss": 0.982,
}  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (9.9, "0:09"), (65, "1:05"), (3599, "59:59"), (7390, "2:03:10")]
)
def test_clock(seconds, text):
    assert clock(seconds) == text


def test_losses():
    assert losses(1234, LINE) == "step 1,234  d loss 0.967  g loss 0.982"
    assert losses(0, {}) == "step 0"


def test_beliefs_are_those_of_the_first_phase_that_has_them():
    assert beliefs(LINE) == {"real": 0.64, "fake": 0.4}
    assert beliefs({"d/real": 0.3, "e/real": 0.1, "e/fake": 0.2}) == {"real": 0.1, "fake": 0.2}
    assert beliefs({"d/loss": 1.0}) == {}


@pytest.mark.parametrize(("real", "fake"), [(0.0, 1.0), (1.0, 0.0), (0.5, 0.5), (0.64, 0.4)])
def test_the_balance_puts_both_on_a_scale_with_even_in_the_middle(real, fake):
    text = balance({"d/real": real, "d/fake": fake}).plain
    start = text.index("  ") + 2
    track = text[start : start + TRACK]
    assert track[round(real * (TRACK - 1))] == "●"
    assert track[round(fake * (TRACK - 1))] == "●"
    assert (track[TRACK // 2] == "┃") == (real != 0.5)
    assert text.startswith(f"D(fake) {fake:.2f}")
    assert f"D(real) {real:.2f}" in text
    assert len(text) <= 80


def test_a_critic_has_no_scale():
    assert balance({"d/real": 3.76, "d/fake": 1.69}).plain == "D(fake) 1.69  D(real) 3.76"
    assert balance({"d/loss": 1.0}) is None


def test_the_end_is_measured_in_what_was_asked_for():
    now = Progress(step=5, images=100, batch=16, total=400)
    assert End(None, None).fraction(now, 3) == 0.25
    assert End(None, 10).fraction(now, 3) == 0.5
    assert End(12.0, None).fraction(now, 3) == 0.25
    assert End(12.0, None).fraction(now, 30) == 1


@pytest.mark.parametrize("total", [640, 15_000_000, 2_000_000_000])
@pytest.mark.parametrize("width", [80, 200])
def test_no_line_is_wider_than_the_screen(total, width):
    out = io.StringIO()
    live = LiveDisplay(Console(file=out, width=width, force_terminal=False), End(None, None))
    live.advance(Progress(step=1, images=16, batch=16, total=total), 0.1)
    live.advance(Progress(step=9, images=total // 2, batch=16, total=total), 7000)
    live.tick(LINE)
    live.console.print(live.draw())
    lines = out.getvalue().splitlines()
    assert len(lines) == 3
    assert all(len(line) <= width for line in lines)
    assert f"{total // 2:,} of {total:,} images  2,412/s" in lines[0]


def test_time_left_and_speed_wait_until_they_are_known():
    live = LiveDisplay(Console(file=io.StringIO(), width=80), End(None, None))
    live.advance(Progress(step=7, images=100, batch=10, total=400), 50.0)  # where an earlier process stopped
    assert live._facts(0.25) == " 25%  100 of 400 images"
    live.advance(Progress(step=8, images=200, batch=10, total=400), 60.0)
    live.tick(LINE)
    assert live._facts(0.5) == " 50%  200 of 400 images  2,412/s  0:20 left"


def test_plain_lines_where_there_is_no_terminal():
    out = io.StringIO()
    with display(stream=out) as shown:
        shown.note("going on")
        for images in (100, 200, 400):
            shown.advance(Progress(step=images // 10, images=images, batch=10, total=400), images / 100)
            shown.tick({**LINE, "images": images, "step": images // 10})
    assert out.getvalue().splitlines() == [
        "going on",
        " 25%  100 images  2,412/s  D(real) 0.64  D(fake) 0.40  step 10  d loss 0.967  g loss 0.982",
        "100%  400 images  2,412/s  D(real) 0.64  D(fake) 0.40  step 40  d loss 0.967  g loss 0.982",
    ]


@pytest.mark.parametrize(("verdict", "colour"), [("balanced", "32"), ("mode collapse", "1;31")])
def test_the_verdict_stands_behind_the_losses(verdict, colour):
    line = {**LINE, "health": {"verdict": verdict}}
    out = io.StringIO()
    live = LiveDisplay(Console(file=out, width=80, force_terminal=True, color_system="standard"), End(None, None))
    live.advance(Progress(step=660, images=10_560, batch=16, total=20_000), 4.2)
    live.tick(line)
    live.console.print(live.draw())
    assert f"g loss 0.982\x1b[{colour}m  {verdict}\x1b[0m" in out.getvalue()
    plain = io.StringIO()
    with display(stream=plain) as shown:
        shown.advance(Progress(step=660, images=10_560, batch=16, total=10_560), 4.2)
        shown.tick(line)
    assert plain.getvalue().endswith(f"g loss 0.982  {verdict}\n")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_run_that_never_took_a_step_leaves_only_its_notes(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    with display(stream=out) as shown:
        shown.note("runs/x is finished")
    assert "runs/x is finished" in out.getvalue()
    assert out.getvalue().rstrip("\x1b[?25h\r\n").endswith("\x1b[2K")  # the last thing done is to clear the line

"""The report in a real browser: it fits a desk and a phone, by day and by night, and asks for nothing.

The browser is a Chromium of the machine, told what to do over a pipe, so that nothing has to be installed beside it.
"""

from __future__ import annotations

import base64
import io
import json
import math
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ganzoo.score.protocol import Protocol
from ganzoo.score.ranking import Point, Row, Scored, ranked
from ganzoo.score.report import write_report

EVIL = "<script>document.title='mine'</script>\"'&"
LONG = "a-very-long-name-" * 6
TITLE = "fid and kid on anime"
PROTOCOL = Protocol(
    "anime", "c0ffee", "train", 20011, 5003, 32, 3, "bundled", "51ab" * 16, "bilinear", "averaged", 1.0, 0, "float32"
)


class Browser:
    """A Chromium without a window; ``requests`` and ``complaints`` are those of the page opened last."""

    def __init__(self, program: str, profile: Path):
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        flags = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--remote-debugging-pipe",
        ]
        # It reads from descriptor 3 and answers on 4, which only a shell can give it.
        shell = ["bash", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "bash"]
        self._process = subprocess.Popen(
            [*shell, program, *flags, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._in, self._out = os.fdopen(ours_in, "rb", 0), os.fdopen(ours_out, "wb", 0)
        self._rest, self._count, self._session, self._events = b"", 0, None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def open(self, file: Path, width: int = 1280, scheme: str = "light") -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600
        )
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self._events.clear()
        self.call("Page.navigate", url=file.as_uri())
        while not self._named("Page.loadEventFired"):
            self._events.append(self._receive())

    def value(self, script: str) -> Any:
        return self.call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def screenshot(self) -> Image.Image:
        taken = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        return Image.open(io.BytesIO(base64.b64decode(taken["data"]))).convert("RGB")

    @property
    def requests(self) -> list[str]:
        urls = [event["request"]["url"] for event in self._named("Network.requestWillBeSent")]
        return [url for url in urls[1:] if not url.startswith("data:")]  # the first is the page itself

    @property
    def complaints(self) -> list[Any]:
        return self._named("Log.entryAdded") + self._named("Runtime.consoleAPICalled", "Runtime.exceptionThrown")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._count += 1
        session = {"sessionId": self._session} if self._session else {}
        order = {"id": self._count, "method": method, "params": params, **session}
        self._out.write(json.dumps(order).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                return answer["result"]
            self._events.append(answer)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._in.close()
        self._out.close()

    def _named(self, *names: str) -> list[Any]:
        return [event["params"] for event in self._events if event.get("method") in names]

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = self._in.read(1 << 20)
            assert more, "the browser is gone"
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium on this machine")
    browser = Browser(program, tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


def row(name: str, *ends: float, **more) -> Row:
    runs = [
        Scored(name, seed, tuple(Point(10**at, 99.0 * at, end * 3 / at) for at in (1, 2, 3)), 9e4, metrics={"kid": end})
        for seed, end in enumerate(ends)
    ]
    return Row(name, "famous", "anime", tuple(runs), 1_703_211, PROTOCOL if ends else None, **more)


@pytest.fixture
def file(tmp_path) -> Path:
    """A report with everything in it that could be too wide."""
    picture = io.BytesIO()
    Image.linear_gradient("L").save(picture, "png")
    rows = [
        *(row(f"run{at}", 10.0**at, 9.0**at, 8.5**at) for at in range(12)),
        row(LONG, 1e9, 3e8),
        row(EVIL, 31.5),
        row("failed", math.nan, 7.0),
        row("absent", reason="it is not known why, " * 9),
    ]
    (told,) = ranked("fid", "lower", rows)
    grids = {name: picture.getvalue() for name in ("run1", LONG, EVIL)}
    write_report([told, replace(told, metric="kid")], grids, tmp_path / "report.html", about={"command": LONG * 3})
    return tmp_path / "report.html"


FAINT_TEXT = """(() => {
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const ground = node => {
    const colour = getComputedStyle(node).backgroundColor;
    return /^rgba.* 0\\)$/.test(colour) && node.parentElement ? ground(node.parentElement) : colour;
  };
  const faint = [];
  for (const node of document.querySelectorAll("body *")) {
    if (![...node.childNodes].some(child => child.nodeType === 3 && child.data.trim())) continue;
    if (["title", "desc"].includes(node.nodeName)) continue;
    const style = getComputedStyle(node), ink = node instanceof SVGElement ? style.fill : style.color;
    const [dark, bright] = [light(ink), light(ground(node))].sort((a, b) => a - b);
    if ((bright + .05) / (dark + .05) < 4.5) faint.push(node.outerHTML);
  }
  return faint;
})()"""  # noqa: E501


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_a_screen_by_day_and_by_night(browser, file, width, scheme):
    browser.open(file, width, scheme)
    browser.value("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert browser.value("innerWidth") == width
    assert browser.value("document.scrollingElement.scrollWidth") <= width
    if width == 390:  # nor does anything have to be scrolled in a box of its own
        assert browser.value("[...document.querySelectorAll('.box')].every(e => e.scrollWidth <= e.clientWidth)")
    assert browser.value("[...document.images].length") == 6
    assert browser.value("[...document.images].every(each => each.complete && each.naturalWidth > 0)")
    assert browser.value(FAINT_TEXT) == []
    assert (sum(browser.screenshot().getpixel((2, 2))) > 3 * 128) == (scheme == "light")
    assert browser.requests == []
    assert browser.complaints == []


@pytest.mark.slow
def test_a_name_cannot_run_in_a_browser_and_nothing_else_can(browser, file):
    browser.open(file)
    assert browser.value("document.title") == TITLE
    file.write_text(file.read_text(encoding="utf-8").replace("<main>", f"<main>{EVIL}"), encoding="utf-8")
    browser.open(file)
    assert browser.value("document.title") == TITLE  # the policy of the page, should a name ever slip through
    assert browser.complaints


@pytest.mark.slow
def test_the_browser_would_have_told(browser, tmp_path):
    bad = tmp_path / "bad.html"
    wide = "<p style='width: 999px; color: #ccc; background: #fff'>wide</p>"
    bad.write_text(f"{wide}<img src='http://localhost:1/x.png'><script>throw 'no'</script>")
    browser.open(bad, 390)
    assert browser.value("document.scrollingElement.scrollWidth") > 390
    assert [text for text in browser.value(FAINT_TEXT) if text.startswith("<p")]
    assert browser.requests == ["http://localhost:1/x.png"]
    assert len(browser.complaints) >= 2

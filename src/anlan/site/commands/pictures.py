"""`./anlan pictures`: the screenshots of README, taken from a running demonstration in a real Chromium.

Starts an installation of its own in a folder that is thrown away afterwards, or looks at a running one (`--url` with its
`--data`), signs in as the roles people have, and writes small PNG files. It never enters anything: what is filled in for
a picture is not sent.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from anlan.site.environment import ROOT, Trouble

NAME = "pictures"
HELP_ZH = "为 README 截取画面：启动一个演示环境，以各角色登录并截图"
HELP_EN = "take the pictures of README: start a demonstration, sign in as its roles, look at its pages"
NEEDS = "nothing"

DESK, PHONE = (1440, 900), (390, 844)
# Chinese last: an account keeps the language it was last used in.
LANGUAGES = {"en": "en", "zh": "zh-hans"}
LARGEST = 110_000
COLOURS = (256, 128, 64, 32)
START_SECONDS = 1800


@dataclass(frozen=True)
class Place:
    """A running demonstration: where it answers, where its data lies, who may sign in, room for a file."""

    address: str
    data: Path
    passwords: dict[str, str]
    folder: Path


@dataclass(frozen=True)
class Picture:
    """One picture: its file's name, who looks, on which screen, and how they get there."""

    name: str
    role: str
    size: tuple[int, int]
    go: Callable[[Any, Place], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which demonstration, where to, and which pictures."""
    parser.add_argument("only", nargs="*", metavar="NAME", help="只截这些 / only these")
    parser.add_argument(
        "--url", help="使用运行中的演示环境 / look at a running demonstration (with its --data)"
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="它的数据目录 / its data folder")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "pictures", help="目标目录 / where to")


def run(args: argparse.Namespace) -> int:
    """Take every picture in both languages; returns 1 if one could not be taken."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise Trouble("没有 Chromium: apt-get install chromium fonts-noto-cjk", "There is no Chromium here")
    if args.url and not args.data:
        raise Trouble("--url 需要同时给出 --data", "--url needs --data beside it")
    wanted = [picture for picture in PICTURES if not args.only or picture.name in args.only]
    args.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="anlan-pictures-") as folder:
        # The database's own user must be able to pass.
        Path(folder).chmod(0o711)
        data = args.data or Path(folder) / "data"
        with _running(data) if not args.url else _nothing(args.url) as address:
            place = Place(address, data, _passwords(data), Path(folder))
            return _take(chromium, place, wanted, args.to)


def _take(chromium: str, place: Place, wanted: list[Picture], to: Path) -> int:
    from playwright.sync_api import Error, sync_playwright

    failed = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for picture in wanted:
            for language in LANGUAGES:
                file = to / f"{picture.name}.{language}.png"
                try:
                    file.write_bytes(_small(_look(browser, place, picture, language)))
                    print(f"{file.name:<24} {file.stat().st_size / 1000:>6.0f} kB", flush=True)
                except Error as why:
                    failed += 1
                    print(f"✗ {file.name}: {why}", file=sys.stderr, flush=True)
        browser.close()
    return int(failed > 0)


def _look(browser: Any, place: Place, picture: Picture, language: str) -> bytes:
    width, height = picture.size
    context = browser.new_context(
        base_url=place.address,
        viewport={"width": width, "height": height},
        locale="en" if language == "en" else "zh-CN",
        reduced_motion="reduce",
        has_touch=picture.size == PHONE,
    )
    try:
        page = context.new_page()
        if picture.role:
            _sign_in(page, picture.role, place.passwords[picture.role])
            _speak(page, language)
        picture.go(page, place)
        return bytes(page.screenshot())
    finally:
        context.close()


def _small(picture: bytes) -> bytes:
    """A palette of as many colours as the size allows; text stays sharp, since nothing is dithered."""
    from PIL import Image

    whole = Image.open(BytesIO(picture)).convert("RGB")
    for colours in COLOURS:
        out = BytesIO()
        few = whole.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(out, "PNG", optimize=True)
        if out.tell() <= LARGEST:
            break
    return out.getvalue()


# --- what is looked at -----------------------------------------------------------------------------------------------


def _sign_in(page: Any, role: str, password: str) -> None:
    page.goto("/sign-in")
    page.fill("input[name=username]", role)
    page.fill("input[name=password]", password)
    page.locator("form:has(input[name=password]) button").first.click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def _speak(page: Any, language: str) -> None:
    """Choose the language where people do: the account's own wins over the browser's."""
    page.goto("/profile/")
    page.locator(f"main button[name=language][value={LANGUAGES[language]}]").click()
    page.wait_for_load_state("load")


def _open(path: str) -> Callable[[Any, Place], None]:
    def go(page: Any, place: Place) -> None:
        page.goto(path)
        page.wait_for_load_state("load")
        page.wait_for_timeout(600)

    return go


def _first_of(path: str) -> Callable[[Any, Place], None]:
    def go(page: Any, place: Place) -> None:
        page.goto(path)
        page.goto(page.locator("[data-row] td.main a").first.get_attribute("href"))
        page.wait_for_load_state("load")
        page.wait_for_timeout(2500)

    return go


def _history(page: Any, place: Place) -> None:
    _first_of("/hidden-dangers/?severity=major&state=closed")(page, place)
    page.locator(".timeline").last.evaluate("list => list.closest('.panel').scrollIntoView()")
    page.wait_for_timeout(600)


def _map(page: Any, place: Place) -> None:
    page.goto("/map/")
    page.wait_for_selector("canvas")
    page.wait_for_timeout(4000)


def _rule(page: Any, place: Place) -> None:
    page.goto("/rules/accident-grade/?deaths=3&serious_injuries=12&direct_loss_yuan=8600000")
    page.wait_for_timeout(600)


def _reporting(page: Any, place: Place) -> None:
    page.goto("/hidden-dangers/new")
    page.wait_for_timeout(800)


def _checking(page: Any, place: Place) -> None:
    bundle = _bundle(page.context.browser, place)
    page.goto("/verify-case/")
    if bundle:
        page.set_input_files("input[type=file]", bundle)
        page.locator("form:has(input[type=file]) button").first.click()
        page.wait_for_load_state("load")
        page.wait_for_timeout(800)


PICTURES = (
    Picture("today", "county_officer", DESK, _open("/")),
    Picture("dangers", "county_officer", DESK, _open("/hidden-dangers/")),
    Picture("danger", "county_officer", DESK, _first_of("/hidden-dangers/?state=in_review")),
    Picture("history", "county_officer", DESK, _history),
    Picture("enterprise", "county_officer", DESK, _first_of("/enterprises/")),
    Picture("map", "county_officer", DESK, _map),
    Picture("rule", "", DESK, _rule),
    Picture("case", "", DESK, _checking),
    Picture("phone-today", "safety_officer", PHONE, _open("/")),
    Picture("phone-report", "safety_officer", PHONE, _reporting),
)


# --- the demonstration -----------------------------------------------------------------------------------------------


@contextmanager
def _nothing(address: str) -> Iterator[str]:
    yield address


@contextmanager
def _running(data: Path) -> Iterator[str]:
    """An installation of our own, stopped as Ctrl-C stops it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = data.parent / "up.log"
    with log.open("w") as out:
        up = subprocess.Popen(
            _anlan("up", "--port", str(port), "--data", str(data)),
            stdout=out,
            stderr=sys.stderr,
            env=os.environ,
        )
    try:
        limit = time.monotonic() + START_SECONDS
        while "Ctrl-C" not in log.read_text():
            if up.poll() is not None or time.monotonic() > limit:
                raise Trouble("演示环境没有启动。", "The demonstration did not start.")
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        if up.poll() is None:
            up.send_signal(signal.SIGINT)
            up.wait(60)


def _passwords(data: Path) -> dict[str, str]:
    told = subprocess.run(
        _anlan("demo", "accounts", "--data", str(data)), capture_output=True, text=True, check=True
    )
    return {words[0]: words[1] for line in told.stdout.splitlines() if len(words := line.split()) > 1}


def _bundle(browser: Any, place: Place) -> Path | None:
    """Export some closed case; without one the page is shown as it opens."""
    context = browser.new_context(base_url=place.address)
    page = context.new_page()
    _sign_in(page, "county_officer", place.passwords["county_officer"])
    page.goto("/hidden-dangers/?state=closed")
    links = [link.get_attribute("href") for link in page.locator("[data-row] td.main a").all()]
    context.close()
    file = place.folder / "case.zip"
    if links and not file.exists():
        matter = links[0].rstrip("/").rsplit("/", 1)[-1]
        export = _anlan("export-case", matter, "--out", str(file), "--data", str(place.data))
        subprocess.run(export, capture_output=True, check=False)
    return file if file.exists() else None


def _anlan(*words: str) -> list[str]:
    return [sys.executable, "-m", "anlan.site.main", *words]

"""The browser of the benches: Debian's Chromium under Playwright, signed in by a session made beside it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from anlan.site.trouble import Trouble
from bench.phone import FieldPhone

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)


@contextmanager
def browser() -> Iterator[Any]:
    """Run the browser."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    if program is None:
        raise Trouble(
            "没有 Chromium：apt-get install chromium fonts-noto-cjk", "No Chromium: apt-get install chromium"
        )
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield running
        running.close()


def phone_of(running: Any, address: str, cookie: str) -> FieldPhone:
    """Return a phone with the field app on it; ``cookie`` is that of a session begun before the browser was."""

    def enter(page: Any) -> None:
        name, _, value = cookie.partition("=")
        page.context.add_cookies([{"name": name, "value": value, "url": address}])

    return FieldPhone(running, address, enter)

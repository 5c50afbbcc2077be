"""What whole-system tests have: a real installation started by `./anlan up`, and a real Chromium to look at it.

The installation runs once per session on data of its own; its database is not the one of `django_db` tests. Pictures
go to artifacts/.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from ground import Ground
from pytest_django import DjangoDbBlocker

ROOT = Path(__file__).resolve().parent.parent
ARTIFACTS = ROOT / "artifacts"
START_SECONDS = 420
# Chromium's own errands (updates, accounts, component lists) have no place in a test.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class Installation:
    """A running installation: where it answers, where its data lies, who may sign in."""

    address: str
    data: Path
    accounts: list[dict[str, str]]
    process: subprocess.Popen[str]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_installation(data: Path, *options: str) -> Installation:
    """Start `./anlan up` on `data` and wait until it says that it is up."""
    port = free_port()
    outside = {k: v for k, v in os.environ.items() if not k.startswith("ANLAN_")}
    command = [
        sys.executable,
        "-m",
        "anlan.site.main",
        "up",
        "--port",
        str(port),
        "--data",
        str(data),
        *options,
    ]
    log = data.parent / f"{data.name}.up.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=outside
            | {
                "PYTHONPATH": str(ROOT / "src"),
                "PYTHONUNBUFFERED": "1",
                "ANLAN_DEMO_ACCOUNTS": "json",
                "ANLAN_DEMO": "small",
            },
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
        )
    limit = time.monotonic() + START_SECONDS
    while "Ctrl-C" not in (said := log.read_text()):
        if process.poll() is not None or time.monotonic() > limit:
            process.kill()
            raise AssertionError(f"the installation did not start:\n{said}")
        time.sleep(0.1)
    found = re.search(r"^accounts: (.*)$", said, re.M)
    accounts = json.loads(found.group(1)) if found else []
    return Installation(f"http://127.0.0.1:{port}", data, accounts, process)


def stop_installation(installation: Installation) -> None:
    """Stop as Ctrl-C does."""
    installation.process.send_signal(signal.SIGINT)
    assert installation.process.wait(40) == 0


@pytest.fixture(scope="session")
def workplace() -> Iterator[Path]:
    """A folder that the database's own user can reach, unlike pytest's, which are private to their user."""
    folder = Path(tempfile.mkdtemp(prefix="anlan-up-"))
    folder.chmod(0o711)
    yield folder
    ARTIFACTS.mkdir(exist_ok=True)
    for log in folder.rglob("*.log"):
        shutil.copy(log, ARTIFACTS / f"{log.parent.name}-{log.name}")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def demonstration(workplace: Path) -> Installation:
    """The demonstration city, made once and stopped: a test's installation is a copy of its folder."""
    made = start_installation(workplace / "made")
    stop_installation(made)
    return made


def start_copy(made: Installation, name: str) -> Installation:
    """Start a copy of a stopped installation in a folder beside it."""
    folder = made.data.parent / name
    # The database's files belong to a user of their own.
    subprocess.run(["cp", "-a", str(made.data), str(folder)], check=True)
    return replace(start_installation(folder), accounts=made.accounts)


@pytest.fixture(scope="session")
def installation(demonstration: Installation) -> Iterator[Installation]:
    """The demonstration city, running; shared by all tests of the session: leave it as you found it."""
    running = start_copy(demonstration, "demo")
    yield running
    stop_installation(running)


@pytest.fixture
def _places(shared_ground: Ground, django_db_blocker: DjangoDbBlocker) -> Any:
    """A copy of the rows that addresses name, near and far; laid before the test's own transaction begins."""
    from addresses import Places
    from world import BEGINNING, World

    with django_db_blocker.unblock():
        return shared_ground.lay(BEGINNING, World, Places)


@pytest.fixture
def places(_places: Any, db: None) -> Any:
    """The rows that addresses name, in the small world."""
    return _places


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Debian's Chromium under Playwright; skipped where there is none, unless ANLAN_REQUIRE_BROWSER=1.

    It ends with its file: while it runs, Playwright's event loop stands in this thread, and Django will not touch a
    database beside one.
    """
    program = shutil.which("chromium")
    if program is None:
        if os.environ.get("ANLAN_REQUIRE_BROWSER") == "1":
            pytest.fail("no chromium on this machine: apt-get install chromium fonts-noto-cjk")
        pytest.skip("no chromium on this machine: apt-get install chromium fonts-noto-cjk")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def visit(
    chromium: Any, installation: Installation, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Any]]:
    """`visit("/path", width=…, height=…, language=…)` opens a page of the running city; its last look is kept."""
    contexts: list[Any] = []

    def open_page(
        path: str, width: int = 1440, height: int = 900, language: str = "zh-CN", **more: Any
    ) -> Any:
        context = chromium.new_context(
            base_url=installation.address,
            viewport={"width": width, "height": height},
            locale=language,
            **more,
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(path)
        return page

    yield open_page
    ARTIFACTS.mkdir(exist_ok=True)
    name = re.sub(r"[^\w.-]+", "-", request.node.name)
    for number, context in enumerate(contexts):
        for page in context.pages:
            page.screenshot(path=ARTIFACTS / f"{name}-{number}.png", full_page=True)
        context.close()

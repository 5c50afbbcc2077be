"""The installation as an operator meets it: it starts, survives kills, says what is wrong, and stops without a trace."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from conftest import ROOT, Installation, free_port, start_installation, stop_installation

ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("ANLAN_")} | {
    "PYTHONPATH": str(ROOT / "src")
}


def anlan(*words: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    command = [sys.executable, "-m", "anlan.site.main", *words]
    return subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=seconds, check=False
    )


def healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def processes_of(data: Path) -> list[int]:
    """The processes whose command line, environment or folder is this data folder's."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                text = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
            except OSError:
                continue
            if str(data).encode() in text and state != "Z":
                found.append(int(entry.name))
    return found


def wait_until(true: object, seconds: float = 30) -> None:
    limit = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < limit, "it did not come about"
        time.sleep(0.1)


def killed(data: Path, marker: bytes) -> int:
    """Kill -9 every process of this installation that carries the marker on its command line."""
    victims = 0
    for pid in processes_of(data):
        # A process may end by itself between being listed and being looked at.
        with suppress(FileNotFoundError, ProcessLookupError):
            if marker in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
                victims += 1
    return victims


@pytest.fixture(scope="module")
def bare(workplace: Path) -> Installation:
    """An installation without demonstration data; each test starts and stops its own."""
    data = workplace / "bare"
    started = start_installation(data, "--no-demo")
    stop_installation(started)
    return started


@contextmanager
def up(data: Path) -> Iterator[Installation]:
    """An installation for the length of a block, stopped whatever happens in it."""
    running = start_installation(data, "--no-demo")
    try:
        yield running
    finally:
        if running.process.poll() is None:
            stop_installation(running)


def test_a_second_start_is_quick_and_a_stop_leaves_nothing(bare: Installation) -> None:
    # On a machine that is busy with other things, as long as its queue is long.
    allowed = 10 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    began = time.monotonic()
    with up(bare.data) as again:
        took = time.monotonic() - began
        assert healthy(again.address)
    assert took < allowed
    assert processes_of(bare.data) == []
    assert not (bare.data / "db" / "pgdata" / "postmaster.pid").exists()


def test_sigterm_stops_everything(bare: Installation) -> None:
    with up(bare.data) as running:
        running.process.terminate()
        assert running.process.wait(30) == 0
    assert processes_of(bare.data) == []


@pytest.mark.parametrize("victim", [b"granian", b"worker", b"pgdata"])
def test_what_is_killed_comes_back(bare: Installation, victim: bytes) -> None:
    with up(bare.data) as running:
        assert killed(bare.data, victim)
        wait_until(lambda: healthy(running.address), 60)
    assert processes_of(bare.data) == []


def test_a_killed_supervisor_does_not_block_the_next_start(bare: Installation) -> None:
    with up(bare.data) as running:
        running.process.kill()
        running.process.wait()
        with up(bare.data) as again:
            assert healthy(again.address)
    assert processes_of(bare.data) == []


def test_check_starts_answers_and_stops(bare: Installation) -> None:
    done = anlan("up", "--check", "--no-demo", "--data", str(bare.data), "--port", str(free_port()))
    assert done.returncode == 0, done.stderr
    assert processes_of(bare.data) == []


def test_a_second_up_on_the_same_data_is_told(bare: Installation) -> None:
    with up(bare.data):
        second = anlan("up", "--check", "--data", str(bare.data), "--port", str(free_port()))
    assert second.returncode == 1
    assert "already running" in second.stderr


def test_a_port_in_use_is_told(bare: Installation) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = anlan("up", "--check", "--data", str(bare.data), "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_city_is_told(workplace: Path) -> None:
    done = anlan(
        "up",
        "--check",
        "--data",
        str(workplace / "elsewhere"),
        "--city",
        "atlantis",
        "--port",
        str(free_port()),
    )
    assert done.returncode == 1
    assert "changchun" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_cannot_be_made_is_told(workplace: Path) -> None:
    (workplace / "file").touch()
    done = anlan("up", "--check", "--data", str(workplace / "file" / "data"), "--port", str(free_port()))
    assert done.returncode == 1
    assert "--data" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_load_broken_off_is_made_again(workplace: Path) -> None:
    data = workplace / "broken"
    port = str(free_port())
    command = [
        sys.executable,
        "-m",
        "anlan.site.main",
        "up",
        "--no-demo",
        "--data",
        str(data),
        "--port",
        port,
    ]
    for moment in (0.4, 1.0, 1.6):
        process = subprocess.Popen(
            command, cwd=ROOT, env=ENVIRONMENT, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        time.sleep(moment)
        process.kill()
        process.wait()
    done = anlan("up", "--check", "--no-demo", "--data", str(data), "--port", port)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(data, ignore_errors=True)


@pytest.mark.parametrize("words", [["--help"], ["nosuch"]])
def test_the_overview_names_every_command(words: list[str]) -> None:
    done = anlan(*words)
    assert done.returncode == (0 if words == ["--help"] else 2)
    for name in ("up", "test", "doctor"):
        assert f"  {name}" in done.stdout + done.stderr


def test_every_command_answers_help() -> None:
    from anlan.site.main import commands

    for name in commands():
        done = anlan(name, "--help")
        assert done.returncode == 0, f"{name}: {done.stderr}"
        assert "usage" in done.stdout, name

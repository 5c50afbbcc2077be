"""How long the first start takes in an empty data folder with the demonstration year, and how long the second.

The package caches are as they are on this machine: the packages themselves are installed, since this very command runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from anlan.site.environment import ROOT
from bench.figures import Figure
from bench.place import Place

NEEDS_CITY = False
NEEDS_PAGES = False
MOST_FIRST, MOST_SECOND = 300, 10


def run(place: Place) -> Iterator[Figure]:
    """Yield both starts in seconds, and the second one thrice."""
    with tempfile.TemporaryDirectory(prefix="anlan-bench-up-") as folder:
        Path(folder).chmod(0o711)  # the database's own user passes through
        data = Path(folder) / "data"
        yield Figure(
            "up", "first start, with the demonstration year", "s", [_start(data)], at_most=MOST_FIRST
        )
        again = [_start(data) for _ in range(1 if _is_bare() else 3)]
        yield Figure("up", "second start", "s", again, judged="max", at_most=MOST_SECOND)


def _is_bare() -> bool:
    """Whether the demonstration year is left out: the tests only look whether this bench runs at all."""
    return os.environ.get("ANLAN_BENCH_DEMO") == "none"


def _start(data: Path) -> float:
    command = [
        sys.executable,
        "-m",
        "anlan.site.main",
        "up",
        "--check",
        "--port",
        _port(),
        "--data",
        str(data),
    ]
    command += ["--no-demo"] if _is_bare() else []
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ANLAN_") or name == "ANLAN_DEMO"
    }
    own["PYTHONPATH"] = str(ROOT / "src")
    own.pop("PYTHONDONTWRITEBYTECODE", None)  # as ./anlan does
    started = time.monotonic()
    subprocess.run(
        command, env=own, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return time.monotonic() - started


def _port() -> str:
    from bench.place import _free_port

    return str(_free_port())

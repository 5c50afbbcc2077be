"""`./anlan test`: every test of the project, in Python and in TypeScript, on databases and folders of their own."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys

from anlan.site.environment import ROOT

NAME = "test"
HELP_ZH = "运行全部测试；其后的参数交给 pytest"
HELP_EN = "run every test; further arguments go to pytest"
NEEDS = "nothing"
PASSES_ARGUMENTS_ON = True
# More than this many databases and browsers at once wait for each other, not for a core.
MOST_AT_ONCE = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What pytest understands, for example `-k word` or a path."""
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="pytest 参数 / pytest's arguments")


def run(args: argparse.Namespace) -> int:
    """The pages' tests first, pytest last: its summary closes the output. All tests run on all cores, some on one."""
    pages = 0 if args.rest else _pages()
    options = args.rest or ["-n", str(min(os.cpu_count() or 1, MOST_AT_ONCE)), "--dist", "loadgroup"]
    python = subprocess.run([sys.executable, "-m", "pytest", *options], cwd=ROOT, check=False).returncode
    return python or pages


def _pages() -> int:
    package = ROOT / "frontend" / "package.json"
    npm = shutil.which("npm")
    if not npm or not package.exists() or "test" not in json.loads(package.read_text()).get("scripts", {}):
        return 0
    if not any((ROOT / "frontend" / "src").rglob("*.test.ts")):
        return 0
    return subprocess.run([npm, "test", "--silent"], cwd=ROOT / "frontend", check=False).returncode

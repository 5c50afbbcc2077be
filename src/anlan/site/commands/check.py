"""`./anlan check`: what can be said of the code without running it: form, types, import directions, translations,
migrations. Every check runs, also after one failed, and each says how long it took.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from anlan.site.environment import ROOT

NAME = "check"
HELP_ZH = "检查代码：格式、类型、引用方向、翻译、迁移"
HELP_EN = "check the code: form, types, import directions, translations, migrations"
NEEDS = "nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which checks; all by default."""
    parser.add_argument("only", nargs="*", metavar="NAME", help="只运行这些 / only these")


def run(args: argparse.Namespace) -> int:
    """Run each and name the ones that failed."""
    failed = []
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "ANLAN_TESTING": "1", "NO_COLOR": "1"}
    for name, command in _checks().items():
        if args.only and name not in args.only:
            continue
        started = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        mark = "✓" if done.returncode == 0 else "✗"
        print(f"{mark} {name} ({time.monotonic() - started:.1f} s)", flush=True)
        if done.returncode != 0:
            failed.append(name)
            print(done.stdout + done.stderr, flush=True)
    if failed:
        print(f"未通过 / failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


def _checks() -> dict[str, list[str]]:
    programs = ROOT / ".venv" / "bin"
    anlan = [sys.executable, "-m", "anlan.site.main"]
    return {
        "form": [str(programs / "ruff"), "check", "."],
        "format": [str(programs / "ruff"), "format", "--check", "."],
        "types": [str(programs / "mypy"), *_typed()],
        "imports": [str(programs / "lint-imports"), "--no-cache"],
        "templates": [str(programs / "djlint"), "src", "--lint", "--quiet"],
        "translations": [*anlan, "translations", "--check"],
        "migrations": [*anlan, "manage", "makemigrations", "--check", "--dry-run"],
    }


def _typed() -> list[str]:
    """The kernel, the streams and every domain's rules are typed strictly."""
    rules = sorted((ROOT / "src" / "anlan" / "domains").glob("*/rules.py"))
    places = [ROOT / "src/anlan/kernel", ROOT / "src/anlan/streams", *rules]
    return [str(Path(place).relative_to(ROOT)) for place in places]

"""docs/add-a-domain.md, followed word by word in a copy of the project: what it says works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(
    r"^```\w+ (?P<what>file|edit|run)(?:=(?P<path>\S+))?(?: after='(?P<after>[^']*)')?\n(?P<text>.*?)^```$",
    re.M | re.S,
)
COPIED = ("src", "tests", "cities", "pyproject.toml", "conftest.py", "anlan", ".importlinter", "requirements")


@pytest.mark.slow
def test_the_tutorial_works(tmp_path: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    blocks = list(BLOCK.finditer((ROOT / "docs" / "add-a-domain.md").read_text(encoding="utf-8")))
    assert {block["what"] for block in blocks} == {"file", "edit", "run"}
    for block in blocks:
        follow(tmp_path, block)


def follow(place: Path, block: re.Match[str]) -> None:
    """Do what one block of the page says."""
    if block["what"] == "file":
        target = place / block["path"]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(block["text"], encoding="utf-8")
    elif block["what"] == "edit":
        target = place / block["path"]
        text = target.read_text(encoding="utf-8")
        assert f"{block['after']}\n" in text, f"{block['path']} has no line {block['after']!r}"
        target.write_text(
            text.replace(f"{block['after']}\n", f"{block['after']}\n{block['text']}", 1), encoding="utf-8"
        )
    else:
        for line in block["text"].splitlines():
            run(place, line)


def run(place: Path, line: str) -> None:
    """Run one command of the page with this session's Python, as `./anlan` would."""
    words = line.removeprefix("./anlan ").split()
    program = (
        ["-m", "pytest", "-q", "-p", "no:cacheprovider", *words[1:]]
        if words[0] == "test"
        else ["-m", "anlan.site.main", *words]
    )
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ANLAN_", "DJANGO_", "PYTEST_"))
    }
    done = subprocess.run(
        [sys.executable, *program],
        cwd=place,
        env={**kept, "PYTHONPATH": str(place / "src")},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"

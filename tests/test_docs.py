"""What the documents say holds: links lead somewhere, commands exist, pictures are small; and no tracked file carries a
machine's paths, the address of a package registry, or words that have no place in the project.
"""

from __future__ import annotations

import argparse
import importlib
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from anlan.site import main

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "cities").rglob("*.md"))
    if "loops" not in path.parts
)
LINK = re.compile(r"""!?\[[^\]]*\]\(([^)\s]+)\)|<img [^>]*src="([^"]+)\"""")
COMMAND = re.compile(r"(?:\./)anlan +([a-z][a-z-]*)((?: +[^`\n|#)，。；、]*)?)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
# Written so that this file does not hold what it looks for.
MACHINE_PATHS = re.compile(r"(?<![\w.$}/])/(?:work|root|home/\w+|tmp/\w+|Users/\w+)/[\w.-]+")
REGISTRIES = re.compile(
    r"registry\.npm"
    + r"js\.org|registry\.npm"
    + r"mirror|pypi\."
    + r"org|files\.python"
    + r"hosted|proxy\.golang"
    r"|(?<!emit-)index-" + r"url|artifact" + r"ory|nexus\."
)
MAKERS = re.compile(
    r"\b(?:Cl"
    + r"aude|Anthr"
    + r"opic|Chat"
    + r"GPT|Open"
    + r"AI|Co"
    + r"pilot|LL"
    + r"M)\b|Co-Auth"
    + r"ored"
)
LARGEST_PICTURE, ALL_PICTURES = 150_000, 1_500_000


@cache
def tracked() -> list[Path]:
    """Every file under version control that is text; without git, nothing can be said."""
    told = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if told.returncode != 0:
        pytest.skip("not a git checkout: which files are ours cannot be told without git")
    return [ROOT / name for name in told.stdout.decode().split("\0") if name]


def texts() -> list[tuple[Path, str]]:
    """The tracked files that can be read as text, without the locks, whose lines are digests."""
    found = []
    for path in tracked():
        if path.exists() and path.name not in {"package-lock.json", "LICENSE"} and path.suffix != ".png":
            try:
                found.append((path, path.read_text(encoding="utf-8")))
            except UnicodeDecodeError:
                continue
    return found


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as a forge makes them."""
    heads = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for match in LINK.finditer(document.read_text(encoding="utf-8")):
        target = match.group(1) or match.group(2)
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        place = (document.parent / name).resolve() if name else document
        assert place.exists(), f"{document.name}: {target}"
        assert not anchor or anchor in anchors(place), f"{document.name}: {target}"


def options(name: str) -> set[str]:
    """The options a command understands."""
    parser: argparse.ArgumentParser = main._parser(name, importlib.import_module(main.commands()[name]))
    return {option for action in parser._actions for option in action.option_strings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_exist_with_their_options(document: Path) -> None:
    known = main.commands()
    for name, rest in COMMAND.findall(document.read_text(encoding="utf-8")):
        if name in {
            "manage",
            "test",
            "doctor",
        }:  # their arguments go to Django, to pytest, to a parser of its own
            continue
        assert name in known, f"{document.name}: ./anlan {name}"
        strange = set(OPTION.findall(rest.split("./anlan")[0])) - options(name)
        assert not strange, f"{document.name}: ./anlan {name} {sorted(strange)}"


def test_every_document_is_listed() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for path in (ROOT / "docs").rglob("*.md"):
        name = path.relative_to(ROOT / "docs").as_posix()
        assert name == "README.md" or name.startswith("loops/") or f"({name})" in index, name


def test_pictures_are_small_and_used() -> None:
    folder = ROOT / "docs" / "pictures"
    pictures = sorted(folder.glob("*.png"))
    readers = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md"))
    assert all(picture.stat().st_size < LARGEST_PICTURE for picture in pictures)
    assert sum(picture.stat().st_size for picture in pictures) < ALL_PICTURES
    assert [picture.name for picture in pictures if f"docs/pictures/{picture.name}" not in readers] == []


@pytest.mark.parametrize(
    "pattern", [MACHINE_PATHS, REGISTRIES, MAKERS], ids=["machine-paths", "registries", "makers"]
)
def test_tracked_files_speak_of_the_project_alone(pattern: re.Pattern[str]) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path, text in texts()
        if (match := pattern.search(text))
    ]
    assert not found, "\n".join(found)

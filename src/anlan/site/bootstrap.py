"""Makes what is missing before a command runs, and nothing that is there already.

Run by `./anlan` with whatever Python ≥ 3.11 it finds; the standard library only. It makes `.venv` from the hash-locked
requirements, and for `up` and `test` builds the pages' scripts and compiles the translations. Each part leaves a stamp
of what it was made from, written last: a run broken off halfway is made again, a finished one is skipped.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
FRONTEND = ROOT / "frontend"
LOCALE = ROOT / "src" / "anlan" / "locale"
NODE_AT_LEAST = (20, 19)
ROOM_NEEDED = 1_500_000_000
# What each command needs beside the run-time packages.
NEEDS_PAGES = ("up", "test", "bench", "pictures")
# A bench says by itself whether it opens a page; these words are no names of modules.
BENCH_MODULES = {"import": "importing", "export": "exporting"}
NAME = re.compile(r"[a-z]+")
OPENS_PAGES = re.compile(r"^NEEDS_PAGES = True$", re.M)
NEEDS_TESTS = ("test", "check", "pictures", "fuzz")


def say(zh: str, en: str) -> None:
    """Tell both languages, apart from a command's own output."""
    print(f"· {zh} / {en}", file=sys.stderr, flush=True)


def stop(zh: str, en: str) -> NoReturn:
    """End with a reason a person can act on."""
    print(f"{zh}\n{en}", file=sys.stderr)
    raise SystemExit(1)


def main(words: Sequence[str]) -> NoReturn:
    """Prepare, then become the command."""
    command = words[0] if words else ""
    if command == "doctor":
        sys.path.insert(0, str(ROOT / "src"))
        from anlan.site import doctor

        raise SystemExit(doctor.main(list(words[1:])))
    asking = any(word in ("-h", "--help") for word in words) or not words
    try:
        with (ROOT / "requirements" / "run.txt").open() as lock:
            # Two starts at once: the second waits for the first to finish installing.
            fcntl.flock(lock, fcntl.LOCK_EX)
            private = os.umask(0o022)
            os.umask(private)
            install_packages("dev" if command in NEEDS_TESTS and not asking else "run")
            os.umask(private)
            if command in NEEDS_PAGES and not asking:
                compile_translations()
                if command != "bench" or bench_opens_pages(words[1:]):
                    build_pages()
    except PermissionError as why:
        stop(
            f"没有写权限: {why.filename}。请把整个目录复制到您可以写的位置再运行。",
            f"No permission to write: {why.filename}. Copy the whole folder to a place you may write to and run it there.",
        )
    except OSError as why:
        stop(f"准备失败: {why}", f"Preparing failed: {why}")
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}
    # Each start is several processes that load the same modules: whoever forbids to keep them compiled waits for it each time.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    # Becoming the command, not starting it: signals then reach it with nothing in between.
    os.execve(PYTHON, [str(PYTHON), "-m", "anlan.site.main", *words], environment)  # noqa: S606


def bench_opens_pages(words: Sequence[str]) -> bool:
    """Say whether any bench that was named opens a page; without a name all run, and so some does.

    Read off their files: they can only be imported once the packages are there.
    """
    files = [ROOT / "bench" / f"{BENCH_MODULES.get(word, word)}.py" for word in words if NAME.fullmatch(word)]
    named = [file for file in files if file.exists()]
    return not named or any(OPENS_PAGES.search(file.read_text(encoding="utf-8")) for file in named)


# --- packages --------------------------------------------------------------------------------------------------------


def install_packages(kind: str) -> None:
    """Make `.venv` hold exactly the packages of `requirements/<kind>.txt` (dev includes run)."""
    stamp = VENV / "anlan-stamp.json"
    wanted = {name: digest([ROOT / "requirements" / f"{name}.txt"]) for name in ("run", "dev")}
    have = read_stamp(stamp)
    # A second checkout may borrow the environment of the first by a link: it is used as it is, and never changed.
    usable = have.get("place") == str(VENV.resolve()) and PYTHON.exists() and runs(PYTHON)
    if usable and have.get(kind) == wanted[kind] and (kind == "dev" or have.get("run") == wanted["run"]):
        return
    if VENV.is_symlink():
        VENV.unlink()
        usable, have = False, {}
    if not os.access(VENV if VENV.exists() else ROOT, os.W_OK):
        raise PermissionError(13, "Permission denied", str(ROOT))
    need_room()
    # Public software, which the database's own user must be able to read too: not private to whoever installs it.
    os.umask(0o022)
    if not usable:
        make_venv()
    say("安装 Python 软件包（首次约一分钟）", "installing Python packages (about a minute the first time)")
    stamp.unlink(missing_ok=True)
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--require-hashes", "--no-deps", "-r", str(ROOT / "requirements" / f"{kind}.txt")]
    for patience in (3, 10, 0):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0 or not patience or "No space left" in done.stderr:
            break
        time.sleep(patience)
    if done.returncode != 0:
        stop(
            f"软件包安装失败；修复后再运行一次即可。\n{tail(done.stderr)}",
            "Installing the packages failed; put it right and run the same command again.",
        )
    (VENV / ".gitignore").write_text("*\n")
    made = {"place": str(VENV.resolve()), "run": wanted["run"]} | (
        {"dev": wanted["dev"]} if kind == "dev" else {}
    )
    if kind == "run" and have.get("dev") == wanted["dev"]:
        made["dev"] = wanted["dev"]
    write_stamp(stamp, made)


def make_venv() -> None:
    """An empty virtual environment; Debian keeps the module for it in a package of its own."""
    say("建立 .venv", "making .venv")
    base = Path(getattr(sys, "_base_executable", sys.executable))
    command = [str(base), "-m", "venv", "--clear", str(VENV)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0 and "ensurepip" in done.stdout + done.stderr and os.geteuid() == 0:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        apt = {
            "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            "capture_output": True,
            "check": False,
        }
        for words in (["update", "-q"], ["install", "-qy", f"python{version}-venv"]):
            subprocess.run(["apt-get", *words], **apt)  # type: ignore[call-overload]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        stop(
            f"无法建立 .venv。Debian: sudo apt-get install python3-venv\n{tail(done.stdout + done.stderr)}",
            "The virtual environment could not be made. Debian: sudo apt-get install python3-venv",
        )


def need_room() -> None:
    """Refuse to begin what would not fit."""
    free = shutil.disk_usage(ROOT).free
    if free < ROOM_NEEDED:
        stop(
            f"磁盘空间不足: 需要约 {ROOM_NEEDED // 10**6} MB，只剩 {free // 10**6} MB（{ROOT}）。",
            f"Not enough room on the disk: about {ROOM_NEEDED // 10**6} MB are needed, {free // 10**6} MB are left.",
        )


# --- pages and translations ------------------------------------------------------------------------------------------


def build_pages() -> None:
    """Build `frontend/dist` with the locked packages, if its sources changed since the last build."""
    if not (FRONTEND / "package-lock.json").exists():
        return
    locks = [FRONTEND / "package.json", FRONTEND / "package-lock.json"]
    sources = [*locks, *(f for f in FRONTEND.glob("*.*") if f.is_file()), *files_in(FRONTEND / "src")]
    sources += files_in(FRONTEND / "public")
    stamp = FRONTEND / "dist" / ".anlan-stamp.json"
    wanted = {"sources": digest(sources), "classes": classes_of_pages()}
    if read_stamp(stamp) == wanted:
        return
    npm = need_node()
    need_room()
    packages = FRONTEND / "node_modules" / ".anlan-stamp.json"
    locked = {"locks": digest(locks)}
    if read_stamp(packages) != locked:
        say("安装界面软件包", "installing the pages' packages")
        run_npm([npm, "ci", "--no-audit", "--no-fund"], tries=3)
        write_stamp(packages, locked)
    say("编译界面", "building the pages")
    stamp.unlink(missing_ok=True)
    run_npm([npm, "run", "build"], tries=1)
    compress = [str(PYTHON), "-m", "whitenoise.compress", "--quiet", "--no-brotli", str(FRONTEND / "dist")]
    subprocess.run(compress, check=False)
    write_stamp(stamp, wanted)


def classes_of_pages() -> str:
    """A digest of the classes that templates name: of the library's rules only what they use is built in."""
    found: set[str] = set()
    for page in sorted((ROOT / "src" / "anlan").rglob("*.html")):
        for names in re.findall(r'class="([^"]*)"', page.read_text(encoding="utf-8")):
            found.update(re.findall(r"[A-Za-z][\w-]*", names))
    return hashlib.sha256(" ".join(sorted(found)).encode()).hexdigest()


def need_node() -> str:
    """The path of npm, or an end with what to install."""
    node, npm = shutil.which("node"), shutil.which("npm")
    version = ""
    if node:
        version = subprocess.run(
            [node, "--version"], capture_output=True, text=True, check=False
        ).stdout.strip()
    if not npm or node_version(version) < NODE_AT_LEAST:
        least = ".".join(map(str, NODE_AT_LEAST))
        stop(
            f"安澜需要 Node.js {least} 或更新版本和 npm（现有: {version or '无'}）。运行 ./anlan doctor 查看如何安装。",
            f"Anlan needs Node.js {least} or newer, with npm (found: {version or 'none'}). ./anlan doctor says how.",
        )
    return npm


def node_version(text: str) -> tuple[int, ...]:
    """`v20.20.2` → (20, 20, 2); nothing → ()."""
    parts = text.removeprefix("v").split(".")
    return tuple(int(part) for part in parts if part.isdigit())


def run_npm(command: list[str], tries: int) -> None:
    """Run npm in the frontend folder; ends with its last words if it fails every time."""
    for attempt in range(tries):
        done = subprocess.run(command, cwd=FRONTEND, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
        time.sleep(0 if attempt == tries - 1 else 5)
    stop(
        f"界面编译失败（{' '.join(command[1:])}）；修复后再运行一次即可。\n{tail(done.stdout + done.stderr)}",
        "Building the pages failed; put it right and run the same command again.",
    )


def compile_translations() -> None:
    """Compile every `.po` that is newer than its `.mo`; the gettext programs are not needed."""
    stale = [po for po in LOCALE.glob("*/LC_MESSAGES/*.po") if is_stale(po)]
    if stale:
        code = "import sys, polib\nfor po in sys.argv[1:]: polib.pofile(po).save_as_mofile(po[:-2] + 'mo')"
        subprocess.run([str(PYTHON), "-c", code, *map(str, stale)], check=True)


def is_stale(po: Path) -> bool:
    """Whether the compiled file is missing or older."""
    mo = po.with_suffix(".mo")
    return not mo.exists() or mo.stat().st_mtime <= po.stat().st_mtime


# --- stamps ----------------------------------------------------------------------------------------------------------


def files_in(folder: Path) -> list[Path]:
    """Every file under a folder, in a stable order."""
    return sorted(f for f in folder.rglob("*") if f.is_file())


def digest(files: Iterable[Path]) -> str:
    """One digest of the names and contents of the project's files."""
    return digest_under(ROOT, files)


def digest_under(folder: Path, files: Iterable[Path]) -> str:
    """One digest of the names, as seen from `folder`, and contents of files; one that is not there counts as absent."""
    total = hashlib.sha256()
    for file in sorted(set(files)):
        if file.exists():
            total.update(os.path.relpath(file, folder).encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()


def read_stamp(path: Path) -> dict[str, str]:
    """What the stamp says, or nothing."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_stamp(path: Path, made: dict[str, str]) -> None:
    """Write a stamp whole: first beside, then in place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(made))
    fresh.replace(path)


def runs(python: Path) -> bool:
    """Whether the environment's Python still starts (its base may have been removed or upgraded)."""
    return subprocess.run([str(python), "-c", "import pip"], capture_output=True, check=False).returncode == 0


def tail(text: str, lines: int = 15) -> str:
    """The last lines of a program's complaint."""
    return "\n".join(text.strip().splitlines()[-lines:])


if __name__ == "__main__":
    main(sys.argv[1:])

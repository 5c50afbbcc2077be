"""`./anlan doctor`: what this machine has, what is missing and how to get it. Runs before anything is installed.

The standard library only, as for `bootstrap`. It looks and never changes anything.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from anlan.site import bootstrap


@dataclass(frozen=True)
class Finding:
    """One thing looked at: fine, wanted for some purpose, or missing."""

    zh: str
    en: str
    state: str  # good | wish | bad
    seen: str
    remedy: str = ""


def main(words: list[str]) -> int:
    """Print the findings; the status is 1 if something is missing without which `./anlan up` cannot run."""
    parser = argparse.ArgumentParser(
        prog="anlan doctor", description="检查本机缺少什么\nsay what is missing here"
    )
    parser.add_argument("--port", type=int, default=8000, help="要使用的端口 / the port to be used (8000)")
    options = parser.parse_args(words)
    worst = 0
    for look in (
        _python,
        _venv_module,
        _node,
        _room,
        _folder,
        _libraries,
        _packages,
        _pages,
        _chromium,
        _fonts,
    ):
        for finding in look():
            worst = max(worst, _show(finding))
    worst = max(worst, _show(_port(options.port)))
    print(
        "\n可以运行 ./anlan up / ready for ./anlan up"
        if not worst
        else "\n请先解决 ✗ / put right what is marked ✗"
    )
    return worst


def _show(finding: Finding) -> int:
    mark = {"good": "✓", "wish": "○", "bad": "✗"}[finding.state]
    print(f"{mark} {finding.zh} / {finding.en}: {finding.seen}")
    if finding.state != "good" and finding.remedy:
        print(f"    → {finding.remedy}")
    return int(finding.state == "bad")


def _python() -> Iterator[Finding]:
    yield Finding("Python", "Python", "good", sys.version.split()[0])


def _venv_module() -> Iterator[Finding]:
    found = importlib.util.find_spec("ensurepip") is not None or bootstrap.PYTHON.exists()
    state = "good" if found else "bad"
    yield Finding(
        "虚拟环境模块", "venv module", state, "✓" if found else "-", "sudo apt-get install python3-venv"
    )


def _node() -> Iterator[Finding]:
    node, npm = shutil.which("node"), shutil.which("npm")
    version = ""
    if node:
        version = subprocess.run(
            [node, "--version"], capture_output=True, text=True, check=False
        ).stdout.strip()
    good = bool(npm) and bootstrap.node_version(version) >= bootstrap.NODE_AT_LEAST
    remedy = "Node.js ≥ 20.19 + npm: nodejs.org, or Debian's backports: apt-get install nodejs npm"
    yield Finding("Node.js 与 npm", "Node.js and npm", "good" if good else "bad", version or "-", remedy)


def _room() -> Iterator[Finding]:
    free = shutil.disk_usage(bootstrap.ROOT).free
    state = "good" if free > bootstrap.ROOM_NEEDED else "bad"
    yield Finding("可用磁盘", "free disk", state, f"{free / 1e9:.1f} GB", "≥ 1.5 GB")


def _folder() -> Iterator[Finding]:
    state = "good" if os.access(bootstrap.ROOT, os.W_OK) else "bad"
    yield Finding(
        "项目目录可写",
        "folder writable",
        state,
        str(bootstrap.ROOT),
        "cp -r 到可写目录 / copy it to your home",
    )


def _libraries() -> Iterator[Finding]:
    system = os.uname()
    state = "good" if system.sysname == "Linux" and system.machine in ("x86_64", "aarch64") else "bad"
    seen = f"{system.sysname} {system.machine}"
    yield Finding("操作系统", "system", state, seen, "Linux x86_64 / aarch64 (glibc)")


def _packages() -> Iterator[Finding]:
    have = bootstrap.read_stamp(bootstrap.VENV / "anlan-stamp.json")
    wanted = bootstrap.digest([bootstrap.ROOT / "requirements" / "run.txt"])
    state = "good" if have.get("run") == wanted else "wish"
    yield Finding("软件包", "packages", state, ".venv", "./anlan up 会自动安装 / installs them by itself")


def _pages() -> Iterator[Finding]:
    built = (bootstrap.FRONTEND / "dist" / ".anlan-stamp.json").exists()
    yield Finding(
        "界面", "pages", "good" if built else "wish", "frontend/dist", "./anlan up 会自动编译 / builds them"
    )


def _chromium() -> Iterator[Finding]:
    found = shutil.which("chromium") or ""
    yield Finding(
        "Chromium（仅测试）",
        "Chromium (tests only)",
        "good" if found else "wish",
        found or "-",
        "sudo apt-get install chromium",
    )


def _fonts() -> Iterator[Finding]:
    lister: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run
    found = ""
    if shutil.which("fc-list"):
        found = lister(["fc-list", ":lang=zh", "family"], capture_output=True, text=True, check=False).stdout
    first = found.strip().splitlines()[0] if found.strip() else "-"
    state = "good" if found.strip() else "wish"
    yield Finding(
        "中文字体（仅测试截图）",
        "Chinese fonts (screenshots)",
        state,
        first,
        "sudo apt-get install fonts-noto-cjk",
    )


def _port(port: int) -> Finding:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return Finding("端口", "port", "wish", f"{port} 被占用 / in use", "./anlan up --port 8001")
    return Finding("端口", "port", "good", str(port))

"""Where the built islands lie: reads the manifest that Vite writes beside them; and where the pages of the office stand.

Addresses are not run through Django's own hashing: Vite has put a digest in every name, and its modules name each other.
"""

from __future__ import annotations

import json
import time
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import reverse


def _manifest() -> dict[str, Any]:
    # A page draws some sixty icons: whether the pages were built anew is asked once a second.
    return _found(str(settings.ANLAN_FRONTEND), int(time.monotonic()))


@lru_cache(maxsize=2)
def _found(folder: str, _second: int) -> dict[str, Any]:
    path = Path(folder) / "manifest.json"
    try:
        return _read(str(path), path.stat().st_mtime_ns)
    except OSError:
        return {}  # not built yet: pages work without islands


@lru_cache(maxsize=2)
def _read(path: str, _changed: int) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return loaded


def stamp() -> int:
    """Return what the built islands stand under: another number once they were built anew, 0 before they are built."""
    return _stamp(str(settings.ANLAN_FRONTEND), int(time.monotonic()))


@lru_cache(maxsize=2)
def _stamp(folder: str, _second: int) -> int:
    try:
        return (Path(folder) / "manifest.json").stat().st_mtime_ns
    except OSError:
        return 0


def _address(file: str) -> str:
    return f"{settings.STATIC_URL}{file}"


def entry(name: str) -> tuple[list[str], str, list[str]]:
    """Return (stylesheets, script, the parts it shares) of an entry such as ``main.ts``; empty when it was never built."""
    manifest = _manifest()
    found = manifest.get(f"src/{name}")
    if found is None:
        return [], "", []
    parts = dict.fromkeys(part for part in found.get("imports", []) if part in manifest)
    shared = [_address(manifest[part]["file"]) for part in parts]
    return [_address(sheet) for sheet in found.get("css", [])], _address(found["file"]), shared


@cache
def at(name: str, *arguments: str) -> str:
    """Return the address of a page of the office: a page names some fifty of them, and none moves while a process runs."""
    return reverse(f"office:{name}", args=arguments)


def ahead(name: str) -> tuple[list[str], list[str]]:
    """Return (stylesheets, scripts) of an island that a page will want, so that they are on their way before it asks."""
    manifest = _manifest()
    found = manifest.get(f"src/{name}")
    if found is None:
        return [], []
    parts, waiting = [found], list(found.get("imports", []))
    while waiting:
        part = manifest.get(waiting.pop(0), {})
        if part and part not in parts and not part.get("isEntry"):
            parts.append(part)
            waiting += part.get("imports", [])
    return [_address(sheet) for part in parts for sheet in part.get("css", [])], [
        _address(part["file"]) for part in parts
    ]


def icon_address(name: str) -> str:
    """Return the address of one icon in the sprite."""
    found = _manifest().get("icons.svg")
    return f"{_address(found['file'])}#{name}" if found else f"#{name}"

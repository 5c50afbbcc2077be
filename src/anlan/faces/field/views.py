"""The shell of the field app, its manifest, its worker and the list of files it keeps on the phone.

The shell holds no personal data and no session: a phone keeps it and opens it with no network. What changes with a release
is one stamp, in the worker's first line, so that phones notice a new release by themselves.
"""

from __future__ import annotations

import hashlib
import io
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from PIL import Image, ImageDraw

from anlan.faces.office import assets as built

ENTRY, WORKER = "field/main.ts", "field-worker.js"
SIZES = (192, 512)
GROUND, WAVE = "#0b5a62", "#e2eff0"


@require_safe
def shell(request: HttpRequest) -> HttpResponse:
    """Answer the one page of the app."""
    sheets, script, _shared = built.entry(ENTRY)
    answer = render(
        request, "field/shell.html", {"sheets": sheets, "script": script, "sprite": built.icon_address("")}
    )
    answer["Cache-Control"] = "no-cache"
    return answer


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """Answer the service worker, stamped with the release; it rules over /field/ alone."""
    built_worker = Path(settings.ANLAN_FRONTEND) / WORKER
    if not built_worker.exists():
        raise Http404
    code = built_worker.read_text(encoding="utf-8")
    answer = HttpResponse(f"/* {_stamp()} */\n{code}", content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    answer["Service-Worker-Allowed"] = reverse("field:shell")
    return answer


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """Answer what makes the app installable."""
    start = reverse("field:shell")
    icons = [
        {
            "src": reverse("field:icon", args=[size]),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": "any maskable",
        }
        for size in SIZES
    ]
    found = {
        "name": "安澜现场检查", "short_name": "现场检查", "lang": "zh-Hans", "start_url": start, "scope": start, "id": start,
        "display": "standalone", "orientation": "portrait", "background_color": "#f3f5f5", "theme_color": GROUND,
        "description": "没有网络也能用的现场检查应用 / Site visits that need no network", "icons": icons,
    }  # fmt: skip
    return JsonResponse(
        found, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False}
    )


@require_safe
def assets(request: HttpRequest) -> HttpResponse:
    """Answer the files the phone keeps, with the stamp of the release."""
    return JsonResponse({"stamp": _stamp(), "files": _files()})


@require_safe
def icon(request: HttpRequest, side: int) -> HttpResponse:
    """Answer the app's icon."""
    if side not in SIZES:
        raise Http404
    answer = HttpResponse(_drawn(side), content_type="image/png")
    answer["Cache-Control"] = "public, max-age=604800"
    return answer


def _manifest() -> dict[str, Any]:
    path = Path(settings.ANLAN_FRONTEND) / "manifest.json"
    try:
        read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        return {}
    return read


def _files() -> list[str]:
    """Return every file the app's own entry needs, those it loads later too, and the icons."""
    known, found = _manifest(), dict.fromkeys([reverse("field:shell")])
    waiting, seen = [f"src/{ENTRY}", "icons.svg"], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in known:
            continue
        seen.add(name)
        one = known[name]
        for file in (one["file"], *one.get("css", ())):
            found[f"{settings.STATIC_URL}{file}"] = None
        waiting += [*one.get("imports", ()), *one.get("dynamicImports", ())]
    found |= dict.fromkeys(
        [reverse("field:manifest"), *(reverse("field:icon", args=[size]) for size in SIZES)]
    )
    return list(found)


def _stamp() -> str:
    return hashlib.sha256("\n".join(_files()).encode()).hexdigest()[:12]


@lru_cache(maxsize=len(SIZES))
def _drawn(size: int) -> bytes:
    """Draw the icon: calm water under a shield's edge, in the accent colour; safe within a round mask."""
    picture = Image.new("RGB", (size, size), GROUND)
    pen, unit = ImageDraw.Draw(picture), size / 24
    for row, left in ((9, 6), (13, 5), (17, 7)):
        points = [
            (unit * (left + step), unit * (row + (0.9 if step % 4 in (1, 2) else -0.9)))
            for step in range(0, 14, 2)
        ]
        pen.line(points, fill=WAVE, width=round(unit * 1.4), joint="curve")
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()

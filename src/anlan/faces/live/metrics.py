"""`/metrics`: figures for Prometheus, told to this machine alone or to whoever carries the token of `ANLAN_METRICS_TOKEN`.

No figure names a person, a row or an address. Behind a proxy on the same machine every stranger comes from 127.0.0.1;
so a request that was forwarded, or that asks by the public name, is never taken for a local one.
"""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

from anlan.faces.live.figures import Figures

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_X_FORWARDED_PROTO", "HTTP_VIA")
OWN_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]", "testserver"})
LIVE_FILE = re.compile(r"gauge_live\w*_(\d+)\.db")
figures = Figures()


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer the figures of all processes of this installation, or 401."""
    if not may_read(request):
        body = {"type": "/problems/unauthenticated", "title": "需要令牌 / A token is needed", "status": 401}
        refusal = JsonResponse(
            body | {"code": "unauthenticated"}, status=401, content_type="application/problem+json"
        )
        refusal["WWW-Authenticate"] = 'Bearer realm="anlan-metrics"'
        return refusal
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry()), content_type=content_type)


def may_read(request: HttpRequest) -> bool:
    """Say whether the request carries the token or comes from this machine without a proxy between."""
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    token = str(settings.ANLAN_METRICS_TOKEN)
    if kind:
        return bool(token) and kind.lower() == "bearer" and constant_time_compare(given.strip(), token)
    return not token and _is_local(request)


def registry() -> CollectorRegistry:
    """Return what is to be told: of all processes where they share a folder, else of this one."""
    found = CollectorRegistry()
    folder = os.environ.get(FOLDER)
    if folder:
        forget_the_dead(Path(folder))
        MultiProcessCollector(found, path=folder)  # type: ignore[no-untyped-call]
    else:
        found.register(REGISTRY)
    found.register(figures)
    return found


def forget_the_dead(folder: Path) -> None:
    """Remove what ended processes said about the present; what they counted stays."""
    for file in folder.glob("gauge_live*.db"):
        match = LIVE_FILE.fullmatch(file.name)
        if match and not Path(f"/proc/{match[1]}").exists():
            file.unlink(missing_ok=True)


def _is_local(request: HttpRequest) -> bool:
    if any(name in request.META for name in FORWARDED):
        return False
    if request.get_host().rpartition(":")[0] not in OWN_NAMES and request.get_host() not in OWN_NAMES:
        return False
    try:
        return ipaddress.ip_address(str(request.META.get("REMOTE_ADDR", ""))).is_loopback
    except ValueError:
        return False

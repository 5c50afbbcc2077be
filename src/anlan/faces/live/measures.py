"""What this process counts about itself: requests by route, the database pool, open live lines.

Routes are named as in the URL conf, never by path, so that no identity of a row becomes a name of a series. With
``PROMETHEUS_MULTIPROC_DIR`` set (``./anlan up`` sets it) every process writes its own file there and any of them can
answer for all.
"""

from __future__ import annotations

import time
from typing import Any

from django.db import connection
from django.http import HttpRequest
from prometheus_client import Counter, Gauge, Histogram

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
POOL_EVERY_SECONDS = 1.0

REQUESTS = Counter("anlan_requests", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram(
    "anlan_request_seconds",
    "Seconds until the answer began",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
QUERIES = Counter("anlan_request_queries", "Questions put to the database while answering", ["route"])
LIVE_LINES = Gauge("anlan_live_connections", "Open live lines", multiprocess_mode="livesum")
POOL = Gauge("anlan_pool", "Connections of the database pool", ["what"], multiprocess_mode="livesum")
_POOL_FIGURES = {"pool_size": "open", "pool_available": "idle", "requests_waiting": "waiting"}
_pool_read_at = 0.0


def route_of(request: HttpRequest) -> str:
    """Return the name of the address that answered; "none" where nothing did."""
    match = request.resolver_match
    if match is None:
        return "none"
    return str(match.view_name or match.route)


def record(request: HttpRequest, status: int, seconds: float, queries: int) -> None:
    """Count one answered request."""
    route = route_of(request)
    method = request.method if request.method in METHODS else "OTHER"
    REQUESTS.labels(method, route, str(status)).inc()
    SECONDS.labels(route).observe(seconds)
    QUERIES.labels(route).inc(queries)
    _record_pool()


def _record_pool() -> None:
    """Read the pool of this process, at most once a second."""
    global _pool_read_at
    now = time.monotonic()
    if now - _pool_read_at < POOL_EVERY_SECONDS:
        return
    _pool_read_at = now
    pool: Any = getattr(connection, "pool", None)
    if pool is not None:
        found = pool.get_stats()
        for key, what in _POOL_FIGURES.items():
            POOL.labels(what).set(found.get(key, 0))

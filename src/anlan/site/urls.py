"""Which face answers which address. A face that is not installed is left out."""

from __future__ import annotations

import importlib.util

from django.urls import URLPattern, URLResolver, include, path

from anlan.faces.live.health import healthz, readyz
from anlan.faces.live.metrics import metrics


def _faces(*mounts: tuple[str, str]) -> list[URLPattern | URLResolver]:
    return [path(prefix, include(urls)) for prefix, urls in mounts if importlib.util.find_spec(urls)]


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    *_faces(
        ("api/v1/", "anlan.faces.api.urls"),
        ("live/", "anlan.faces.live.urls"),
        ("field/", "anlan.faces.field.urls"),
        ("", "anlan.faces.public.urls"),
        ("", "anlan.faces.office.urls"),
    ),
]

# Error pages say what happened, what was kept and what to do.
handler400 = "anlan.faces.office.errors.bad_request"
handler403 = "anlan.faces.office.errors.forbidden"
handler404 = "anlan.faces.office.errors.not_found"
handler500 = "anlan.faces.office.errors.failed"

"""Addresses of the API. Those of registers, loops and computations follow from their declarations."""

from __future__ import annotations

from django.urls import include, path, re_path

from anlan.faces.api.application import assembled, nowhere
from anlan.faces.api.readings import readings
from anlan.faces.api.uploads import upload, uploads

api = assembled()
patterns, _, namespace = api.urls

urlpatterns = [
    path("uploads/", uploads, name="api-uploads"),
    path("uploads/<uuid:upload_id>", upload, name="api-upload"),
    path("readings", readings, name="api-readings"),
    path("", include((patterns, "ninja"), namespace=namespace)),
    re_path(r"^(?P<rest>.*)$", nowhere),
]

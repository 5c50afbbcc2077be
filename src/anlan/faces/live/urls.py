"""The address of live events."""

from __future__ import annotations

from django.urls import path

from anlan.faces.live.events import live

urlpatterns = [path("", live, name="live")]

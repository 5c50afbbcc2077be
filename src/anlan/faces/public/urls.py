"""Addresses that need no account."""

from __future__ import annotations

from django.urls import path

from anlan.faces.public import rules

app_name = "public"

urlpatterns = [
    path("rules/", rules.index, name="rules"),
    path("rules", rules.index),
    path("rules/law/<slug:key>/", rules.law, name="law"),
    path("rules/<slug:name>/", rules.computation, name="rule"),
    path("rules/<slug:name>", rules.computation),
]

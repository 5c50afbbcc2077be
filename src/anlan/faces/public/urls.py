"""Addresses that need no account."""

from __future__ import annotations

from django.conf import settings
from django.urls import path

from anlan.faces.public import figures, open_pages, policy, rules, verify_case

app_name = "public"

_figures = open_pages.limited(figures.show, "figures")

urlpatterns = [
    path("verify-case/", verify_case.check, name="verify-case"),
    path("verify-case", verify_case.check),
    path("policy/", policy.show, name="policy"),
    path("policy", policy.show),
    path("policy/export", policy.export, name="policy-export"),
    path("figures/", _figures, name="figures"),
    path("figures", _figures),
    path("rules/", rules.index, name="rules"),
    path("rules", rules.index),
    path("rules/law/<slug:key>/", rules.law, name="law"),
    path("rules/<slug:name>/", rules.computation, name="rule"),
    path("rules/<slug:name>", rules.computation),
    *open_pages.urls(settings.ANLAN_DOMAINS),
]

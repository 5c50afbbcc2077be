"""Addresses of the field app. They say nothing about anybody: the shell is the same for every phone."""

from __future__ import annotations

from django.urls import path

from anlan.faces.field import views

app_name = "field"

urlpatterns = [
    path("", views.shell, name="shell"),
    path("worker.js", views.worker, name="worker"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("assets.json", views.assets, name="assets"),
    path("icon-<int:side>.png", views.icon, name="icon"),
]

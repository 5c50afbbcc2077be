"""The base tiles under our own shapes, as pages are told of them. None are needed; an operator may set some (docs/map.md)."""

from __future__ import annotations

from django.conf import settings


def base_layer() -> dict[str, str]:
    """Return what pages are told of the base tiles; empty when there are none."""
    if not settings.ANLAN_MAP_TILES:
        return {}
    return {
        "tiles": " ".join(settings.ANLAN_MAP_TILES),
        "attribution": settings.ANLAN_MAP_ATTRIBUTION,
        "system": settings.ANLAN_MAP_SYSTEM,
    }

"""The county boundaries of the city pack with their source, for every door that draws them; read anew when a file changes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from anlan.kernel.scope.pack import boundaries
from anlan.kernel.scope.pack_files import rows


def counties() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the shapes as a FeatureCollection and the note on their source; raises PackError. Nobody changes them."""
    folder = Path(settings.ANLAN_CITIES) / settings.ANLAN_CITY
    return _read(folder, _stamp(folder))


@lru_cache(maxsize=2)
def _read(folder: Path, stamp: float) -> tuple[dict[str, Any], dict[str, Any]]:
    shapes, source = boundaries(folder)
    english = {row["code"]: row["name_en"] for _, row in rows(folder, "territories.csv", "code name_en")}
    for one in shapes["features"]:
        one["properties"].setdefault("name_en", english.get(str(one["properties"]["code"]), ""))
    return shapes, source


def _stamp(folder: Path) -> float:
    files = [*folder.glob("boundaries/*.geojson"), folder / "pack.yaml"]
    return max((file.stat().st_mtime for file in files if file.exists()), default=0.0)

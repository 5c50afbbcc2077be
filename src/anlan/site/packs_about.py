"""What `pack.yaml` says of a city, read without Django: its names, and whether it is a province."""

from __future__ import annotations

from typing import Any

import yaml

from anlan.site import cities


def about(name: str) -> dict[str, Any]:
    """Return what the pack says of itself; empty when it cannot be read (the loader then says what is wrong)."""
    try:
        read = yaml.safe_load((cities.packs_folder() / name / "pack.yaml").read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return {}
    return read if isinstance(read, dict) else {}


def names(name: str) -> dict[str, str]:
    """Return the city's name in both languages."""
    told = about(name).get("name")
    told = told if isinstance(told, dict) else {}
    return {language: str(told.get(language) or name) for language in ("zh", "en")}


def is_province(name: str) -> bool:
    """Say whether the pack is a province's: it reads the roll-ups of its cities and keeps none of their rows."""
    return about(name).get("kind") == "province"

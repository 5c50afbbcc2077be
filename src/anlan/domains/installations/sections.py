"""Parts of pages that the generic ones cannot give."""

from __future__ import annotations

from typing import Any

from anlan.kernel.registers.declaration import Section


def add_to_enterprises() -> None:
    """Show the installations on every enterprise's page."""


def of_installation(row: Any, actor: Any) -> list[Section]:
    return []


def of_keeper(row: Any, actor: Any) -> list[Section]:
    return []


def of_commitment(row: Any, actor: Any) -> list[Section]:
    return []

"""Notices (通知): who is told what, where and when: in the office at once, by mail and webhook as each person chose.

A notice is addressed to a post, so that it moves with the work; it says that something awaits, never what stands in the
matter. Written in the same transaction as the step; what leaves the platform is sent by the worker and is a row with its
attempts. Serves article 15 (the responsible are told, in time) and every later matter.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anlan.kernel.notices.models import Notice
    from anlan.kernel.notices.noting import note, notice
    from anlan.kernel.notices.reading import mark_read, notices_for, unread_count

__all__ = ["Notice", "mark_read", "note", "notice", "notices_for", "unread_count"]

_PLACES = {
    "Notice": "models",
    "mark_read": "reading",
    "note": "noting",
    "notice": "noting",
    "notices_for": "reading",
    "unread_count": "reading",
}


def __getattr__(name: str) -> Any:
    # Loaded when asked for: models wait for Django's apps.
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)

"""The door of the second process of an import: it opens before Django's apps are loaded, so nothing else stands here."""

from __future__ import annotations

import pickle
from multiprocessing.connection import Connection


def serve(pipe: Connection, told: bytes) -> None:
    """Load the apps, then prepare what was told (``preparing``) into the pipe."""
    import django

    django.setup()
    from anlan.kernel.spreadsheets.preparing import prepare_all

    prepare_all(pipe, pickle.loads(told))  # noqa: S301 (from our own process)

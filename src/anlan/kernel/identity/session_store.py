"""The store of sessions in the database, as Django keeps it, read by a question that is written out.

Every request reads its session; nothing is kept between requests, so one that was ended is gone at once.
"""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import connection
from django.utils import timezone

_LIVE = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(DatabaseStore):
    """Sessions in ``django_session``."""

    def load(self) -> dict[str, Any]:
        """Return what the session holds; nothing, and no key, where it ended or never was."""
        with connection.cursor() as cursor:
            cursor.execute(_LIVE, [self.session_key, timezone.now()])
            found = cursor.fetchone()
        if found is None:
            self._session_key = None
            return {}
        held: dict[str, Any] = self.decode(found[0])
        return held

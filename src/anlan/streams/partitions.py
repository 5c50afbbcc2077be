"""Makes the partitions of coming days and drops those of days past: retention is a matter of whole tables, not of rows."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import connection, transaction

from anlan.kernel import clock

AHEAD_DAYS = 3
RAW_DAYS = 1
DAYS_IN_MONTH = 31


def make(*days: date) -> None:
    """Make what is missing for these days."""
    with transaction.atomic(), connection.cursor() as cursor:
        for day in days:
            for kind in ("journal", "hour", "roll"):
                cursor.execute("SELECT streams_make_partitions(%s, %s)", [kind, day])


def tend() -> int:
    """Make the partitions of the next days, drop what is past its time; returns how many were dropped."""
    today = clock.now().date()
    make(*(today + timedelta(days=n) for n in range(AHEAD_DAYS)), today + timedelta(days=DAYS_IN_MONTH))
    kept = {
        "journal": RAW_DAYS,
        "hour": settings.ANLAN_READING_DAYS,
        "roll": settings.ANLAN_ROLL_DAYS,
    }
    dropped = 0
    with connection.cursor() as cursor:
        for kind, days in kept.items():
            cursor.execute("SELECT streams_drop_partitions(%s, %s)", [kind, today - timedelta(days=days)])
            dropped += cursor.fetchone()[0]
    return dropped

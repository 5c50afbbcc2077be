"""How urgent a duty is: overdue, due today, due within a week, later. What is paused or has no term comes later."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from anlan.kernel import clock
from anlan.kernel.loops.due import end_of
from anlan.kernel.words import Words

URGENCIES = {
    "overdue": Words("已逾期", "Overdue"),
    "today": Words("今日到期", "Due today"),
    "week": Words("七日内到期", "Due within seven days"),
    "later": Words("以后", "Later"),
}


def ends(now: datetime) -> tuple[datetime, datetime]:
    """Return the end of today and of the week that begins with it."""
    today = now.astimezone(clock.CHINA).date()
    return end_of(today), end_of(today + timedelta(days=7))


def conditions(now: datetime) -> dict[str, list[Q]]:
    """Return what each urgency holds, as the database is asked: no duty meets two conditions."""
    tonight, week = ends(now)
    runs = Q(paused_at=None, due_at__isnull=False)
    return {
        "overdue": [runs & Q(due_at__lt=now)],
        "today": [runs & Q(due_at__gte=now, due_at__lte=tonight)],
        "week": [runs & Q(due_at__gt=tonight, due_at__lte=week)],
        "later": [runs & Q(due_at__gt=week), ~runs],
    }


def urgency_of(due_at: datetime | None, paused_at: datetime | None, now: datetime) -> str:
    """Return how urgent a duty is."""
    if due_at is None or paused_at is not None:
        return "later"
    tonight, week = ends(now)
    if due_at < now:
        return "overdue"
    if due_at <= tonight:
        return "today"
    return "week" if due_at <= week else "later"

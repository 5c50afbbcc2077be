"""Tidying: old notices and old messages are removed after a while, in small portions; the ledger keeps what was done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from anlan.kernel import clock
from anlan.kernel.notices.leaving import FAILED, WAITING, Outward, OutwardItem
from anlan.kernel.notices.told import Notice

DAYS = 400
PORTION = 2000


def tidy() -> int:
    """Remove notices and messages older than ANLAN_NOTICE_DAYS (400); what still waits to be sent stays."""
    before = clock.now() - timedelta(days=int(getattr(settings, "ANLAN_NOTICE_DAYS", DAYS)))
    removed = 0
    waiting = OutwardItem.objects.filter(outward__state__in=[WAITING, FAILED]).values("notice_id")
    kinds: tuple[QuerySet[Any], ...] = (
        Outward.objects.filter(made_at__lt=before).exclude(state__in=[WAITING, FAILED]),
        Notice.objects.filter(made_at__lt=before, spread_at__isnull=False).exclude(pk__in=waiting),
    )
    for rows in kinds:
        while ids := list(rows.values_list("pk", flat=True)[:PORTION]):
            rows.model.objects.filter(pk__in=ids).delete()
            removed += len(ids)
    return removed

"""What a demonstration leaves behind in the tables of notices, those that lean on others first."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from anlan.kernel.notices.models import (
    Absence,
    Attempt,
    Notice,
    NoticeRead,
    Outward,
    OutwardItem,
    Preference,
    Receiver,
)


def demonstration() -> list[QuerySet[Any]]:
    """Return the rows of demonstration people and matters, in the order in which they can be removed."""
    messages = Outward.objects.filter(
        Q(is_demo=True)
        | Q(person__is_demo=True)
        | Q(receiver__is_demo=True)
        | Q(receiver__made_by__is_demo=True)
    ).values("pk")
    notices = Notice.objects.filter(Q(is_demo=True) | Q(person__is_demo=True)).values("pk")
    return [
        Attempt.objects.filter(outward__in=messages),
        OutwardItem.objects.filter(Q(outward__in=messages) | Q(notice__in=notices)),
        Outward.objects.filter(pk__in=messages),
        Receiver.objects.filter(Q(is_demo=True) | Q(made_by__is_demo=True) | Q(person__is_demo=True)),
        NoticeRead.objects.filter(Q(person__is_demo=True) | Q(notice__in=notices)),
        Notice.objects.filter(pk__in=notices),
        Preference.objects.filter(person__is_demo=True),
        Absence.objects.filter(Q(person__is_demo=True) | Q(substitute__is_demo=True)),
    ]

"""Several counts in one question: each as if asked alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from anlan.kernel.loops.awaiting import duties_for
from anlan.kernel.notices.reading import own_unread, standing_in, unread_count
from anlan.kernel.scope.models import Territory
from anlan.kernel.scope.together import counted_together

pytestmark = pytest.mark.django_db


def test_each_count_is_its_own(city: Any) -> None:
    for _ in range(3):
        city.reports()
    rows = [
        Territory.objects.all(),
        Territory.objects.none(),
        Territory.objects.filter(level="county")[:1],
        duties_for(city.officer).order_by("due_at")[:2],
        own_unread(city.officer),
        standing_in(city.officer),
    ]
    alone = [one.count() for one in rows]
    with CaptureQueriesContext(connection) as asked:
        assert counted_together(*rows) == alone
    assert len(asked) == 1
    assert alone[2:4] == [1, 2]
    assert alone[4] == unread_count(city.officer) == 3


def test_nothing_at_all_is_nothing(city: Any) -> None:
    assert counted_together(Territory.objects.none()) == [0]

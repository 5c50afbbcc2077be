"""Several counts in one question: each equals the number of the rows it means."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from anlan.kernel import clock
from anlan.kernel.identity.asking import any_demonstration
from anlan.kernel.identity.models import Account
from anlan.kernel.loops.awaiting import duties_for
from anlan.kernel.loops.models import Duty, awaiting_counted
from anlan.kernel.notices.chosen import Absence
from anlan.kernel.notices.reading import (
    mark_read,
    notices_for,
    own_unread,
    standing_in,
    stood_in_for,
    unread_count,
)
from anlan.kernel.scope import CLOCK, NOBODY
from anlan.kernel.scope.together import NONE, Counted, counted_together

pytestmark = pytest.mark.django_db
MANY = 999


def test_each_count_is_its_own_and_all_are_one_question(city: Any) -> None:
    for _ in range(3):
        city.reports()
    parts = [
        NONE,
        Counted("FROM scope_territory WHERE level = %s", ["county"], 1),
        awaiting_counted(city.officer, 2),
        own_unread(city.officer),
        standing_in(city.officer),
    ]
    with CaptureQueriesContext(connection) as asked:
        assert counted_together(*parts) == [0, 1, 2, 3, 0]
    assert len(asked) == 1


def test_what_is_awaited_and_new_is_counted_as_the_rows_say(city: Any) -> None:
    for _ in range(3):
        city.reports()
    Duty.objects.filter(pk=Duty.objects.filter(done_at=None).values("pk")[:1]).update(done_at=clock.now())
    people = (city.officer, city.far_officer, city.grid_inspector, city.safety_officer, city.main_person)
    seen = set()
    for actor in people:
        found = counted_together(awaiting_counted(actor, MANY), own_unread(actor), standing_in(actor))
        assert found == [duties_for(actor).count(), unread_count(actor), 0]
        seen.add(tuple(found))
    assert len(seen) > 1
    mark_read(city.officer, [notices_for(city.officer).values_list("pk", flat=True)[0]])
    assert counted_together(own_unread(city.officer)) == [unread_count(city.officer)] == [2]


def test_old_notices_and_ones_own_acts_are_not_new(city: Any) -> None:
    city.reports()
    city.reports()
    first, second = notices_for(city.officer)[:2]
    type(first).objects.filter(pk=first.pk).update(made_at=clock.now() - timedelta(days=31))
    type(first).objects.filter(pk=second.pk).update(by_person=city.officer.person_id)
    assert counted_together(own_unread(city.officer)) == [unread_count(city.officer)] == [0]


def test_an_absence_counts_while_it_lasts(city: Any) -> None:
    today, officer = clock.today(), city.officer
    absence = Absence.objects.create(
        person_id=city.far_officer.person_id, substitute_id=officer.person_id, since=today, until=today,
        made_at=clock.now(),
    )  # fmt: skip
    assert counted_together(standing_in(officer)) == [len(stood_in_for(officer.person_id, today))] == [1]
    Absence.objects.filter(pk=absence.pk).update(ended_at=clock.now())
    assert counted_together(standing_in(officer)) == [len(stood_in_for(officer.person_id, today))] == [0]


def test_nobody_and_the_clock_are_awaited_nowhere(city: Any) -> None:
    city.reports()
    for actor in (NOBODY, CLOCK):
        found = counted_together(awaiting_counted(actor, MANY), own_unread(actor), standing_in(actor))
        assert found == [0, 0, 0]


def test_a_demonstration_is_told_from_none(city: Any) -> None:
    Account.objects.update(is_demo=False)
    assert counted_together(any_demonstration()) == [0]
    Account.objects.update(is_demo=True)
    assert counted_together(any_demonstration()) == [1]

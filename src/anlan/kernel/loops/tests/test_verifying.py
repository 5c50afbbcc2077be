"""A row changed behind the engine's back is found, and so is a tail removed before it was anchored."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from anlan.kernel import ledger
from anlan.kernel.loops.models import Duty
from anlan.kernel.loops.verifying import verify_matters

pytestmark = pytest.mark.django_db


def faults() -> list[tuple[str, str]]:
    return [(finding.what, finding.number) for finding in verify_matters()]


def test_rows_ledger_and_duties_agree(city: Any) -> None:
    danger = city.reports()
    assert faults() == []
    rows = type(danger).unscoped("a test changes a row behind the engine's back").filter(pk=danger.pk)
    rows.update(state="closed")
    assert faults() == [("state", danger.number)]
    rows.update(state=danger.state)
    Duty.objects.filter(matter_id=danger.pk).delete()
    assert faults() == [("duty_missing", danger.number)]


def test_a_tail_removed_before_it_was_anchored(city: Any) -> None:
    danger = city.reports()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM ledger_entry WHERE chain = %s", [danger.pk])
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert ledger.verify().sound
    assert faults() == [("unwritten", danger.number)]

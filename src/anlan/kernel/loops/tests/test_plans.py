"""The hot questions to the database are answered by an index; seen with sequential scans made dear, as in a large table."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel.registers.listing import Listing


@pytest.fixture
def dear_scans(city: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    return city


def plan_of(rows: Any) -> str:
    return str(rows.explain(costs=False))


def test_what_is_assigned_beyond_grants_takes_no_row_by_row_filter(dear_scans: Any) -> None:
    plan = plan_of(HiddenDanger.seen_by(dear_scans.officer))
    assert "InitPlan" in plan
    assert "hashed SubPlan" not in plan


def test_a_deep_page_begins_in_the_index_where_the_page_before_ended(dear_scans: Any) -> None:
    from anlan.kernel import clock
    from anlan.kernel.ids import new_id

    loop = HiddenDanger.loop
    listing = Listing(HiddenDanger, dear_scans.officer, loop.facets, loop.sorts, loop.order)
    cursor = (clock.now().isoformat(), str(new_id()))
    rows = HiddenDanger.unscoped("the plan of a page")
    plan = plan_of(listing._ordered(rows, "-opened_at", cursor, backward=False)[:51])
    assert "Index Scan" in plan
    assert "opened_at <=" in plan.split("Index Cond")[1]


@pytest.mark.parametrize("sort", ["due_at", "-due_at"])
def test_an_order_by_a_column_that_may_be_empty_is_read_off_an_index(dear_scans: Any, sort: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_bitmapscan = off")  # of few rows the cheaper way to the same index
    rows = HiddenDanger.unscoped("the plan of a page").filter(due_at__isnull=False)
    order = [sort, "-pk" if sort.startswith("-") else "pk"]
    plan = plan_of(rows.order_by(*order)[:51])
    assert "hiddendanger_due" in plan
    assert "Sort" not in plan

"""Alternatives written as SQL: the same rows as the same condition put together of ``Q`` objects."""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from typing import Any

import pytest
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from anlan.kernel.loops.models import Duty
from anlan.kernel.scope.alternatives import Alternatives, beneath
from anlan.kernel.scope.models import Territory
from anlan.kernel.scope.territory import under

pytestmark = pytest.mark.django_db

LOOKUPS = {"=": "exact", "<": "lt", ">": "gt", "<=": "lte", ">=": "gte", "in": "in"}
TEXT = some.sampled_from(
    ["county", "city", "township", "village", "/22/2201/", "/22/2201/220102/", "", "'", "%s"]
)
COMPARISON = some.one_of(
    some.tuples(
        some.sampled_from(["path", "level", "name"]), some.sampled_from(["=", "<", ">", "<=", ">="]), TEXT
    ),
    some.tuples(some.just("level"), some.just("in"), some.lists(TEXT, min_size=1, max_size=3)),
    some.tuples(some.sampled_from(["parent", "valid_to"]), some.just("null"), some.none()),
)


def _q(comparison: tuple[str, str, Any]) -> Q:
    name, how, value = comparison
    return Q(**{f"{name}__isnull": True}) if how == "null" else Q(**{f"{name}__{LOOKUPS[how]}": value})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ways=some.lists(some.lists(COMPARISON, min_size=1, max_size=4), min_size=1, max_size=4))
def test_the_same_rows_as_by_q_objects(city: Any, ways: list[list[tuple[str, str, Any]]]) -> None:
    plain = reduce(or_, (reduce(and_, map(_q, way)) for way in ways))
    rows, beside = Territory.objects.order_by("pk"), Q(level="city")
    assert list(rows.filter(Alternatives(ways))) == list(rows.filter(plain))
    assert list(rows.filter(Q(Alternatives(ways)) | beside)) == list(rows.filter(plain | beside))
    assert list(rows.filter(beside & Q(Alternatives(ways)))) == list(rows.filter(plain & beside))


def test_paths_beneath(city: Any) -> None:
    for place in Territory.objects.all():
        rows = Territory.objects.filter(Alternatives([beneath(place.path)]))
        assert set(rows) == set(Territory.objects.filter(under(place.path)))


def test_an_array_that_holds(city: Any) -> None:
    city.reports()
    for kind in ("county_officer", "worker", "none of these"):
        written = Duty.objects.filter(Alternatives([[("kinds", "holds", kind), ("post", "null", None)]]))
        assert set(written) == set(Duty.objects.filter(kinds__contains=[kind], post=None))

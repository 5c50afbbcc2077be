"""The tree in memory: it answers as the table does, and no write to the table leaves it behind."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from anlan.kernel import clock
from anlan.kernel.scope.models import Territory, TreeStamp, ZoneMember
from anlan.kernel.scope.tree import renew_stamp, tree

pytestmark = pytest.mark.django_db


def test_it_is_read_once_and_asked_by_one_question(city: Any) -> None:
    first = tree()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert tree() is first
    assert len(asked) == 1


def test_it_answers_as_the_table_does(city: Any) -> None:
    places = tree()
    for row in Territory.objects.all():
        assert places.at(row.path) == row
        assert places.of_id(row.pk) == row
        assert places.above(row) == list(row.ancestors())
        assert row.known_below is None
        if row.level != "zone":
            assert places.below(row) == list(row.children.exclude(level="village").order_by("path"))
    assert places.at("") is None
    assert places.of_id("no id") is None
    assert places.first_of("city") == Territory.objects.filter(level="city").order_by("path").first()
    village = Territory.objects.filter(level="village").first()
    assert village is not None
    county = places.county_of(village.path)
    assert county is not None
    assert village.path.startswith(county.path)


def test_a_renamed_a_new_and_a_removed_place_show_at_once(city: Any) -> None:
    county = next(row for row in tree() if row.level == "county")
    Territory.objects.filter(pk=county.pk).update(name="新名区")
    assert tree().of_id(county.pk).name == "新名区"  # type: ignore[union-attr]
    made = Territory.objects.create(
        segment="999001",
        path=f"{county.path}999001/",
        code="999001",
        name="新街道",
        level="township",
        parent=county,
    )
    assert made in tree().below(county)
    made.delete()
    assert made not in tree().below(county)


def test_what_was_rolled_back_is_not_remembered(city: Any) -> None:
    county = next(row for row in tree() if row.level == "county")
    with transaction.atomic():
        Territory.objects.filter(pk=county.pk).update(name="未定区")
        assert tree().of_id(county.pk).name == "未定区"  # type: ignore[union-attr]
        transaction.set_rollback(True)
    assert tree().of_id(county.pk).name == county.name  # type: ignore[union-attr]


def test_members_of_a_zone_come_and_go_with_their_dates(city: Any) -> None:
    county = next(row for row in tree() if row.level == "county")
    zone = Territory.objects.create(
        segment="999002",
        path=f"{county.parent.path}999002/",
        code="999002",
        name="新区",
        level="zone",
        parent=county.parent,  # type: ignore[union-attr]
    )
    assert tree().of_id(zone.pk).prefixes() == [zone.path]  # type: ignore[union-attr]
    member = ZoneMember.objects.create(zone=zone, territory=county)
    for prefixes in (zone.prefixes(), tree().of_id(zone.pk).prefixes()):  # type: ignore[union-attr]
        assert prefixes == [zone.path, county.path]
    ZoneMember.objects.filter(pk=member.pk).update(valid_to=clock.today())
    known = tree().of_id(zone.pk)
    assert known is not None
    assert known.prefixes() == [zone.path, county.path]  # its last day
    assert known.prefixes(clock.today().replace(year=clock.today().year + 1)) == [zone.path]
    assert tree().below(zone) == []


def test_without_a_stamp_the_table_is_read_every_time(city: Any) -> None:
    county = next(row for row in tree() if row.level == "county")
    TreeStamp.objects.all().delete()
    assert tree() is not tree()
    renew_stamp()
    assert tree() is tree()
    assert tree().of_id(county.pk) == county

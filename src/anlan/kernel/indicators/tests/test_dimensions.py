"""Figures along sector, party and scale; zones that gain a place; how few rows are few; what cannot be computed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import clock
from anlan.kernel.clock.periods import month
from anlan.kernel.indicators import (
    Indicator,
    Measured,
    figure,
    figures,
    indicator_named,
    indicators,
    rolling,
    rows_behind,
)
from anlan.kernel.indicators.counting import Reach
from anlan.kernel.indicators.dimensions import PARTY, SECTOR, Only, dimension_named, dimensions_of
from anlan.kernel.indicators.lists import list_of
from anlan.kernel.indicators.reading import by_dimension
from anlan.kernel.scope.models import Territory, ZoneMember

pytestmark = pytest.mark.django_db


def named(slug: str) -> Indicator:
    found = indicator_named(slug)
    assert found is not None
    return found


def opened(found: Measured, actor: Any) -> int:
    """How many rows the list behind a figure shows to its reader."""
    behind = rows_behind(found)
    return int(list_of(behind.slug).rows(actor, dict(QueryDict(behind.query).lists())).count())


@pytest.fixture
def dangers(city: Any) -> None:
    for n in range(3):
        city.reports(description=f"第{n}处")
    city.reports(at=city.far_shop, by=city.far_officer)
    Enterprise.unscoped("a test").filter(pk=city.workshop.pk).update(scale="large")
    while rolling.roll_up():
        pass


@pytest.mark.parametrize("name", ["sector", "party", "scale"])
def test_a_figure_along_a_dimension_adds_up_and_each_opens_its_rows(
    city: Any, dangers: None, name: str
) -> None:
    dimension = dimension_named(name)
    assert dimension is not None
    for actor in (city.city_leader, city.officer):
        for slug in ("dangers-found", "dangers-open", "rectification-rate"):
            whole = figure(named(slug), actor, month(clock.today()))
            lines = by_dimension(named(slug), actor, month(clock.today()), None, dimension)
            assert lines, (slug, name)
            assert sum(found.rows for _, _, found in lines) == whole.rows
            for _, words, found in lines:
                assert words.zh
                assert words.en
                assert opened(found, actor) == found.rows


def test_a_sector_is_read_from_the_roll_up_and_equals_the_rows(city: Any, dangers: None) -> None:
    for actor in (city.city_leader, city.officer):
        for value in {row.sector for row in HiddenDanger.unscoped("a test")}:
            reach = Reach(actor, None, Only(((SECTOR.name, value),)))
            assert reach.rolled("hidden_dangers") is not None
            found = figures([named("dangers-open")], actor, month(clock.today()), None, reach.only)[
                "dangers-open"
            ]
            assert found.rows == HiddenDanger.seen_by(actor).filter(sector=value, closed_at=None).count()


def test_the_people_of_an_enterprise_read_their_own_figures_and_nobody_elses(
    city: Any, dangers: None
) -> None:
    own = Only(((PARTY.name, str(city.workshop.holder_id)),))
    other = Only(((PARTY.name, str(city.far_shop.holder_id)),))
    one, now = named("dangers-open"), month(clock.today())
    assert figures([one], city.main_person, now, None, own)[one.slug].rows == 3
    assert figures([one], city.main_person, now, None, other)[one.slug].rows == 0
    assert figures([one], city.officer, now, None, other)[one.slug].rows == 0
    assert figures([one], city.city_leader, now, None, other)[one.slug].rows == 1


def test_a_rate_and_what_narrows_already_offer_no_such_dimension() -> None:
    assert list(dimensions_of(named("deaths-per-gdp"))) == []
    assert "scale" not in {one.name for one in dimensions_of(named("enterprises-large"))}
    assert {one.name for one in dimensions_of(named("dangers-found"))} == {"sector", "party", "scale"}


def test_every_figure_that_is_counted_is_counted_for_one_body_too() -> None:
    without = [
        one.slug
        for one in indicators()
        if not (one.is_yearly or one.is_declared) and PARTY not in list(dimensions_of(one))
    ]
    assert without == []


def test_a_zone_that_gains_or_loses_a_place_takes_its_figures_along(city: Any, dangers: None) -> None:
    zone = Territory.objects.create(
        code="2201990001", name="试验区", level="zone", parent=city.city, path=f"{city.city.path}2201990001/"
    )
    place = city.workshop.territory.ancestors().get(level="county")
    now, one = month(clock.today()), named("dangers-open")

    def rolled() -> int:
        while rolling.roll_up():
            pass
        assert rolling.verify() == ""
        return figure(one, city.city_leader, now, zone).rows

    assert rolled() == 0
    member = ZoneMember.objects.create(zone=zone, territory=place, valid_from=clock.today())
    assert rolled() == 3
    member.valid_to = clock.today()
    member.save()
    city.clock.forward(timedelta(days=1))  # it ends because a day passes, without any act
    assert rolled() == 0


def measured(slug: str, value: str, rows: int, base: str | None) -> Measured:
    below = None if base is None else Decimal(base)
    return Measured(named(slug), month(clock.today()), None, Decimal(value), rows, below)


def test_a_rate_is_small_by_its_cases_and_a_ratio_by_what_stands_below() -> None:
    assert measured("deaths-per-employees", "0.2", 3, "1300000").is_small
    assert not measured("deaths-per-employees", "2", 40, "1300000").is_small
    assert measured("rectification-rate", "50", 2, "4").is_small
    assert not measured("rectification-rate", "1", 4, "400").is_small
    assert not measured("dangers-found", "3", 3, None).is_small


def test_a_sum_alone_says_over_how_many_rows_it_was_added_up() -> None:
    over = measured("checks-failed", "7", 3, None).added_words
    assert over is not None
    assert (over.zh, over.en) == ("由 3 项检查任务相加", "Check tasks added up: 3")
    none = [("checks-failed", "0", 0, None), ("checks-due", "3", 3, None), ("visit-minutes", "5", 3, "2"),
            ("deaths-per-gdp", "0.1", 3, "9")]  # fmt: skip
    assert [measured(*one).added_words for one in none] == [None] * 4


def test_nothing_below_the_line_is_unknown_with_its_reason_and_never_nought(city: Any) -> None:
    for one in indicators():
        found = figure(one, city.city_leader, month(clock.today()))
        if found.base == 0 or (found.value is None and not one.is_whole):
            assert (found.value, found.text) == (None, "—"), one.slug
            assert found.unknown is not None, one.slug
            assert found.unknown.en, one.slug

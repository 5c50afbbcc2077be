"""Declared figures are whole, and each opens exactly the rows that make it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from anlan.kernel import clock
from anlan.kernel.indicators import (
    by_place,
    figure,
    figures,
    indicator_named,
    indicators,
    rows_behind,
    series,
)
from anlan.kernel.indicators.declaration import CASES, Indicator, WrongDeclaration
from anlan.kernel.indicators.declared import declared_list, keeps_declared
from anlan.kernel.indicators.formulas import Declared, Flow, Rate, Rows
from anlan.kernel.indicators.lists import list_of
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

NOW = clock.month


def indicator(slug: str) -> Indicator:
    found = indicator_named(slug)
    assert found is not None
    return found


def opened(actor: Actor, found: Any) -> int:
    """How many rows the list behind a figure shows."""
    behind = rows_behind(found)
    if behind.page:
        return declared_list(behind.slug).count(found.indicator.rows.params())
    params: dict[str, tuple[str, ...]] = {}
    for name, value in behind.params:
        params[name] = (*params.get(name, ()), value)
    return list_of(behind.slug).listing(actor).filtered(params).count()


def test_every_figure_opens_its_rows(city: Any) -> None:
    city.reports(by=city.officer)
    city.reports(by=city.safety_officer, topic="electrical")
    city.reports(by=city.far_officer, at=city.far_shop)
    city.clock.to(day(city, 40))
    for actor in (
        city.city_leader,
        city.officer,
        city.industry_officer,
        city.grid_inspector,
        city.safety_officer,
    ):
        for place in (None, city.county, city.zone, city.village):
            for found in figures(indicators(), actor, clock.month(clock.today()).previous(), place).values():
                if found.value is not None:
                    assert opened(actor, found) == found.rows, (actor.post_kind, found.indicator.slug)


def day(city: Any, after: int) -> Any:
    from datetime import timedelta

    return clock.today() + timedelta(days=after)


def test_a_figure_counts_what_its_reader_sees(city: Any) -> None:
    city.reports(by=city.officer)
    city.reports(by=city.far_officer, at=city.far_shop)
    now = clock.month(clock.today())
    found = {who: figure(indicator("dangers-open"), actor, now).rows
             for who, actor in (("city", city.city_leader), ("near", city.officer), ("far", city.far_officer))}  # fmt: skip
    assert found == {"city": 2, "near": 1, "far": 1}
    counties = by_place(indicator("dangers-open"), city.city_leader, now, [city.county, city.far_county])
    assert [one.rows for one in counties] == [1, 1]
    assert [
        one.rows for one in by_place(indicator("dangers-open"), city.officer, now, [city.far_county])
    ] == [0]


def test_a_series_keeps_the_past(city: Any) -> None:
    city.reports(by=city.officer)
    first = clock.month(clock.today())
    city.clock.to(day(city, 40))
    rows = series(indicator("dangers-found"), city.city_leader, [first, first.next()])
    assert [one.rows for one in rows] == [1, 0]
    stock = series(indicator("dangers-open"), city.city_leader, [first.previous(), first, first.next()])
    assert [one.rows for one in stock] == [0, 1, 1]


def test_nothing_below_the_line_is_unknown_never_nought(city: Any) -> None:
    found = figure(indicator("rectification-rate"), city.city_leader, clock.month(clock.today()))
    assert found.value is None
    assert found.unknown is not None
    assert found.text == "—"


def test_a_rate_without_its_yearly_figure_says_so(city: Any) -> None:
    from anlan.kernel.indicators import declaration

    rate = Indicator("dangers-per-head", Words("每万人隐患", "Dangers per head"), CASES,
                     Rate(Flow(Rows("hidden-dangers")), "no_such_figure", 10000), serves="A15.1")  # fmt: skip
    try:
        found = figure(rate, city.city_leader, clock.month(clock.today()))
        assert found.value is None
        assert "年度数据" in found.unknown.zh
    finally:
        del declaration._INDICATORS["dangers-per-head"]


def test_what_the_product_declares_is_the_same_for_everybody_and_has_no_past(city: Any) -> None:
    now, one = clock.month(clock.today()), indicator("policy-realised")
    seen = [figure(one, actor, now, place)
            for actor in (city.city_leader, city.safety_officer) for place in (None, city.county, city.village)]  # fmt: skip
    assert len({(found.value, found.rows, found.base) for found in seen}) == 1
    assert seen[0].value is not None
    assert figure(one, city.city_leader, now.previous()).unknown is not None
    assert rows_behind(seen[0], all_below=True).params == (
        ("state", "realised"), ("state", "partly"), ("state", "not_yet"),
    )  # fmt: skip


def test_a_declared_list_is_kept_once_and_asked_by_its_own_filters_alone() -> None:
    kept = declared_list("policy")
    with pytest.raises(ValueError, match="kept already"):
        keeps_declared(replace(kept, page="public:rules"))
    for where in ({"state": "no-such"}, {"colour": "red"}):
        with pytest.raises(LookupError):
            kept.refuse_unknown(Declared(Rows("policy", where)).rows.params())


def test_what_is_late_has_no_past(city: Any) -> None:
    past = clock.month(clock.today()).previous()
    assert figure(indicator("dangers-late"), city.city_leader, past).unknown is not None


@pytest.mark.parametrize(
    "changes", [{"slug": "No"}, {"serves": "Article 3"}, {"good": "sideways"}, {"slug": "dangers-open"}]
)
def test_a_wrong_declaration_is_refused(changes: dict[str, str]) -> None:
    right = {"slug": "x-y-z", "serves": "A1", "good": "up"}
    with pytest.raises(WrongDeclaration):
        Indicator(
            words=Words("数", "A figure"),
            unit=CASES,
            formula=Flow(Rows("hidden-dangers")),
            **(right | changes),
        )

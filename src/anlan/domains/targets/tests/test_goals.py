"""Goals: the arithmetic, what is refused, what is asked for, who sees what."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from pathlib import Path as File
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from anlan.domains.accidents.models import AccidentRecord
from anlan.domains.targets.goals import fulls, reductions
from anlan.domains.targets.imports import load_yearly_figures
from anlan.domains.targets.models import YearlyFigure
from anlan.domains.targets.pages import goals
from anlan.domains.targets.rules import Path, fall, gap, reduced, share
from anlan.domains.targets.yearly import YearlyBook, yearly_figure
from anlan.kernel import clock, ledger
from anlan.kernel.clock.periods import year as whole_year
from anlan.kernel.identity.models import Account
from anlan.kernel.indicators import figure, indicator_named
from anlan.kernel.indicators.formulas import WHOLE_YEARS
from anlan.kernel.registers import create, edit
from anlan.kernel.registers.errors import Invalid, NotAllowed
from anlan.kernel.registers.pages import Asked

PACK = File(__file__).resolve().parents[5] / "cities" / "changchun"
counts = st.decimals(0, 100_000, places=2)
per_cents = st.decimals(0, 100, places=1)


def enter(city: Any, figure: str, year: int, value: str, **more: Any) -> YearlyFigure:
    data = {
        "figure": figure, "year": str(year), "value": value, "territory": str(city.city.pk), "source": "统计年鉴",
        "confidence": "sourced", **more,
    }  # fmt: skip
    return create(YearlyFigure, city.city_officer, data)


def accident(city: Any, **more: Any) -> AccidentRecord:
    data = {
        "name": "事故", "occurred_on": "2026-03-01", "territory": str(city.village.pk), "sector": "work_safety",
        "counted_class": "industry_trade", "confidence": "sourced", "deaths": "1", **more,
    }  # fmt: skip
    return create(AccidentRecord, city.officer, data)


# --- arithmetic


@given(base=counts, per_cent=per_cents, year=st.integers(2010, 2040))
def test_the_path_runs_straight_from_base_to_goal_and_stays_there(
    base: Any, per_cent: Any, year: int
) -> None:
    goal = reduced(base, per_cent)
    path = Path(2015, base, 2020, goal)
    assert (path.at(2014), path.at(2015), path.at(2020), path.at(2033)) == (None, base, goal, goal)
    steps = [path.at(one) for one in range(2015, 2021)]
    assert all(earlier >= later for earlier, later in pairwise(steps))  # type: ignore[operator]
    found = path.at(year)
    assert found is None if year < 2015 else goal <= found <= base  # type: ignore[operator]


@given(base=counts.filter(bool), now=counts, per_cent=per_cents)
def test_a_fall_of_enough_per_cent_means_no_gap(base: Any, now: Any, per_cent: Any) -> None:
    behind = gap(now, reduced(base, per_cent), less_is_better=True)
    fallen = fall(base, now)
    assert fallen is not None
    assert (behind > 0) == (fallen < per_cent)


@given(done=counts, due=counts.filter(bool))
def test_a_share_of_all_leaves_no_gap(done: Any, due: Any) -> None:
    found = share(done, due)
    assert found is not None
    assert (gap(found, Decimal(100), less_is_better=False) > 0) == (done < due)


def test_nothing_is_divided_by_nought() -> None:
    assert fall(Decimal(0), Decimal(3)) is None
    assert share(Decimal(0), Decimal(0)) is None


# --- yearly figures


@pytest.mark.parametrize(("confidence", "value"), [("memory", "6530"), ("unknown", "")])
def test_a_rate_refuses_what_nobody_compared_and_says_so(city: Any, confidence: str, value: str) -> None:
    accident(city)
    enter(city, "gdp", 2026, value, confidence=confidence)
    rate = indicator_named("deaths-per-gdp")
    assert rate is not None
    found = figure(rate, city.city_officer, whole_year(clock.today()), city.city)
    assert found.value is None
    assert found.unknown is not None
    assert "2026年的地区生产总值" in found.unknown.zh


@pytest.mark.parametrize("confidence", ["sourced", "secondary"])
def test_a_rate_is_computed_with_what_has_a_source(city: Any, confidence: str) -> None:
    accident(city, deaths="2")
    enter(city, "gdp", 2026, "8000", confidence=confidence)
    rate = indicator_named("deaths-per-gdp")
    assert rate is not None
    found = figure(rate, city.city_officer, whole_year(clock.today()), city.city)
    assert found.value == Decimal(2) / Decimal(8000)
    this_month = figure(rate, city.city_officer, clock.month(clock.today()), city.city)
    assert (this_month.value, this_month.unknown) == (None, WHOLE_YEARS)
    drawn = goals(Asked(city.city_officer, None, {}, place=city.city))
    assert [state.is_small for state in drawn.context["rates"] if state.found.value is not None] == [True]


def test_a_value_needs_its_certainty_and_there_is_one_a_year(city: Any) -> None:
    for year, value, confidence in (
        (2020, "", "sourced"), (2020, "1", "unknown"), (2020, "-1", "sourced"), (20, "1", "sourced"),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            enter(city, "gdp", year, value, confidence=confidence)
    enter(city, "gdp", 2020, "6638.03")
    with pytest.raises(Invalid):
        enter(city, "gdp", 2020, "1")


def test_the_pack_is_loaded_once_and_what_people_corrected_stays(city: Any) -> None:
    city.city.code = "2201"
    made = load_yearly_figures(PACK)
    assert made > 60
    assert load_yearly_figures(PACK) == 0
    assert yearly_figure("deaths", city.city, 2015).value is None
    assert yearly_figure("gdp", city.city, 2015).value is None  # from memory
    assert yearly_figure("gdp", city.city, 2023).value == Decimal("7002.1")
    row = YearlyFigure.seen_by(city.city_officer).get(figure="deaths", year=2015)
    edit(
        YearlyFigure,
        row.pk,
        city.city_officer,
        {"value": "100", "confidence": "sourced", "source": "年鉴2016"},
    )
    assert load_yearly_figures(PACK) == 0
    assert yearly_figure("deaths", city.city, 2015).value == 100
    assert [entry.act for entry in ledger.history(row.pk)] == ["created", "edited"]


# --- goals


def test_without_a_base_the_goal_asks_for_it_and_computes_nothing(city: Any) -> None:
    accident(city)
    deaths, larger = reductions(city.city_officer, city.city, 2026, YearlyBook(city.city))
    assert (deaths.base, deaths.wanted, deaths.gap) == (None, None, None)
    assert (deaths.now.value, deaths.now.origin) == (1, "register")
    assert [(asked.figure, asked.year) for asked in deaths.asked] == [("deaths", 2015)]
    assert [asked.figure for asked in larger.asked] == ["larger_accidents"]


def test_the_goal_shows_path_and_gap(city: Any) -> None:
    enter(city, "deaths", 2015, "100")
    enter(city, "deaths", 2018, "95")
    state, _ = reductions(city.city_officer, city.city, 2018, YearlyBook(city.city))
    assert (state.wanted, state.now.path, state.gap, state.fall) == (80, 88, 7, 5)
    assert state.now.origin == "yearly"
    assert [point.value for point in state.points if point.year == 2016] == [None]
    missing, _ = reductions(city.city_officer, city.city, 2017, YearlyBook(city.city))
    assert [asked.year for asked in missing.asked] == [2017]


def test_a_year_before_the_register_is_unknown_and_one_within_it_counts_nought(city: Any) -> None:
    accident(city, occurred_on="2024-05-01", deaths="3")
    deaths, larger = reductions(city.city_officer, city.city, 2026, YearlyBook(city.city))
    by_year = {point.year: point.value for point in deaths.points}
    assert (by_year[2023], by_year[2024], by_year[2025]) == (None, 3, 0)
    assert {point.year: point.value for point in larger.points}[2024] == 1


def test_a_full_rate_needs_both_figures(city: Any) -> None:
    enter(city, "standard_due", 2025, "40")
    first = fulls(2025, YearlyBook(city.city))[0]
    assert (first.value, [asked.figure for asked in first.asked]) == (None, ["standard_met"])
    enter(city, "standard_met", 2025, "30")
    first = fulls(2025, YearlyBook(city.city))[0]
    assert (first.value, first.gap, first.asked) == (75, 25, [])


def test_who_sees_the_page_and_who_may_enter(city: Any) -> None:
    with pytest.raises(NotAllowed):
        goals(Asked(city.safety_officer, None, {}, place=None))
    drawn = goals(Asked(city.city_officer, None, {"year": "2015"}, place=city.city))
    tasks = [task for *_, found in drawn.context["reductions"] for task in found]
    assert tasks
    assert all(task.url.startswith("/yearly-figures/new?") for task in tasks)
    seen = goals(Asked(city.city_leader, None, {}, place=city.city))
    assert all(not task.url for *_, found in seen.context["reductions"] for task in found)


def test_a_county_counts_its_own_accidents(city: Any) -> None:
    accident(city, deaths="2")
    for actor, place, number in (
        (city.officer, city.county, 2), (city.far_officer, city.far_county, None), (city.city_officer, city.city, 2),
    ):  # fmt: skip
        state, _ = reductions(actor, place, 2026, YearlyBook(place))
        assert state.now.value == number


@pytest.mark.parametrize("year", ["2015", "x", "99999999", "1900", ""])
def test_odd_years_never_break_the_page(city: Any, client: Client, year: str) -> None:
    drawn = goals(Asked(city.officer, None, {"year": year}, place=city.county))
    assert drawn.context["year"] in drawn.context["years"]


def test_a_sum_says_of_how_many_accidents_it_is_made(city: Any) -> None:
    for deaths in ("2", "0", "3"):
        accident(city, deaths=deaths)
    drawn = goals(Asked(city.city_officer, None, {"year": "2026"}, place=city.city))
    told = {one.indicator.slug: (one.value, of) for one, _url, of in drawn.context["counted"]}
    assert told["accident-deaths"] == (5, 3)
    assert told["accidents-all"] == (3, 0)
    points = [state.now for state, *_ in drawn.context["reductions"]]
    assert [(point.value, point.added) for point in points] == [(5, 3), (1, 0)]


def test_a_year_without_a_register_shows_no_count_and_no_rate(city: Any) -> None:
    accident(city)
    enter(city, "gdp", 2022, "6744.6")
    drawn = goals(Asked(city.city_officer, None, {"year": "2022"}, place=city.city))
    assert drawn.context["counted"] == []
    assert [rate.found.value for rate in drawn.context["rates"]] == [None] * 4


def test_the_published_rate_of_the_base_year_stands_beside_the_rate_with_its_source(
    city: Any, client: Client
) -> None:
    city.city.code = "2201"
    load_yearly_figures(PACK)
    accident(city, deaths="2")
    enter(city, "gdp", 2026, "8000")
    client.force_login(Account.objects.get(pk=city.city_officer.account_id))
    Account.objects.update(is_demo=True)  # else officers would first have to enrol their second factor
    page = client.get("/goals/")
    rate, *others = page.context["rates"]
    assert (rate.baseline.year, rate.baseline.value) == (2015, Decimal("0.0326"))
    assert (rate.baseline_fall, rate.rises) == ("99.2", False)  # of 0.00025
    assert [one.baseline for one in others] == [None] * 3, "nothing was published of the others"
    said = page.content.decode()
    assert "0.0326" in said
    assert "长府发〔2016〕21号" in said
    row = client.get(rate.baseline_url, follow=True)
    assert row.status_code == 200
    assert "0.0326" in row.content.decode()


@pytest.mark.parametrize("confidence", ["memory", "sourced"])
def test_a_base_rate_nobody_compared_with_its_source_is_none(city: Any, confidence: str) -> None:
    enter(city, "gdp_death_rate", 2015, "0.05", confidence=confidence)
    accident(city, deaths="4")
    enter(city, "gdp", 2026, "20")
    rate = goals(Asked(city.city_officer, None, {}, place=city.city)).context["rates"][0]
    if confidence == "memory":
        assert (rate.baseline, rate.baseline_url, rate.baseline_fall) == (None, "", "")
    else:
        assert (rate.baseline_fall, rate.rises) == ("300", True)

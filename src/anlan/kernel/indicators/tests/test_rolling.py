"""The roll-up equals what is counted anew from the rows, whatever happened to them and in whatever order."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from anlan.domains.enterprises.actions import merge, unmerge
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import clock
from anlan.kernel.indicators import figures, indicator_named, indicators, rolling
from anlan.kernel.indicators.boards import boards
from anlan.kernel.indicators.models import RollUp, Tally
from anlan.kernel.indicators.reading import split, table
from anlan.kernel.registers import archive, edit, restore
from anlan.kernel.registers.errors import Changed, Invalid, NotAllowed, NotSeen
from anlan.kernel.scope.models import ZoneMember
from anlan.kernel.scope.touched import FIGURES, Touched
from anlan.site.commands.worker import rest_after


def test_a_fact_shows_in_its_figure_after_one_roll_up(city: Any) -> None:
    rolling.roll_up()
    before = read(city)
    city.reports(by=city.officer)
    assert read(city) == before, "the roll-up is read, not the rows"
    assert rolling.roll_up() > 0
    assert read(city) == before + 1
    assert not Touched.objects.filter(reader=FIGURES).exists()


def test_whoever_waits_for_a_write_is_told_of_one(city: Any) -> None:
    while rolling.roll_up():
        pass
    assert not rolling.is_behind()
    city.reports(by=city.officer)
    assert rolling.is_behind()
    rolling.roll_up()
    assert not rolling.is_behind()


def test_the_roll_up_rests_as_long_as_it_worked_within_bounds() -> None:
    assert [rest_after(seconds) for seconds in (0.0, 0.1, 0.5, 0.9, 30.0)] == [0.2, 0.2, 0.5, 0.9, 1.0]


def test_cells_that_became_empty_are_gone(city: Any) -> None:
    """A day or month without rows has no cells: whoever reads them would else divide by nothing."""
    danger = city.reports(by=city.officer)
    rolling.roll_up()
    assert RollUp.objects.exists()
    long_ago = clock.now() - timedelta(days=90)
    HiddenDanger.unscoped("moved by a test").filter(pk=danger.pk).update(opened_at=long_ago)
    assert rolling.recompute(clock.today() - timedelta(days=91), clock.today()) > 0
    assert not RollUp.objects.filter(rows=0).exists()
    assert not rolling.verify()


def read(city: Any) -> int:
    found = indicator_named("dangers-open")
    assert found is not None
    return figures([found], city.city_leader, clock.month(clock.today()))["dangers-open"].rows


ACTS = (
    "report",
    "report_far",
    "grade",
    "major",
    "rectify",
    "close",
    "late_row",
    "move",
    "archive",
    "merge",
    "wait",
    "roll",
)


@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(acts=st.lists(st.sampled_from(ACTS), min_size=4, max_size=14), days=st.integers(1, 45))
def test_the_roll_up_is_what_the_rows_say(city: Any, acts: list[str], days: int) -> None:
    with transaction.atomic():
        city.clock.to(city.clock._start)
        rolling.forget()
        for act in acts:
            with suppress(Invalid, NotAllowed, NotSeen, Changed), transaction.atomic():
                play(city, act, days)
        while rolling.roll_up():
            pass
        same_as_from_the_rows(city)
        assert rolling.verify() == ""
        assert rolling.recompute() == 0
        transaction.set_rollback(True)


def play(city: Any, act: str, days: int) -> None:
    """Let something happen in the city; what cannot happen now does not."""
    opened = list(HiddenDanger.unscoped("a test plays").filter(closed_at=None).order_by("number"))
    if act == "report":
        city.reports(by=city.safety_officer, topic="electrical")
    elif act == "report_far":
        city.reports(by=city.far_officer, at=city.far_shop)
    elif act == "late_row":
        row = city.reports(by=city.officer)
        row.opened_at -= timedelta(days=days)
        row.save()
    elif act == "wait":
        city.clock.forward(timedelta(days=days))
    elif act == "roll":
        rolling.roll_up()
    elif act in {"grade", "major", "rectify", "close"} and opened:
        step(city, act, opened[0])
    elif act in {"move", "archive", "merge"}:
        enterprise(city, act)


def step(city: Any, act: str, row: HiddenDanger) -> None:
    states = {"grade": "rectifying", "major": "planning", "rectify": "in_review", "close": "closed"}
    row.state = states[act]
    row.severity = "major" if act == "major" else row.severity or "general"
    row.rectify_by = clock.today() + timedelta(days=3)
    row.due_at = None if act == "close" else clock.now() + timedelta(days=2)
    row.closed_at = clock.now() if act == "close" else None
    row.rework += act == "rectify"
    row.save()


def enterprise(city: Any, act: str) -> None:
    firm = Enterprise.unscoped("a test plays").get(pk=city.workshop.pk)
    other = Enterprise.unscoped("a test plays").get(pk=city.far_shop.pk)
    if act == "move":
        there = city.other_village if firm.territory_id == city.village.pk else city.village
        edit(Enterprise, firm.pk, city.city_officer, {"territory": str(there.pk)})
        moved = HiddenDanger.unscoped("a test plays").filter(enterprise=firm).first()
        if moved is not None:
            moved.place_in(city.far_village)
            moved.save()
    elif act == "archive":
        (restore if firm.is_archived else archive)(Enterprise, firm.pk, city.city_officer, "停产")
    elif other.merged_into_id:
        unmerge(other.pk, city.city_officer, "撤销")
    elif not firm.is_archived:
        merge(firm.pk, other.pk, city.city_officer, "重复")


def same_as_from_the_rows(city: Any) -> None:
    """Every figure, place, period and reader: the roll-up against the lists."""
    now = clock.month(clock.today())
    periods = [now.previous().previous(), now.previous(), now]
    places = [city.city, city.county, city.far_county, city.zone, city.township]
    actors = {"all": (city.city_leader, places), "sector": (city.industry_officer, [city.county])}
    for actor, reached in actors.values():
        rolled = table(list(indicators()), actor, periods, reached)
        states = {
            (b.slug, n): split(b.states, actor, now, place)
            for b in boards()
            for n, place in enumerate(reached)
        }
        complete = dict(Tally.objects.values_list("pk", "complete_at"))
        rolling.forget()
        assert rolled == table(list(indicators()), actor, periods, reached)
        assert states == {
            (b.slug, n): split(b.states, actor, now, place)
            for b in boards()
            for n, place in enumerate(reached)
        }
        for pk, at in complete.items():
            Tally.objects.filter(pk=pk).update(complete_at=at)


def test_a_place_that_joins_or_leaves_a_zone_moves_the_cells_of_that_zone_alone(city: Any) -> None:
    for _ in range(3):
        city.reports(by=city.officer)
    city.reports(by=city.far_officer, at=city.far_shop)
    rolling.roll_up()
    assert rolling.verify() == ""
    before = dict(RollUp.objects.exclude(place=city.zone.path).values_list("pk", "computed_at"))
    complete = dict(Tally.objects.values_list("pk", "complete_at"))
    in_zone = RollUp.objects.filter(
        place=city.zone.path, tally__key="hidden-dangers:opened_at", grain="d", sector=""
    )

    city.clock.forward(timedelta(minutes=1))
    member = ZoneMember.objects.create(zone=city.zone, territory=city.township, valid_from=clock.today())
    rolling.roll_up()
    assert sum(in_zone.values_list("rows", flat=True)) == 4, (
        "the far shop's, and the three of the township that joined"
    )
    assert rolling.verify() == ""

    ZoneMember.objects.filter(zone=city.zone).exclude(pk=member.pk).delete()
    member.delete()
    rolling.roll_up()
    assert not RollUp.objects.filter(place=city.zone.path).exists(), "a zone without places has no figures"
    assert rolling.verify() == ""
    after = dict(RollUp.objects.exclude(place=city.zone.path).values_list("pk", "computed_at"))
    assert after == before, "no cell of another place was written"
    assert dict(Tally.objects.values_list("pk", "complete_at")) == complete, "nothing was counted whole"


@pytest.mark.parametrize("spoil", ["value", "extra"])
def test_verify_names_the_first_wrong_cell(city: Any, spoil: str) -> None:
    city.reports(by=city.officer)
    rolling.roll_up()
    assert rolling.verify() == ""
    cell = RollUp.objects.filter(
        grain="d", tally__key="hidden-dangers:opened_at", sector="", place=city.county.path
    ).get()
    if spoil == "value":
        RollUp.objects.filter(pk=cell.pk).update(rows=7)
    else:
        cell.pk, cell.day = None, cell.day - timedelta(days=1)
        cell.save(force_insert=True)
    assert "hidden-dangers:opened_at 2026-03-0" in rolling.verify()
    assert rolling.recompute() >= 1
    assert rolling.verify() == ""


def test_a_day_counted_anew_writes_just_the_cells_that_differ(city: Any) -> None:
    """A wrong cell, one too many, one that is gone; and the months they are part of."""
    day = clock.today()
    for _ in range(2):
        city.reports(by=city.officer)
    city.reports(by=city.far_officer, at=city.far_shop)
    rolling.roll_up()
    assert rolling.verify() == ""
    assert rolling.recompute(day, day) == 0, "what is right is not written"

    days = RollUp.objects.filter(tally__key="hidden-dangers:opened_at", grain="d", day=day, sector="")
    months = RollUp.objects.filter(tally__key="hidden-dangers:opened_at", grain="m", sector="")
    for rows in (days, months):
        rows.filter(place=city.county.path).update(rows=F("rows") + 5, value=F("value") + 5)
        rows.filter(place=city.far_county.path).delete()
        extra = rows.get(place=city.city.path)
        extra.pk, extra.sector = None, "nobody_s"
        extra.save(force_insert=True)
    assert rolling.recompute(day, day) == 3
    assert rolling.verify() == ""
    assert not RollUp.objects.filter(sector="nobody_s").exists()


def test_a_row_that_moved_is_counted_anew_where_it_stood_and_where_it_stands(city: Any) -> None:
    """Of the day that was touched the places around the row alone are counted: those it left among them."""
    stays = city.reports(by=city.officer)
    moved = city.reports(by=city.officer)
    city.reports(by=city.far_officer, at=city.far_shop)
    rolling.roll_up()
    cells = RollUp.objects.filter(tally__key="hidden-dangers:opened_at", grain="d", sector="")
    rows = dict(cells.values_list("place", "rows"))
    assert (rows[city.county.path], rows[city.far_county.path], rows[city.city.path]) == (2, 1, 3)

    moved.place_in(city.far_village)
    moved.save()
    rolling.roll_up()
    rows = dict(cells.values_list("place", "rows"))
    assert (rows[city.county.path], rows[city.far_county.path], rows[city.city.path]) == (1, 2, 3)
    assert rolling.verify() == ""

    city.clock.forward(timedelta(minutes=1))
    begun = clock.now()
    step(city, "major", stays)
    rolling.roll_up()
    written = RollUp.objects.filter(computed_at__gte=begun).values_list("place", flat=True)
    assert city.county.path in written
    assert city.far_county.path not in written
    assert rolling.verify() == ""

"""Rows that answer a question: rank, facets, pages, and never a row out of scope."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest
from django.db import OperationalError, connection

from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel.finding import FoundRows, Narrowed, bodies, find_all, people, places, rules_of, understood
from anlan.kernel.finding.tallying import within
from anlan.kernel.registers.listing import Listing
from anlan.kernel.scope import NOBODY, Actor

pytestmark = pytest.mark.django_db


def listing(actor: Actor) -> Listing:
    loop = HiddenDanger.loop
    return Listing(HiddenDanger, actor, loop.facets, loop.sorts, loop.order)


def found(
    actor: Actor, text: str, narrowed: Narrowed | None = None, each: int = 10, after: str = ""
) -> FoundRows:
    return find_all({"a": listing(actor)}, understood(text), narrowed or Narrowed(), each, after=after)["a"]


def test_the_exact_run_comes_before_its_words_apart(city: Any) -> None:
    apart = city.reports(description="化工装置旁的企业仓库，消防栓无水")
    exact = city.reports(description="化工企业消防水池干涸")
    city.reports(description="化工装置渗漏")
    hits = found(city.officer, "化工企业消防")
    assert [row.pk for row in hits.rows] == [exact.pk, apart.pk]
    assert (hits.count, hits.count_is_exact) == (2, True)


def test_a_number_is_found_by_its_beginning(city: Any) -> None:
    row = city.reports()
    assert row.pk in {r.pk for r in found(city.officer, row.number[:-1]).rows}
    assert [r.pk for r in found(city.officer, row.number.lower()).rows] == [row.pk]


def test_pages_go_on_across_ranks_without_repeating(city: Any) -> None:
    for n in range(4):
        city.reports(description=f"化工企业消防隐患{n}")
        city.reports(description=f"化工园的企业缺消防器材{n}")
    every, after = [], ""
    for _ in range(10):
        page = found(city.officer, "化工企业消防", each=3, after=after)
        every += [row.pk for row in page.rows]
        after = page.more
        if not after:
            break
    assert len(every) == len(set(every)) == 8
    exact = {row.pk for row in HiddenDanger.seen_by(city.officer).filter(search__finds="化工企业消防")}
    assert set(every[:4]) == exact


def test_facets_narrow_to_what_they_count(city: Any) -> None:
    city.reports(description="消防通道堵塞")
    major = city.reports(description="消防通道锁闭", topic="management")
    city.step(major, "grade_major", city.officer, criteria="industry_trade", criterion="3.2")
    every = found(city.officer, "消防通道")
    assert sum(every.facets["state"].values()) == every.count == 2
    for state, count in every.facets["state"].items():
        assert found(city.officer, "消防通道", Narrowed(state=state)).count == count
    for year, count in every.facets["year"].items():
        assert found(city.officer, "消防通道", Narrowed(year=year)).count == count
    assert found(city.officer, "消防通道", Narrowed(is_open=True)).count == every.facets["is_open"][True]
    assert found(city.officer, "消防通道", Narrowed(year=1900)).count == 0
    assert found(city.officer, "消防通道", Narrowed(state="no_such")).count == 0
    assert found(city.officer, "消防通道", Narrowed(county="/none/")).count == 0


def test_nothing_out_of_scope_is_found_or_counted(city: Any) -> None:
    city.reports(by=city.far_officer, at=city.far_shop, description="消防水泵损坏")
    assert found(city.far_officer, "消防水泵").count == 1
    for actor in (city.officer, city.worker, NOBODY):
        hits = found(actor, "消防水泵")
        assert (hits.rows, hits.count, hits.facets) == ([], 0, {})


def test_a_question_that_takes_too_long_is_given_up_not_failed(city: Any) -> None:
    def sleep() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(2)")
        return "done"

    assert within(50, sleep) is None
    assert within(5000, lambda: "done") == "done"
    assert city.officer.account_id is not None  # the connection still serves


class BrokenOff(Exception):
    """What the driver says of a statement whose time was over."""

    sqlstate = "57014"


def broken_off() -> OperationalError:
    fault = OperationalError("canceling statement due to statement timeout")
    fault.__cause__ = BrokenOff()
    return fault


def test_a_machine_that_stands_still_for_a_moment_fails_no_search(city: Any, monkeypatch: Any) -> None:
    from anlan.kernel.finding import rows as finding_rows

    city.reports(description="消防通道堵塞")
    calls, rows_of = [], finding_rows._rows_of

    def late_once(*asked: Any) -> Any:
        calls.append(asked)
        if len(calls) == 1:
            raise broken_off()
        return rows_of(*asked)

    monkeypatch.setattr(finding_rows, "_rows_of", late_once)
    assert found(city.officer, "消防").count == 1
    assert len(calls) == 2


@pytest.mark.parametrize(("late", "closed"), [(0, False), (2, False), (9, True)])
def test_the_limit_of_a_search_is_always_taken_off(monkeypatch: Any, late: int, closed: bool) -> None:
    from anlan.kernel.finding import tallying

    said: list[str] = []

    class Connection:
        """One whose server stands still for some statements."""

        def cursor(self) -> Any:
            return nullcontext(self)

        def execute(self, sql: str) -> None:
            said.append(sql)
            if len(said) <= late:
                raise broken_off()

        def close(self) -> None:
            said.append("closed")

    monkeypatch.setattr(tallying, "connection", Connection())
    tallying._end_limit()
    assert (said[-1] == "closed") is closed
    assert len(said) == min(late, tallying.TRIES) + 1


def test_rows_are_still_given_when_they_cannot_be_ordered_in_time(city: Any, monkeypatch: Any) -> None:
    city.reports(description="消防通道堵塞")
    calls: list[int] = []

    def first_too_long(milliseconds: int, ask: Any) -> Any:
        calls.append(milliseconds)
        return None if len(calls) == 1 else ask()

    monkeypatch.setattr("anlan.kernel.finding.rows.tally", lambda asked, first: None)
    monkeypatch.setattr("anlan.kernel.finding.rows.within", first_too_long)
    hits = found(city.officer, "消防")
    assert len(hits.rows) == 1
    assert hits.is_ordered is False


def test_names_are_found_too(city: Any) -> None:
    assert places(understood("南关"), city.officer, 5)
    assert any("应急" in body.name for body in bodies(understood("应急管理局"), 5))
    assert any(hit.law for hit in rules_of(understood("安全生产法"), 5))
    own = people(understood(city.safety_officer.name), city.safety_officer, 5)
    assert {m.post.party_id for m in own} == {city.safety_officer.party_id}
    assert people(understood(city.far_safety_officer.name), city.officer, 5) == []
    assert people(understood(city.officer.name), NOBODY, 5) == []


def test_only_kinds_that_hold_the_words_are_asked_under_scope(city: Any, monkeypatch: Any) -> None:
    from anlan.domains.enterprises.models import Enterprise
    from anlan.kernel.finding import rows as finding_rows
    from anlan.kernel.finding.probing import holding
    from anlan.kernel.registers import registers

    row = city.reports(description="消防通道堵塞")
    kept = Enterprise.kept
    firms = Listing(Enterprise, city.officer, kept.facets, kept.sorts, kept.order)
    listings = {"firms": firms, "dangers": listing(city.officer)}
    assert set(holding(listings, understood("消防通道"))) == {"dangers"}
    assert set(holding(listings, understood("通道，消防"))) == {"dangers"}
    assert set(holding(listings, understood(row.number[:-1]))) == {"dangers"}
    assert set(holding(listings, understood("从没有人写过"))) == set()
    # Another person's scope changes nothing of it: it says where words stand, never to whom.
    assert set(holding({"dangers": listing(NOBODY)}, understood("消防通道"))) == {"dangers"}
    assert (
        find_all({"dangers": listing(NOBODY)}, understood("消防通道"), Narrowed(), 10)["dangers"].count == 0
    )
    every = {model.kept.slug: Listing(model, city.officer, (), (), model.kept.order) for model in registers()}
    with_all = find_all({**every, **listings}, understood("消防通道"), Narrowed(), 10)
    monkeypatch.setattr(finding_rows, "holding", lambda asked, question: asked.keys())
    assert with_all == find_all({**every, **listings}, understood("消防通道"), Narrowed(), 10)


def test_every_kind_is_asked_where_the_words_cannot_be_looked_for_in_time(
    city: Any, monkeypatch: Any
) -> None:
    from anlan.kernel.finding import probing

    monkeypatch.setattr(probing, "within", lambda milliseconds, ask: None)
    row = city.reports(description="消防通道堵塞")
    assert [one.pk for one in found(city.officer, "消防通道").rows] == [row.pk]


def test_what_is_written_out_once_follows_the_actor(city: Any) -> None:
    """Scope is written once for an actor as it stands: the same person with another grant is another actor."""
    row = city.reports(description="消防通道堵塞")
    assert found(city.officer, "消防通道").count == 1
    assert found(city.far_officer, "消防通道").count == 0
    moved = replace(city.officer, grants=city.far_officer.grants, party_ids=(), post_id=None)
    assert found(moved, "消防通道").count == 0
    assert [one.pk for one in found(replace(moved, grants=city.officer.grants), "消防通道").rows] == [row.pk]
    assert found(NOBODY, "消防通道").count == 0

"""Which pairs the index is asked for, when a sample answers, and that what is found stays the same."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.models import Q

from anlan.kernel.finding import Narrowed, sampling
from anlan.kernel.finding.frequency import Frequency, Frequent
from anlan.kernel.finding.probing import holding
from anlan.kernel.finding.question import understood
from anlan.kernel.finding.tests.test_rows import found, listing

pytestmark = pytest.mark.django_db


def test_the_index_is_asked_for_rare_pairs_and_the_rows_for_the_rest(city: Any, monkeypatch: Any) -> None:
    apart = city.reports(description="化工装置旁的企业仓库，消防栓无水")
    exact = city.reports(description="化工企业消防水池干涸")
    city.reports(description="化工企业的水池，防火不足，消声器坏")
    known = Frequency(1_000_000, {"企业": 0.2, "消防": 0.1, "化工": 0.001}, 0.0005)
    assert known.telling("化工 企业 消防") == ("化工", "企业", "消防")
    assert known.telling("企业 消防") == ()  # no rare one: they stand together, mostly
    assert known.telling("企业 璟原 消防", 1.0) == ("企业", "璟原", "消防"), (
        "one that is not known may be frequent enough"
    )
    assert Frequency(1_000_000, {"企业": 0.2}, 0.0001).telling("企业 璟原 消防") == ("消防",), (
        "hardly any row: it is enough"
    )
    assert Frequency().telling("化工 企业") == ()
    assert Frequency(9, {}).telling("化工 企业") == ("企业",), "no pair is frequent"
    shares = {"长春": 0.4, "食堂": 0.05, "灭火": 0.04, "指针": 0.03, "压力": 0.02, "已到": 0.04, "红区": 0.03}
    often = Frequency(1_000_000, shares, 0.01)
    assert often.telling("食堂 灭火 指针 压力 已到 红区") == ("食堂", "指针", "压力"), (
        "the first, and each half's rarest"
    )
    assert often.telling("长春 食堂 灭火 红区") == ("食堂", "灭火", "红区"), (
        "what every fifth row holds tells nothing"
    )
    assert often.telling("长春 长春") == (), "a single one is asked for as it is"
    digits = Frequency(
        1_000_000, {"20": 0.9, "02": 0.5, "26": 0.04, "67": 0.03, "71": 0.02, "13": 0.05}, 0.01
    )
    assert digits.telling("20266713") == ("66", "71"), "so rare together that two are enough"
    monkeypatch.setattr(Frequency, "of", classmethod(lambda cls, model: known))
    hits = found(city.officer, "化工企业消防")
    assert [row.pk for row in hits.rows] == [exact.pk, apart.pk]
    assert hits.count == 2


def test_whoever_sees_few_rows_is_asked_for_one_pair_with_the_same_answer(
    city: Any, monkeypatch: Any
) -> None:
    """PostgreSQL takes pairs for independent: a frequent sentence looks rare to it, and it would read all of the city's."""
    apart = city.reports(description="化工装置旁的企业仓库，消防栓无水")
    exact = city.reports(description="化工企业消防水池干涸")
    city.reports(description="化工装置渗漏")
    city.reports(by=city.far_officer, at=city.far_shop, description="化工企业消防水池干涸")
    places = (*(f"{city.far_county.path}{n}/" for n in range(99)), city.county.path)
    known = Frequency(1_000_000, {"企业": 0.2, "消防": 0.1, "化工": 0.15}, 0.0005, places)
    assert known.beneath([city.county.path]) == 0.01
    assert known.beneath([city.county.path, city.far_county.path]) == known.beneath([city.city.path]) == 1.0
    assert known.beneath([]) == 0.0
    assert Frequency().beneath([city.county.path]) == 1.0, "what is not known is not taken for little"
    assert known.telling("化工 企业 消防", 0.01) == ("消防",)
    assert known.telling("消防", 0.01) == ()
    monkeypatch.setattr(Frequency, "of", classmethod(lambda cls, model: known))
    hits = found(city.officer, "化工企业消防")
    assert [row.pk for row in hits.rows] == [exact.pk, apart.pk]
    assert (hits.count, hits.count_is_exact) == (2, True)
    everywhere = found(city.city_leader, "化工企业消防", Narrowed(county=city.county.path))
    assert [row.pk for row in everywhere.rows] == [exact.pk, apart.pk]


def test_frequent_words_are_found_along_the_order_with_the_same_pages(city: Any, monkeypatch: Any) -> None:
    for n in range(3):
        city.reports(description=f"化工园的企业缺消防器材{n}")
        city.reports(description=f"化工企业消防隐患{n}")
    city.reports(by=city.far_officer, at=city.far_shop, description="化工企业消防隐患")

    def every(each: int) -> list[Any]:
        pages, after = [], ""
        while not pages or after:
            page = found(city.officer, "化工企业消防", each=each, after=after)
            pages += [row.pk for row in page.rows]
            after = page.more
        return pages

    counted = every(2)
    assert len(counted) == 6
    assert every(3) == counted
    for module in ("rows", "tallying"):
        monkeypatch.setattr(f"anlan.kernel.finding.{module}.COUNTED", 3)
    for name in ("FEW", "OFTEN"):
        monkeypatch.setattr(f"anlan.kernel.finding.rows.{name}", 1)
    assert every(2) == counted
    assert every(3) == counted, "a page that ends with the last exact row is followed by those apart"
    assert every(6) == counted
    assert not found(city.officer, "化工企业消防").count_is_exact


def test_a_large_kind_is_asked_whether_it_holds_the_rarest_pair(city: Any, monkeypatch: Any) -> None:
    city.reports(description="消防通道堵塞")
    monkeypatch.setattr("anlan.kernel.finding.probing.LARGE_BYTES", -1)
    known = Frequency(1_000_000, {"消防": 0.1, "通道": 0.1}, 0.02)
    assert known.rarest("消防 通道") is None, "both are frequent"
    assert known.rarest("消防 通道 璟原") == "璟原"
    assert Frequency().rarest("消防") is None, "nothing is known"
    monkeypatch.setattr(Frequency, "of", classmethod(lambda cls, model: known))
    holding_one = {"dangers": listing(city.officer)}
    assert set(holding(holding_one, understood("通道，消防"))) == {"dangers"}, "asked without looking twice"
    assert set(holding(holding_one, understood("消防堵塞"))) == {"dangers"}
    assert set(holding(holding_one, understood("消防璟原"))) == set()
    for single in ("堵", "堵 塞", "5"):
        assert known.rarest(single) is None, "a single character is no pair"
        assert set(holding(holding_one, understood(single))) == {"dangers"}
    assert found(city.officer, "堵").count == 1


def test_postgresql_draws_rows_of_a_frequent_pair_by_chance() -> None:
    """What sampling rests on: of rows that hold one pair about so many are named, each of which holds it."""
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE TEMPORARY TABLE said AS
            SELECT n, CASE WHEN n % 2 = 0 THEN '''消防''' ELSE '''通道''' END::tsvector AS search
              FROM generate_series(1, 40000) AS n
        """)
        cursor.execute("CREATE INDEX said_search ON said USING gin (search)")
        cursor.execute("SET LOCAL enable_seqscan = off")
        sampling._draw(1000)
        cursor.execute("SELECT n FROM said WHERE search @@ '''消防'''")
        drawn = [n for (n,) in cursor.fetchall()]
        sampling._draw(0)
        cursor.execute("SELECT count(*) FROM said WHERE search @@ '''消防'''")
        assert cursor.fetchone() == (20000,)
    assert 700 < len(drawn) < 1300
    assert all(n % 2 == 0 for n in drawn)
    assert min(drawn) < 4000
    assert max(drawn) > 36000, "from all of the table"


def test_a_sample_answers_only_where_it_is_certain_that_there_are_more(city: Any, monkeypatch: Any) -> None:
    for n in range(5):
        city.reports(description=f"消防通道堵塞{n}")
    known = Frequency(1_000_000, {"消防": 0.1, "通道": 0.03, "堵塞": 0.001}, 0.0005)
    assert known.frequent("消防") == Frequent("消防", 100_000)
    assert known.frequent("消防 通道") == Frequent("通道", 30_000)
    assert known.frequent("消防 通道 堵塞") is None, "not frequent"
    assert known.frequent("消防 璟原") is None, "not known"
    assert known.frequent("消防", 0.1) is None, "who sees a tenth would see a tenth of the sample"
    assert known.frequent("消防通道 消防出口 通道堵塞") is None, "of a sentence few rows hold all"
    monkeypatch.setattr(Frequency, "of", classmethod(lambda cls, model: known))
    whole = found(city.officer, "消防", each=2)
    assert (whole.count, whole.count_is_exact) == (5, True), "a sample of five tells nothing"
    monkeypatch.setattr(sampling, "TOLD", 4)
    assert found(city.officer, "消防", each=2) == whole, (
        "five of 1,200 may be five hundred: less than is counted"
    )
    monkeypatch.setattr(sampling, "COUNTED", 100)
    some = found(city.officer, "消防", each=2)
    assert not some.count_is_exact
    assert some.facets["is_open"] == {True: 5}
    assert [row.pk for row in some.rows] == [row.pk for row in whole.rows], "the newest, in order"
    assert (
        found(city.officer, "消防", each=2, after=some.more).rows
        == found(city.officer, "消防", each=4).rows[2:]
    )
    narrowed = found(city.officer, "消防", Narrowed(is_open=True))
    assert (narrowed.count, narrowed.count_is_exact) == (5, True), "what is narrowed is counted"
    assert found(city.far_officer, "消防").count == 0


def test_rows_of_a_narrow_scope_are_not_taken_for_a_part_of_many(city: Any, monkeypatch: Any) -> None:
    """Whatever way PostgreSQL takes to a few rows of a sector: the share of what was drawn tells, not the number found."""
    for n in range(30):
        city.reports(description=f"消防通道堵塞{n}")
        city.reports(by=city.far_officer, at=city.far_shop, description=f"消防通道堵塞{n}")
    monkeypatch.setattr(sampling, "TOLD", 4)
    monkeypatch.setattr(sampling, "SAMPLED", 50)
    monkeypatch.setattr(sampling, "COUNTED", 20)
    far = listing(city.far_officer)
    assert sampling.sample(far, Q(), "消防", 60) is None, "about thirty of sixty: less than twice twenty"
    met = sampling.sample(far, Q(), "消防", 600)
    assert met is not None
    assert not met.is_all
    assert set(met.facets["path"]) == {city.far_shop.path}, "nothing out of scope is counted"


@pytest.mark.parametrize("fails", [False, True])
def test_no_other_question_is_ever_answered_in_part(city: Any, monkeypatch: Any, fails: bool) -> None:
    city.reports(description="消防通道堵塞")
    settings = ("gin_fuzzy_search_limit", "enable_seqscan")

    def set_now() -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting(%s), current_setting(%s)", settings)
            return list(cursor.fetchone())

    before, drawn = set_now(), list[list[str]]()
    draw = sampling._draw

    def drawing(most: int) -> None:
        draw(most)
        drawn.append(set_now())
        if fails:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(10)")

    def count_hits(*args: Any) -> Any:
        drawn.append(set_now())
        return {"": sampling.Met(count=sampling.TOLD)}

    monkeypatch.setattr(sampling, "_draw", drawing)
    monkeypatch.setattr(sampling, "count_hits", count_hits)
    met = sampling.sample(listing(city.officer), Q(), "消防", 1_000_000)
    assert (met is None) is fails
    assert drawn == [[str(sampling.SAMPLED), "off"], *([] if fails else [before, before])]
    assert set_now() == before
    assert before[0] == "0"

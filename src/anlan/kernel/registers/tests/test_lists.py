"""Lists: filters and keyset pages. Walking the pages shows every row once; nothing a client sends is an accident."""

from __future__ import annotations

import base64
import itertools
import json
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.hidden_dangers.loop import HiddenDangerLoop
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import clock
from anlan.kernel.registers import Listing, listing
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.scope.actor import NOBODY

NAMES = [
    "消防器材厂",
    "甲",
    "",
    "ABC 化工",
    "长春市消防栓制造有限公司",
    "消防",
    "Ab-12/3",
    "１２３号仓库",
    "o'neil\\co",
]


def make(city: Any, count: int, **columns: Any) -> list[Enterprise]:
    """Fill the register past the form, with ties and empty values."""
    chance, now = random.Random(20260302), clock.now()
    made = []
    for n in range(count):
        row = Enterprise(
            territory=city.village, path=city.village.path, holder=city.workshop.holder, credit_code=f"T{n:017d}",
            industry="C", name=chance.choice(NAMES) or f"厂{n % 5}", employees=chance.choice([None, 1, 1, 7, 300]),
            created_at=now, updated_at=now - timedelta(days=chance.randrange(4)),
        )  # fmt: skip
        for name, value in columns.items():
            setattr(row, name, value)
        made.append(row)
    return Enterprise.unscoped("a test fills a register").bulk_create(made)


def list_of(city: Any, actor: Any = None, **more: Any) -> Listing:
    kept = Enterprise.kept
    return Listing(Enterprise, actor or city.city_officer, kept.facets, kept.sorts, kept.order, **more)


def refusal(asked: Listing, params: dict[str, list[str]]) -> list[str] | None:
    """The filters a list refused, or None if it answered."""
    try:
        asked.page(params)
    except Invalid as refused:
        return list(refused.errors)
    return None


# --- filters


WRONG: list[dict[str, list[str]]] = [
    {"territory": ["x"]},
    {"territory": ["999999999999"]},
    {"territory": ["00000000-0000-0000-0000-000000000000"]},
    {"territory": ["\x00"]},
    {"territory": ["9" * 5000]},
    {"scale": ["huge"]},
    {"scale": ["\x00"]},
    {"is_demo": ["maybe"]},
    {"sector": ["work_safety"] * 101},
    {"sector": ["' or 1=1"]},
    {"sort": ["password"]},
    {"sort": ["-holder__name"]},
    {"sort": ["\x00"]},
    {"size": ["0"]},
    {"size": ["-1"]},
    {"size": ["1000000"]},
    {"size": ["٢٠"]},
    {"size": ["20; --"]},
    {"after": ["not base64 at all"]},
    {"after": ["é"]},
    {"before": ["\ud800"]},
    {"after": ["AAAA"]},
    {"scale_from": ["a"]},
    {"is_demo_to": ["1"]},
    {"territory_from": ["1"]},
]


def test_a_wrong_filter_is_named_never_an_accident(city: Any) -> None:
    for params in WRONG:
        faults = refusal(list_of(city), params)
        assert faults is not None, params
        assert set(faults) <= {*params, "after"}, params


def cursor_of(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


KEY = "00000000-0000-7000-8000-000000000000"


TAMPERED: list[Any] = [
    1,
    None,
    [],
    [1],
    [1, 2, 3],
    {"a": 1},
    "text",
    ["a\x00b", KEY],
    ["\ud800", KEY],
    [1, KEY],
    [{"x": 1}, KEY],
    [[1], KEY],
    ["a", "not an id"],
    ["a", None],
    ["a", 5],
    [True, KEY],
]
ODD_VALUES = [
    "x",
    "1e9999",
    "1e-999999",
    "9" * 400,
    "-1",
    "9999-99-99",
    "0001-01-01T00:00:00+14:00",
    "infinity",
    "",
    "٣",
]


@pytest.mark.parametrize("sort", ["name", "-updated_at", "employees"])
def test_a_tampered_cursor_is_refused(city: Any, sort: str) -> None:
    for content in TAMPERED:
        for way in ("after", "before"):
            assert refusal(list_of(city), {"sort": [sort], way: [cursor_of(content)]}) is not None, content


@pytest.mark.parametrize("sort", ["name", "updated_at", "-employees", "longitude"])
def test_an_odd_value_in_a_cursor_is_refused_or_harmless(city: Any, sort: str) -> None:
    listing = Listing(Enterprise, city.city_officer, (), (sort.lstrip("-"),), sort)
    for value in ODD_VALUES:
        assert refusal(listing, {"after": [cursor_of([value, KEY])]}) in (None, ["after"])


def test_deep_json_in_a_cursor(city: Any) -> None:
    deep = base64.urlsafe_b64encode(b"[" * 100_000).decode()
    with pytest.raises(Invalid):
        list_of(city).page({"after": [deep]})


def test_each_filter_keeps_what_it_says(city: Any) -> None:
    make(city, 3, scale="large", sector="fire", uses_ammonia=True)
    make_far = city.far_shop

    def pick(**params: str) -> set[Any]:
        return set(list_of(city).page({name: [value] for name, value in params.items()}).rows)

    assert {row.scale for row in pick(scale="large")} == {"large"}
    assert pick(territory=city.far_county.code) == {make_far}
    assert pick(territory=str(city.far_village.pk)) == {make_far}
    assert len(pick(uses_ammonia="1")) == 3
    assert not any(row.uses_ammonia for row in pick(uses_ammonia="false"))
    assert {row.sector for row in pick(sector="fire")} == {"fire"}
    both = list_of(city).page({"scale": ["large", "small"]})
    assert both.count == 5


def dangers(city: Any) -> Listing:
    loop = HiddenDangerLoop
    return Listing(HiddenDanger, city.city_officer, loop.facets, loop.sorts, loop.order)


def test_a_span_of_days_includes_both_ends_as_days_in_china(city: Any) -> None:
    danger = city.reports()
    assert danger.found_on.isoformat() == "2026-03-02"
    for span, hit in [(("2026-03-02", "2026-03-02"), 1), (("2026-03-03", ""), 0), (("", "2026-03-01"), 0)]:
        page = dangers(city).page({"found_on_from": [span[0]], "found_on_to": [span[1]]})
        assert page.count == hit, span


ODD_DAYS = ["2026-13-01", "9999-12-31", "0001-01-01", "x", "\x00", "2026-03-02T10:00", "1e5", "二〇二六"]
ODD_NUMBERS = [
    "nan",
    "inf",
    "-Infinity",
    "sNaN",
    "1e9999999",
    "1e-9999999",
    "9" * 5000,
    "1_0",
    "",
    "x",
    "\x00",
    "2.5",
]


def test_an_odd_day_or_number_is_refused_or_harmless(city: Any) -> None:
    numbers = Listing(Enterprise, city.city_officer, ("employees", "longitude"), (), "name")
    for texts, asked, names in (
        (ODD_DAYS, dangers(city), ("found_on_from", "found_on_to")),
        (ODD_NUMBERS, numbers, ("employees_from", "longitude_to")),
    ):
        for text, edge in itertools.product(texts, names):
            faults = refusal(asked, {edge: [text]})
            assert faults in (None, [edge]), text


def test_an_instant_is_filtered_by_days_in_china(city: Any) -> None:
    moments = Listing(Enterprise, city.city_officer, ("updated_at",), (), "name")
    late = datetime(2026, 3, 4, 16, 30, tzinfo=UTC)  # half past midnight on 5 March in China
    Enterprise.unscoped("a test moves a row").filter(pk=city.workshop.pk).update(updated_at=late)
    for day, hit in [("2026-03-04", False), ("2026-03-05", True)]:
        rows = moments.page({"updated_at_from": [day], "updated_at_to": [day]}).rows
        assert (city.workshop in rows) is hit


# --- pages


def walk(city: Any, sort: str, size: int, *, between: Any = None) -> tuple[list[Any], list[Any]]:
    """Walk forward to the end, then back to the beginning; return the rows of each way."""
    forward, back, cursor = [], [], ""
    while True:
        page = list_of(city).page({"sort": [sort], "size": [str(size)], "after": [cursor]})
        forward.append(page.rows)
        if between:
            between(len(forward))
        if not page.after:
            break
        cursor = page.after
    back.insert(0, page.rows)
    while page.before:
        page = list_of(city).page({"sort": [sort], "size": [str(size)], "before": [page.before]})
        back.insert(0, page.rows)
    return [row for rows in forward for row in rows], [row for rows in back for row in rows]


ALL_SORTS = [sign + name for name in Enterprise.kept.sorts for sign in ("", "-")]


@pytest.mark.parametrize("sort", ALL_SORTS)
def test_walking_the_pages_shows_every_row_once_in_order_both_ways(
    city: Any, sort: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZES", (7, 5))
    make(city, 61)
    everything = set(Enterprise.seen_by(city.city_officer))
    forward, back = walk(city, sort, 7)
    assert len(forward) == len(set(forward)) == len(everything) == 63
    assert set(forward) == everything
    assert back == forward
    column = sort.lstrip("-")
    values = [getattr(row, column) for row in forward]
    present = [value for value in values if value is not None]
    assert values[: len(present)] == present, "rows without a value come last"
    if column != "name":  # names are ordered by the database's rules of language
        assert present == sorted(present, reverse=sort.startswith("-"))


@pytest.mark.parametrize("sort", ["name", "-employees", "updated_at"])
def test_rows_added_meanwhile_neither_repeat_nor_hide_the_others(
    city: Any, sort: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZES", (7, 5))
    before = set(make(city, 40))
    serial = iter(range(1000, 2000))

    def add(number: int) -> None:
        if number < 5:
            for row in make(city, 1, credit_code=f"N{next(serial):017d}"):
                assert row.pk

    forward, _ = walk(city, sort, 7, between=add)
    assert len(forward) == len(set(forward))
    assert before <= set(forward)


def test_first_and_last_page_have_no_neighbour_beyond(city: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZES", (7, 5))
    make(city, 5)  # seven with the world's two: exactly one page
    page = list_of(city).page({"size": ["7"]})
    assert (page.after, page.before, page.count) == ("", "", 7)
    make(city, 1, credit_code="N" * 18)
    first = list_of(city).page({"size": ["7"]})
    assert first.after
    assert not first.before
    second = list_of(city).page({"size": ["7"], "after": [first.after]})
    assert second.before
    assert not second.after
    again = list_of(city).page({"size": ["7"], "before": [second.before]})
    assert again.rows == first.rows
    assert not again.before


def test_counts_are_exact_while_cheap_and_say_about_beyond(city: Any, monkeypatch: Any) -> None:
    make(city, 30)
    assert (list_of(city).page({}).count, list_of(city).page({}).count_is_exact) == (32, True)
    monkeypatch.setattr(listing, "COUNTED_EXACTLY", 31)
    page = list_of(city).page({"size": ["20"]})
    assert (page.count, page.count_is_exact) == (32, True), "what costs next to nothing is counted further"
    monkeypatch.setattr(listing, "FEW_COSTS", 0)
    page = list_of(city).page({"size": ["20"]})
    assert not page.count_is_exact
    assert page.count >= 31
    monkeypatch.setattr(listing, "COUNTED_EXACTLY", 32)
    assert list_of(city).page({}).count_is_exact


def test_a_list_starts_from_what_the_actor_sees(city: Any) -> None:
    assert list_of(city, city.officer).page({}).rows == [city.workshop]
    assert list_of(city, city.far_officer).page({}).rows == [city.far_shop]
    assert list_of(city, NOBODY).page({}).rows == []
    assert list_of(city, city.officer).page({"q": ["榆树"]}).count == 0
    assert list_of(city, city.officer).page({"territory": [city.far_county.code]}).count == 0
    far = list_of(city, city.far_officer).page({"sort": ["name"]})
    stolen = Listing._cursor(city.far_shop, "name")
    assert far.rows == [city.far_shop]
    for way in ("after", "before"):
        assert city.far_shop not in list_of(city, city.officer).page({"sort": ["name"], way: [stolen]}).rows


def test_the_archived_leave_the_list_unless_asked_for(city: Any) -> None:
    from anlan.kernel.registers import archive

    archive(Enterprise, city.workshop.pk, city.officer, "已注销")
    assert list_of(city).page({}).rows == [city.far_shop]
    assert list_of(city, with_archived=True).page({}).count == 2


def test_a_decimal_sort_walks_too(city: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZES", (3, 5))
    for n, row in enumerate(make(city, 10)):
        row.longitude = Decimal(n % 4) / 8 if n % 3 else None
        row.save()
    places = Listing(Enterprise, city.city_officer, (), ("longitude",), "longitude")
    seen, cursor = [], ""
    while True:
        page = places.page({"after": [cursor], "size": ["3"]})
        seen += page.rows
        cursor = page.after
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 12

"""What a phone tells is read or refused in words, whatever it tells: sealed rightly, it may still say anything."""

from __future__ import annotations

import copy
import uuid
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.domains.checks.checklists import article_in_english, asked, items, trades_of
from anlan.domains.inspections.sheets import read_sheet
from anlan.kernel.ledger.device import seal_of
from anlan.kernel.registers.errors import Invalid

SERIES = "5d1c2c1e-0000-7000-8000-000000000001"
PERSON = str(uuid.UUID(int=7))
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)


def bodies() -> list[dict[str, Any]]:
    """The records of a small visit, not sealed yet."""
    told: list[tuple[str, dict[str, Any]]] = [
        ("begin", {"person": PERSON, "site": PERSON, "purpose": "routine"}),
        ("answer", {"item": "wiring", "answer": "finding", "note": "门口", "rectify_by": "2026-03-20"}),
        ("photo", {"item": "wiring", "sha256": "0" * 64}),
        ("signature", {"party": "inspector", "sha256": "1" * 64}),
        ("finish", {
            "device": PERSON, "device_seq": 1, "device_previous": "", "based_on": "", "clock_offset": 0,
            "seconds_on_site": 1, "seconds_writing": 1, "keystrokes": 1,
        }),
    ]  # fmt: skip
    place = {"lng": "125.320000", "lat": "43.880000", "accuracy": 12}
    return [
        {
            "v": 1,
            "series": SERIES,
            "kind": kind,
            "data": data,
            "at": "2026-03-06T01:02:03.000Z",
            "place": place,
        }
        for kind, data in told
    ]


def sealed(told: list[dict[str, Any]]) -> dict[str, Any]:
    """The envelope of some bodies, chained and sealed as a phone does it."""
    records: list[dict[str, Any]] = []
    for seq, one in enumerate(told, start=1):
        body = {**one, "seq": seq, "previous": records[-1]["sha256"] if records else ""}
        records.append({"body": body, "sha256": seal_of(body)})
    return {"series": SERIES, "records": records}


def test_a_small_visit_is_read() -> None:
    sheet = read_sheet(sealed(bodies()))
    assert [one["item"] for one in sheet.findings()] == ["wiring"]
    assert [photo.item for photo in sheet.photos] == ["wiring", "signature:inspector"]
    assert sheet.place is not None


@given(st.integers(0, 4), st.data())
def test_whatever_a_field_says_it_is_read_or_refused(place: int, data: Any) -> None:
    told = copy.deepcopy(bodies())
    body = told[place]
    where = data.draw(st.sampled_from(["place", "at", "kind", *[f"data.{name}" for name in body["data"]]]))
    value = data.draw(anything)
    if where.startswith("data."):
        body["data"][where.removeprefix("data.")] = value
    else:
        body[where] = value
    with suppress(Invalid):
        read_sheet(sealed(told))


@given(anything)
def test_what_is_no_envelope_is_refused(value: Any) -> None:
    with pytest.raises(Invalid):
        read_sheet({"series": SERIES, "records": value})


@given(
    st.dates(date(2016, 1, 1), date(2030, 12, 31)),
    st.sampled_from(["6210", "3489", "5265", "5911", "4710", "8321", "", "Z"]),
)
def test_a_list_holds_only_items_of_its_day(day: date, industry: str) -> None:
    found = asked(trades_of(industry, frozenset({"has_explosive_dust"})), day)
    assert all(item.first <= day for item in found)
    assert len({item.key for item in found}) == len(found)


def test_every_item_is_whole() -> None:
    for item in items().values():
        assert item.clause.zh
        assert item.within in {"quick", "usual"}


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("第十条", "Article 10"),
        ("第二十八条", "Article 28"),
        ("第三十六条第四款", "Article 36, paragraph 4"),
        ("第一百零九条第二项", "Article 109, item 2"),
        ("附录 A", "附录 A"),
    ],
)
def test_the_place_of_a_clause_is_read_in_english(chinese: str, english: str) -> None:
    assert article_in_english(chinese) == english


def test_every_item_cites_a_clause_in_both_languages() -> None:
    assert not [item.key for item in items().values() if "第" in item.clause.en]

"""The keys of a page are found first and only those rows are joined: the same rows as the plain question gives, page for page."""

from __future__ import annotations

import random
from typing import Any

import pytest

from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel.finding import Narrowed, find_all, understood
from anlan.kernel.finding.rows import find_rows
from anlan.kernel.registers import Listing, listing
from anlan.kernel.registers.tests.test_lists import list_of, make
from anlan.kernel.scope.actor import NOBODY

pytestmark = pytest.mark.django_db

FILTERS = [
    ("scale", ["micro"]),
    ("scale", ["micro", "large"]),
    ("uses_ammonia", ["1"]),
    ("has_explosive_dust", ["0"]),
    ("sector", ["energy", "work_safety"]),
    ("is_demo", ["0"]),
    ("created_at_from", ["2020-01-01"]),
    ("updated_at_to", ["2001-01-01"]),
]


def a_mixed_register(city: Any) -> None:
    chance = random.Random(20260314)
    for n in range(60):
        make(
            city, 1, scale=chance.choice(["micro", "small", "large"]), uses_ammonia=chance.random() < 0.4,
            has_explosive_dust=chance.random() < 0.2, sector=chance.choice(["energy", "work_safety", "health"]),
            credit_code=f"K{n:017d}", path=chance.choice([city.village.path, city.far_county.path]),
        )  # fmt: skip


def pages(asked: Listing, params: dict[str, list[str]]) -> list[list[Any]]:
    """Every page forwards; on the way each page is also reached backwards from the one after it."""
    found, page = [], asked.page(params)
    while True:
        found.append([row.pk for row in page.rows])
        if not page.after:
            return found
        following = asked.page(params | {"after": [page.after]})
        if following.before:
            assert [row.pk for row in asked.page(params | {"before": [following.before]}).rows] == found[-1]
        page = following


def test_pages_are_those_of_the_plain_question(city: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZES", (5, 7))
    a_mixed_register(city)
    chance = random.Random(7)
    for _ in range(24):
        params = dict(chance.sample(FILTERS, 2))
        params |= {
            "sort": [chance.choice(["name", "-name", "employees", "-employees", "-updated_at"])],
            "size": ["7"],
        }
        for actor in (city.city_officer, city.far_officer):
            asked = list_of(city, actor)
            plain = [row.pk for row in asked.in_order(asked.filtered(params), params)]
            assert [pk for page in pages(asked, params) for pk in page] == plain


def test_what_a_row_shows_comes_with_it(city: Any, django_assert_num_queries: Any) -> None:
    make(city, 3)
    rows = list_of(city, shown=("territory", "holder")).page({}).rows
    with django_assert_num_queries(0):
        assert all(row.territory.name and row.holder.name for row in rows)


def test_where_nothing_can_pass_nothing_is_asked(city: Any) -> None:
    assert list_of(city, NOBODY).page({"scale": ["micro"], "uses_ammonia": ["1"]}).rows == []


def test_few_hits_looked_up_by_their_keys_are_those_found_by_the_words(city: Any) -> None:
    for n in range(4):
        city.reports(description=f"化工企业消防隐患{n}")
        city.reports(description=f"化工园的企业缺消防器材{n}")
    loop = HiddenDanger.loop
    asked = Listing(HiddenDanger, city.officer, loop.facets, loop.sorts, loop.order)
    question, every = understood("化工企业消防"), Narrowed()
    for each in (3, 5, 20):
        plain = find_rows(asked, question, every, each)
        found = find_all({"a": asked}, question, every, each)["a"]
        assert [row.pk for row in found.rows] == [row.pk for row in plain.rows]
        assert found.more == plain.more

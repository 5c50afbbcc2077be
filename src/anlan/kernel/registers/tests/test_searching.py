"""Search in Chinese: runs of characters are found, wherever they stand; no words a person types are an accident."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anlan.domains.enterprises.models import Enterprise
from anlan.kernel import clock
from anlan.kernel.registers import Listing
from anlan.kernel.registers.searching import folded, query_of, vector_of

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


def list_of(city: Any) -> Listing:
    kept = Enterprise.kept
    return Listing(Enterprise, city.city_officer, kept.facets, kept.sorts, kept.order)


def found(city: Any, words: str) -> set[str]:
    return {row.name for row in list_of(city).page({"q": [words], "size": ["200"]}).rows}


@pytest.fixture
def named(city: Any) -> None:
    now = clock.now()
    for n, name in enumerate(name for name in NAMES if name):
        Enterprise(
            territory=city.village, path=city.village.path, holder=city.workshop.holder, credit_code=f"91X{n:015d}",
            industry="C", name=name, created_at=now, updated_at=now,
        ).save(force_insert=True)  # fmt: skip


FINDS: list[tuple[str, set[str]]] = [
    ("消防", {"消防器材厂", "长春市消防栓制造有限公司", "消防"}),
    ("防", {"消防器材厂", "长春市消防栓制造有限公司", "消防"}),
    ("消", {"消防器材厂", "长春市消防栓制造有限公司", "消防"}),
    ("厂", {"消防器材厂"}),
    ("甲", {"甲"}),
    ("防消", set()),
    ("消防 制造", {"长春市消防栓制造有限公司"}),
    ("化工 ABC", {"ABC 化工"}),
    ("abc", {"ABC 化工"}),
    ("ＡＢＣ", {"ABC 化工"}),
    ("123号", {"１２３号仓库"}),
    ("ab-12", {"Ab-12/3"}),
    ("neil", {"o'neil\\co"}),
    ("o'neil", {"o'neil\\co"}),
    ("91x000000000000003", {"长春市消防栓制造有限公司"}),
    ("!!!", set()),
    ("' & |", set()),
    ("没有这样的企业", set()),
]


def test_search_finds_runs_of_characters(city: Any, named: None) -> None:
    for words, expected in FINDS:
        assert found(city, words) == expected, words


ODD_WORDS = [
    "'",
    "\\",
    ":",
    "&",
    "|",
    "!",
    "<->",
    "(",
    "'\\:&|!<>()*",
    "消防':*",
    "\\'; DROP TABLE x; --",
    "%",
    "_",
    "\x00",
    "\ud800",
    "\u202e",
    "😀",
    "ﷺ" * 50,
    "消" * 5000,
    "a " * 3000,
    "İ",
    "ß",
    "²",
]


def test_no_search_is_an_accident(city: Any, named: None) -> None:
    for words in ODD_WORDS:
        list_of(city).page({"q": [words]})


@given(st.text(max_size=40), st.text(max_size=40))
@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
def test_a_text_is_found_by_every_run_of_its_own(city: Any, text: str, more: str) -> None:
    from django.db import connection

    whole = f"{text} {more}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::tsvector", [vector_of(whole)])
        cursor.execute("SELECT %s::tsquery", [query_of(whole)])
        for part in folded(text).split():
            query = query_of(part)
            if query:
                cursor.execute("SELECT %s::tsvector @@ %s::tsquery", [vector_of(whole), query])
                assert cursor.fetchone() == (True,), part

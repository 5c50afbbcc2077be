"""The policy and what realises it: nothing dangles in either direction, and the counts add up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.urls import reverse

from anlan.faces.public.policy_links import address_of
from anlan.policy import clauses, realising
from anlan.policy.catalogue import TYPES, all_clauses, articles, chinese
from anlan.policy.coverage import by_article, coverage, standings
from anlan.policy.realising import faults, missing, names, reasons, serving
from anlan.policy.responsible import Bodies, actors

ROOT = Path(__file__).resolve().parents[4]


def test_nothing_dangles() -> None:
    assert faults() == []


def test_a_name_that_serves_no_clause_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = [{"kind": "page", "name": "office:today", "zh": "今日", "en": "Today", "serves": ["A99.1"]}]
    said = {
        "names": odd,
        "missing": {"A30.1": {"zh": "缺", "en": "m"}, "A98.1": {"zh": "缺", "en": "m"}},
        "reasons": {},
    }
    monkeypatch.setattr(realising, "_file", lambda: said)
    found = faults()
    assert "page office:today serves A99.1" in found
    assert "missing names A30.1, which nothing serves" in found
    assert "missing names A98.1, which is no requirement" in found
    assert "A1.1 has no reason" in found


def test_every_page_and_command_that_is_named_exists(db: None) -> None:
    commands = {
        file.stem
        for folder in ("faces/cli", "site/commands")
        for file in (ROOT / "src" / "anlan" / folder).glob("*.py")
    }
    for one in names():
        if one.kind == "page":
            assert reverse(one.name)
        elif one.kind == "command":
            assert one.name in commands
        assert one.kind == "command" or address_of(one) or one.kind == "indicator", one


def test_every_requirement_stands_in_one_state_and_articles_add_up() -> None:
    found = standings()
    assert len(found) == len(clauses()) == 319
    whole = coverage(found.values())
    assert whole.total == 319
    parts = [covered for _, covered in by_article(found)]
    for state in whole.counts:
        assert sum(part.counts[state] for part in parts) == whole.counts[state]
    assert whole.none == len(reasons())
    assert whole.partly == len(missing())
    assert len([article for article in articles() if article.number]) == 30


def test_a_whole_article_realises_no_single_requirement() -> None:
    """Serving A15 as a whole says where a subject belongs; it meets nothing by itself."""
    found = standings()
    assert "A15" in serving("loop", "hidden-dangers")
    assert found["A15.16"].state == "not_yet"
    assert found["A15.13"].state == "realised"
    assert {name.kind for name in found["A15.13"].by} >= {"duty", "rule"}


def test_what_is_in_part_says_what_is_missing_in_both_languages() -> None:
    for one in standings().values():
        assert (one.note is not None) == (one.state in {"partly", "none"}), one.clause.key
        if one.note:
            assert not any("\u4e00" <= char <= "\u9fff" for char in one.note.en)


def test_every_actor_is_known_and_every_department_is_one_of_the_pack() -> None:
    used = {key for clause in all_clauses().values() for key in clause.actors}
    assert used <= set(actors())
    pack = yaml.safe_load((ROOT / "cities" / "changchun" / "departments.yaml").read_text("utf-8"))
    known = {one["key"] for one in pack["departments"]} | {"government"}
    assert {said["department"] for said in actors().values() if "department" in said} <= known
    assert {kind for clause in all_clauses().values() for kind in clause.types} <= set(TYPES)


def test_the_responsible_body_is_that_of_the_county_looked_at(city: Any) -> None:
    city.bureau.key = f"{city.county.code}:emergency"
    city.bureau.save()
    (found,) = Bodies(city.village).of(["work_safety_dept"])
    assert found.body is not None
    assert found.body.zh == "南关区应急管理局"
    (nobody,) = Bodies(city.village).of(["media"])
    assert (nobody.words.zh, nobody.body) == ("新闻媒体", None)


@pytest.mark.parametrize(
    ("number", "words"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (29, "二十九")]
)
def test_articles_are_numbered_in_chinese(number: int, words: str) -> None:
    assert chinese(number) == words

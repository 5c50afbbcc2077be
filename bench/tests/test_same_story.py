"""The bench's city is what the engine would have left: one story told both ways leaves the same row, duties and entries."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from secrets import token_hex
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from bench.city.dangers import Numbers, Story, search_words, tell
from bench.city.entries import COLUMNS
from bench.city.firms_read import read_firms
from bench.city.life import DUTY_COLUMNS, Life, columns
from django.conf import settings
from django.db import connection

from anlan.domains.hidden_dangers import demo as dangers
from anlan.domains.hidden_dangers.models import HiddenDanger, ListedSupervision
from anlan.kernel import clock
from anlan.kernel.evidence.models import Evidence
from anlan.kernel.ledger.models import LedgerEntry
from anlan.kernel.loops import Duty, sweep
from anlan.kernel.loops.matter import Matter
from anlan.kernel.vault import ensure_keys
from anlan.site import city, demo
from anlan.site.demo_people import Cast
from anlan.site.demo_work import Task
from anlan.site.demo_year import Happening, read_pictures

UNTIL = datetime(2026, 11, 20, 4, tzinfo=UTC)
STORIES, FIRMS, SEED = 40, 6, 11
# What is drawn anew each time, and what hangs on it. Evidence: the bench's city has no photographs.
DRAWN = {
    "id",
    "chain",
    "key",
    "previous",
    "previous_sm3",
    "sha256",
    "sm3",
    "position",
    "evidence",
    "number",
    "earlier_id",
}
DRAWN_OF_ROWS = {*DRAWN, "danger_id", "parent_id", "search"}


@pytest.fixture
def ground(db: None) -> None:
    ensure_keys(Path(settings.ANLAN_DATA) / "keys")
    city.load("changchun")
    demo.settle(Task(SEED, UNTIL.isoformat(), FIRMS, STORIES, 0, 1))


def test_a_story_leaves_the_same_whether_lived_or_written(
    ground: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dangers, "MAJOR_SHARE", 0.3)
    first = UNTIL.date() - timedelta(days=300)
    year = dangers.Year(first, UNTIL.astimezone(clock.CHINA), clock.working_calendar().is_working)
    firms, around = read_firms(SEED, 0, 1)
    sites = [dangers.Site(n, one.industry, one.flags, one.weight) for n, one in enumerate(firms)]
    plans = dangers.plans(Random(SEED), sites, year, STORIES)
    cast = Cast.read(Random(SEED), first)
    acts: set[str] = set()
    with clock.travel(datetime.combine(first, datetime.min.time(), clock.CHINA)) as travel:
        happening = _Photographed(cast, demo._firms(cast), Random(SEED), shots=read_pictures())
        happening.city_bureau = demo.Party.objects.get(key=f"{demo._root()}:emergency")
        for number, plan in enumerate(plans):
            lived = _lived(happening, plan, number, travel)
            written = _written(
                Story(firms[plan.site], around, Random(number), Numbers(0, 1, STORIES, 0)), plan
            )
            assert happening.refused == {}
            assert len(lived) == len(written)
            for matter, life in zip(lived, written, strict=True):
                _compare(matter, life)
                acts |= {entry.act for entry in LedgerEntry.objects.filter(chain=matter.pk)}
    # A comparison of little would prove little.
    assert {"opened", "grade", "self_fix_at_once", "rectify", "accept", "check", "late_overdue"} <= acts
    assert {"grade_major", "plan", "list_it", "publish", "delist", "extend", "extend_grant", "reject"} <= acts


class _Photographed(Happening):
    """A year in which no picture is taken twice, so that none is refused."""

    def _photo(self, *asked: Any) -> dict[str, list[UUID]]:
        found = super()._photo(*asked)
        for pks in found.values():
            Evidence._base_manager.filter(pk__in=pks).update(sha256=token_hex(32))
        return found


def _lived(happening: Happening, plan: dangers.Plan, number: int, travel: clock.travel) -> list[Matter]:
    """Let the engine live a story, the clock stopping at every moment at which something becomes late."""
    for act in plan.acts:
        if act.at > UNTIL:
            break
        _pass_time(happening.matters.get(number), act.at, travel)
        travel.to(act.at)
        if not happening._happens(plan, number, act):
            break
    _pass_time(happening.matters.get(number), UNTIL, travel)
    danger = HiddenDanger.unscoped("a test compares").get(pk=happening.matters[number])
    return [danger, *ListedSupervision.unscoped("a test compares").filter(parent_id=danger.pk)]


def _pass_time(danger: Any, until: datetime, travel: clock.travel) -> None:
    if danger is None:
        return
    of = [
        danger,
        *ListedSupervision.unscoped("a test compares").filter(parent_id=danger).values_list("pk", flat=True),
    ]
    while True:
        waiting = (
            Duty.objects.filter(matter_id__in=of, done_at=None, next_at__lt=until).order_by("next_at").first()
        )
        if waiting is None:
            return
        travel.to(waiting.next_at.replace(second=0, microsecond=0) + timedelta(minutes=1))
        sweep()


def _written(story: Story, plan: dangers.Plan) -> list[Life]:
    """Write the same story as the bench's city does."""
    tell(story, plan, UNTIL)
    return list(story.lives())


def _compare(matter: Matter, life: Life) -> None:
    assert _row(vars(matter), matter) == _row(vars(life.row), matter)
    numbered = SimpleNamespace(**{**vars(life.row), "number": matter.number})
    assert str(matter.search) == _vector(search_words(numbered, matter.holder.name, matter.territory.name))
    written = [dict(zip(COLUMNS, row, strict=False)) for _, row in life.chain.rows]
    lived = LedgerEntry.objects.filter(chain=matter.pk).order_by("seq").values(*COLUMNS)
    assert _acts(written, life.row) == _acts(lived, matter)
    duties = Duty.objects.filter(matter_id=matter.pk).values(*DUTY_COLUMNS)
    assert _duties(life.duties) == _duties(duties)


def _row(values: dict[str, Any], matter: Matter) -> dict[str, Any]:
    return {name: _plain(values[name]) for name in columns(type(matter)) if name not in DRAWN_OF_ROWS}


def _vector(words: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::tsvector::text", [words])
        return str(cursor.fetchone()[0])


def _acts(entries: Iterable[dict[str, Any]], row: Any) -> list[dict[str, Any]]:
    """Return entries without what is drawn anew, the matter called by one name."""
    found = []
    for entry in entries:
        kept = {name: value for name, value in entry.items() if name not in DRAWN}
        for name in ("data", "rules"):
            text = kept[name] if isinstance(kept[name], str) else json.dumps(kept[name])
            kept[name] = json.loads(_nameless(json.loads(text), row))
        found.append({name: _plain(value) for name, value in kept.items()})
    return found


def _nameless(value: Any, row: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    for name in ("number", "id", "danger_id"):
        text = text.replace(str(getattr(row, name, "")) or "\0", f"<{name}>")
    text = re.sub(r"[A-Z]{2}-\d{4}-\d{6}", "<number>", text)
    return re.sub(r'("earlier_id": )"[^"]+"', r'\1"<id>"', text)


def _duties(duties: Iterable[dict[str, Any]]) -> list[str]:
    found = []
    for duty in duties:
        told = {name: _plain(duty[name]) for name in DUTY_COLUMNS if name not in {"id", "matter_id"}}
        told["moments"] = [[name, _plain(moment)] for name, moment in duty["moments"]]
        found.append(json.dumps(told, ensure_ascii=False, sort_keys=True))
    return sorted(found)


def _plain(value: Any) -> Any:
    """Return a value as one text, whatever it was kept in: an instant to the minute, an id, an amount."""
    if isinstance(value, str) and "T" in value:
        with suppress(ValueError):
            value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M}"
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return str(value) if isinstance(value, UUID) else value

"""The risks of the bench's city: for each enterprise posts, an object, a unit, events and measures with a cycle, by COPY.

Any bench that needs a million measures lays them with ``lay``; a city that has them already keeps them.
"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import psycopg
from django.db import models

from anlan.kernel import clock
from bench.city.copying import copy
from bench.city.ids import id_at

POSTS = ("操作工", "电工", "库管员", "班组长")
EVENTS = (
    ("卷入旋转部件", "1986-03"),
    ("触电", "1986-05"),
    ("火灾", "1986-08"),
    ("物体打击", "1986-01"),
    ("高处坠落", "1986-09"),
)
CHECKED = ("防护罩", "急停按钮", "接地线", "灭火器", "安全带")
AT_ONCE = 2000  # enterprises whose rows stand in memory together

# Columns that a register row must have and no default of the table gives.
_COMMON: dict[str, Any] = {
    "sensitivity": 1, "is_demo": True, "address": "", "longitude": None, "latitude": None, "cell": "", "version": 1,
    "archived_at": None, "archive_reason": "",
}  # fmt: skip


def lay(to: psycopg.Connection[Any], per_enterprise: int) -> int:
    """Write what is missing and return how many measures there are; every enterprise has the same number."""
    from anlan.domains.risk.models import ControlMeasure, RiskEvent, RiskObject, RiskUnit, WorkPost

    firms = to.execute(
        "SELECT id, path, sector, holder_id, territory_id, search::text FROM enterprises_enterprise"
        " WHERE archived_at IS NULL AND operation = 'operating' ORDER BY id"
    ).fetchall()
    (there,) = to.execute("SELECT count(*) FROM risk_controlmeasure").fetchone() or (0,)
    if there != len(firms) * per_enterprise:
        started = time.monotonic()
        to.execute(
            "TRUNCATE risk_controlmeasure, risk_riskevent, risk_riskunit, risk_riskobject, risk_workpost CASCADE"
        )
        random, at = Random(7), clock.now() - timedelta(days=1)
        kinds = (WorkPost, RiskObject, RiskUnit, RiskEvent, ControlMeasure)
        for start in range(0, len(firms), AT_ONCE):
            rows = _rows(random, at, firms[start : start + AT_ONCE], per_enterprise)
            for kind in kinds:
                _copy(to, kind, rows[kind])
        to.execute("ANALYZE")
        took = time.monotonic() - started
        print(f"· measures: {len(firms) * per_enterprise} in {took:.0f} s", file=sys.stderr, flush=True)
    return len(firms) * per_enterprise


def _rows(random: Random, at: datetime, firms: Sequence[Any], count: int) -> dict[type, list[dict[str, Any]]]:
    from anlan.domains.risk.models import ControlMeasure, RiskEvent, RiskObject, RiskUnit, WorkPost

    found: dict[type, list[dict[str, Any]]] = {
        kind: [] for kind in (WorkPost, RiskObject, RiskUnit, RiskEvent, ControlMeasure)
    }

    def add(model: type, firm: Any, **own: Any) -> str:
        pk, path, sector, holder, territory, search = firm
        scope = {
            "path": path,
            "sector": sector,
            "holder_id": holder,
            "territory_id": territory,
            "search": search,
        }
        row = {
            "id": id_at(random, at),
            "created_at": at,
            "updated_at": at,
            "enterprise_id": pk,
            **scope,
            **_COMMON,
            **own,
        }
        found[model].append(row)
        return str(row["id"])

    for firm in firms:
        posts = [add(WorkPost, firm, name=name, card_token=secrets.token_urlsafe(18)) for name in POSTS]
        above = add(RiskObject, firm, name="生产现场", kind="place", risk_level=2)
        unit = add(RiskUnit, firm, name="日常作业", risk_object_id=above, risk_level=2)
        events = [
            add(RiskEvent, firm, name=name, unit_id=unit, accident_type=kind, risk_level=1 + number % 4)
            for number, (name, kind) in enumerate(EVENTS)
        ]
        for number in range(count):
            text = f"{CHECKED[number % len(CHECKED)]}完好（{number + 1}）"
            add(ControlMeasure, firm, event_id=events[number % len(events)], description=text, check_content=text,
                kind="engineering", responsible_post_id=posts[number % len(posts)], check_cycle=1, check_cycle_unit="day",
                risk_level=1 + number % 4)  # fmt: skip
    return found


def _copy(to: psycopg.Connection[Any], kind: type[models.Model], rows: Sequence[dict[str, Any]]) -> None:
    fields = [field for field in kind._meta.concrete_fields if not field.generated]
    blank = {field.attname: None if field.null else field.get_default() for field in fields}

    def lines() -> Iterator[list[Any]]:
        for row in rows:
            whole = blank | row
            yield [whole[field.attname] for field in fields]

    copy(to, kind._meta.db_table, [field.column for field in fields], lines())

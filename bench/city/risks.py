"""The risk registers of the bench's city by COPY: every enterprise has four posts, two objects, two units, five events, and
twenty measures shared out among its posts, each to be checked daily.

Written once into a city that has none, without the words of search; levels are those an approved grading would have carried
upwards, so that nothing has to be corrected before colours are computed.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

import psycopg

from anlan.domains.risk.models import ControlMeasure, RiskEvent, RiskObject, RiskUnit, WorkPost
from bench.city.copying import copy, unhindered, without_indexes
from bench.city.ids import id_at

OBJECTS, EVENTS, MEASURES = 2, 5, 20
POSTS = ("操作工", "电工", "库管员", "班组长")
LEVELS, SHARES = (4, 3, 2, 1, 0), (2, 9, 34, 50, 5)
NEAR = 0.0012  # degrees: objects lie around their enterprise
TREE = (WorkPost, RiskObject, RiskUnit, RiskEvent, ControlMeasure)
SCOPE = (
    "path",
    "sector",
    "holder_id",
    "sensitivity",
    "is_demo",
    "territory_id",
    "longitude",
    "latitude",
    "cell",
)
Row = dict[str, Any]


def fill(url: str, seed: int) -> dict[str, int]:
    """Fill the registers if posts or measures are missing; returns how many rows each holds. ``url``: as superuser."""
    tables = [model._meta.db_table for model in TREE]
    with unhindered(url) as to:
        if not (_count(to, tables[0]) and _count(to, tables[-1])):
            for table in reversed(tables):
                # Not emptied with all that refers to it: dangers refer to measures, and would go as well.
                to.execute(f'DELETE FROM "{table}"')
            with without_indexes(to, tables):
                lay(to, seed)
            to.execute("VACUUM (ANALYZE)")
        return {table: _count(to, table) for table in tables}


def lay(to: psycopg.Connection[Any], seed: int) -> None:
    """Write the registers of every enterprise."""
    firms = _firms(to)
    for model in TREE:
        _copy(to, model, _rows_of(model, firms, seed))


def _count(to: psycopg.Connection[Any], table: str) -> int:
    found = to.execute(f'SELECT count(*) FROM "{table}"').fetchone()
    return int(found[0]) if found else 0


def _firms(to: psycopg.Connection[Any]) -> list[Row]:
    names = ("id", *SCOPE)
    columns = ", ".join(f'"{name}"' for name in names)
    found = to.execute(
        f'SELECT {columns} FROM "enterprises_enterprise" WHERE "archived_at" IS NULL ORDER BY "id"'
    )
    return [dict(zip(names, row, strict=True)) for row in found]


def _rows_of(model: Any, firms: Sequence[Row], seed: int) -> Iterator[Row]:
    """Yield the rows of one register; the same seed gives the same trees, whichever register is asked for."""
    for number, firm in enumerate(firms):
        yield from _tree(firm, Random(f"{seed}/{number}"))[model]


def _tree(firm: Row, random: Random) -> dict[Any, list[Row]]:
    at = datetime(2026, 1, 5, 1, tzinfo=UTC)
    new: Callable[[], str] = lambda: id_at(random, at)  # noqa: E731
    base = {
        **{name: firm[name] for name in SCOPE},
        "enterprise_id": firm["id"],
        "created_at": at,
        "updated_at": at,
    }
    posts = [
        {
            **base,
            "id": new(),
            "name": name,
            "card_token": base64.urlsafe_b64encode(random.randbytes(18)).decode(),
        }
        for name in POSTS
    ]
    objects = [
        {**base, "id": new(), "name": f"风险点{n + 1}", "kind": "equipment", **_beside(firm, random)}
        for n in range(OBJECTS)
    ]
    units = [{**base, "id": new(), "risk_object_id": one["id"], "name": "作业"} for one in objects]
    events, measures = list[Row](), list[Row]()
    for n in range(EVENTS):
        level = random.choices(LEVELS, SHARES)[0]
        residual = max(1, level - 1) if level and random.random() < 0.6 else 0
        event = {**base, "id": new(), "unit_id": units[n % OBJECTS]["id"], "name": f"事件{n + 1}", "risk_level": level,
                 "residual_level": residual}  # fmt: skip
        events.append(event)
        for m in range(MEASURES // EVENTS):
            measures.append({
                **base, "id": new(), "event_id": event["id"], "description": f"措施{m + 1}", "kind": "management",
                "responsible_person": "" if random.random() < 0.002 else "张三", "check_content": "是否完好", "check_cycle": 1,
                "check_cycle_unit": "day", "responsible_post_id": posts[len(measures) % len(posts)]["id"],
                "risk_level": level, "class_1": "3", "class_2": "3-4",
            })  # fmt: skip
    for place, (thing, unit) in enumerate(zip(objects, units, strict=True)):
        mine = events[place::OBJECTS]
        highest = {name: max(one[name] for one in mine) for name in ("risk_level", "residual_level")}
        thing.update(highest)
        unit.update(highest)
    return {
        WorkPost: posts,
        RiskObject: objects,
        RiskUnit: units,
        RiskEvent: events,
        ControlMeasure: measures,
    }


def _beside(firm: Row, random: Random) -> Row:
    if firm["longitude"] is None:
        return {}
    import h3

    from anlan.kernel.registers.hexagons import RESOLUTION

    east, north = (
        round(float(firm[side]) + random.uniform(-NEAR, NEAR), 6) for side in ("longitude", "latitude")
    )
    return {"longitude": east, "latitude": north, "cell": h3.latlng_to_cell(north, east, RESOLUTION)}


def _copy(to: psycopg.Connection[Any], model: Any, rows: Iterator[Row]) -> int:
    fields = [
        field for field in model._meta.concrete_fields if not field.has_db_default() and not field.generated
    ]
    columns = [field.column for field in fields]
    first: Row = {field.column: _default(field) for field in fields}
    lines = ([{**first, **row}[column] for column in columns] for row in rows)
    return copy(to, model._meta.db_table, columns, lines)


def _default(field: Any) -> Any:
    value = field.get_default() if field.has_default() and field.name != "id" else None
    if value is None and not field.null and field.get_internal_type() in {"CharField", "TextField"}:
        return ""
    return json.dumps(value) if isinstance(value, dict | list) else value

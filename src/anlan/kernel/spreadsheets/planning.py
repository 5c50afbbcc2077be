"""The plan of an import: which column is which field, constants, names to be translated, units, coordinates.

A plan is plain JSON. Columns are kept by number for one file, by heading when a mapping is saved for the next one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from anlan.kernel.registers.errors import Invalid
from anlan.kernel.spreadsheets.guessing import bare
from anlan.kernel.spreadsheets.tables import Table
from anlan.kernel.words import Words

WGS84, GCJ02 = "wgs84", "gcj02"
COORDINATES: dict[str, Words] = {
    WGS84: Words("WGS84（GPS、天地图）", "WGS84 (GPS, Tianditu)"),
    GCJ02: Words("GCJ-02（高德、腾讯）", "GCJ-02 (Amap, Tencent)"),
}
MOST_TRANSLATIONS = 5_000
LONGEST = 200
_TWICE = Words("同一列对应了两个字段：{column}。", "One column stands for two fields: {column}.")
_NO_COLUMN = Words("没有这一列。", "There is no such column.")
_MISSING = Words(
    "必填字段没有对应的列，也没有固定值。", "A required field has neither a column nor a constant."
)
_NO_FACTOR = Words("换算系数应为正数。", "The factor is a positive number.")


def new_plan(sheet: str, header: int, fields: Mapping[str, int]) -> dict[str, Any]:
    """Return a plan as first guessed."""
    return {
        "sheet": sheet, "header": header, "fields": dict(fields), "constants": {}, "values": {}, "units": {},
        "coordinates": WGS84, "update": False, "anyway": False,
    }  # fmt: skip


def checked(table: Table, plan: Mapping[str, Any], headings: Sequence[Any]) -> dict[str, Any]:
    """Return a plan fit to run; raises Invalid naming the fields at fault."""
    faults: dict[str, list[Words | str]] = {}
    fields: dict[str, int] = {}
    for name, column in dict(plan.get("fields", {})).items():
        if name not in table.asks or column is None:
            continue
        if not isinstance(column, int) or not 0 <= column < len(headings):
            faults[name] = [_NO_COLUMN]
        elif column in fields.values():
            faults[name] = [_TWICE.filled(column=headings[column])]
        else:
            fields[name] = column
    constants = {
        name: str(text)[:LONGEST]
        for name, text in dict(plan.get("constants", {})).items()
        if name in table.asks and text
    }
    for name in table.asks:
        if table.required(name) and name not in fields and name not in constants and name not in faults:
            faults[name] = [_MISSING]
    units = _units(plan, faults)
    if faults:
        raise Invalid(faults)
    return {
        **new_plan(str(plan.get("sheet", "")), int(plan.get("header", 0)), fields),
        "constants": constants,
        "values": _translations(table, plan),
        "units": units,
        "coordinates": plan.get("coordinates") if plan.get("coordinates") in COORDINATES else WGS84,
        "update": bool(plan.get("update")),
        "anyway": bool(plan.get("anyway")),
    }


def _translations(table: Table, plan: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name, pairs in dict(plan.get("values", {})).items():
        if name in table.asks:
            items = list(dict(pairs).items())[:MOST_TRANSLATIONS]
            found[name] = {bare(key): str(value)[:LONGEST] for key, value in items}
    return found


def _units(plan: Mapping[str, Any], faults: dict[str, list[Words | str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, text in dict(plan.get("units", {})).items():
        if not str(text).strip():
            continue
        try:
            factor = Decimal(str(text))
            if not factor.is_finite() or factor <= 0 or abs(factor.adjusted()) > 12:
                raise InvalidOperation
        except InvalidOperation:
            faults.setdefault(name, []).append(_NO_FACTOR)
        else:
            found[name] = str(factor)
    return found


def by_heading(plan: Mapping[str, Any], headings: Sequence[Any]) -> dict[str, Any]:
    """Return a plan with its columns by heading, as it is saved."""
    fields = {
        name: str(headings[column]) for name, column in plan["fields"].items() if column < len(headings)
    }
    return {**plan, "fields": fields, "sheet": "", "header": 0}


def applied(saved: Mapping[str, Any], plan: Mapping[str, Any], headings: Sequence[Any]) -> dict[str, Any]:
    """Return the plan of a file with a saved mapping applied: columns found again by their headings."""
    places: dict[str, int] = {}
    for number, heading in enumerate(headings):
        places.setdefault(bare(heading), number)
    fields = {name: places[bare(text)] for name, text in saved["fields"].items() if bare(text) in places}
    return {**saved, "fields": fields, "sheet": plan["sheet"], "header": plan["header"]}

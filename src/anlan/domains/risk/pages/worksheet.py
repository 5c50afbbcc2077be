"""JSA and SCL worksheets: rows of steps or items typed by keyboard or pasted from a spreadsheet, entered as one."""

from __future__ import annotations

from typing import Any

from anlan.domains.risk.accident_types import accident_types
from anlan.domains.risk.models import RiskEvent, RiskUnit, WorkPost
from anlan.domains.risk.pages.asking import must_keep, row_of
from anlan.domains.risk.rows import RowsRefused, enter
from anlan.domains.risk.sheets import (
    SCORE_COLUMNS,
    SHEET_COLUMNS,
    TREE_COLUMNS,
    method_words,
    rows_of_worksheet,
)
from anlan.domains.risk.words import FACTOR_CLASSES, JSA, LEC, MEASURE_KINDS, SCL, WORKSHEETS
from anlan.kernel import clock
from anlan.kernel.registers.errors import KeepingError
from anlan.kernel.registers.pages import Asked, Done, Drawn, Given
from anlan.kernel.words import Words

FIRST_ROWS = 8
MOST_ROWS = 40
FULL = Words("一张表最多 {n} 行，先保存再继续。", "At most {n} rows a sheet; save and go on.").filled(
    n=MOST_ROWS
)


def worksheet(asked: Asked) -> Drawn | Done | Given:
    """Show the sheet of a unit; when it is sent, enter every row or none."""
    unit = row_of(
        RiskUnit, asked, "risk_object", "enterprise__holder", "enterprise__territory", "territory", "holder"
    )
    must_keep(asked, unit)
    kind = asked.values.get("kind") if asked.values.get("kind") in (JSA, SCL) else _kind(unit)
    method = asked.values.get("method") if asked.values.get("method") in SCORE_COLUMNS else LEC
    columns = _columns(str(kind), str(method))
    lines = _lines(asked, [key for key, _ in columns])
    faults: list[tuple[int, str, str]] = []
    if asked.is_sent:
        try:
            rows = rows_of_worksheet(lines, kind=str(kind), method=str(method), on=clock.today())
            entered = enter(asked.actor, unit.enterprise, rows, unit=unit)
            return Done(unit, entered.words())
        except RowsRefused as refusal:
            faults = _told(refusal, dict(columns))
        except KeepingError as refusal:
            faults = [(0, "", str(refusal.words))]
    wrong = {(line, column) for line, column, _ in faults}
    shown = [*lines, *({} for _ in range(max(0, FIRST_ROWS - len(lines))))]
    context = {
        "unit": unit, "kind": kind, "method": method, "columns": columns, "worksheets": WORKSHEETS[:2], "methods": method_words(),
        "rows": [
            (n, [(key, words, line.get(key, ""), (n, str(words)) in wrong, _list(key)) for key, words in columns])
            for n, line in enumerate(shown, start=1)
        ],
        "faults": faults, "most": MOST_ROWS, **_choices(asked, unit),
        "events": RiskEvent.seen_by(asked.actor).filter(unit=unit, archived_at=None).count(),
    }  # fmt: skip
    return Drawn("risk/worksheet.html", context, 422 if faults else 200)


def _kind(unit: RiskUnit) -> str:
    return JSA if unit.risk_object.kind == "activity" else SCL


def _columns(kind: str, method: str) -> list[tuple[str, Words]]:
    named = {
        "step": Words("作业步骤", "Step") if kind == JSA else Words("检查项目", "Item"),
        "event": Words("危险或潜在事件", "Hazard or event")
        if kind == JSA
        else Words("不符合的情况", "Deviation"),
    }
    keys = [key for key in SHEET_COLUMNS if key != "standard" or kind == SCL]
    found = [(key, named.get(key, TREE_COLUMNS[key])) for key in keys]
    found += [(factor, Words(factor, factor)) for factor in SCORE_COLUMNS[method]]
    found += [(key, words) for key, words in MEASURE_KINDS]
    return [*found, *((key, TREE_COLUMNS[key]) for key in ("cycle", "post", "person"))]


def _lines(asked: Asked, keys: list[str]) -> list[dict[str, str]]:
    """Return the rows that were sent; a row is ``<number>-<column>``."""
    lines = []
    for number in range(1, MOST_ROWS + 1):
        line = {key: asked.values.get(f"{number}-{key}", "").strip() for key in keys}
        lines.append(line)
    while lines and not any(lines[-1].values()):
        lines.pop()
    return lines


def _told(refusal: RowsRefused, names: dict[str, Words]) -> list[tuple[int, str, str]]:
    scored = {
        f"{method}_{factor.lower()}": factor
        for method, factors in SCORE_COLUMNS.items()
        for factor in factors
    }
    fields = {
        "description": "engineering",
        "responsible_post": "post",
        "check_cycle": "cycle",
        "name": "event",
        **scored,
    }
    return [
        (line, str(names.get(fields.get(column, column), column)), reason)
        for line, columns in sorted(refusal.faults.items())
        for column, reasons in columns.items()
        for reason in reasons
    ]


def _list(key: str) -> str:
    return {"factor": "factors", "accident_type": "types", "post": "posts", "cycle": "cycles"}.get(key, "")


def _choices(asked: Asked, unit: RiskUnit) -> dict[str, Any]:
    today = clock.today()
    posts = WorkPost.seen_by(asked.actor).filter(enterprise=unit.enterprise_id, archived_at=None)
    return {
        "types": [str(one.plain) for one in accident_types().values() if one.is_in_force(today)],
        "factor_classes": FACTOR_CLASSES,
        "posts": list(posts.values_list("name", flat=True).order_by("name")),
    }

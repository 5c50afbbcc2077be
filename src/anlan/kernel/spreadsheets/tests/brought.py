"""What the tests of imports have in common: workbooks, rows of enterprises, an import that is run to its end."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from openpyxl import Workbook
from world import credit_code

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.hidden_dangers.words import TOPICS
from anlan.kernel.jobs import working
from anlan.kernel.jobs.models import DONE
from anlan.kernel.spreadsheets import importing

TOPIC = str(dict(TOPICS)["fire"])
HEAD = ["企业名称*", "统一社会信用代码", "所在地", "行业代码", "从业人数（人）", "涉氨制冷", "备注"]


def workbook(rows: list[list[Any]], change: Callable[[Any], None] | None = None) -> io.BytesIO:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    if change is not None:
        change(book)
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out


def firm(serial: int, **more: Any) -> list[Any]:
    row = {"name": f"长春第{serial}机械厂", "code": credit_code(serial), "place": "南关区/南岭街道/测试社区", "industry": "3489",
           "employees": 12, "ammonia": "否", "note": "x", **more}  # fmt: skip
    return list(row.values())


def bring(actor: Any, rows: list[list[Any]], slug: str = "enterprises", **plan: Any) -> Any:
    found = importing.receive(actor, slug, workbook(rows), "企业.xlsx")
    return importing.replan(actor, found.pk, plan) if plan else found


def done(actor: Any, found: Any) -> Any:
    task = importing.run(actor, found.pk)
    working.work()
    task.refresh_from_db()
    assert task.state == DONE, (task.state, task.note)
    found.refresh_from_db()
    return task


def named(name: str) -> Any:
    return Enterprise.unscoped("a test reads the result").filter(name=name).first()

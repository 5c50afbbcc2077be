"""The tree of an enterprise with its levels, and the ways to fill it: from a template of its trade or from a spreadsheet."""

from __future__ import annotations

import io

from django.db.models import Count, Q

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.risk.bringing import SLUG
from anlan.domains.risk.models import RiskEvent
from anlan.domains.risk.pages.asking import firm_of, may_keep, must_keep
from anlan.domains.risk.queries import (
    controllers,
    enterprise_of,
    gradings_waiting,
    levels_of,
    posts_of,
    tree_of,
)
from anlan.domains.risk.rows import RowsRefused, enter
from anlan.domains.risk.sheets import FIELD_COLUMNS, TREE_COLUMNS
from anlan.domains.risk.trades import suited, trades
from anlan.kernel import clock
from anlan.kernel.registers.errors import NotAllowed
from anlan.kernel.registers.pages import Asked, Done, Drawn, Given, Received
from anlan.kernel.scope.territory import under
from anlan.kernel.spreadsheets import importing
from anlan.kernel.spreadsheets.errors import SheetRefused
from anlan.kernel.spreadsheets.xlsx import MEDIA_TYPE
from anlan.kernel.words import Words

MOST_FIRMS = 200
RECENT = 5
NO_FILE = Words("先选择文件。", "Choose a file first.")
NOT_YOURS = Words("风险分级管控由企业和监管部门查看。", "For enterprises and their regulators.")


def risks(asked: Asked) -> Drawn | Done | Given:
    """Show people of an enterprise their own tree, officials the enterprises of the place with their levels."""
    own = enterprise_of(asked.actor)
    if own is not None:
        return _drawn(asked, own)
    if not asked.actor.grants or asked.place is None:
        raise NotAllowed(NOT_YOURS)
    at = {"major": 4, "considerable": 3, "general": 2, "low": 1, "ungraded": 0}
    counts = {name: Count("pk", filter=Q(risk_level=level)) for name, level in at.items()}
    rows = RiskEvent.seen_by(asked.actor).filter(under(asked.place.path), archived_at=None)
    firms = rows.values("enterprise", "enterprise__name", "enterprise__holder").annotate(**counts)
    listed = list(firms.order_by("-major", "-considerable", "enterprise__name")[: MOST_FIRMS + 1])
    whole = rows.aggregate(**counts)
    context = {
        "firms": [{**one, "cells": [(at[name], one[name]) for name in at]} for one in listed[:MOST_FIRMS]],
        "more": len(listed) > MOST_FIRMS,
        "whole": [(at[k], n) for k, n in whole.items()],
    }
    return Drawn("risk/firms.html", context)


def tree(asked: Asked) -> Drawn | Done | Given:
    """Show the tree of one enterprise."""
    return _drawn(asked, firm_of(asked))


def _drawn(asked: Asked, firm: Enterprise) -> Drawn:
    branches = tree_of(firm, asked.actor)
    context = {
        "firm": firm,
        "branches": [
            (branch.row, [(unit, [(event, ms, controllers(event, ms)) for event, ms in events]) for unit, events in branch.units])
            for branch in branches
        ],
        "levels": levels_of(branches),
        "waiting": gradings_waiting(firm, asked.actor),
        "posts": posts_of(firm, asked.actor),
        "may_keep": may_keep(asked, firm),
        "from_template": any(event.template for b in branches for _, events in b.units for event, _ in events),
    }  # fmt: skip
    return Drawn("risk/tree.html", context)


def start(asked: Asked) -> Drawn | Done | Given:
    """Choose a template of a trade and start with it: the whole tree, to be corrected."""
    firm = firm_of(asked)
    must_keep(asked, firm)
    chosen = trades().get(asked.values.get("trade", ""))
    faults: list[tuple[int, str, str]] = []
    if asked.is_sent and chosen is not None:
        try:
            entered = enter(asked.actor, firm, chosen.rows(clock.today()), posts=chosen.posts())
            return Done(firm, entered.words(), page="risks")
        except RowsRefused as refusal:
            faults = told(refusal)
    listed = [(one, one.suits(firm.industry)) for one in suited(firm.industry)]
    context = {"firm": firm, "trades": listed, "faults": faults}
    return Drawn("risk/start.html", context, 422 if asked.is_sent else 200)


def bring(asked: Asked) -> Drawn | Done | Given | Received:
    """Take a spreadsheet of the whole tree, one measure a row; what follows is the preview of every import."""
    firm = firm_of(asked)
    must_keep(asked, firm)
    if asked.values.get("template"):
        return Given("风险台账模板.xlsx", _template(), MEDIA_TYPE)
    fault = ""
    if asked.is_sent:
        try:
            file = asked.files.get("file")
            if file is None:
                raise SheetRefused("no_file", NO_FILE)
            name = str(getattr(file, "name", "") or "")
            return Received(importing.receive(asked.actor, SLUG, file, name, about=firm.pk).pk)
        except SheetRefused as refusal:
            fault = str(refusal.words)
    recent = importing.imports_of(asked.actor).filter(slug=SLUG, about=firm.pk)[:RECENT]
    context = {"firm": firm, "fault": fault, "columns": TREE_COLUMNS.values(), "recent": recent}
    return Drawn("risk/import.html", context, 422 if fault else 200)


def told(refusal: RowsRefused) -> list[tuple[int, str, str]]:
    """Return faults as (row, column, reason), in the order of rows."""
    return [
        (line, str(TREE_COLUMNS.get(FIELD_COLUMNS.get(column, column), "")), reason)
        for line, columns in sorted(refusal.faults.items())
        for column, reasons in columns.items()
        for reason in reasons
    ]


def _template() -> bytes:
    """Return a workbook with the headings and two rows that show how it is filled in."""
    import xlsxwriter

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet("风险台账")
    head = book.add_format({"bold": True, "bg_color": "#E2EFF0", "border": 1})
    example = (
        ("普通车床", "设备设施", "车削作业", "装夹工件", "防护罩完好", "卷入旋转部件", "2102", "机械致害", "手臂绞伤", 3, 6, 15,
         "", "", "工程技术", "卡盘防护罩完好", "防护罩是否完好", "每天", "车工", ""),
        ("", "", "", "", "", "", "", "", "", "", "", "", "", "",
         "培训教育", "岗前培训考核", "查培训记录", "每季度", "安全员", ""),
    )  # fmt: skip
    for column, words in enumerate(TREE_COLUMNS.values()):
        sheet.write_string(0, column, words.zh, head)
        for row, line in enumerate(example, start=1):
            if line[column] != "":
                sheet.write(row, column, line[column])
    sheet.set_column(0, len(TREE_COLUMNS) - 1, 14)
    sheet.freeze_panes(1, 0)
    book.close()
    return stream.getvalue()

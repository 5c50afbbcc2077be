"""The list of hazardous chemicals and the sheet of one, found by any name or number: lists it stands on, properties, limits."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from xlsxwriter import Workbook

from anlan.domains.chemicals.catalogue import Substance, by_key, matching, substances
from anlan.kernel import clock, rules
from anlan.kernel.registers.errors import NotSeen
from anlan.kernel.registers.pages import Asked, Done, Drawn, Given, OwnPage
from anlan.kernel.rules.reading import plain
from anlan.kernel.words import Words

PAGE, MOST_FOUND = 40, 8
NAME_WIDTH, NUMBER_WIDTH = 28, 14
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TABLE1 = Words("GB 18218 表1", "GB 18218 table 1")
SUPERVISED = {
    1: Words("重点监管（首批）", "Key supervision (first list)"),
    2: Words("重点监管（第二批）", "Key supervision (second list)"),
}
LISTS: dict[str, tuple[Words, Callable[[Substance], bool]]] = {
    "table1": (TABLE1, lambda one: one.table1_no is not None),
    "supervised1": (SUPERVISED[1], lambda one: one.supervised_batch == 1),
    "supervised2": (SUPERVISED[2], lambda one: one.supervised_batch == 2),
    "limits": (
        Words("有职业接触限值", "With an exposure limit"),
        lambda one: limits_of(one, clock.today()) is not None,
    ),
    "burns": (Words("有爆炸极限", "With explosive limits"), lambda one: one.lel is not None),
}
SORTS: dict[str, tuple[Words, Callable[[Substance], Any]]] = {
    "table1": (
        Words("按表1序号", "By number in table 1"),
        lambda one: (one.table1_no is None, one.table1_no or 0),
    ),
    "name": (Words("按英文名", "By English name"), lambda one: one.name_en.casefold()),
    "flash": (
        Words("按闪点，低的在前", "By flash point, lowest first"),
        lambda one: (one.flash_c is None, one.flash_c or 0),
    ),
    "lel": (
        Words("按爆炸下限，低的在前", "By lower limit, lowest first"),
        lambda one: (one.lel is None, one.lel or 0),
    ),
}
SYMBOL_WORDS = "installations.category_quantities"


@dataclass(frozen=True, slots=True)
class Line:
    """One property of a sheet; ``level`` says how sure it is, where it is not plain physics."""

    label: Words
    value: str
    level: str = ""
    source: str = ""


def chemicals(asked: Asked) -> Drawn | Done | Given:
    """Show the list as asked, a file of it, or the sheet of one substance."""
    if key := asked.values.get("substance", ""):
        return _sheet(key)
    said = asked.values
    query, on_list, sort = said.get("q", "").strip()[:80], said.get("list", ""), said.get("sort", "")
    found = matching(query) if query else list(substances())
    if on_list in LISTS:
        found = [one for one in found if LISTS[on_list][1](one)]
    if sort in SORTS:
        found.sort(key=SORTS[sort][1])
    if said.get("as") == "xlsx":
        return _file(found)
    start = _start(said.get("from", ""), len(found))
    context = {
        "rows": [_row(one) for one in found[start : start + PAGE]], "count": len(found), "query": query,
        "on_list": on_list, "sort": sort, "lists": [(key, words) for key, (words, _) in LISTS.items()],
        "sorts": [(key, words) for key, (words, _) in SORTS.items()],
        "first": start + 1, "last": min(start + PAGE, len(found)),
        "before": max(0, start - PAGE) if start else None, "after": start + PAGE if start + PAGE < len(found) else None,
    }  # fmt: skip
    return Drawn("chemicals/list.html", context)


def _start(text: str, count: int) -> int:
    start = int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0
    return start if start < count else 0


def _row(one: Substance) -> dict[str, Any]:
    return {
        "substance": one,
        "cas": " ".join(one.cas),
        "un": " ".join(one.un),
        "lists": lists_of(one),
        "flash": _text(one.flash_c),
    }


def lists_of(one: Substance) -> list[Words]:
    """Return the lists a substance stands on."""
    found = [TABLE1] if one.table1_no is not None else []
    return [*found, SUPERVISED[one.supervised_batch]] if one.supervised_batch in SUPERVISED else found


def limits_of(one: Substance, on: date) -> rules.Parameter | None:
    """Return the exposure limits of a substance in force on a day; None without."""
    try:
        return rules.parameter(f"chemicals.oel.{one.key}", on)
    except (rules.RuleGap, rules.UnknownRule):
        return None


def _sheet(key: str) -> Drawn:
    one = by_key().get(key)
    if one is None:
        raise NotSeen
    today = clock.today()
    context = {
        "substance": one, "lists": lists_of(one), "names": _names(one), "physics": _physics(one), "dangers": _dangers(one, today),
        "limits": _limits(one, today), "supervised": one.supervised_confidence, "may_calculate": one.table1_no is not None,
    }  # fmt: skip
    return Drawn("chemicals/sheet.html", context)


def _names(one: Substance) -> list[Line]:
    return _filled(
        Line(Words("中文名", "Chinese name"), one.name_zh), Line(Words("英文名", "English name"), one.name_en),
        Line(Words("别名", "Other names"), "；".join(one.aliases)), Line(Words("CAS 号", "CAS number"), " ".join(one.cas)),
        Line(Words("UN 号", "UN number"), " ".join(one.un), "memory"), Line(Words("分子式", "Formula"), one.formula),
    )  # fmt: skip


def _physics(one: Substance) -> list[Line]:
    return _filled(
        Line(Words("摩尔质量（g/mol）", "Molar mass (g/mol)"), _text(one.molar_mass)),
        Line(Words("沸点（℃）", "Boiling point (°C)"), _text(one.boiling_c)),
        Line(Words("闪点（℃）", "Flash point (°C)"), _text(one.flash_c), source=one.flash_source),
        Line(Words("自燃温度（℃）", "Autoignition (°C)"), _text(one.autoignition_c)),
        Line(Words("爆炸下限（%VOL）", "Lower explosive limit (%VOL)"), _text(one.lel), source=one.lel_source),
        Line(Words("爆炸上限（%VOL）", "Upper explosive limit (%VOL)"), _text(one.uel), source=one.lel_source),
    )  # fmt: skip


def _dangers(one: Substance, today: date) -> list[Line]:
    """Return number and critical quantity in table 1, and the hazard class that usually fits."""
    found: list[Line] = []
    if one.table1_no is not None:
        row = _table_row("installations.named_quantities", "seq", one.table1_no, today)
        quantity = f"{plain(row['critical_t'])} t" if row else ""
        found.append(
            Line(Words("GB 18218 表1序号", "Number in GB 18218 table 1"), str(one.table1_no), "sourced")
        )
        found.append(Line(Words("临界量 Q", "Critical quantity Q"), quantity, "sourced"))
    row = _table_row("installations.named_factors", "code", one.key, today)
    if row:
        found.append(Line(Words("校正系数 β（表3）", "Factor β (table 3)"), plain(row["beta"]), "sourced"))
    row = _table_row(SYMBOL_WORDS, "symbol", one.category, today)
    if row:
        words = Words(f"{row['zh']}（{one.category}）", f"{row['en']} ({one.category})")
        found.append(Line(Words("危险性类别（GHS）", "Hazard class (GHS)"), str(words), "memory"))
    return _filled(*found)


def _table_row(key: str, column: str, value: Any, on: date) -> dict[str, Any] | None:
    try:
        rows: Sequence[dict[str, Any]] = rules.parameter(key, on).value
    except (rules.RuleGap, rules.UnknownRule):
        return None
    return next((row for row in rows if row[column] == value), None)


def _limits(one: Substance, today: date) -> list[Line]:
    found = limits_of(one, today)
    if found is None:
        return []
    labels = {
        "mac": "MAC（mg/m³）",
        "twa": "PC-TWA（mg/m³）",
        "stel": "PC-STEL（mg/m³）",
        "idlh": "IDLH（mg/m³）",
    }
    values = [(label, found.value[name]) for name, label in labels.items()]
    return [
        Line(Words(label, label), plain(value), found.confidence)
        for label, value in values
        if value is not None
    ]


def _filled(*lines: Line) -> list[Line]:
    return [line for line in lines if line.value]


def _text(number: Decimal | None) -> str:
    return "" if number is None else plain(number)


def _file(found: Sequence[Substance]) -> Given:
    """Return the list as a workbook; every cell is text or a number, none a formula."""
    head = [
        Words("中文名", "Chinese name"), Words("英文名", "English name"), Words("别名", "Other names"),
        Words("CAS 号", "CAS number"), Words("UN 号", "UN number"),
        Words("GB 18218 表1序号", "Number in GB 18218 table 1"), Words("重点监管批次", "Key supervision list"),
        Words("闪点（℃）", "Flash point (°C)"), Words("爆炸下限（%VOL）", "Lower explosive limit (%VOL)"),
        Words("爆炸上限（%VOL）", "Upper explosive limit (%VOL)"),
    ]  # fmt: skip
    content = io.BytesIO()
    book = Workbook(content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(str(Words("危险化学品", "Hazardous chemicals")))
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 2, NAME_WIDTH)
    sheet.set_column(3, len(head) - 1, NUMBER_WIDTH)
    bold = book.add_format({"bold": True})
    for column, words in enumerate(head):
        sheet.write_string(0, column, str(words), bold)
    for at, one in enumerate(found, 1):
        cells = [
            one.name_zh, one.name_en, "；".join(one.aliases), " ".join(one.cas), " ".join(one.un), one.table1_no,
            one.supervised_batch, one.flash_c, one.lel, one.uel,
        ]  # fmt: skip
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                sheet.write_string(at, column, cell)
            elif cell is not None:
                sheet.write_number(at, column, cell)
    book.close()
    return Given(str(Words("危险化学品.xlsx", "hazardous-chemicals.xlsx")), content.getvalue(), WORKBOOK)


def found_by_name(text: str) -> list[tuple[Words, str, str]]:
    """Return the substances that a search of everything finds, by name or number, with the address of their sheet."""
    return [
        (
            Words(one.name_zh, one.name_en),
            " · ".join(part for part in (one.formula, " ".join(one.cas)) if part),
            f"/chemicals/?{urlencode({'substance': one.key})}",
        )
        for one in matching(text[:80])[:MOST_FOUND]
    ]


pages = (
    OwnPage(
        slug="chemicals", words=Words("危险化学品", "Hazardous chemicals"), part="prevention", serves=("A14.8",),
        icon="flask", answer=chemicals, finds=found_by_name,
    ),
)  # fmt: skip

"""Template workbooks: the headings of a table with what each column wants, drop-downs, text cells for codes, instructions.

Made by XlsxWriter for each reader: in their language, with the places of their scope.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter
from django.db.models import Q

from anlan.kernel.registers.fields import FieldSpec
from anlan.kernel.scope import Actor
from anlan.kernel.scope.models import Territory
from anlan.kernel.scope.territory import under
from anlan.kernel.spreadsheets.columns import NO, YES, place_names, with_unit
from anlan.kernel.spreadsheets.tables import Table
from anlan.kernel.words import Words

LAST_ROW = 20_000  # how far down drop-downs and formats reach
LONGEST_INLINE = 250  # characters of a list within a cell's rule; longer ones lie on a hidden sheet
MOST_CHOICES = 8_000
_GUIDE = Words("填写说明", "How to fill it in")
_LISTS = Words("选项", "Lists")
_COLUMNS = (
    Words("列", "Column"), Words("必填", "Required"), Words("填什么", "What to write"), Words("示例", "Example"),
)  # fmt: skip
_NEEDED, _OPTIONAL = Words("必填", "required"), Words("选填", "optional")
_WHAT: dict[str, Words] = {
    "flag": Words("选“是”或“否”", "Choose “是” or “否” (yes or no)"),
    "choice": Words("从下拉列表中选", "Choose from the list"),
    "date": Words("日期，例如 2026-03-05 或 2026年3月5日", "A day, such as 2026-03-05"),
    "instant": Words("日期和时间，例如 2026-03-05 14:20", "Day and time, such as 2026-03-05 14:20"),
    "number": Words("数字", "A number"),
    "whole_number": Words("整数", "A whole number"),
    "territory": Words("区县/乡镇/村，或区划代码", "County/township/village, or the division code"),
    "party": Words("单位名称", "The name of the body"),
    "post": Words("岗位名称", "The title of the post"),
    "reference": Words("名称或代码", "Name or code"),
}
_TEXT = Words("文字，最多 {n} 字", "Text, at most {n} characters")
_ANY_TEXT = Words("文字", "Text")
_TIME_OF_DAY = Words("时刻，例如 14:20 或下午2:20", "A time of day, such as 14:20")
_UNIT = Words("单位：{unit}", "Unit: {unit}")
_EXAMPLE = Words("{what}：{example}", "{what}: {example}")
_WRONG = Words("请从列表中选择", "Choose from the list")
_RULES = (
    Words("一行一条，从第 2 行起填写；不要改动第 1 行的列名。", "One record a row, from row 2; leave the headings in row 1."),
    Words("带 * 的列必填；空行会跳过。", "Columns with * are required; empty rows are skipped."),
    Words("代码列是文本格式，前面的零和长数字不会丢失。", "Columns of codes are text: zeros in front and long numbers stay."),
    Words("导入前可以预览；有误的行会连同原因退回，改好后再导入。",
          "There is a preview before the import; wrong rows come back with the reason and can be imported again."),
)  # fmt: skip


def write_template(table: Table, actor: Actor, path: Path) -> None:
    """Write the template of a table for a reader."""
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    looks = {
        "head": book.add_format(
            {"bold": True, "bg_color": "#E2EFF0", "text_wrap": True, "valign": "top", "border": 1}
        ),
        "needed": book.add_format(
            {"bold": True, "bg_color": "#CFE3E5", "text_wrap": True, "valign": "top", "border": 1}
        ),
        "text": book.add_format({"num_format": "@"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "instant": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
    }
    sheet = book.add_worksheet(_title(str(table.words)))
    guide = book.add_worksheet(str(_GUIDE))
    lists = book.add_worksheet(str(_LISTS))
    lists.hide()
    sheet.freeze_panes(1, 0)
    specs = table.specs(table.asks)
    for column, spec in enumerate(specs):
        needed = table.required(spec.name)
        sheet.write_string(0, column, heading(spec, needed=needed), looks["needed" if needed else "head"])
        sheet.write_comment(0, column, _note(spec, needed=needed), {"x_scale": 1.6})
        kind = spec.kind if spec.kind in {"date", "instant"} else "" if "number" in spec.kind else "text"
        sheet.set_column(column, column, _width(spec), looks.get(kind))
        choices = _choices(spec, actor)
        if choices:
            _offer(sheet, lists, column, choices, must=spec.kind in {"choice", "flag"})
    _write_guide(guide, table, specs, looks)
    book.close()


def heading(spec: FieldSpec, *, needed: bool) -> str:
    """Return the heading of a field: label, unit, a star where it is required."""
    return f"{with_unit(spec)}{'*' if needed else ''}"


def _title(text: str) -> str:
    return "".join(char for char in text if char not in "[]:*?/\\")[:31]


def _note(spec: FieldSpec, *, needed: bool) -> str:
    lines = [str(_NEEDED if needed else _OPTIONAL), what(spec)]
    if spec.unit is not None:
        lines.append(str(_UNIT.filled(unit=spec.unit)))
    if spec.help:
        lines.append(str(spec.help))
    example = example_of(spec)
    if example:
        lines.append(str(_EXAMPLE.filled(what=_COLUMNS[3], example=example)))
    return "\n".join(lines)


def what(spec: FieldSpec) -> str:
    """Return what a column wants, in words."""
    if spec.is_time_of_day:
        return str(_TIME_OF_DAY)
    if spec.kind in _WHAT:
        return str(_WHAT[spec.kind])
    return str(_TEXT.filled(n=spec.max_length) if spec.max_length else _ANY_TEXT)


def example_of(spec: FieldSpec) -> str:
    """Return an example for a column, empty where none is told by its kind."""
    if spec.choices:
        return str(spec.choices[0][1])
    if spec.suggestions:
        code, words = next((pair for pair in spec.suggestions if len(pair[0]) > 2), spec.suggestions[0])
        return f"{code} {words}"
    if spec.is_time_of_day:
        return "14:20"
    examples = {
        "flag": str(YES),
        "date": "2026-03-05",
        "instant": "2026-03-05 14:20",
        "whole_number": "12",
        "number": "12.5",
    }
    return examples.get(spec.kind, "")


def _width(spec: FieldSpec) -> int:
    return {
        "territory": 34,
        "long_text": 40,
        "flag": 12,
        "date": 13,
        "instant": 18,
        "number": 13,
        "whole_number": 13,
    }.get(spec.kind, 22)


def _choices(spec: FieldSpec, actor: Actor) -> list[str]:
    if spec.kind == "flag":
        return [str(YES), str(NO)]
    if spec.choices:
        return [str(words) for _, words in spec.choices]
    if spec.kind == "territory":
        return _places(actor)
    if spec.suggestions:
        return [f"{code} {words}" for code, words in spec.suggestions][:MOST_CHOICES]
    return []


def _places(actor: Actor) -> list[str]:
    """Return the places of the reader's scope as they are written, down to the villages if they are not too many."""
    condition = Q()
    for path in {actor.home_path, *(grant.path for grant in actor.grants)} - {""}:
        condition |= under(path)
    if not condition:
        return []
    rows = Territory.objects.filter(condition).exclude(level__in=["province", "city"]).order_by("path")
    if rows.count() > MOST_CHOICES:
        rows = rows.exclude(level="village")
    names = place_names()
    return [names[pk] for pk in rows.values_list("pk", flat=True)[:MOST_CHOICES]]


def _offer(sheet: Any, lists: Any, column: int, choices: Sequence[str], *, must: bool) -> None:
    """Give a column its drop-down; only lists that are complete refuse anything else."""
    rule: dict[str, Any] = {
        "validate": "list",
        "ignore_blank": True,
        "error_type": "stop" if must else "information",
    }
    rule |= {"error_title": str(_WRONG), "error_message": str(_WRONG), "show_error": must}
    if sum(len(choice) + 1 for choice in choices) <= LONGEST_INLINE and not any(
        "," in choice for choice in choices
    ):
        rule["source"] = list(choices)
    else:
        lists.write_column(0, column, choices)
        name = xlsxwriter.utility.xl_col_to_name(column)
        rule["source"] = f"='{lists.get_name()}'!${name}$1:${name}${len(choices)}"
    sheet.data_validation(1, column, LAST_ROW, column, rule)


def _write_guide(guide: Any, table: Table, specs: Sequence[FieldSpec], looks: dict[str, Any]) -> None:
    guide.set_column(0, 0, 26, looks["wrap"])
    guide.set_column(1, 1, 10, looks["wrap"])
    guide.set_column(2, 2, 60, looks["wrap"])
    guide.set_column(3, 3, 34, looks["wrap"])
    guide.write_string(0, 0, str(table.words), looks["head"])
    row = 1
    for rule in _RULES:
        guide.merge_range(row, 0, row, 3, str(rule), looks["wrap"])
        row += 1
    for column, words in enumerate(_COLUMNS):
        guide.write_string(row + 1, column, str(words), looks["head"])
    for line, spec in enumerate(specs, row + 2):
        needed = table.required(spec.name)
        about = what(spec) + (f"；{_UNIT.filled(unit=spec.unit)}" if spec.unit is not None else "")
        texts = (
            str(spec.label),
            str(_NEEDED if needed else _OPTIONAL),
            f"{about}。{spec.help}".rstrip("。"),
            example_of(spec),
        )
        for column, text in enumerate(texts):
            guide.write_string(line, column, text, looks["wrap"])

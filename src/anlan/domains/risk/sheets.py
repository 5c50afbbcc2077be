"""What people write in a worksheet or a spreadsheet, read into rows of a tree: words of the field, not codes.

``每周``, ``1次/班`` and ``3天`` are cycles; ``人`` and ``物`` are classes of factors; a type of accident may be named by either
edition of GB 6441. What cannot be read is told at its column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from anlan.domains.risk.accident_types import accident_types, proposed
from anlan.domains.risk.cycles import cycle_of
from anlan.domains.risk.factors import factors
from anlan.domains.risk.models.grading import columns_of
from anlan.domains.risk.rows import Faults, RowsRefused, TreeRow
from anlan.domains.risk.rules import FACTORS
from anlan.domains.risk.words import (
    FACTOR_CLASSES,
    JSA,
    LEC,
    LS,
    MEASURE_KINDS,
    MES,
    METHODS,
    OBJECT_KINDS,
    SCL,
)
from anlan.kernel.words import Words

# One row per measure. Key → heading; the first of a row that is empty repeats the row above where it names the tree.
TREE_COLUMNS: dict[str, Words] = {
    "risk_object": Words("风险点", "Risk object"),
    "object_kind": Words("类型", "Kind"),
    "unit": Words("分析单元", "Unit"),
    "step": Words("作业步骤或检查项目", "Step or item"),
    "standard": Words("标准", "Required state"),
    "event": Words("风险事件", "Event"),
    "factor": Words("因素", "Factor"),
    "accident_type": Words("事故类型", "Kind of accident"),
    "consequence": Words("后果", "Consequence"),
    "L": Words("L", "L"),
    "E": Words("E", "E"),
    "C": Words("C", "C"),
    "M": Words("M", "M"),
    "S": Words("S", "S"),
    "kind": Words("措施类别", "Kind of measure"),
    "measure": Words("管控措施", "Measure"),
    "check_content": Words("排查内容", "What is checked"),
    "cycle": Words("排查周期", "Cycle"),
    "post": Words("责任岗位", "Responsible post"),
    "person": Words("责任人", "Person responsible"),
}
ALSO = {
    "risk_object": (
        "风险点（分析对象）",
        "风险分析对象",
        "风险点名称",
        "设备设施名称",
        "作业活动名称",
        "对象",
    ),
    "unit": ("风险分析单元", "单元"),
    "step": ("作业步骤", "检查项目", "步骤"),
    "standard": ("应有的状态（标准）", "检查标准"),
    "event": ("危险源或潜在事件", "不符合标准情况", "偏差", "风险描述"),
    "factor": ("因素类别", "危险和有害因素", "危险因素"),
    "accident_type": ("可能的事故类型", "可能导致的事故类型", "易发生的事故类型"),
    "consequence": ("可能的后果", "主要后果"),
    "kind": ("措施分类", "管控措施类别"),
    "measure": ("控制措施", "现有控制措施", "措施"),
    "check_content": ("检查内容", "隐患排查内容"),
    "cycle": ("检查周期", "排查频次", "周期"),
    "post": ("岗位", "管控岗位"),
    "person": ("管控责任人", "负责人"),
}
# A worksheet has a column for each kind of measure.
SHEET_COLUMNS = ("step", "standard", "event", "factor", "accident_type", "consequence")
SCORE_COLUMNS = {method: FACTORS[method] for method in (LS, LEC, MES)}
# Where a fault of a field stands in a table.
FIELD_COLUMNS = {
    "name": "event", "description": "measure", "responsible_post": "post", "responsible_person": "person",
    "check_cycle": "cycle", "check_cycle_unit": "cycle", "factor_class": "factor",
    **{f"{method}_{factor.lower()}": factor for method, factors in SCORE_COLUMNS.items() for factor in factors},
}  # fmt: skip
REPEATED = (
    "risk_object",
    "object_kind",
    "unit",
    "step",
    "standard",
    "event",
    "factor",
    "accident_type",
    "consequence",
)
KIND_STARTS = {
    "工程": "engineering",
    "管理": "management",
    "培训": "training",
    "个": "protection",
    "应急": "emergency",
}
_NO_EVENT = Words("写明风险事件。", "Name the event.")
_NO_OBJECT = Words("写明风险点。", "Name the object.")
_NO_TYPE = Words("没有这种事故类型。", "There is no such type of accident.")
_NO_FACTOR = Words(
    "填人、物、环境、管理，或 GB/T 13861 代码。", "Human, material, environmental, management, or a code."
)
_NO_KIND = Words(
    "填工程技术、管理、培训教育、个体防护或应急处置。",
    "Engineering, management, training, protection or emergency.",
)
_NO_SCORES = Words(
    "分值不全：LEC 填 L、E、C，LS 填 L、S，MES 填 M、E、S；不评级的都不填。",
    "Scores are missing: L, E, C for LEC, L, S for LS, M, E, S for MES; none where it is not graded.",
)
_NO_CYCLE = Words(
    "周期写成“每天”“每周”“每半年”“3个月”“2次/天”这样，要是整数。",
    "Write a cycle such as “1 day” or “3 months”, in whole numbers.",
)
_NO_OBJECT_KIND = Words("填设备设施、作业活动或场所区域。", "Equipment, activity or place.")
_NO_POST = Words("写明责任岗位或者责任人。", "Name a responsible post or person.")


def rows_of_table(head: Sequence[Any], lines: Iterable[Sequence[Any]], on: date) -> list[TreeRow]:
    """Read a spreadsheet with its headings, one row per measure. Raises RowsRefused with every fault."""
    places = columns_in(head)
    faults, rows = Faults(), []
    above: dict[str, str] = {}
    for number, cells in enumerate(lines, start=2):
        said = {key: text_of(cells[place]) for key, place in places.items() if place < len(cells)}
        if not any(said.values()):
            continue
        said = repeating(said, above)
        above = said
        row, wrong = row_of(said, on, line=number)
        if wrong:
            faults[number] = wrong
        rows.append(row)
    if faults:
        raise RowsRefused(faults)
    return rows


def columns_in(head: Sequence[Any]) -> dict[str, int]:
    """Return which column of a table is which, by its heading in either language."""
    found: dict[str, int] = {}
    for place, cell in enumerate(head):
        text = _bare(cell)
        for key, words in TREE_COLUMNS.items():
            names = {_bare(words.zh), _bare(words.en), *(map(_bare, ALSO.get(key, ())))}
            if text in names and key not in found:
                found[key] = place
    return found


def repeating(said: dict[str, str], above: Mapping[str, str]) -> dict[str, str]:
    """Fill in from the row above what names the tree, as merged cells and tidy tables leave it out."""
    filled = dict(said)
    for place, key in enumerate(REPEATED):
        if filled.get(key) or not above.get(key):
            continue
        upper = [name for name in ("risk_object", "unit", "event") if name in REPEATED[:place]]
        if all(filled.get(name, "") == above.get(name, "") for name in upper):
            filled[key] = above[key]
    return filled


def rows_of_worksheet(
    lines: Sequence[Mapping[str, str]], *, kind: str, method: str, on: date
) -> list[TreeRow]:
    """Read a JSA or SCL worksheet: each line an event with up to five measures. Raises RowsRefused with every fault."""
    faults, rows = Faults(), []
    for number, said in enumerate(lines, start=1):
        if not any(text.strip() for text in said.values()):
            continue
        scored = {factor: said.get(factor, "") for factor in SCORE_COLUMNS[method]}
        base = {**said, **scored, "worksheet": kind, "risk_object": "-", "kind": "", "measure": ""}
        measures = [(one, said.get(one, "").strip()) for one, _ in MEASURE_KINDS if said.get(one, "").strip()]
        for one, text in measures or [("", "")]:
            row, wrong = row_of({**base, "kind": one, "measure": text}, on, line=number)
            if wrong:
                faults.setdefault(number, {}).update(wrong)
            rows.append(row)
    if faults:
        raise RowsRefused(faults)
    return rows


def row_of(said: Mapping[str, str], on: date, *, line: int) -> tuple[TreeRow, dict[str, list[str]]]:
    """Read one row; returns it with what could not be read, by column."""
    wrong: dict[str, list[str]] = {}

    def read(column: str, fault: Words, reader: Any) -> Any:
        text = said.get(column, "").strip()
        value = reader(text) if text else ""
        if value is None:
            wrong[column] = [str(fault)]
        return value or ""

    if not said.get("event", "").strip():
        wrong["event"] = [str(_NO_EVENT)]
    if not said.get("risk_object", "").strip():
        wrong["risk_object"] = [str(_NO_OBJECT)]
    factor = read("factor", _NO_FACTOR, factor_of)
    cycle = read("cycle", _NO_CYCLE, cycle_of) or ("", "")
    measure = said.get("measure", "").strip()
    if measure and not (said.get("post", "").strip() or said.get("person", "").strip()):
        wrong["post"] = [str(_NO_POST)]
    if measure and not said.get("kind", "").strip():
        wrong["kind"] = [str(_NO_KIND)]
    method, scores = scores_of(said)
    given = [factor for factor in "LECMS" if said.get(factor, "").strip()]
    if given and (not method or not all(scores.values())):
        wrong[given[0]] = [str(_NO_SCORES)]
    text = {key: value.strip() for key, value in said.items()}
    row = TreeRow(
        risk_object=text.get("risk_object", ""), object_kind=read("object_kind", _NO_OBJECT_KIND, _object_kind) or "equipment",
        unit=text.get("unit", ""), event=text.get("event", ""), worksheet=said.get("worksheet", "") or _sheet(said),
        step=text.get("step", ""), standard=text.get("standard", ""),
        factor=factor if len(factor) > 1 else "", factor_class=factor[:1],
        accident_type=read("accident_type", _NO_TYPE, lambda text: type_of(text, on)),
        consequence=text.get("consequence", ""), method=method, scores=scores,
        grounds=str(Words("随辨识表初评", "First graded with the worksheet").zh), kind=read("kind", _NO_KIND, kind_of),
        measure=measure, check_content=text.get("check_content", ""), check_cycle=cycle[0] if measure else "",
        check_cycle_unit=cycle[1] if measure else "", post=text.get("post", ""), person=text.get("person", ""),
        line=line,
    )  # fmt: skip
    return row, wrong


def scores_of(said: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return the method that the scores of a row belong to, and the scores by column of a grading."""
    given = {factor: said.get(factor, "").strip() for factor in "LECMS"}
    method = next(
        (
            one
            for one in (MES, LEC, LS)
            if any(given[f] for f in set(FACTORS[one]) - {"E", "S", "L"})
            or (one == LS and given["L"] and given["S"])
        ),
        "",
    )
    if not method:
        return "", {}
    return method, dict(zip(columns_of(method), (_score(given[f]) for f in FACTORS[method]), strict=True))


def _score(text: str) -> str:
    return text.rstrip("0").rstrip(".") if re.fullmatch(r"\d+\.\d+", text) else text


def type_of(text: str, on: date) -> str | None:
    """Return the type of accident in force on a day that a name or a code stands for."""
    wanted = _bare(text)
    for key, one in sorted(accident_types().items(), key=lambda pair: not pair[1].is_in_force(on)):
        if wanted in {key, _bare(one.plain.zh), _bare(one.plain.en)}:
            return proposed(key, on) or None
    return None


def factor_of(text: str) -> str | None:
    """Return a class or a code of a factor."""
    if text in factors():
        return text
    return next(
        (
            code
            for code, words in FACTOR_CLASSES
            if text[0] == words.zh[0] or words.en.casefold().startswith(text.casefold()[:4])
        ),
        None,
    )


def kind_of(text: str) -> str | None:
    """Return a kind of measure."""
    for key, words in MEASURE_KINDS:
        if text in {key, words.zh} or text.casefold() == words.en.casefold():
            return key
    return next((key for start, key in KIND_STARTS.items() if text.startswith(start)), None)


def _object_kind(text: str) -> str | None:
    return next(
        (
            key
            for key, words in OBJECT_KINDS
            if text in {key, words.zh, words.en} or words.zh.startswith(text)
        ),
        None,
    )


def _sheet(said: Mapping[str, str]) -> str:
    return SCL if said.get("standard") else JSA if said.get("step") else "other"


def _bare(cell: Any) -> str:
    return re.sub(r"[\s*＊]", "", str(cell or "")).casefold().replace("(", "（").replace(")", "）")


def text_of(cell: Any) -> str:
    """Return a cell as text: whole numbers without their point."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def method_words() -> list[tuple[str, Words]]:
    """Return the methods that take scores."""
    return [(key, words) for key, words in METHODS if key in SCORE_COLUMNS]

"""Grading an accident (国务院令第493号 art. 3): pure functions, values in, ``Finding`` out.

Serves articles 19 and 20 of the 2017 policy. The grade follows from figures alone; whether a higher
government takes the investigation over, and any grading of its own that a sector law may set (road, rail,
special equipment, power, fire), are decisions of people.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from anlan.kernel.rules.computing import Consulted, Finding, Output, computation
from anlan.kernel.rules.deadlines import Step
from anlan.kernel.rules.faults import InputErrors
from anlan.kernel.rules.inputs import Quantity
from anlan.kernel.rules.reading import plain

YUAN_IN_WAN = Decimal(10_000)  # 一万元: a unit, not a number of law
MOST_PEOPLE = Decimal(10_000_000)
UNFILLED = "未填写的项目按0计"

FIELDS = (
    Quantity("deaths", "死亡人数", "Deaths", False, "人", "persons", whole=True, most=MOST_PEOPLE),
    Quantity(
        "serious_injuries",
        "重伤人数",
        "Serious injuries",
        False,
        "人",
        "persons",
        "包括急性工业中毒",
        "Acute industrial poisoning included",
        whole=True,
        most=MOST_PEOPLE,
    ),
    Quantity(
        "direct_loss_yuan",
        "直接经济损失",
        "Direct economic loss",
        False,
        "元",
        "yuan",
        "以元计，不是万元",
        "In yuan, not in ten thousand yuan",
    ),
)
# Dimension of the table, field of the input, names for the steps.
DIMENSIONS = (
    ("deaths", "死亡人数", "Deaths", "人", "persons"),
    ("serious_injuries", "重伤人数", "Serious injuries", "人", "persons"),
    ("direct_loss_wan", "直接经济损失", "Direct loss", "万元", "wan yuan"),
)


@computation(
    name="accident-grade",
    serves=("A20.4",),
    zh="事故等级",
    en="Accident grade",
    about_zh="按死亡人数、重伤人数（含急性工业中毒）和直接经济损失分别定级，取最高等级；"
    "“以上”包括本数，“以下”不包括。"
    "下落不明人员待确认，按确认死亡人数定级。" + UNFILLED + "。",
    about_en="Deaths, serious injuries (with acute industrial poisoning) and direct loss are graded one by one and the "
    "highest grade wins; lower ends are included, upper ends are not. Missing persons count once confirmed. "
    "What is left out counts as 0.",
    fields=FIELDS,
    gives=(
        Output("grade_zh", "事故等级", "Grade"),
        Output("investigator_zh", "负责调查", "Investigated by"),
        Output("report_up_to_zh", "逐级上报至", "Reported up to"),
    ),
    example={"deaths": 3, "serious_injuries": 9, "direct_loss_yuan": "9999999.99", "date": "2026-03-06"},
)
def accident_grade(given: dict[str, Any], rules: Consulted) -> Finding:
    """Grade an accident by its casualties and its direct loss."""
    _demand_one(given)
    figures = {
        "deaths": Decimal(given.get("deaths", 0)),
        "serious_injuries": Decimal(given.get("serious_injuries", 0)),
        "direct_loss_wan": Decimal(given.get("direct_loss_yuan", 0)) / YUAN_IN_WAN,
    }
    grades = rules("accidents.grades").value
    ranks = {dimension: _rank(figures[dimension], dimension, grades) for dimension, *_ in DIMENSIONS}
    steps = [_step(names, figures[names[0]], grades[ranks[names[0]]]) for names in DIMENSIONS]
    grade = grades[max(ranks.values())]
    steps.append(Step("取各项中的最高等级", f"The highest of the three wins: {grade['en']}", grade["zh"]))
    investigator = rules("accidents.investigator").value[grade["code"]]
    report = rules("accidents.report_up_to").value[grade["code"]]
    steps.append(Step("负责调查", f"Investigated by {investigator['en']}", investigator["zh"]))
    steps.append(Step("逐级上报至", f"Reported up to {report['en']}", report["zh"]))
    answers = {"grade": grade, "investigator": investigator, "report_up_to": report}
    value = {f"{key}_{tongue}": one[tongue] for key, one in answers.items() for tongue in ("zh", "en")}
    return rules.finding(value, steps)


def _demand_one(given: dict[str, Any]) -> None:
    """An accident without a single figure is not graded: silence is not zero."""
    if not given.keys() & {field.name for field in FIELDS}:
        zh, en = (
            "死亡人数、重伤人数、直接经济损失至少填一项",
            "give at least one of deaths, injuries and loss",
        )
        raise InputErrors(
            fault for field in FIELDS for fault in InputErrors.one(field.name, "required", zh, en).faults
        )


def _rank(figure: Decimal, dimension: str, grades: list[dict[str, Any]]) -> int:
    """Return the place of the interval ``[low, high)`` a figure lies in; the intervals leave no hole."""
    return max(rank for rank, grade in enumerate(grades) if figure >= grade[dimension][0])


def _step(names: tuple[str, str, str, str, str], figure: Decimal, grade: dict[str, Any]) -> Step:
    dimension, zh, en, unit_zh, unit_en = names
    low, high = grade[dimension]
    span_zh = f"{low}{unit_zh}以上" + (f"、{high}{unit_zh}以下" if high is not None else "")
    span_en = f"{low} to below {high}" if high is not None else f"{low} or more"
    shown = plain(figure)
    return Step(
        f"{zh}{shown}{unit_zh}，在{span_zh}：{grade['zh']}",
        f"{en} {shown} {unit_en}, in the span {span_en}: {grade['en']}",
        grade["zh"],
    )

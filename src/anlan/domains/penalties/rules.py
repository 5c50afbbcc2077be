"""Brackets of fines and the surcharge for late payment: pure functions, values in, ``Finding`` out.

Serves article 11. The bracket is that of the day of the act; both ends belong to it. Where a clause sets no amount (a share of
income, a daily fine, closure), nothing is computed and the finding says so.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from anlan.kernel.rules.computing import Consulted, Finding, Output, computation
from anlan.kernel.rules.deadlines import Step
from anlan.kernel.rules.faults import InputErrors
from anlan.kernel.rules.inputs import Choice, Option, Quantity, YesNo
from anlan.kernel.rules.reading import plain, read_yaml

YUAN_IN_WAN = Decimal(10_000)  # 一万元: a unit, not a number of law
PERCENT = Decimal(100)
TABLES = ("penalties.brackets", "penalties.brackets_emergency")
UNIT, PERSON = "unit", "person"


@lru_cache(maxsize=1)
def bases() -> dict[str, dict[str, Any]]:
    """Return every ground of a penalty by its id, of whatever day."""
    read: list[dict[str, Any]] = read_yaml(Path(__file__).with_name("rules.yaml"))
    tables = (rule for rule in read if rule["key"] in TABLES)
    return {entry["id"]: entry for rule in tables for value in rule["values"] for entry in value["value"]}


def _law(identity: str) -> tuple[str, str]:
    return (
        ("应急条例", "Emergency regulation, ")
        if identity.startswith("PEM")
        else ("安全生产法", "Work Safety Law, ")
    )


def _number(identity: str) -> str:
    return "".join(char for char in identity if char.isdigit())


def basis_words(identity: str) -> tuple[str, str]:
    """Return a ground of a penalty in both languages: its law, its clause, the act."""
    entry, (law_zh, law_en) = bases()[identity], _law(identity)
    return f"{law_zh}{entry['article']} {entry['zh']}", f"{law_en}article {_number(identity)}: {entry['en']}"


def _options() -> tuple[Option, ...]:
    return tuple(Option(identity, *basis_words(identity)) for identity in bases())


FIELDS = (
    Choice("basis", "处罚依据", "Ground of the penalty", options=_options()),
    Choice(
        "respondent", "被处罚人", "Who is fined",
        options=(Option(UNIT, "单位", "The enterprise"), Option(PERSON, "个人", "A person")),
    ),
    YesNo("overdue", "责令改正后逾期未改正或者拒不执行", "Not corrected in time after an order, or refused", required=False),
    Quantity("fine_yuan", "拟罚款", "Fine proposed", False, "元", "yuan"),
)  # fmt: skip


@computation(
    name="penalty-bracket",
    serves=("A11.3",),
    zh="罚款幅度",
    en="Bracket of a fine",
    about_zh="按违法行为发生之日有效的条文给出罚款幅度（含两端），并核对拟罚款是否在幅度内。条文没有规定金额的，如实说明，不作计算。",
    about_en="The bracket of the clause in force on the day of the act, both ends included, and whether a fine lies in it. "
    "Where the clause sets no amount, that is said and nothing is computed.",
    fields=FIELDS,
    gives=(
        Output("low_yuan", "下限（元）", "From (yuan)"),
        Output("high_yuan", "上限（元）", "To (yuan)"),
        Output("fits", "拟罚款在幅度内", "The fine lies in it"),
    ),
    example={"basis": "P102", "respondent": "unit", "fine_yuan": "30000", "date": "2026-03-06"},
)  # fmt: skip
def penalty_bracket(given: dict[str, Any], rules: Consulted) -> Finding:
    """Return the bracket of a ground, and whether a fine lies in it."""
    entry = _entry(given["basis"], rules)
    is_overdue = bool(given.get("overdue"))
    span = _span(entry, given["respondent"], is_overdue)
    steps = [
        Step(
            f"依据{entry['article']}：{entry['zh']}",
            f"Ground: article {_number(entry['id'])}, {entry['en']}",
            entry["id"],
        ),
    ]
    if span is None:
        steps.append(_without_amount(entry))
        return rules.finding({"low_yuan": None, "high_yuan": None, "fits": None}, steps)
    low, high = (Decimal(end) * YUAN_IN_WAN for end in span)
    steps.append(
        Step(
            f"{_case(given['respondent'], is_overdue)[0]}：{plain(low)}元至{plain(high)}元（含本数）",
            f"{_case(given['respondent'], is_overdue)[1]}: {plain(low)} to {plain(high)} yuan, both included",
            f"{plain(low)}-{plain(high)}",
        )
    )
    fits = None
    if "fine_yuan" in given:
        fits = low <= given["fine_yuan"] <= high
        steps.append(_fitted(given["fine_yuan"], fits=fits))
    return rules.finding({"low_yuan": plain(low), "high_yuan": plain(high), "fits": fits}, steps)


def _entry(identity: str, rules: Consulted) -> dict[str, Any]:
    key = next(key for key in reversed(TABLES) if key.endswith("emergency") == identity.startswith("PEM"))
    found = next((one for one in rules(key).value if one["id"] == identity), None)
    if found is None:
        zh, en = "该日有效的条文中没有这一项", "is not among the clauses in force on that day"
        raise InputErrors.one("basis", "not_in_list", zh, en)
    entry: dict[str, Any] = found
    return entry


def _span(entry: dict[str, Any], respondent: str, is_overdue: bool) -> list[Any] | None:
    """Return the bracket that fits; a clause that knows no heavier one for lateness keeps its own."""
    first, overdue = ("unit", "overdue_unit") if respondent == UNIT else ("person", "overdue_person")
    found: list[Any] | None = (entry[overdue] or entry[first]) if is_overdue else entry[first]
    return found


def _case(respondent: str, is_overdue: bool) -> tuple[str, str]:
    who = ("单位", "Enterprise") if respondent == UNIT else ("个人", "Person")
    return (f"{who[0]}逾期未改正", f"{who[1]}, overdue") if is_overdue else who


def _without_amount(entry: dict[str, Any]) -> Step:
    other = entry["other"]
    return Step(
        f"这一情形没有金额幅度，须按条文核对：{other['zh']}",
        f"No amount is set for this case; compare with the clause: {other['en']}",
        "none",
    )


def _fitted(fine: Decimal, *, fits: bool) -> Step:
    shown = plain(fine)
    if fits:
        return Step(f"拟罚款{shown}元在幅度内", f"The fine of {shown} yuan lies in the bracket", "true")
    return Step(f"拟罚款{shown}元不在幅度内", f"The fine of {shown} yuan lies outside the bracket", "false")


def surcharge(fine: Decimal, days_late: int, percent_a_day: Decimal) -> Decimal:
    """Return what is added to a fine paid late: a share for each day, never more than the fine itself."""
    if days_late <= 0:
        return Decimal(0)
    return min(fine, fine * percent_a_day * days_late / PERCENT)

"""Identifying and grading a major hazard installation (GB 18218-2018): pure, values in, ``Finding`` out. Serves article 14.

S is the sum of q/Q, R weighs it by β and α. Every comparison is of fractions: S = 1 exactly is a major hazard installation, and
no binary float comes near a threshold. Which table gave Q and β is said for every substance (``factors``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from anlan.domains.chemicals.rules import shown
from anlan.domains.installations.factors import SYMBOLS, Exact, Factors, exact, factors_of
from anlan.kernel.rules.computing import Consulted, Finding, Output, computation
from anlan.kernel.rules.deadlines import Step
from anlan.kernel.rules.faults import Fault, InputErrors
from anlan.kernel.rules.inputs import Choice, Codes, Line, Option, Quantity, Rows, YesNo
from anlan.kernel.rules.reading import plain

MOST_TONNES = Decimal(10) ** 9
MOST_PEOPLE = Decimal(10) ** 8
MOST_SUBSTANCES = 1000
UNITS = {"production": ("生产单元", "production unit"), "storage": ("储存单元", "storage unit")}


@dataclass(frozen=True, slots=True)
class Held:
    """One substance of the unit: what the standard says of it, and its share q/Q."""

    known: Factors
    quantity_text: str
    ratio: Fraction
    ratio_text: str


SUBSTANCE_FIELDS = (
    Line("name", "危险化学品", "Chemical", required=False, most=120, help_zh="名称或者别名", help_en="Any of its names"),
    Line("cas", "CAS 号", "CAS number", required=False, most=20),
    Codes("categories", "危险性类别", "Hazard categories", required=False, codes=lambda: SYMBOLS,
          help_zh="表2符号，如 J2、W5.3；表1未列名的必填", help_en="Symbols of table 2; needed where table 1 does not name it"),
    Quantity("quantity_t", "设计最大量", "Design maximum", most=MOST_TONNES, unit_zh="t", unit_en="t"),
    YesNo("mixture", "混合物", "Mixture", required=False),
)  # fmt: skip


@computation(
    name="major-hazard",
    serves=("A14.8", "A2.7"),
    zh="重大危险源辨识和分级",
    en="Major hazard installation: identification and grade",
    about_zh="S＝q1/Q1＋q2/Q2＋…，S≥1 即构成重大危险源；R＝α×（β1×q1/Q1＋…），按 R 分级（GB 18218—2018）。"
    "按一个单元、设计最大量计算，生产单元与储存单元不相加，储存单元按防火堤或者独立建筑物划分。",
    about_en="S = q1/Q1 + q2/Q2 + …, S ≥ 1 is a major hazard; R = α × (β1×q1/Q1 + …) grades it (GB 18218-2018). "
    "For one unit at its design maximum; production and storage are never added, storage is divided by bund or building.",
    fields=(
        Choice("unit", "单元", "Unit", options=(
            Option("production", "生产单元", "Production unit"), Option("storage", "储存单元", "Storage unit"))),
        Quantity("exposed_people", "厂外500米范围内常住人口", "Residents within 500 m of the boundary",
                 most=MOST_PEOPLE, whole=True, unit_zh="人", unit_en="people",
                 help_zh="从厂区边界向外算", help_en="Outward from the plant boundary"),
        Rows("substances", "危险化学品", "Chemical", fields=SUBSTANCE_FIELDS, most=MOST_SUBSTANCES,
             help_zh="名称、CAS 号、类别至少填一项", help_en="Give a name, a CAS number or categories"),
    ),
    gives=(
        Output("is_major", "构成重大危险源", "Major hazard installation"), Output("grade_zh", "级别", "Grade"),
        Output("S", "S", "S"), Output("alpha", "α", "α"), Output("R", "R", "R"),
        Output("substances", "各危险化学品", "Each chemical", columns=(
            Output("name", "危险化学品", "Chemical"), Output("quantity_t", "q（t）", "q (t)"), Output("Q_t", "Q（t）", "Q (t)"),
            Output("ratio", "q/Q", "q/Q"), Output("beta", "β", "β"), Output("rule", "依据", "Rule"))),
    ),
    example={
        "unit": "storage", "exposed_people": 60,
        "substances": [{"name": "氯", "quantity_t": "5"}, {"name": "氨", "quantity_t": "5"}],
    },
)  # fmt: skip
def major_hazard(given: dict[str, Any], rules: Consulted) -> Finding:
    """Identify and grade one unit."""
    held = _held(given["substances"], rules)
    total = sum((one.ratio for one in held), Fraction(0))
    total_text, is_major = shown(total), total >= 1
    steps = [
        _unit_step(given["unit"]),
        *(_substance_step(one) for one in held),
        _sum_step(total_text, held, is_major),
    ]
    alpha = _alpha(given["exposed_people"], rules, steps)
    found: dict[str, Any] = {
        "S": total_text,
        "is_major": is_major,
        "alpha": alpha.text,
        "R": None,
        "grade_zh": None,
        "grade_en": None,
    }
    if is_major:
        result = alpha.number * _weighed(held)
        result_text, bounds = shown(result), rules("installations.grade_bounds").value
        grade = next(row for row in bounds if result >= exact(row["from_r"]).number)
        steps.append(_grade_step(alpha.text, held, result_text, grade))
        found |= {"R": result_text, "grade_zh": grade["zh"], "grade_en": grade["en"]}
    if any(one.known.inferred for one in held):
        rules.doubt("memory")
    return rules.finding({**found, "substances": [_line(one) for one in held]}, steps)


def _held(rows: Sequence[Mapping[str, Any]], rules: Consulted) -> list[Held]:
    """Return every substance with its share; raises ``InputErrors`` with the faults of all of them."""
    found: list[Held] = []
    faults: list[Fault] = []
    for number, row in enumerate(rows):
        try:
            known = factors_of(row, rules, f"substances.{number}")
        except InputErrors as error:
            faults += error.faults
            continue
        ratio = Fraction(row["quantity_t"]) / known.critical.number
        found.append(Held(known, plain(row["quantity_t"]), ratio, shown(ratio)))
    if faults:
        raise InputErrors(faults)
    return found


def _weighed(held: Sequence[Held]) -> Fraction:
    """Return the sum of β × q/Q; raises ``InputErrors`` for every substance whose β is not known."""
    faults = [
        Fault(
            f"substances.{number}.categories", "categories_needed",
            f"{one.known.name.zh}：标准没有给出 β，填危险性类别（表4符号，见安全技术说明书）",
            f"{one.known.name.en}: give its hazard category for β (table 4)",
        )
        for number, one in enumerate(held) if one.known.beta is None
    ]  # fmt: skip
    if faults:
        raise InputErrors(faults)
    return sum((one.known.beta.number * one.ratio for one in held if one.known.beta is not None), Fraction(0))


def _alpha(people: int, rules: Consulted, steps: list[Step]) -> Exact:
    rows = rules("installations.exposure_factors").value
    row = next(row for row in rows if people >= row["people"])
    alpha = exact(row["alpha"])
    steps.append(
        Step(
            f"厂外500米范围内常住人口{people}人，α＝{alpha.text}（表5，{row['zh']}）",
            f"{people} residents within 500 m, α = {alpha.text} (table 5, {row['en']})",
            alpha.text,
        )
    )
    return alpha


def _unit_step(unit: str) -> Step:
    zh, en = UNITS[unit]
    return Step(
        f"{zh}，单独辨识，按设计最大量（4.2.1、4.2.2）",
        f"A {en}, identified by itself at the design maximum (4.2.1, 4.2.2)",
        "",
    )


def _substance_step(one: Held) -> Step:
    known, q, share = one.known, one.quantity_text, one.ratio_text
    big, beta = known.critical.text, known.beta_text or "—"
    return Step(
        f"{known.name.zh}：q/Q ＝ {q}/{big} ＝ {share}（Q：{known.critical_from.zh}；β＝{beta}：{known.beta_from.zh}）",
        f"{known.name.en}: q/Q = {q}/{big} = {share} (Q: {known.critical_from.en}; β = {beta}: {known.beta_from.en})",
        share,
    )


def _sum_step(total: str, held: Sequence[Held], is_major: bool) -> Step:
    terms = " + ".join(one.ratio_text for one in held)
    equals = f"{terms} = {total}" if len(held) > 1 else total
    sign, zh, en = ("≥", "构成", "a") if is_major else ("<", "不构成", "no")
    return Step(
        f"S ＝ {equals.replace('=', '＝')} {sign} 1：{zh}重大危险源（4.2.1，式1）",
        f"S = {equals} {sign} 1: {en} major hazard installation (4.2.1, formula 1)",
        total,
    )


def _grade_step(alpha: str, held: Sequence[Held], result: str, grade: Mapping[str, Any]) -> Step:
    terms = " + ".join(f"{one.known.beta_text}×{one.ratio_text}" for one in held)
    return Step(
        f"R ＝ {alpha} ×（{terms}）＝ {result}：{grade['zh']}（4.3，式2，表6）",
        f"R = {alpha} × ({terms}) = {result}: {grade['en']} (4.3, formula 2, table 6)",
        result,
    )


def _line(one: Held) -> dict[str, Any]:
    known = one.known
    return {
        "name": known.name.zh, "name_en": known.name.en,
        "quantity_t": one.quantity_text, "Q_t": known.critical.text, "ratio": one.ratio_text,
        "beta": known.beta_text, "rule_zh": f"Q：{known.critical_from.zh}；β：{known.beta_from.zh}",
        "rule_en": f"Q: {known.critical_from.en}; β: {known.beta_from.en}",
    }  # fmt: skip

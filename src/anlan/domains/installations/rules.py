"""Identifying and grading a major hazard installation (GB 18218-2018): pure, values in, ``Finding`` out. Serves article 14.

S is the sum of q/Q, R weighs it by β and α. Every comparison is of fractions: S = 1 exactly is a major hazard installation, and no
binary float comes near a threshold. Which table gave Q and β is said for every substance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from anlan.domains.chemicals.catalogue import Substance, named, names_of
from anlan.domains.chemicals.rules import shown
from anlan.kernel.rules.computing import Consulted, Finding, Output, computation
from anlan.kernel.rules.deadlines import Step
from anlan.kernel.rules.faults import Fault, InputErrors
from anlan.kernel.rules.inputs import Choice, Codes, Line, Option, Quantity, Rows, YesNo
from anlan.kernel.rules.parameters import Parameter
from anlan.kernel.rules.reading import plain

SYMBOLS = (
    "J1", "J2", "J3", "J4", "J5", "W1.1", "W1.2", "W1.3", "W2", "W3", "W4", "W5.1", "W5.2", "W5.3", "W5.4", "W6.1", "W6.2",
    "W7.1", "W7.2", "W8", "W9.1", "W9.2", "W10", "W11",
)  # fmt: skip
MOST_TONNES = Decimal(10) ** 9
MOST_PEOPLE = Decimal(10) ** 8
MOST_SUBSTANCES = 200
UNITS = {"production": ("生产单元", "production unit"), "storage": ("储存单元", "storage unit")}
TABLES = {"named": "表1", "category": "表2", "toxic": "表3", "by_category": "表4"}


@dataclass(frozen=True, slots=True)
class Factors:
    """What the standard says of one substance: Q and β, from which table, and whether β is only inferred."""

    zh: str
    en: str
    critical: Fraction
    beta: Fraction | None
    quantity_zh: str
    quantity_en: str
    beta_zh: str
    beta_en: str
    inferred: bool


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
    about_zh="S＝q1/Q1＋q2/Q2＋…，S≥1 即构成重大危险源；R＝α×（β1×q1/Q1＋…），按 R 分级（GB 18218—2018）。按一个单元、设计最大量计算，"
    "生产单元与储存单元不相加，储存单元按防火堤或者独立建筑物划分。",
    about_en="S = q1/Q1 + q2/Q2 + …, S ≥ 1 is a major hazard; R = α × (β1×q1/Q1 + …) grades it (GB 18218-2018). For one unit at its "
    "design maximum; production and storage are never added, storage is divided by bund or building.",
    fields=(
        Choice("unit", "单元", "Unit", options=(Option("production", "生产单元", "Production unit"), Option("storage", "储存单元", "Storage unit"))),
        Quantity("exposed_people", "厂外500米范围内常住人口", "Residents within 500 m of the boundary", most=MOST_PEOPLE, whole=True,
                 unit_zh="人", unit_en="people", help_zh="从厂区边界向外算", help_en="Outward from the plant boundary"),
        Rows("substances", "危险化学品", "Chemicals", fields=SUBSTANCE_FIELDS, most=MOST_SUBSTANCES,
             help_zh="名称、CAS 号、类别至少填一项", help_en="Give a name, a CAS number or categories"),
    ),
    gives=(
        Output("grade_zh", "级别", "Grade"), Output("is_major", "构成重大危险源", "Major hazard installation"), Output("S", "S", "S"),
        Output("alpha", "α", "α"), Output("R", "R", "R"),
        Output("substances", "各危险化学品", "Each chemical", columns=(
            Output("name", "危险化学品", "Chemical"), Output("quantity_t", "q（t）", "q (t)"), Output("Q_t", "Q（t）", "Q (t)"),
            Output("ratio", "q/Q", "q/Q"), Output("beta", "β", "β"), Output("rule_zh", "依据", "Rule (Chinese)"))),
    ),
    example={
        "unit": "storage", "exposed_people": 60,
        "substances": [{"name": "氯", "quantity_t": "5"}, {"name": "氨", "quantity_t": "5"}],
    },
)  # fmt: skip
def major_hazard(given: dict[str, Any], rules: Consulted) -> Finding:
    """Identify and grade one unit."""
    known = _known(given["substances"], rules)
    quantities = [Fraction(one["quantity_t"]) for one in given["substances"]]
    ratios = [q / one.critical for q, one in zip(quantities, known, strict=True)]
    total = sum(ratios, Fraction(0))
    steps = [_unit_step(given["unit"])]
    steps += [_substance_step(one, q, ratio) for one, q, ratio in zip(known, quantities, ratios, strict=True)]
    is_major = total >= 1
    steps.append(_sum_step(total, ratios, is_major))
    alpha = _alpha(given["exposed_people"], rules, steps)
    found: dict[str, Any] = {"S": shown(total), "is_major": is_major, "alpha": shown(alpha), "R": None, "grade_zh": None}
    if is_major:
        _must_have_factors(known)
        result = alpha * sum((one.beta * ratio for one, ratio in zip(known, ratios, strict=True) if one.beta is not None), Fraction(0))
        grade = next(row for row in rules("installations.grade_bounds").value if result >= Fraction(row["from_r"]))
        steps.append(_grade_step(alpha, known, ratios, result, grade))
        found |= {"R": shown(result), "grade_zh": grade["zh"]}
    if any(one.inferred for one in known):
        rules.doubt("memory")
    found["substances"] = [_line(*one) for one in zip(known, quantities, ratios, strict=True)]
    return rules.finding(found, steps)


def _known(rows: Sequence[Mapping[str, Any]], rules: Consulted) -> list[Factors]:
    """Return what the standard says of each substance; raises ``InputErrors`` with the faults of all of them."""
    found: list[Factors] = []
    faults: list[Fault] = []
    for number, one in enumerate(rows):
        try:
            found.append(factors_of(one, rules, f"substances.{number}"))
        except InputErrors as error:
            faults += error.faults
    if faults:
        raise InputErrors(faults)
    return found


def factors_of(one: Mapping[str, Any], rules: Consulted, path: str) -> Factors:
    """Return Q and β of one substance with the tables they are from; raises ``InputErrors`` where the standard cannot be read."""
    categories: tuple[str, ...] = tuple(one.get("categories") or ())
    substance = _substance(one, path, bool(categories))
    row = _named_row(substance, rules)
    if row is not None and one.get("mixture") and categories and not _same_class(substance, categories, rules):
        row = None
    if row is not None and substance is not None:
        return _by_name(row, substance, categories, bool(one.get("mixture")), rules)
    if not categories:
        zh = "表1没有列名，填危险性类别（表2符号，见安全技术说明书）"
        raise InputErrors.one(f"{path}.categories", "categories_needed", zh, "table 1 does not name it; give its hazard categories")
    return _by_category(one.get("name") or (substance.name_zh if substance else None), categories, rules)


def _substance(one: Mapping[str, Any], path: str, has_categories: bool) -> Substance | None:
    """Return the substance a row names by CAS number or by name; None where only categories are given."""
    for field in ("cas", "name"):
        text = one.get(field)
        if not text:
            continue
        found = named(text)
        listed = [each for each in found if each.table1_no is not None] or list(found)
        if len(listed) == 1:
            return listed[0]
        if len(listed) > 1:
            zh, en = f"“{text[:40]}”对应多种，写明是哪一种：{names_of(listed)}", f"“{text[:40]}” may be several: {names_of(listed)}"
            raise InputErrors.one(f"{path}.{field}", "ambiguous_substance", zh, en)
        if not has_categories:
            zh, en = f"没有“{text[:40]}”，核对名称或者填危险性类别", f"nothing is called “{text[:40]}”; give its hazard categories"
            raise InputErrors.one(f"{path}.{field}", "unknown_substance", zh, en)
    if not one.get("name") and not one.get("cas") and not has_categories:
        zh, en = "名称、CAS 号、危险性类别至少填一项", "give a name, a CAS number or hazard categories"
        raise InputErrors.one(f"{path}.name", "required", zh, en)
    return None


def _named_row(substance: Substance | None, rules: Consulted) -> Mapping[str, Any] | None:
    if substance is None or substance.table1_no is None:
        return None
    table = rules.peek("installations.named_quantities")
    found: Mapping[str, Any] | None = _by(table, "seq").get(substance.table1_no) if table else None
    return found


def _same_class(substance: Substance | None, categories: Sequence[str], rules: Consulted) -> bool:
    usual = _usual_category(substance, rules)
    return usual is None or usual in categories


def _usual_category(substance: Substance | None, rules: Consulted) -> str | None:
    if substance is None:
        return None
    table = rules.peek("installations.likely_categories")
    row = _by(table, "code").get(substance.key) if table else None
    return row["symbol"] if row else (substance.category if substance.category in SYMBOLS else None)


def _by_name(
    row: Mapping[str, Any], substance: Substance, categories: Sequence[str], is_mixture: bool, rules: Consulted
) -> Factors:
    rules("installations.named_quantities")
    mixed_zh, mixed_en = ("，混合物类别相同，整体按纯物质（4.2.3）", ", mixture of the same class, whole as pure (4.2.3)") if is_mixture else ("", "")
    quantity_zh = f"表1序号{row['seq']}{mixed_zh}"
    quantity_en = f"table 1 no. {row['seq']}{mixed_en}"
    toxic = _by(rules.peek("installations.named_factors"), "code").get(substance.key)
    beta_zh, beta_en, beta, inferred = "β 须填危险性类别", "β needs the hazard category", None, False
    if toxic is not None:
        rules("installations.named_factors")
        beta_zh, beta_en, beta = "表3", "table 3", Fraction(toxic["beta"])
    else:
        symbols = list(categories) or [one for one in [_usual_category(substance, rules)] if one]
        if symbols:
            symbol, beta = _largest_beta(symbols, rules)
            inferred = not categories
            beta_zh = f"表4 {symbol}" + ("（类别由推导，以 SDS 为准）" if inferred else _several(symbols, "，几类中取大", ""))
            beta_en = f"table 4 {symbol}" + (" (category inferred, the SDS decides)" if inferred else _several(symbols, ", the largest of several", ""))
    critical = Fraction(row["critical_t"])
    return Factors(substance.name_zh, substance.name_en, critical, beta, quantity_zh, quantity_en, beta_zh, beta_en, inferred)


def _by_category(name: str | None, categories: Sequence[str], rules: Consulted) -> Factors:
    """Take the lowest critical quantity of several categories (4.1.2) and the largest β."""
    quantities = _by(rules("installations.category_quantities"), "symbol")
    symbol = min(categories, key=lambda one: Fraction(quantities[one]["critical_t"]))
    beta_symbol, beta = _largest_beta(categories, rules)
    label = name or "、".join(categories)
    return Factors(
        label, name or ", ".join(categories), Fraction(quantities[symbol]["critical_t"]), beta,
        f"表2 {symbol}" + _several(categories, "，几类中取临界量最小（4.1.2）", ""),
        f"table 2 {symbol}" + _several(categories, ", the lowest of several (4.1.2)", ""),
        f"表4 {beta_symbol}" + _several(categories, "，几类中取大", ""),
        f"table 4 {beta_symbol}" + _several(categories, ", the largest of several", ""), False,
    )  # fmt: skip


def _several(symbols: Sequence[str], words: str, otherwise: str) -> str:
    return words if len(symbols) > 1 else otherwise


def _largest_beta(symbols: Sequence[str], rules: Consulted) -> tuple[str, Fraction]:
    factors = _by(rules("installations.category_factors"), "symbol")
    symbol = max(symbols, key=lambda one: Fraction(factors[one]["beta"]))
    return symbol, Fraction(factors[symbol]["beta"])


def _alpha(people: int, rules: Consulted, steps: list[Step]) -> Fraction:
    rows = rules("installations.exposure_factors").value
    row = next(row for row in rows if people >= row["people"])
    steps.append(
        Step(
            f"厂外500米范围内常住人口{people}人，α＝{plain(row['alpha'])}（表5，{row['zh']}）",
            f"{people} residents within 500 m, α = {plain(row['alpha'])} (table 5, {row['en']})",
            plain(row["alpha"]),
        )
    )
    return Fraction(row["alpha"])


def _must_have_factors(known: Sequence[Factors]) -> None:
    faults = [
        Fault(f"substances.{n}.categories", "categories_needed",
              f"{one.zh}：标准没有给出 β，填危险性类别（表4符号，见安全技术说明书）", f"{one.en}: give its hazard category for β (table 4)")
        for n, one in enumerate(known) if one.beta is None
    ]  # fmt: skip
    if faults:
        raise InputErrors(faults)


def _unit_step(unit: str) -> Step:
    zh, en = UNITS[unit]
    return Step(f"{zh}，单独辨识，按设计最大量（4.2.1、4.2.2）", f"A {en}, identified by itself at the design maximum (4.2.1, 4.2.2)", unit)


def _substance_step(one: Factors, quantity: Fraction, ratio: Fraction) -> Step:
    q, big, share = shown(quantity), shown(one.critical), shown(ratio)
    beta = shown(one.beta) if one.beta is not None else "—"
    return Step(
        f"{one.zh}：q/Q ＝ {q}/{big} ＝ {share}（Q：{one.quantity_zh}；β＝{beta}：{one.beta_zh}）",
        f"{one.en}: q/Q = {q}/{big} = {share} (Q: {one.quantity_en}; β = {beta}: {one.beta_en})",
        share,
    )


def _sum_step(total: Fraction, ratios: Sequence[Fraction], is_major: bool) -> Step:
    terms = " + ".join(shown(ratio) for ratio in ratios)
    s = shown(total)
    zh = f"S ＝ {terms} ＝ {s} {'≥' if is_major else '<'} 1：{'构成' if is_major else '不构成'}重大危险源（4.2.1，式1）"
    en = f"S = {terms} = {s} {'≥' if is_major else '<'} 1: {'a' if is_major else 'no'} major hazard installation (4.2.1, formula 1)"
    return Step(zh, en, s)


def _grade_step(
    alpha: Fraction, known: Sequence[Factors], ratios: Sequence[Fraction], result: Fraction, grade: Mapping[str, Any]
) -> Step:
    terms = " + ".join(f"{shown(one.beta or Fraction(0))}×{shown(ratio)}" for one, ratio in zip(known, ratios, strict=True))
    r = shown(result)
    return Step(
        f"R ＝ {shown(alpha)} ×（{terms}）＝ {r}：{grade['zh']}（4.3，式2，表6）",
        f"R = {shown(alpha)} × ({terms}) = {r}: {grade['en']} (4.3, formula 2, table 6)",
        r,
    )


def _line(one: Factors, quantity: Fraction, ratio: Fraction) -> dict[str, Any]:
    return {
        "name": one.zh, "quantity_t": shown(quantity), "Q_t": shown(one.critical), "ratio": shown(ratio),
        "beta": shown(one.beta) if one.beta is not None else None,
        "rule_zh": f"Q：{one.quantity_zh}；β：{one.beta_zh}", "rule_en": f"Q: {one.quantity_en}; β: {one.beta_en}",
    }  # fmt: skip


def _by(table: Parameter | None, column: str) -> Mapping[Any, Mapping[str, Any]]:
    """Return the rows of a table by one column, put in order once for each version of the table."""
    if table is None:
        return {}
    kept = _ordered(column)
    found = kept.get(id(table.value))
    if found is None:
        found = kept[id(table.value)] = (table.value, {row[column]: row for row in table.value})
    return found[1]


@lru_cache(maxsize=8)
def _ordered(column: str) -> dict[int, tuple[Any, dict[Any, Mapping[str, Any]]]]:
    """Return what is kept by this column; the table itself is kept beside, so that its identity stays its own."""
    return {}

"""Grading a risk by LS, LEC or MES: pure functions, values in, ``Finding`` out. Serves article 15.

A method multiplies scores that stand on its scales; a band of the product gives the grade, the grade one of four levels and
its colour. Scores off the scale are refused, never moved to the nearest. Which method and which profile of LS is used is a
choice of the industry guide or of the city: both stay with the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any

from anlan.kernel.rules.computing import Consulted, Finding, Output, computation
from anlan.kernel.rules.deadlines import Step
from anlan.kernel.rules.faults import Fault, InputErrors
from anlan.kernel.rules.inputs import Choice, Option, Score
from anlan.kernel.rules.reading import plain, read_yaml

NUMERALS = str.maketrans("一二三四五", "12345")
PROFILES = {4: "four_band", 5: "five_grade"}
FACTORS = {"ls": ("L", "S"), "lec": ("L", "E", "C"), "mes": ("M", "E", "S")}
PRODUCT = {"ls": "R", "lec": "D", "mes": "R"}
GIVES_LEVEL = (Output("level_zh", "风险等级", "Level"), Output("colour_zh", "颜色", "Colour"))


@lru_cache(maxsize=1)
def written() -> dict[str, Any]:
    """Return the newest value of every rule of this domain as it is written, for choices that are data."""
    read: list[dict[str, Any]] = read_yaml(Path(__file__).with_name("rules.yaml"))
    return {entry["key"]: entry["values"][-1]["value"] for entry in read}


def scale(method: str, factor: str) -> list[dict[str, str]]:
    """Return the scores of a factor with their words, highest first."""
    found: list[dict[str, str]] = written()[f"risk.scale_{method}_{factor.lower()}"]
    return found


def _options(method: str, factor: str) -> Callable[[], Sequence[Option]]:
    def options() -> Sequence[Option]:
        return [
            Option(row["score"], f"{row['score']}　{row['zh']}", f"{row['score']}  {row['en']}")
            for row in scale(method, factor)
        ]

    return options


def _score(method: str, factor: str, zh: str, en: str) -> Score:
    return Score(
        factor, f"{factor} {zh}", f"{factor} {en}", help_zh="只能取量表中的分值", help_en="Only scores of the scale",
        suggest=_options(method, factor),
    )  # fmt: skip


@computation(
    name="risk-ls",
    serves=("A15.3",),
    zh="风险矩阵法（LS）",
    en="Risk matrix (LS)",
    about_zh="R＝L×S，按所选分档定级。没有国家标准规定采用哪一种分档，由行业指南或者本市确定；不选用本市采用的分档。",
    about_en="R = L × S, graded by the profile chosen. No national standard fixes the profile; this city's if left out.",
    fields=(
        _score("ls", "L", "事故发生的可能性", "Likelihood"),
        _score("ls", "S", "事故后果的严重性", "Severity"),
        Choice(
            "profile", "分档", "Profile", required=False,
            options=(Option("four_band", "四档", "Four bands"), Option("five_grade", "五级判定", "Five grades")),
        ),
    ),
    gives=(Output("R", "风险值 R", "Risk value R"), *GIVES_LEVEL),
    example={"L": 3, "S": 4, "profile": "four_band"},
)  # fmt: skip
def risk_ls(given: dict[str, Any], rules: Consulted) -> Finding:
    """Grade by the risk matrix, under the profile given or the one in use."""
    profile = given.get("profile") or PROFILES[rules("risk.ls_bands").value]
    return _graded("ls", f"risk.bands_ls_{profile}", given, rules)


@computation(
    name="risk-lec",
    serves=("A15.3",),
    zh="作业条件危险性评价法（LEC）",
    en="LEC method",
    about_zh="D＝L×E×C，按 D 值定级。",
    about_en="D = L × E × C, graded by D.",
    fields=(
        _score("lec", "L", "发生事故的可能性", "Likelihood"),
        _score("lec", "E", "暴露的频繁程度", "Exposure"),
        _score("lec", "C", "事故的后果", "Consequence"),
    ),
    gives=(Output("D", "危险性 D", "Danger D"), *GIVES_LEVEL),
    example={"L": 3, "E": 6, "C": 15},
)
def risk_lec(given: dict[str, Any], rules: Consulted) -> Finding:
    """Grade by LEC."""
    return _graded("lec", "risk.bands_lec", given, rules)


@computation(
    name="risk-mes",
    serves=("A15.3",),
    zh="作业条件风险程度评价法（MES）",
    en="MES method",
    about_zh="R＝M×E×S，按人身伤害的 R 值定级。",
    about_en="R = M × E × S, graded by R for personal injury.",
    fields=(
        _score("mes", "M", "控制措施的状态", "State of the controls"),
        _score("mes", "E", "人体暴露的时间", "Exposure"),
        _score("mes", "S", "事故的后果", "Consequence"),
    ),
    gives=(Output("R", "风险程度 R", "Degree of risk R"), *GIVES_LEVEL),
    example={"M": 3, "E": 6, "S": 8},
)
def risk_mes(given: dict[str, Any], rules: Consulted) -> Finding:
    """Grade by MES."""
    return _graded("mes", "risk.bands_mes", given, rules)


def _graded(method: str, bands: str, given: dict[str, Any], rules: Consulted) -> Finding:
    factors = FACTORS[method]
    steps = _scored_all(method, given, rules)
    product: Decimal = prod((Decimal(given[factor]) for factor in factors), start=Decimal(1))
    name, sum_of = PRODUCT[method], " × ".join(plain(given[factor]) for factor in factors)
    steps.append(Step(f"{name} ＝ {sum_of}", f"{name} = {sum_of}", plain(product)))
    band = _band(product, rules(bands).value)
    level = next(row for row in rules("risk.levels").value if row["level"] == band["level"])
    span = _span(name, band)
    steps.append(
        Step(
            f"{span}：{band['grade']}，{level['zh']}，{level['colour_zh']}色",
            f"{span}: grade {_in_english(band['grade'])}, {level['en']}, {level['colour_en']}",
            level["zh"],
        )
    )
    words = {
        "level_zh": level["zh"], "level_en": level["en"],
        "colour_zh": level["colour_zh"], "colour_en": level["colour_en"],
    }  # fmt: skip
    return rules.finding({name: product, **words}, steps)


def _in_english(grade: str) -> str:
    """Return a grade as English writes it: B/2级 is B/2, 二级 is 2."""
    return grade.removesuffix("级").translate(NUMERALS)


def _scored_all(method: str, given: dict[str, Any], rules: Consulted) -> list[Step]:
    """Return the step of every score; raises ``InputErrors`` naming each that is off its scale."""
    steps: list[Step] = []
    faults: list[Fault] = []
    for factor in FACTORS[method]:
        try:
            steps.append(_scored(method, factor, given[factor], rules))
        except InputErrors as fault:
            faults += fault.faults
    if faults:
        raise InputErrors(faults)
    return steps


def _scored(method: str, factor: str, number: Decimal, rules: Consulted) -> Step:
    """Return the step that a score stands for; raises ``InputErrors`` where the scale has no such score."""
    rows = rules(f"risk.scale_{method}_{factor.lower()}").value
    row = next((row for row in rows if Decimal(row["score"]) == number), None)
    if row is None:
        known = "、".join(row["score"] for row in rows)
        zh = f"{factor} 只能取量表中的分值：{known}"
        en = f"{factor} must be a score of the scale: {known.replace('、', ', ')}"
        raise InputErrors.one(factor, "not_on_scale", zh, en)
    return Step(
        f"{factor}＝{row['score']}：{row['zh']}", f"{factor} = {row['score']}: {row['en']}", row["score"]
    )


def _band(product: Decimal, bands: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the band of a product. Between some bands lies what no product of the scales can be."""
    return next(band for band in bands if _lies_in(product, band))


def _lies_in(product: Decimal, band: dict[str, Any]) -> bool:
    low, high = (None if band[end] is None else Decimal(band[end]) for end in ("low", "high"))
    above = low is None or product > low or (band["low_included"] and product == low)
    below = high is None or product < high or (band["high_included"] and product == high)
    return bool(above and below)


def _span(name: str, band: dict[str, Any]) -> str:
    low = "" if band["low"] is None else f"{band['low']} {'≤' if band['low_included'] else '<'} "
    high = "" if band["high"] is None else f" {'≤' if band['high_included'] else '<'} {band['high']}"
    return f"{low}{name}{high}"

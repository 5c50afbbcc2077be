"""Gas alarms and exposure at work: pure functions, values in, ``Finding`` out. Serves articles 14 and 18.

``gas-alarm`` compares a reading with the set-points of GB/T 50493-2019: combustible gas by %LEL, toxic gas by its exposure limit,
oxygen both ways; a reading equal to a set-point is an alarm. ``oel-twa`` spreads exposure over eight hours (GBZ 2.1-2019).
Readings are converted in fractions, so that no threshold is missed by rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from anlan.domains.chemicals.catalogue import Substance, named, names_of
from anlan.kernel.rules.computing import Consulted, Finding, Output, computation
from anlan.kernel.rules.deadlines import Step
from anlan.kernel.rules.faults import InputErrors
from anlan.kernel.rules.inputs import Choice, Line, Option, Quantity, Rows
from anlan.kernel.rules.parameters import Parameter, UnknownRule
from anlan.kernel.rules.reading import plain

# Decimals that are written of a number which never ends: it is cut there, never rounded up to a threshold.
SHOWN_PLACES = 12
LONG_PLACES = 60  # more than any quantity that may be entered has
SHORT, LONG = 10**SHOWN_PLACES, 10**LONG_PLACES
PPM_OF_A_PERCENT = 10_000
MOST_HOURS = 24
SHORT_TERM_HOURS = Fraction(1, 4)  # what PC-STEL is by definition the average of
OXYGEN = "oxygen"
ORDERS = {"A": ("mac", "twa", "stel"), "B": ("mac", "stel", "twa")}
POLICIES = {1: "A", 2: "B"}
LIMITS = {"mac": "MAC", "twa": "PC-TWA", "stel": "PC-STEL"}
READINGS = ("mg_m3", "vol_pct", "lel_pct")
MOLES = {"mg_m3": "mg/m³", "vol_pct": "%VOL", "lel_pct": "%LEL"}


def shown(number: Fraction) -> str:
    """Write a fraction as a decimal: exactly where it ends, else cut after ``SHOWN_PLACES`` decimals."""
    if number.denominator == 1:
        return str(number.numerator)
    places = SHOWN_PLACES if SHORT % number.denominator == 0 or LONG % number.denominator else LONG_PLACES
    digits = str(abs(number.numerator) * 10**places // number.denominator).zfill(places + 1)
    text = f"{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip(".")
    return f"-{text}" if number < 0 and text != "0" else text


def substance_of(text: str, field: str) -> Substance:
    """Return the one substance a text names; raises ``InputErrors`` for none and for several."""
    found = named(text)
    if not found:
        zh, en = f"物质库中没有“{text[:40]}”", f"no substance is called “{text[:40]}”"
        raise InputErrors.one(field, "unknown_substance", zh, en)
    if len(found) > 1:
        names = names_of(found)
        zh, en = f"“{text[:40]}”对应多种物质，写明是哪一种：{names}", f"“{text[:40]}” may be several: {names}"
        raise InputErrors.one(field, "ambiguous_substance", zh, en)
    return found[0]


@dataclass(frozen=True)
class _Points:
    """The set-points a reading is compared with, in their unit."""

    first: Fraction
    second: Fraction
    unit: str


@computation(
    name="gas-alarm",
    serves=("A14.8",),
    zh="可燃、有毒气体报警",
    en="Alarm of combustible and toxic gas",
    about_zh="按 GB/T 50493—2019 给出报警设定值和报警级别。等于设定值即报警；既可燃又有毒的，先到职业接触限值的按有毒气体报警。",
    about_en="Set-points and level by GB/T 50493-2019. A reading equal to a set-point is an alarm; "
    "a gas both combustible and toxic is alarmed as toxic where it reaches its exposure limit first.",
    fields=(
        Line("gas", "气体", "Gas", help_zh="名称或者分子式，如 硫化氢、H2S", help_en="Name or formula, such as H2S"),
        Quantity("mg_m3", "浓度（mg/m³）", "Concentration (mg/m³)", required=False, most=Decimal(10) ** 9,
                 unit_zh="mg/m³", unit_en="mg/m³", help_zh="三种浓度填一种", help_en="Give one of the three"),
        Quantity("vol_pct", "体积分数（%VOL）", "Share by volume (%VOL)", required=False, most=Decimal(100),
                 unit_zh="%VOL", unit_en="%VOL"),
        Quantity("lel_pct", "爆炸下限百分数（%LEL）", "Percent of the lower explosive limit (%LEL)", required=False,
                 most=Decimal(10) ** 6, unit_zh="%LEL", unit_en="%LEL"),
        Choice(
            "policy", "限值取法", "Choice of limit", required=False,
            options=(Option("A", "A：MAC，其次 PC-TWA", "A: MAC, then PC-TWA"),
                     Option("B", "B：MAC，其次 PC-STEL", "B: MAC, then PC-STEL")),
            help_zh="不填为本市采用的取法", help_en="This city's if left out",
        ),
    ),
    gives=(
        Output("state", "报警级别", "State"), Output("set_first", "一级（低限）设定值", "First (low) set-point"),
        Output("set_second", "二级（高限）设定值", "Second (high) set-point"), Output("unit", "单位", "Unit"),
    ),
    example={"gas": "硫化氢", "mg_m3": "12", "policy": "A"},
)  # fmt: skip
def gas_alarm(given: dict[str, Any], rules: Consulted) -> Finding:
    """Compare one reading with the set-points of its gas."""
    readings = [name for name in READINGS if name in given]
    if len(readings) != 1:
        zh, en = "三种浓度填且只填一种", "give exactly one of mg_m3, vol_pct, lel_pct"
        raise InputErrors.one(readings[1] if readings else "mg_m3", "one_reading", zh, en)
    gas, reading = substance_of(given["gas"], "gas"), readings[0]
    value = Fraction(given[reading])
    steps = [Step(f"气体：{gas.name_zh}", f"Gas: {gas.name_en}", "")]
    if gas.key == OXYGEN:
        return _oxygen(value, reading, rules, steps)
    if reading == "lel_pct":
        return _by_explosive_limit(gas, value, given, rules, steps)
    if reading == "mg_m3":
        limit = _limit_for_alarm(gas, given, rules, steps)
        if limit is None:
            zh, en = (
                "没有该气体的职业接触限值，填 %VOL 或者 %LEL",
                "no exposure limit is known; give vol_pct or lel_pct",
            )
            raise InputErrors.one("mg_m3", "no_limit", zh, en)
        return _leveled(value, _toxic(limit, rules, steps), rules, steps)
    return _by_volume(gas, value, given, rules, steps)


def _by_explosive_limit(
    gas: Substance, value: Fraction, given: Mapping[str, Any], rules: Consulted, steps: list[Step]
) -> Finding:
    """Level a percentage of the explosive limit: far below it a toxic gas may be deadly, so its exposure limit comes first."""
    lel = _lel_of(gas, rules.peek("chemicals.explosive_limits"))
    if lel is not None:
        volume = value * lel / 100
        change = Step(
            f"{shown(value)} %LEL × {shown(lel)} %VOL ÷ 100 ＝ {shown(volume)} %VOL",
            f"{shown(value)} %LEL × {shown(lel)} %VOL / 100 = {shown(volume)} %VOL",
            shown(volume),
        )
        found = _toxic_first(gas, volume, given, rules, [*steps, change])
        if found is not None:
            rules("chemicals.explosive_limits")
            return found
    return _leveled(value, _combustible(gas, rules, steps), rules, steps)


def _toxic_first(
    gas: Substance, value: Fraction, given: Mapping[str, Any], rules: Consulted, steps: list[Step]
) -> Finding | None:
    """Level a share by volume as toxic where the exposure limit comes before the first combustible set-point; else None."""
    lel = _lel_of(gas, rules.peek("chemicals.explosive_limits"))
    if _oel_of(gas, rules) is None or gas.molar_mass is None:
        return None
    volume = rules("chemicals.molar_volume_20c")
    by_mass = PPM_OF_A_PERCENT * Fraction(gas.molar_mass) / Fraction(volume.value)  # mg/m³ of one percent
    limit = _limit_for_alarm(gas, given, rules, steps)
    first = Fraction(rules("chemicals.combustible_set_points").value["first"]) if lel else None
    if limit is None or (lel is not None and first is not None and limit > first * lel / 100 * by_mass):
        return None
    found = value * by_mass
    steps.append(
        Step(
            f"{shown(value)} %VOL × 10000 × {plain(gas.molar_mass)} ÷ {plain(volume.value)} ＝ {shown(found)} mg/m³",
            f"{shown(value)} %VOL × 10000 × {plain(gas.molar_mass)} / {plain(volume.value)} = {shown(found)} mg/m³",
            shown(found),
        )
    )
    return _leveled(found, _toxic(limit, rules, steps), rules, steps)


def _by_volume(
    gas: Substance, value: Fraction, given: Mapping[str, Any], rules: Consulted, steps: list[Step]
) -> Finding:
    """Level a share by volume: as toxic where the exposure limit comes first, else by the explosive limit."""
    found_toxic = _toxic_first(gas, value, given, rules, steps)
    if found_toxic is not None:
        return found_toxic
    lel = _lel_of(gas, rules.peek("chemicals.explosive_limits"))
    if lel is None:
        zh, en = (
            "没有该气体的爆炸下限和接触限值",
            "neither explosive limit nor exposure limit is known of this gas",
        )
        raise InputErrors.one("gas", "no_limit", zh, en)
    points = _combustible(gas, rules, steps)
    rules("chemicals.explosive_limits")
    found = 100 * value / lel
    steps.append(
        Step(
            f"100 × {shown(value)} %VOL ÷ {shown(lel)} %VOL ＝ {shown(found)} %LEL",
            f"100 × {shown(value)} %VOL / {shown(lel)} %VOL = {shown(found)} %LEL",
            shown(found),
        )
    )
    return _leveled(found, points, rules, steps)


def _combustible(gas: Substance, rules: Consulted, steps: list[Step]) -> _Points:
    if _lel_of(gas, rules.peek("chemicals.explosive_limits")) is None and gas.lel is None:
        zh, en = (
            "该气体不是可燃气体，或者没有其爆炸下限",
            "not a combustible gas, or its lower explosive limit is not known",
        )
        raise InputErrors.one("gas", "not_combustible", zh, en)
    value = rules("chemicals.combustible_set_points").value
    steps.append(
        Step(
            f"可燃气体：一级 ≤ {plain(value['first'])} %LEL，二级 ≤ {plain(value['second'])} %LEL",
            f"Combustible: first ≤ {plain(value['first'])} %LEL, second ≤ {plain(value['second'])} %LEL",
            plain(value["first"]),
        )
    )
    return _Points(Fraction(value["first"]), Fraction(value["second"]), "%LEL")


def _toxic(limit: Fraction, rules: Consulted, steps: list[Step]) -> _Points:
    value = rules("chemicals.toxic_set_points").value
    first, second = (limit * Fraction(value[level]) / 100 for level in ("first", "second"))
    one, two = (f"{plain(value[level])} %OEL" for level in ("first", "second"))
    steps.append(
        Step(
            f"有毒气体：一级 ≤ {one} ＝ {shown(first)} mg/m³，二级 ≤ {two} ＝ {shown(second)} mg/m³",
            f"Toxic: first ≤ {one} = {shown(first)} mg/m³, second ≤ {two} = {shown(second)} mg/m³",
            shown(first),
        )
    )
    return _Points(first, second, "mg/m3")


def _leveled(value: Fraction, points: _Points, rules: Consulted, steps: list[Step]) -> Finding:
    state = "second" if value >= points.second else "first" if value >= points.first else "none"
    words = {
        "none": ("不报警", "no alarm"),
        "first": ("一级报警", "first-level alarm"),
        "second": ("二级报警", "second-level alarm"),
    }
    zh, en = words[state]
    unit = "mg/m³" if points.unit == "mg/m3" else points.unit
    steps.append(Step(f"{shown(value)} {unit}：{zh}", f"{shown(value)} {unit}: {en}", shown(value)))
    found = {
        "state": state,
        "state_zh": zh,
        "state_en": en,
        "set_first": shown(points.first),
        "set_second": shown(points.second),
        "unit": points.unit,
    }
    return rules.finding(found, steps)


def _oxygen(value: Fraction, reading: str, rules: Consulted, steps: list[Step]) -> Finding:
    if reading != "vol_pct":
        zh, en = "氧气按体积分数（%VOL）填写", "oxygen is given by volume (vol_pct)"
        raise InputErrors.one(reading, "oxygen_by_volume", zh, en)
    limits = rules("chemicals.oxygen_set_points").value
    low, high = Fraction(limits["low"]), Fraction(limits["high"])
    state = "low" if value <= low else "high" if value >= high else "none"
    zh, en = {
        "low": ("欠氧报警", "oxygen deficiency"),
        "high": ("富氧报警", "oxygen enrichment"),
        "none": ("不报警", "no alarm"),
    }[state]
    steps.append(
        Step(
            f"欠氧 ≤ {shown(low)} %VOL，富氧 ≥ {shown(high)} %VOL；{shown(value)} %VOL：{zh}",
            f"deficient ≤ {shown(low)} %VOL, enriched ≥ {shown(high)} %VOL; {shown(value)} %VOL: {en}",
            shown(value),
        )
    )
    return rules.finding(
        {
            "state": state,
            "state_zh": zh,
            "state_en": en,
            "set_first": shown(low),
            "set_second": shown(high),
            "unit": "%VOL",
        },
        steps,
    )


def _lel_of(gas: Substance, table: Parameter | None) -> Fraction | None:
    rows = table.value if table else ()
    return next((Fraction(row["lel"]) for row in rows if row["code"] == gas.key), None)


def _oel_of(substance: Substance, rules: Consulted) -> Parameter | None:
    try:
        return rules.peek(f"chemicals.oel.{substance.key}")
    except UnknownRule:
        return None


def _limit_for_alarm(
    gas: Substance, given: Mapping[str, Any], rules: Consulted, steps: list[Step]
) -> Fraction | None:
    """Return the exposure limit the alarm is taken from, by the policy given or the one in use."""
    own = _oel_of(gas, rules)
    if own is None:
        return None
    rules.rely_on(own)
    policy = given.get("policy") or POLICIES[rules("chemicals.oel_choice").value]
    name = next(name for name in ORDERS[policy] if own.value[name] is not None)
    limit = Fraction(own.value[name])
    steps.append(
        Step(
            f"按取法 {policy}：{LIMITS[name]} {shown(limit)} mg/m³",
            f"By choice {policy}: {LIMITS[name]} {shown(limit)} mg/m³",
            shown(limit),
        )
    )
    return limit


@computation(
    name="oel-twa",
    serves=("A14.8",),
    zh="时间加权平均接触浓度",
    en="Time-weighted average exposure",
    about_zh="C＝（C1×T1＋C2×T2＋…）÷8，与职业接触限值比较（GBZ 2.1—2019）。只有最高容许浓度（MAC）的，任一时段都不得超过；"
    "平均符合的，短时间接触还须不超过 PC-STEL。",
    about_en="C = (C1×T1 + C2×T2 + …) / 8, compared with the limit (GBZ 2.1-2019). "
    "Where there is only a MAC, no part may exceed it; within the average, PC-STEL may not be exceeded for 15 minutes either.",
    fields=(
        Line("substance", "物质", "Substance", help_zh="名称、分子式或者 CAS 号", help_en="Name, formula or CAS number"),
        Rows(
            "parts", "各时段", "Part of the day", most=100,
            fields=(
                Quantity("mg_m3", "浓度", "Concentration", most=Decimal(10) ** 9, unit_zh="mg/m³", unit_en="mg/m³"),
                Quantity("hours", "时长", "Duration", most=Decimal(MOST_HOURS), unit_zh="小时", unit_en="h"),
            ),
        ),
    ),
    gives=(
        Output("within", "平均浓度符合限值", "The average is within the limit"),
        Output("short_term_exceeded", "有15分钟以上超过 PC-STEL", "Above PC-STEL for 15 minutes or more"),
        Output("twa_mg_m3", "时间加权平均浓度（mg/m³）", "Time-weighted average (mg/m³)"),
        Output("limit_mg_m3", "限值（mg/m³）", "Limit (mg/m³)"),
    ),
    example={"substance": "苯", "parts": [{"mg_m3": "4", "hours": "3"}, {"mg_m3": "2", "hours": "5"}]},
)  # fmt: skip
def oel_twa(given: dict[str, Any], rules: Consulted) -> Finding:
    """Spread the exposure over the day and compare it with the limit of the substance."""
    substance = substance_of(given["substance"], "substance")
    limits = _oel_of(substance, rules)
    if limits is None:
        zh, en = (
            f"没有“{substance.name_zh}”的职业接触限值",
            f"no exposure limit of “{substance.name_en}” is in force",
        )
        raise InputErrors.one("substance", "no_limit", zh, en)
    parts = [(Fraction(part["mg_m3"]), Fraction(part["hours"])) for part in given["parts"]]
    if sum(hours for _, hours in parts) > MOST_HOURS:
        raise InputErrors.one(
            "parts", "too_many_hours", "各时段合计超过24小时", "the parts add up to more than 24 hours"
        )
    rules.rely_on(limits)
    divisor = rules("chemicals.twa_hours").value
    average = sum((mass * hours for mass, hours in parts), Fraction(0)) / divisor
    terms = " ＋ ".join(f"{shown(mass)}×{shown(hours)}" for mass, hours in parts)
    zh, en = (
        f"C ＝（{terms}）÷ {divisor} ＝ {shown(average)} mg/m³",
        f"C = ({terms}) / {divisor} = {shown(average)} mg/m³",
    )
    steps = [Step(f"物质：{substance.name_zh}", f"Substance: {substance.name_en}", "")]
    steps.append(Step(zh, en.replace("＋", "+"), shown(average)))
    return _within(average, parts, limits.value, rules, steps)


def _within(
    average: Fraction, parts: list[tuple[Fraction, Fraction]], limits: Mapping[str, Any], rules: Consulted,
    steps: list[Step],
) -> Finding:  # fmt: skip
    """Compare with PC-TWA; with MAC, which no moment may exceed, where there is one; say where PC-STEL was passed.

    PC-STEL is the average of 15 minutes, on top of PC-TWA: a part that long above it exceeds it for certain.
    """
    highest = max(mass for mass, _ in parts)
    name = "mac" if limits["twa"] is None else "twa"
    limit = Fraction(limits[name])
    compared = highest if name == "mac" else average
    within = compared <= limit
    sign = "≤" if within else ">"
    what = ("最高的一段", "the highest part") if name == "mac" else ("平均", "the average")
    steps.append(
        Step(
            f"{what[0]} {shown(compared)} {sign} {LIMITS[name]} {shown(limit)} mg/m³：{'符合' if within else '超过'}",
            f"{what[1]} {shown(compared)} {sign} {LIMITS[name]} {shown(limit)} mg/m³: {'within' if within else 'exceeded'}",
            shown(compared),
        )
    )
    short = limits["stel"] is not None and highest > Fraction(limits["stel"])
    is_exceeded = short and any(
        mass > Fraction(limits["stel"]) and hours >= SHORT_TERM_HOURS for mass, hours in parts
    )
    if short:
        known = f"PC-STEL {plain(limits['stel'])} mg/m³"
        zh, en = (
            (
                f"有15分钟以上高于 {known}：超过短时间接触容许浓度",
                f"15 minutes or more above {known}: exceeded",
            )
            if is_exceeded
            else (
                f"有时段高于 {known}，另按15分钟短时间接触检测",
                f"a part lies above {known}: measure short-term exposure of 15 minutes as well",
            )
        )
        steps.append(Step(zh, en, plain(limits["stel"])))
    found = {
        "twa_mg_m3": shown(average), "limit_mg_m3": shown(limit), "within": within, "short_term_exceeded": is_exceeded,
    }  # fmt: skip
    return rules.finding(found, steps)

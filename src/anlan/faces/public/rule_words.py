"""How values of the rule book are worded on a page: units, subjects, tables. Never a rule itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from anlan.faces import articles
from anlan.kernel.rules.computing import HOLIDAYS_EN, HOLIDAYS_ZH
from anlan.kernel.rules.numbering import number_in_english
from anlan.kernel.rules.reading import plain
from anlan.kernel.words import Words

_INSTANT = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)T(?P<time>[\d:.]+)[+-]\d\d:\d\d")
_END_OF_DAY = "23:59:59.999999"  # the last moment of a day, which people call 24:00
SUBJECTS = {
    "accidents": Words("事故", "Accidents"),
    "hidden_dangers": Words("隐患", "Hidden dangers"),
    "hidden_dangers.criteria": Words("重大事故隐患判定标准", "Criteria for major hidden dangers"),
    "deadline": Words("期间计算", "Counting time"),
    "chemicals": Words("危险化学品", "Hazardous chemicals"),
    "chemicals.oel": Words("职业接触限值（GBZ 2.1）", "Exposure limits (GBZ 2.1)"),
    "installations": Words("重大危险源", "Major hazard installations"),
    "alarms": Words("监测报警", "Monitoring and alarms"),
    "watch": Words("值班值守", "Keeping watch"),
    "penalties": Words("行政处罚", "Administrative penalties"),
}
UNITS = {
    "yuan": Words("元", "yuan"),
    "wan_yuan": Words("万元", "ten thousand yuan"),
    "times": Words("次", "times"),
    "day_of_month": Words("日（当月）", "th day of the month"),
    "none": Words("—", "—"),
    "tonne": Words("吨", "t"),
    "mg_m3": Words("mg/m³", "mg/m³"),
    "l_per_mol": Words("L/mol", "L/mol"),
    "hours": Words("小时", "hours"),
    "percent": Words("%", "%"),
    "alarms": Words("条报警", "alarms"),
}
COLUMNS = {
    "seq": Words("序号", "No."),
    "symbol": Words("符号", "Symbol"),
    "critical_t": Words("临界量（t）", "Critical quantity (t)"),
    "beta": Words("β", "β"),
    "alpha": Words("α", "α"),
    "people": Words("人数不少于", "People, from"),
    "grade": Words("级别", "Grade"),
    "from_r": Words("R 不小于", "R, from"),
    "layer": Words("层级", "Layer"),
    "every_days": Words("间隔（天，0为不定期）", "Every (days; 0: no period)"),
    "first": Words("一级（低限）", "First (low)"),
    "second": Words("二级（高限）", "Second (high)"),
    "low": Words("低", "Low"),
    "high": Words("高", "High"),
    "lel": Words("爆炸下限", "Lower limit"),
    "uel": Words("爆炸上限", "Upper limit"),
    "mac": Words("MAC", "MAC"),
    "twa": Words("PC-TWA", "PC-TWA"),
    "stel": Words("PC-STEL", "PC-STEL"),
    "idlh": Words("IDLH", "IDLH"),
    "id": Words("条目", "Item"),
    "article": Words("条款", "Clause"),
    "seen": Words("核对", "Verified"),
    "deaths": Words("死亡（人）", "Deaths"),
    "serious_injuries": Words("重伤（人）", "Serious injuries"),
    "direct_loss_wan": Words("直接经济损失（万元）", "Direct loss (ten thousand yuan)"),
    "name": Words("内容", "Content"),
    "count": Words("条目数", "Number of items"),
    "unit": Words("单位（万元）", "Unit (ten thousand yuan)"),
    "overdue_unit": Words("逾期未改，单位（万元）", "Not corrected in time, unit (ten thousand yuan)"),
    "overdue_person": Words("逾期未改，人员（万元）", "Not corrected in time, persons (ten thousand yuan)"),
    "person": Words("人员（万元）", "Persons (ten thousand yuan)"),
    "other": Words("另有规定", "Beyond the fine"),
    "person_yuan": Words("个人（元）", "A person (yuan)"),
    "unit_yuan": Words("单位（元）", "An enterprise (yuan)"),
    "refusal_person": Words("拒不执行，人员（万元）", "Refusal, persons (ten thousand yuan)"),
    "main_person": Words("主要负责人（万元）", "Main person (ten thousand yuan)"),
    "days": Words("日数", "Days"),
    "penalties_in_days": Words("该日数内受罚次数", "Penalties within these days"),
    "years": Words("年数", "Years"),
    "penalties_in_years": Words("该年数内受罚次数", "Penalties within these years"),
    "general": Words("一般事故", "General"),
    "larger": Words("较大事故", "Larger"),
    "major": Words("重大事故", "Major"),
    "times": Words("次数", "Times"),
    "within_seconds": Words("时段（秒）", "Within (seconds)"),
    "within_minutes": Words("时段（分钟）", "Within (minutes)"),
    "begins": Words("多于（条）开始", "Begins above"),
    "ends": Words("少于（条）结束", "Ends below"),
    "level": Words("等级", "Level"),
    "score": Words("分值", "Score"),
    "colour": Words("颜色", "Colour"),
    "span": Words("范围", "Range"),
    "extra_major": Words("特别重大事故", "Extraordinarily major"),
}
YES, NO = Words("是", "yes"), Words("否", "no")
CONFIDENCE = {
    "sourced": Words("已核对", "Verified"),
    "secondary": Words("据转引", "Second hand"),
    "memory": Words("未核对", "Unverified"),
}
# Codes that stand in tables, by the column they stand in.
LEVELS = {
    "major": Words("重大风险", "Major risk"),
    "considerable": Words("较大风险", "Considerable risk"),
    "general": Words("一般风险", "General risk"),
    "low": Words("低风险", "Low risk"),
}
CONTROL_LAYERS = {
    "company": Words("公司（厂）级", "Company"),
    "department": Words("部室（车间）级", "Department or workshop"),
    "team": Words("班组级", "Team"),
    "post": Words("岗位级", "Post"),
}
CODES = {
    "level": LEVELS,
    "layer": {
        "main": Words("主要负责人", "Main person in charge"),
        "technical": Words("技术负责人", "Technical person in charge"),
        "operation": Words("操作负责人", "Operation person in charge"),
    },
}
LANGUAGE_KEYS = {"zh", "en", "code"}
UNBROKEN = "\N{NO-BREAK SPACE}"
SPAN = ("low", "low_included", "high", "high_included")
GRADE = re.compile(r"(?:(?P<letter>[A-E])/)?(?P<number>[一二三四五\d])级")


# Bands of risk bear the names that their method gives them; it gives none in English, and what the ledger keeps stays as it is.
BANDS: dict[str, str] = {
    "极其危险": "Extremely dangerous",
    "高度危险": "Highly dangerous",
    "显著危险": "Markedly dangerous",
    "轻度（一般）危险": "Slightly (generally) dangerous",
    "轻度危险": "Slightly dangerous",
    "稍有危险": "Hardly dangerous",
    **{words.zh: words.en for words in LEVELS.values()},
}


@dataclass(frozen=True)
class Table:
    """A value that is a table: a head and rows of words."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def subject_of(key: str) -> Words:
    """Return the subject a rule belongs to."""
    parts = key.split(".")
    longer = ".".join(parts[:2])
    return SUBJECTS.get(longer) or SUBJECTS.get(parts[0]) or Words(parts[0], parts[0])


def unit_of(unit: str) -> Words | str:
    """Return the words of a unit."""
    return UNITS.get(unit, unit)


def table_of(value: Any, english: bool) -> Table | None:
    """Return the table a value is, or None when it is a single figure."""
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        return (
            _rows(value["items"], english) if value["items"] else _pairs({"count": value["count"]}, english)
        )
    if isinstance(value, list):
        return _rows(value, english)
    return _pairs(value, english) if isinstance(value, dict) else None


def _rows(entries: list[dict[str, Any]], english: bool) -> Table:
    shown = [_as_columns(entry, english) for entry in entries]
    keys = [key for key in shown[0] if key not in LANGUAGE_KEYS]
    named = "zh" in shown[0]
    head = [*(["name"] if named else []), *keys]
    rows = [
        (*([_words(entry, english)] if named else []), *(_cell(key, entry[key], english) for key in keys))
        for entry in shown
    ]
    return Table(tuple(str(COLUMNS.get(key, key)) for key in head), tuple(rows))


def _as_columns(entry: Mapping[str, Any], english: bool) -> dict[str, Any]:
    """Return an entry with what several of its keys say together in one: a colour in its language, a span with its ends."""
    found = dict(entry)
    if "colour_zh" in found:
        found["colour"] = found["colour_en" if english else "colour_zh"]
        found = {key: value for key, value in found.items() if key not in {"colour_zh", "colour_en"}}
    if set(SPAN) <= found.keys():
        span = _bounded(*(found.pop(key) for key in SPAN))
        found = {"zh": found.pop("zh", ""), "span": span, **found}
    return found


def _bounded(low: Any, low_included: bool, high: Any, high_included: bool) -> str:
    """Write a span whose entry says which of its ends belong to it."""
    ends = [] if low is None else [f"{'≥' if low_included else '>'}{UNBROKEN}{plain(low)}"]
    ends += [] if high is None else [f"{'≤' if high_included else '<'}{UNBROKEN}{plain(high)}"]
    return ", ".join(ends)


def _pairs(value: dict[str, Any], english: bool) -> Table:
    is_of_risks = value.keys() == LEVELS.keys()
    names = LEVELS if is_of_risks else COLUMNS
    rows = tuple((str(names.get(key, key)), _cell(key, found, english)) for key, found in value.items())
    return Table((), rows)


def _cell(key: str, value: Any, english: bool) -> str:
    if value is None:
        return "—"
    if key == "seen":
        return str(CONFIDENCE[value])
    if isinstance(value, bool):
        return str(YES if value else NO)
    if isinstance(value, dict):
        return _words(value, english)
    if isinstance(value, list):
        return _span(value)
    return _text(key, value, english) if isinstance(value, str) else plain(value)


def _text(key: str, value: str, english: bool) -> str:
    """Return a text of a table: a code in its words; of a clause or a grade, English where that is asked for."""
    found = CODES.get(key, CONTROL_LAYERS).get(value)
    if found is not None:
        return str(found)
    if english and key == "article":
        return articles.in_english(value)
    if english and key == "grade" and (grade := GRADE.fullmatch(value)):
        letter = f"{grade['letter']}{UNBROKEN}/{UNBROKEN}" if grade["letter"] else ""
        return f"{letter}{articles.number(grade['number'])}"
    return value


def _words(entry: dict[str, Any], english: bool) -> str:
    chinese = str(entry["zh"])
    return str(entry.get("en") or BANDS.get(chinese, chinese)) if english else chinese


def _span(value: list[Any]) -> str:
    """Write the ends of a span as they are; which end belongs to it is said by the rule's own words."""
    low, high = value
    return f"≥ {plain(low)}" if high is None else f"{plain(low)} – {plain(high)}"


def shown(value: Any) -> str:
    """Return a value of an answer as a page shows it: yes and no in words, an instant as day and time."""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    text = "" if value is None else str(value)
    at = _INSTANT.fullmatch(text)
    if at is None:
        return text
    return f"{at['day']} {'24:00' if at['time'] == _END_OF_DAY else at['time'][:5]}"


def notice_of_holidays(title: str) -> tuple[str, str]:
    """Return a title in both languages that no instrument of the rule book bears: of a notice of holidays in English too."""
    before, after = HOLIDAYS_ZH.split("{number}")
    if not (title.startswith(before) and title.endswith(after)):
        return title, title
    number = title[len(before) : -len(after)]
    return title, HOLIDAYS_EN.format(number=number_in_english(number))

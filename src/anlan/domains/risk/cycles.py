"""How often a measure is checked, as people write it in a worksheet: read exactly, or not at all.

“每半年” read as every year, or “每班两次” as once a shift, would be a laxer rule than the enterprise set itself. What cannot be
said in whole units is refused, so that the row comes back with its reason.
"""

from __future__ import annotations

import re
from types import MappingProxyType

from anlan.domains.risk.words import CYCLE_UNITS

UNITS = MappingProxyType({
    "小时": "hour", "班": "shift", "天": "day", "日": "day", "周": "week", "星期": "week", "月": "month", "季度": "quarter",
    "季": "quarter", "年": "year", "旬": "ten_days",
})  # fmt: skip
DIGITS = MappingProxyType({zh: n for n, zh in enumerate("一二三四五六七八九", 1)} | {"两": 2, "双": 2})
# What one unit is in smaller ones, for half of it and for several times in it.
SMALLER = MappingProxyType({
    "day": (24, "hour"), "week": (7, "day"), "month": (30, "day"), "quarter": (3, "month"), "year": (12, "month"),
})  # fmt: skip
TEN_DAYS = 10
MOST = 999
FORM = re.compile(
    r"(?:(?P<before>\d{1,3}|[一二两三四五六七八九十]{1,3})次[每/／]?)?(?P<lead>每|隔)?"
    r"(?P<number>\d{1,3}|[一二两三四五六七八九十]{1,3}|半|双)?个?"
    r"(?P<unit>小时|班|天|日|周|星期|月|季度|季|年|旬|hour|shift|day|week|month|quarter|year)s?"
    r"(?:[/／]?(?P<after>\d{1,3}|[一二两三四五六七八九十]{1,3})次)?"
)
ACTS = re.compile(r"[\s　]|检查|巡检|巡查|点检|进行|不少于|至少|every")


def cycle_of(text: str) -> tuple[str, str] | None:
    """Return number and unit of a cycle: 每天, 1次/周, 3个月, 每半年, 2次/天, 2 weeks; None where it is not read whole."""
    found = FORM.fullmatch(ACTS.sub("", text.casefold()))
    if found is None or (found["before"] and found["after"]):
        return None
    every = _every(found["number"] or "", UNITS.get(found["unit"], found["unit"]), found["lead"] == "隔")
    times = _number(found["before"] or found["after"] or "1")
    if every is None or not times:
        return None
    number, unit = every
    while number % times and unit in SMALLER:
        number, unit = number * SMALLER[unit][0], SMALLER[unit][1]
    number, left = divmod(number, times)
    is_whole = not left and 0 < number <= MOST and unit in dict(CYCLE_UNITS)
    return (str(number), unit) if is_whole else None


def _every(number: str, unit: str, is_skipping: bool) -> tuple[int, str] | None:
    """Return one span in whole units: a half in smaller ones, ten days as such; 隔天 is every second day."""
    if number == "半":
        if is_skipping or unit not in SMALLER:
            return None
        whole, smaller = SMALLER[unit]
        return (whole // 2, smaller) if whole % 2 == 0 else None
    count = _number(number) if number else 1
    if unit == "ten_days":
        count, unit = count * TEN_DAYS, "day"
    return count + is_skipping, unit


def _number(text: str) -> int:
    """Return a number in digits or in Chinese below a hundred; 0 where it is none."""
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    if len(tens) > 1 or len(ones) > 1:
        return 0
    return (DIGITS.get(tens, 1) * 10 if ten else 0) + DIGITS.get(ones, 0)

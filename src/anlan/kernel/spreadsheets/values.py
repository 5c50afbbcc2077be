"""From a cell to what a form would bring: dates in any common Chinese form, numbers with 万 and 亿, 是/否, names of choices.

A cell is only translated here, never judged: what cannot be translated is passed on as it stands, and the form says what
is wrong with it. So a table meets the very checks of the page.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from anlan.kernel import clock
from anlan.kernel.registers.fields import FieldSpec
from anlan.kernel.words import Words

YES = {"是", "有", "√", "✓", "✔", "☑", "对", "真", "y", "yes", "true", "t", "1", "on", "涉及", "存在"}
NO = {
    "否",
    "无",
    "×",
    "✗",
    "✘",
    "☐",
    "x",
    "错",
    "假",
    "n",
    "no",
    "false",
    "f",
    "0",
    "off",
    "不涉及",
    "不存在",
    "没有",
    "-",
    "/",
}
_NOTHING = {"", "-", "--", "—", "——", "/", "无", "n/a", "na", "null", "none", "nil"}
LOST_DIGITS = Words(
    "这个编码在表格里存成了数字，末几位已丢失。把该列设为文本，重新填写。",
    "This code is stored as a number and has lost its last digits. Make the column text and enter it again.",
)
NO_TIME_OF_DAY = Words(
    "看不出是几点几分。写成 14:20 或下午2:20，不知道就留空。",
    "This tells no time of day. Write 14:20 or 2:20 pm; leave it empty when not known.",
)
_DIGITS = 15  # a number in a spreadsheet holds no more
_EXCEL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 (a cell has no time zone; it is read as China's)
_DAY = 86_400  # seconds
_SERIALS = (1, 110_000)  # 1899-12-31 to the year 2201
_AFTERNOON = {"下午", "晚上", "晚", "傍晚", "pm", "p.m."}
_DATE = re.compile(
    r"^(?P<y>\d{4})\s*[年\-/.．·]\s*(?P<m>\d{1,2})\s*[月\-/.．·]\s*(?P<d>\d{1,2})\s*[日号]?"
    r"(?:[\st]*(?P<rest>\S.*))?$"
)
_MONTH_FIRST = re.compile(r"^(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})(?:[\st]+(?P<rest>.+))?$")
_COMPACT = re.compile(
    r"^(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:[\st]*(?P<H>\d{2})(?P<M>\d{2})(?P<S>\d{2})?)?$"
)
_WEEKDAY = re.compile(r"\s*[(]?(?:星期|礼拜|周)[一二三四五六日天][)]?\s*")
_TIME = re.compile(
    r"^(?P<half>凌晨|早上|早晨|上午|中午|下午|傍晚|晚上|晚|am|pm|a\.m\.|p\.m\.)?\s*(?P<H>\d{1,2})\s*[:：时点]\s*"
    r"(?:(?P<M>\d{1,2}|半|整)\s*[:：分]?\s*)?(?:(?P<S>\d{1,2})(?:\.\d+)?\s*秒?)?\s*(?P<after>am|pm|a\.m\.|p\.m\.)?"
    r"(?P<zone>z|[+\-]\d{2}:?\d{2})?$"
)
_CHINESE = str.maketrans("〇零一二三四五六七八九", "00123456789")
_CHINESE_DATE = re.compile(r"^([〇零一二三四五六七八九]{4})年(.{1,3})月(.{1,3})[日号](.*)$")
_NUMBER = re.compile(
    r"^(?P<sign>[+-]?)(?P<digits>\d[\d,]*(?:\.\d+)?|\.\d+)(?:e(?P<power>[+-]?\d{1,2}))?\s*(?P<unit>[千百十]?[万亿]?|万亿|%)$"
)
_PLAIN_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{0,9}[1-9])?")
_CODED = re.compile(r"([A-Za-z0-9.\-]{1,20})(?:\s+|(?=[（(]))\S")
_UNITS = {"": 1, "十": 10, "百": 100, "千": 1000, "万": 10**4, "十万": 10**5, "百万": 10**6, "千万": 10**7, "亿": 10**8,
          "十亿": 10**9, "百亿": 10**10, "千亿": 10**11, "万亿": 10**12}  # fmt: skip


class Untranslatable(Exception):
    """A cell that must not be passed on, with the reason."""

    def __init__(self, words: Words) -> None:
        super().__init__(words.en)
        self.words = words


def folded(value: Any) -> str:
    """Return a cell as half-width text without blanks around."""
    return unicodedata.normalize("NFKC", str(value)).strip()


def plain_text(value: Any) -> str:
    """Return a cell as text: a whole number without its point, a day without its midnight."""
    if type(value) is str:  # by far the most
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 10**_DIGITS:
            return str(int(value))
        return f"{value:.15g}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d" if value.time() == time() else "%Y-%m-%d %H:%M:%S")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value).strip()


def text_input(value: Any) -> str:
    """Return a cell for a field of text; raises Untranslatable where a code has lost its digits as a number."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= 10**_DIGITS:
        raise Untranslatable(LOST_DIGITS)
    return plain_text(value)


def flag_input(value: Any) -> str:
    """Return a cell for a yes-or-no field: ``true``, an empty text for no, or the cell as it stands."""
    if isinstance(value, bool):
        return "true" if value else ""
    text = folded(plain_text(value)).casefold()
    if text in YES:
        return "true"
    return "" if text in NO or text == "" else plain_text(value)


def number_input(value: Any) -> str:
    """Return a cell for a number in plain digits: 3.2万 → 32000, １，２００ → 1200; else the cell as it stands."""
    if value is None or isinstance(value, bool):
        return plain_text(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        # A spreadsheet keeps fifteen digits; what a float holds beyond them nobody wrote.
        return format(Decimal(f"{value:.15g}").normalize(), "f") if abs(value) < 1e30 else plain_text(value)
    if type(value) is str and _PLAIN_NUMBER.fullmatch(value):  # by far the most
        return value
    text = folded(value).casefold().replace(" ", "").replace("，", ",")
    if text in _NOTHING:
        return ""
    text = text.removeprefix("¥").removeprefix("￥").removeprefix("约")
    found = _NUMBER.match(re.sub(r"(?<=[\d万亿])(人|元|名|个|家|平方米|米|吨|起|m2|㎡)$", "", text))
    if found is None:
        return plain_text(value)
    try:
        digits = Decimal(found["sign"] + found["digits"].replace(",", ""))
    except InvalidOperation:
        return plain_text(value)
    digits = digits.scaleb(int(found["power"] or 0))
    scaled = digits / 100 if found["unit"] == "%" else digits * _UNITS.get(found["unit"], 1)
    return format(scaled.normalize(), "f")


def day_input(value: Any) -> str:
    """Return a cell for a day as 2026-03-05, else the cell as it stands."""
    moment = moment_of(value)
    return moment.date().isoformat() if moment is not None else plain_text(value)


def instant_input(value: Any) -> str:
    """Return a cell for an instant, in China's time unless it says another, else the cell as it stands."""
    moment = moment_of(value)
    if moment is None:
        return plain_text(value)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=clock.CHINA)
    return aware.isoformat()


def time_input(value: Any) -> str:
    """Return a cell for a time of day as 14:20, an empty text for none; raises Untranslatable where it names no time.

    It is not passed on as it stands: of a text that is too long the form would only say that it is too long.
    """
    if value is None or (isinstance(value, str) and folded(value).casefold() in _NOTHING):
        return ""
    found = _time_of(value)
    if found is None:
        raise Untranslatable(NO_TIME_OF_DAY)
    return f"{found:%H:%M}"


def _time_of(value: Any) -> time | None:
    """Return the time of day a cell names; of a day with a time, its time. A day alone names none, nor does a bare number."""
    if isinstance(value, time):
        value = datetime.combine(_EXCEL_ZERO, value) - _EXCEL_ZERO
    elif isinstance(value, float) and 0 < value < 1:  # how a spreadsheet keeps a time: as a part of the day
        value = timedelta(days=value)
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())  # a part of a day may be a hair less than the minute
        return (_EXCEL_ZERO + timedelta(seconds=seconds)).time() if 0 <= seconds < _DAY else None
    if isinstance(value, str) and (at := _TIME.match(folded(value).casefold())):
        # Twelve in the evening is midnight of this day or of the next: that is not to be guessed.
        is_midnight = at["half"] in {"晚上", "晚"} and int(at["H"]) == 12
        return None if at["zone"] or is_midnight else _clock(at)
    moment = moment_of(value)
    if moment is None or moment.time() == time():
        return None
    return (moment.astimezone(clock.CHINA) if moment.tzinfo else moment).time()


def moment_of(value: Any) -> datetime | None:
    """Return the moment a cell names, naive for China's time; None where it names none."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _of_number(value)
    text = folded(value).casefold()
    if not text or len(text) > 60:
        return None
    if re.fullmatch(r"\d{5,6}(\.\d+)?", text):
        return _of_number(float(text))
    return _of_text(_WEEKDAY.sub(" ", _arabic(text)).strip())


def _of_number(value: float) -> datetime | None:
    """Read a spreadsheet's serial day, or a compact 20260305."""
    if _SERIALS[0] <= value < _SERIALS[1]:
        return _EXCEL_ZERO + timedelta(seconds=round(value * 86400))
    return _of_text(str(int(value))) if float(value).is_integer() and value > 0 else None


def _of_text(text: str) -> datetime | None:
    compact = _COMPACT.match(text)
    if compact:
        return _moment(compact, int(compact["H"] or 0), int(compact["M"] or 0), int(compact["S"] or 0))
    found = _DATE.match(text) or _MONTH_FIRST.match(text)
    if found is None:
        return None
    if not found["rest"]:
        return _moment(found, 0, 0, 0)
    at = _TIME.match(found["rest"].strip())
    if at is None:
        return None
    hour, minute, second = _told(at)
    moment = _moment(found, hour, minute, second)
    if moment is None or not at["zone"]:
        return moment
    zone = "+0000" if at["zone"] == "z" else at["zone"].replace(":", "")
    return datetime.strptime(f"{moment:%Y-%m-%d %H:%M:%S}{zone}", "%Y-%m-%d %H:%M:%S%z")


def _told(at: re.Match[str]) -> tuple[int, int, int]:
    """Return hour, minute and second of a time that was found in a text, as it is written: none of them is judged."""
    hour = int(at["H"])
    minute = {"半": 30, "整": 0, None: 0}.get(at["M"], -1)
    minute = int(at["M"]) if minute < 0 else minute
    half = at["half"] or at["after"] or ""
    if (half in _AFTERNOON and hour < 12) or (half == "中午" and hour < 3):
        hour += 12
    elif half in {"凌晨", "am", "a.m."} and hour == 12:
        hour = 0
    return hour, minute, int(at["S"] or 0)


def _clock(at: re.Match[str]) -> time | None:
    try:
        return time(*_told(at))
    except ValueError:
        return None


def _moment(found: re.Match[str], hour: int, minute: int, second: int) -> datetime | None:
    try:
        return datetime(int(found["y"]), int(found["m"]), int(found["d"]), hour, minute, second)  # noqa: DTZ001
    except ValueError:
        return None


def _arabic(text: str) -> str:
    """Turn 二〇二四年三月五日 into 2024年3月5日."""
    found = _CHINESE_DATE.match(text)
    if found is None:
        return text
    return f"{found[1].translate(_CHINESE)}年{_small(found[2])}月{_small(found[3])}日{found[4]}"


def _small(text: str) -> str:
    """Return a number below a hundred in Chinese as digits."""
    if "十" not in text:
        return text.translate(_CHINESE)
    tens, _, ones = text.partition("十")
    return f"{tens.translate(_CHINESE) or '1'}{ones.translate(_CHINESE) or '0'}"


def choice_input(spec: FieldSpec) -> Callable[[Any], str]:
    """Return the translation of a choice, by its key or its words in either language."""
    known: dict[str, str] = {}
    for key, words in spec.choices:
        for name in (words.en, words.zh, str(key)):
            known[folded(name).casefold()] = str(key)

    def translate(value: Any) -> str:
        text = folded(plain_text(value)).casefold()
        return known.get(text, plain_text(value))

    return translate


def coded_input(spec: FieldSpec) -> Callable[[Any], str]:
    """Return the translation of a code that may come with its words, or as its words alone: 2611 无机酸制造 → 2611."""
    by_words: dict[str, str] = {}
    for code, words in spec.suggestions:
        by_words.setdefault(folded(words.zh), code)
        by_words.setdefault(folded(words.en), code)

    def translate(value: Any) -> str:
        text = text_input(value)
        coded = _CODED.match(text)
        if coded and spec.named is not None and spec.named(coded[1]) is not None:
            return coded[1]
        return by_words.get(folded(text), text)

    return translate


def translation_of(spec: FieldSpec) -> Callable[[Any], str]:
    """Return how the cells of a field are translated; references are resolved elsewhere, in sets."""
    if spec.kind == "choice":
        return choice_input(spec)
    if spec.named is not None or spec.suggestions:
        return coded_input(spec)
    if spec.is_time_of_day:
        return time_input
    return {
        "flag": flag_input,
        "number": number_input,
        "whole_number": number_input,
        "date": day_input,
        "instant": instant_input,
    }.get(spec.kind, text_input)

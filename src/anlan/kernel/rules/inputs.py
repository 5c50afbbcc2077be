"""What may be put into a computation: declared fields, strict reading, faults told in two languages.

The same declaration reads a JSON object, gives its JSON Schema to the API and its form to the page. Numbers
stay exact: integers, decimal strings and JSON numbers read as ``Decimal``; a boolean is no number;
infinities, huge exponents and over-long digits are refused, and so are unknown fields. Nothing is rounded,
trimmed or guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from anlan.kernel.clock import CHINA
from anlan.kernel.rules.faults import Fault, InputErrors

MOST_DIGITS = 25  # within the precision of decimal arithmetic, so that nothing is ever rounded
MOST_TEXT = 500
DECIMAL_TEXT = re.compile(r"-?\d{1,40}(\.\d{1,40})?", re.ASCII)
DAY_TEXT = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MOMENT_TEXT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?", re.ASCII
)
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)


@dataclass(frozen=True)
class Field:
    """A field of an input: name, label and whether it must be there."""

    name: str
    zh: str
    en: str
    required: bool = True
    unit_zh: str = ""
    unit_en: str = ""
    help_zh: str = ""
    help_en: str = ""

    control: ClassVar[str] = "text"

    def read(self, raw: Any, path: str) -> Any:
        """Return the typed value; raises ``InputErrors``."""
        raise NotImplementedError

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the field."""
        return {"title": self.zh, "description": f"{self.en}. {self.help_en}".strip(". ") + "."}

    def from_form(self, answers: Mapping[str, str], prefix: str = "") -> Any:
        """Return what a submitted form says of the field, or None."""
        return (answers.get(prefix + self.name) or "").strip() or None


@dataclass(frozen=True)
class Quantity(Field):
    """An exact number, not negative."""

    most: Decimal = Decimal(10) ** 15
    least: Decimal = Decimal(0)
    whole: bool = False
    control: ClassVar[str] = "number"

    def read(self, raw: Any, path: str) -> Decimal | int:
        """Return an exact number: an ``int`` for a whole one, else a ``Decimal``."""
        number = _exact(raw, path)
        if number < self.least:
            zh, en = (
                ("不能为负数", "must not be negative")
                if not self.least
                else (f"不能小于{self.least}", "is too small")
            )
            raise InputErrors.one(path, "too_small", zh, en)
        if number > self.most:
            raise InputErrors.one(path, "too_large", "数值过大", "is too large")
        if not self.whole:
            return number
        if number != number.to_integral_value():
            raise InputErrors.one(path, "not_whole", "应为整数", "must be a whole number")
        return int(number)

    def schema(self) -> dict[str, Any]:
        """Return a number or a decimal string."""
        kind = "integer" if self.whole else "number"
        least, most = int(self.least), int(self.most)
        text = r"^\d{1,40}$" if self.whole else r"^\d{1,40}(\.\d{1,40})?$"
        forms = [{"type": kind, "minimum": least, "maximum": most}, {"type": "string", "pattern": text}]
        return {**super().schema(), "oneOf": forms}


@dataclass(frozen=True)
class Option:
    """One choice; ``also`` are further spellings that mean the same."""

    value: str
    zh: str
    en: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice(Field):
    """One of a closed set of words; labels and further spellings are understood, the value is what comes
    out.
    """

    options: tuple[Option, ...] = ()
    control: ClassVar[str] = "select"

    def read(self, raw: Any, path: str) -> str:
        """Return the value chosen."""
        text = _text(raw, path, MOST_TEXT).casefold()
        for option in self.options:
            if text in {
                spelling.casefold() for spelling in (option.value, option.zh, option.en, *option.also)
            }:
                return option.value
        names = ", ".join(option.value for option in self.options)
        raise InputErrors.one(path, "not_a_choice", f"应为下列之一：{names}", f"must be one of: {names}")

    def schema(self) -> dict[str, Any]:
        """Return the values; further spellings are a courtesy, not a promise."""
        return {**super().schema(), "type": "string", "enum": [option.value for option in self.options]}


def _no_suggestions() -> Sequence[Option]:
    return ()


@dataclass(frozen=True)
class Score(Quantity):
    """A number that stands on a scale; ``suggest`` names its scores, the computation refuses what is none of them."""

    suggest: Callable[[], Sequence[Option]] = _no_suggestions


@dataclass(frozen=True)
class Line(Field):
    """A short text; ``suggest`` names what a page may offer for it (any other text may be typed as well)."""

    most: int = MOST_TEXT
    whole_numbers_too: bool = False
    suggest: Callable[[], Sequence[Option]] = _no_suggestions

    def read(self, raw: Any, path: str) -> str:
        """Return the text, without blanks at its ends."""
        if self.whole_numbers_too and isinstance(raw, int) and not isinstance(raw, bool):
            raw = str(raw) if abs(raw) < 10**9 else ""
        return _text(raw, path, self.most)

    def schema(self) -> dict[str, Any]:
        """Return a bounded string."""
        return {**super().schema(), "type": "string", "minLength": 1, "maxLength": self.most}


@dataclass(frozen=True)
class YesNo(Field):
    """A plain yes or no: a JSON boolean, nothing else."""

    control: ClassVar[str] = "yes_no"

    def read(self, raw: Any, path: str) -> bool:
        """Return the boolean."""
        if not isinstance(raw, bool):
            raise InputErrors.one(path, "not_yes_or_no", "应为 true 或 false", "must be true or false")
        return raw

    def schema(self) -> dict[str, Any]:
        """Return a boolean."""
        return {**super().schema(), "type": "boolean"}

    def from_form(self, answers: Mapping[str, str], prefix: str = "") -> Any:
        """Return True or False for the two answers of a form; anything else is passed on and refused."""
        answer = super().from_form(answers, prefix)
        return {"yes": True, "no": False}.get(answer, answer) if answer else None


@dataclass(frozen=True)
class Day(Field):
    """A date, written YYYY-MM-DD."""

    control: ClassVar[str] = "date"

    def read(self, raw: Any, path: str) -> date:
        """Return the date."""
        return _day(_text(raw, path, MOST_TEXT), path)

    def schema(self) -> dict[str, Any]:
        """Return a date string."""
        return {**super().schema(), "type": "string", "format": "date"}


@dataclass(frozen=True)
class Moment(Field):
    """An ISO 8601 instant, or a date. An instant without an offset is Asia/Shanghai time."""

    control: ClassVar[str] = "moment"

    def read(self, raw: Any, path: str) -> datetime | date:
        """Return an aware instant, or a date."""
        text = _text(raw, path, MOST_TEXT)
        if DAY_TEXT.fullmatch(text):
            return _day(text, path)
        try:
            if not MOMENT_TEXT.fullmatch(text):
                raise ValueError
            moment = datetime.fromisoformat(text)
            aware = moment if moment.tzinfo else moment.replace(tzinfo=CHINA)
            if not EARLIEST <= aware.astimezone(CHINA).date() <= LATEST:
                raise ValueError
        except (ValueError, OverflowError):
            zh, en = (
                "应为日期或时刻，如 2026-03-06 或 2026-03-06T14:20:00+08:00",
                "must be an ISO 8601 date or instant",
            )
            raise InputErrors.one(path, "not_a_moment", zh, en) from None
        return aware

    def schema(self) -> dict[str, Any]:
        """Return a string that is a date or an instant."""
        forms = [{"format": "date"}, {"format": "date-time"}]
        return {**super().schema(), "type": "string", "anyOf": forms}


@dataclass(frozen=True)
class Group(Field):
    """An object with fields of its own."""

    fields: tuple[Field, ...] = ()
    control: ClassVar[str] = "group"

    def read(self, raw: Any, path: str) -> dict[str, Any]:
        """Return the fields that were given, typed; raises ``InputErrors`` with every fault found."""
        return read_fields(self.fields, raw, path)

    def schema(self) -> dict[str, Any]:
        """Return a closed object."""
        return {**super().schema(), **object_schema(self.fields)}

    def from_form(self, answers: Mapping[str, str], prefix: str = "") -> Any:
        """Return the object, or None when nothing of it was answered."""
        return form_answers(self.fields, answers, f"{prefix}{self.name}.") or None


@dataclass(frozen=True)
class Rows(Group):
    """A list of objects, each with the same fields; a form names them ``name.0.field``, ``name.1.field`` …"""

    most: int = 200
    control: ClassVar[str] = "rows"

    def read(self, raw: Any, path: str) -> list[dict[str, Any]]:  # type: ignore[override]
        """Return the rows, typed; raises ``InputErrors`` with every fault of every row."""
        if not isinstance(raw, list | tuple):
            raise InputErrors.one(path, "not_a_list", "应为一个列表", "must be a list")
        if not raw:
            raise InputErrors.one(
                path, "required", f"至少填一行{self.zh}", f"{self.en}: give at least one row"
            )
        if len(raw) > self.most:
            zh, en = f"最多{self.most}行", f"at most {self.most} rows"
            raise InputErrors.one(path, "too_many", zh, en)
        rows: list[dict[str, Any]] = []
        faults: list[Fault] = []
        for number, one in enumerate(raw):
            try:
                rows.append(read_fields(self.fields, one, f"{path}.{number}"))
            except InputErrors as error:
                faults += error.faults
        if faults:
            raise InputErrors(faults)
        return rows

    def schema(self) -> dict[str, Any]:
        """Return a bounded array of closed objects."""
        about = Field.schema(self)
        return {
            **about,
            "type": "array",
            "items": object_schema(self.fields),
            "minItems": 1,
            "maxItems": self.most,
        }

    def from_form(self, answers: Mapping[str, str], prefix: str = "") -> Any:
        """Return the rows of which anything was answered, in order; None when nothing was."""
        whole = re.compile(rf"{re.escape(prefix + self.name)}\.(\d{{1,4}})\.", re.ASCII)
        numbers = {int(found[1]) for key in answers if (found := whole.match(key))}
        rows = [
            form_answers(self.fields, answers, f"{prefix}{self.name}.{number}.") for number in sorted(numbers)
        ]
        return [row for row in rows if row] or None


@dataclass(frozen=True)
class Codes(Field):
    """A few short codes of a closed list: a JSON list, or one text with the codes apart."""

    codes: Callable[[], Sequence[str]] = tuple
    most: int = 20

    def read(self, raw: Any, path: str) -> tuple[str, ...]:
        """Return the codes as they are written in the list, each once."""
        given = re.split(r"[\s,;，；、]+", raw.strip()) if isinstance(raw, str) else raw
        if not isinstance(given, list | tuple):
            raise InputErrors.one(path, "not_a_list", "应为一个列表", "must be a list")
        known = {code.casefold(): code for code in self.codes()}
        found: list[str] = []
        for one in given[: self.most + 1]:
            text = _text(one, path, MOST_TEXT)
            if text.casefold() not in known:
                zh, en = f"没有这个代码：{text[:20]}", f"there is no such code: {text[:20]}"
                raise InputErrors.one(path, "not_a_code", zh, en)
            found.append(known[text.casefold()])
        if not found or len(given) > self.most:
            zh, en = f"应有1至{self.most}个代码", f"must be 1 to {self.most} codes"
            raise InputErrors.one(path, "required", zh, en)
        return tuple(dict.fromkeys(found))

    def schema(self) -> dict[str, Any]:
        """Return a list of the codes."""
        items = {"type": "string", "enum": list(self.codes())}
        return {**super().schema(), "type": "array", "items": items, "minItems": 1, "maxItems": self.most}


def read_fields(fields: Sequence[Field], raw: Any, path: str = "") -> dict[str, Any]:
    """Read an object by its declared fields; raises ``InputErrors`` with every fault found."""
    if not isinstance(raw, Mapping):
        raise InputErrors.one(path, "not_an_object", "应为一个 JSON 对象", "must be a JSON object")
    known = {field.name for field in fields}
    faults = [
        Fault(
            _join(path, str(name)[:80]), "unknown_field", "没有这一项", "is not a field of this computation"
        )
        for name in raw
        if name not in known
    ]
    values: dict[str, Any] = {}
    for field in fields:
        given = raw.get(field.name)
        try:
            if given is not None:
                values[field.name] = field.read(given, _join(path, field.name))
            elif field.required:
                raise InputErrors.one(
                    _join(path, field.name), "required", f"缺少{field.zh}", f"{field.en} is missing"
                )
        except InputErrors as error:
            faults += error.faults
    if faults:
        raise InputErrors(faults)
    return values


def form_answers(fields: Sequence[Field], answers: Mapping[str, str], prefix: str = "") -> dict[str, Any]:
    """Turn the flat answers of a form into the object ``read_fields`` takes; blank answers are left out."""
    found = {field.name: field.from_form(answers, prefix) for field in fields}
    return {name: value for name, value in found.items() if value is not None}


def object_schema(fields: Sequence[Field]) -> dict[str, Any]:
    """Return the JSON Schema of an object with these fields and no others."""
    return {
        "type": "object",
        "properties": {field.name: field.schema() for field in fields},
        "required": [field.name for field in fields if field.required],
        "additionalProperties": False,
    }


def _exact(raw: Any, path: str) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, int | Decimal | float | str):
        raise InputErrors.one(path, "not_a_number", "应为数字", "must be a number")
    if isinstance(raw, str):
        if not DECIMAL_TEXT.fullmatch(raw):
            raise InputErrors.one(
                path, "not_a_number", "应为数字，如 12.5", "must be a decimal number such as 12.5"
            )
        number = Decimal(raw)
    elif isinstance(raw, int):
        number = Decimal(raw) if abs(raw) < 10**MOST_DIGITS else Decimal("Infinity")
    else:
        number = _from_decimal_or_float(raw)
    if number.is_nan():
        raise InputErrors.one(path, "not_a_number", "应为数字", "must be a number")
    if (
        number.is_infinite()
        or abs(number.adjusted()) >= MOST_DIGITS
        or len(number.as_tuple().digits) > MOST_DIGITS
    ):
        raise InputErrors.one(path, "too_long", "数字过长或过大", "has too many digits or is too large")
    return number


def _from_decimal_or_float(raw: Decimal | float) -> Decimal:
    """A binary float (from a caller that did not read exactly) counts as the shortest decimal that names
    it.
    """
    return raw if isinstance(raw, Decimal) else Decimal(repr(raw))


def _text(raw: Any, path: str, most: int) -> str:
    if not isinstance(raw, str):
        raise InputErrors.one(path, "not_text", "应为文字", "must be text")
    text = raw.strip()
    if not text:
        raise InputErrors.one(path, "required", "不能为空", "must not be empty")
    if len(text) > most or not text.isprintable():
        raise InputErrors.one(
            path, "too_long", "文字过长或含有不可见字符", "is too long or has unprintable characters"
        )
    return text


def _day(text: str, path: str) -> date:
    try:
        if not DAY_TEXT.fullmatch(text):
            raise ValueError
        day = date.fromisoformat(text)
        if not EARLIEST <= day <= LATEST:
            raise ValueError
    except ValueError:
        raise InputErrors.one(
            path, "not_a_date", "应为日期，如 2026-03-06", "must be a date such as 2026-03-06"
        ) from None
    return day


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name

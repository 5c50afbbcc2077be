"""Computations of the rule book: pure, typed, exact functions that account for their result.

A computation takes typed values and a ``Consulted`` view of the rules, and gives a ``Finding``: the values
found, the steps that led there, the clauses relied on and the weakest confidence among them. One
declaration is at once a page (``/rules/<name>``), an API operation and a command; all three call ``run``
and give the same JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from anlan.kernel.clock import today
from anlan.kernel.rules.book import default_place, parameter
from anlan.kernel.rules.deadlines import Due, Step
from anlan.kernel.rules.faults import InputErrors
from anlan.kernel.rules.inputs import Day, Field, Line, form_answers, object_schema, read_fields
from anlan.kernel.rules.parameters import CONFIDENCES, PLACE, Parameter, RuleGap, UnknownRule, weakest
from anlan.kernel.rules.reading import plain

COMMON_FIELDS: tuple[Field, ...] = (
    Day(
        "date",
        "适用日期",
        "Date whose rules apply",
        required=False,
        help_zh="按该日有效的规定计算；不填为今天",
        help_en="Rules in force on that day; today if left out",
    ),
    Line(
        "where",
        "适用地区",
        "Place whose rules apply",
        required=False,
        most=9,
        help_zh="国家、省、市代码，如 CN、CN-22；不填为本市",
        help_en="Code of country, province or city such as CN or CN-22; this city if left out",
    ),
)


HOLIDAYS_ZH = "国务院办公厅关于部分节假日安排的通知（{number}）"
HOLIDAYS_EN = (
    "Notice of the General Office of the State Council on the Arrangement of Public Holidays ({number})"
)


@dataclass(frozen=True)
class Finding:
    """What a computation found, and why."""

    value: Mapping[str, Any]
    steps: tuple[Step, ...]
    citations: tuple[Mapping[str, str], ...]
    confidence: str
    consulted: tuple[Parameter, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the contract of the calculators: the keys found, then steps, citations and confidence."""
        return {
            **{key: _json(value) for key, value in self.value.items()},
            "steps": [step.as_json() for step in self.steps],
            "citations": [dict(citation) for citation in self.citations],
            "confidence": self.confidence,
        }


@dataclass
class Consulted:
    """The rules as of one date at one place; remembers every one that was looked up."""

    on: date
    where: str
    used: list[Parameter] = field(default_factory=list)
    _citations: list[dict[str, str]] = field(default_factory=list)
    _confidences: list[str] = field(default_factory=list)
    _found: dict[str, Parameter] = field(default_factory=dict)

    def __call__(self, key: str) -> Parameter:
        """Return a rule in force and remember it; raises ``UnknownRule`` or ``RuleGap``."""
        found = self._look_up(key)
        self._remember(found)
        return found

    def peek(self, key: str) -> Parameter | None:
        """Return a rule in force without relying on it, or None."""
        try:
            return self._look_up(key)
        except RuleGap:
            return None

    def rely_on(self, found: Parameter) -> None:
        """Remember a rule that was peeked at."""
        self._remember(found)

    def rely_on_calendar(self, counted: Due) -> None:
        """Cite the holiday notices a deadline was counted with."""
        self._confidences.append(counted.confidence)
        for number, issued in counted.notices:
            title = HOLIDAYS_ZH.format(number=number)
            self._cite({"instrument": title, "article": "", "effective_from": issued.isoformat()})

    def doubt(self, confidence: str) -> None:
        """Weaken the finding: one item relied on is less certain than its rule."""
        self._confidences.append(confidence)

    def finding(self, value: Mapping[str, Any], steps: Sequence[Step]) -> Finding:
        """Make the finding, with the clauses and the weakest confidence of everything relied on."""
        confidence = weakest(c for c in self._confidences if c in CONFIDENCES)
        return Finding(value, tuple(steps), tuple(self._citations), confidence, tuple(self.used))

    def _look_up(self, key: str) -> Parameter:
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = parameter(key, self.on, self.where)
        return found

    def _remember(self, found: Parameter) -> None:
        if any(one is found for one in self.used):
            return
        self.used.append(found)
        self._confidences.append(found.confidence)
        self._cite(found.citation.as_json())

    def _cite(self, citation: dict[str, str]) -> None:
        if citation not in self._citations:
            self._citations.append(citation)


Body = Callable[[dict[str, Any], Consulted], Finding]


@dataclass(frozen=True)
class Output:
    """One key of a result, with its label for pages; ``columns`` where it is a list of rows."""

    key: str
    zh: str
    en: str
    columns: tuple[Output, ...] = ()


@dataclass(frozen=True)
class Computation:
    """A declared computation: what it is called, what it takes, what it gives."""

    name: str
    zh: str
    en: str
    about_zh: str
    about_en: str
    fields: tuple[Field, ...]
    gives: tuple[Output, ...]
    example: Mapping[str, Any]
    body: Body
    serves: tuple[str, ...] = ()

    @property
    def all_fields(self) -> tuple[Field, ...]:
        """Return the own fields and the common ones (date, place)."""
        return self.fields + COMMON_FIELDS

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the input."""
        return {"title": self.en, "description": self.about_en, **object_schema(self.all_fields)}

    def from_form(self, answers: Mapping[str, str]) -> dict[str, Any]:
        """Turn a submitted form into the input object."""
        return form_answers(self.all_fields, answers)

    def find(self, data: Any) -> Finding:
        """Compute; raises ``InputErrors`` for anything that cannot be computed with."""
        given = read_fields(self.all_fields, data)
        where = given.pop("where", default_place())
        if not PLACE.fullmatch(where):
            zh, en = "应为地区代码，如 CN、CN-22", "must be a place code such as CN or CN-22"
            raise InputErrors.one("where", "not_a_place", zh, en)
        rules = Consulted(given.pop("date", None) or today(), where)
        try:
            return self.body(given, rules)
        except RuleGap as gap:
            zh = f"{rules.on.isoformat()} 没有有效的规定可以适用"
            raise InputErrors.one("date", "no_rule_in_force", zh, str(gap)) from gap


_registered: dict[str, Computation] = {}


def computation(
    *,
    name: str,
    zh: str,
    en: str,
    about_zh: str,
    about_en: str,
    fields: Sequence[Field],
    gives: Sequence[Output],
    example: Mapping[str, Any],
    serves: tuple[str, ...] = (),
) -> Callable[[Body], Body]:
    """Declare a computation: ``fields`` are its input, ``gives`` its output, ``example`` an input that works.

    ``serves`` names requirements of the policy.
    """

    def declare(body: Body) -> Body:
        made = Computation(
            name, zh, en, about_zh, about_en, tuple(fields), tuple(gives), dict(example), body, serves
        )
        before = _registered.get(name)
        if before is not None and before.body.__qualname__ != body.__qualname__:
            raise ValueError(f"two computations are called {name!r}")
        _registered[name] = made
        return body

    return declare


def computations() -> dict[str, Computation]:
    """Return every declared computation by name, in order of name."""
    return dict(sorted(_registered.items()))


def compute(name: str, data: Any) -> Finding:
    """Run a computation and return its finding; raises ``UnknownRule`` or ``InputErrors``."""
    if name not in _registered:
        raise UnknownRule(f"no computation is called {name!r}")
    return _registered[name].find(data)


def run(name: str, data: Any) -> dict[str, Any]:
    """Run a computation and return its JSON (``calculators``); raises ``UnknownRule`` or ``InputErrors``."""
    return compute(name, data).as_json()


def _json(value: Any) -> Any:
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    return value

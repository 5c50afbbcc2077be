"""By when (期限): what a state or a duty line says of its deadline, and what lateness does.

``rule(key)`` counts a dated, cited duration from the moment the state is entered; ``date(field)`` takes the end of a day
(Asia/Shanghai) the matter itself names. Lateness is a list of levels, each fired once by the sweep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from datetime import date as Day
from typing import Any

from anlan.kernel import clock, rules
from anlan.kernel.registers.declaration import Serves
from anlan.kernel.scope.who import Who
from anlan.kernel.words import Words


@dataclass(frozen=True, slots=True)
class Deadline:
    """A computed deadline: the instant (None = no clock) and the rule that gave it, as the ledger keeps it."""

    at: datetime | None
    rule: dict[str, Any]


class DueBy:
    """What says by when."""

    def deadline(self, row: Any, entered: datetime) -> Deadline:
        """Return the deadline of a row that entered the state at an instant."""
        raise AssertionError("a deadline says when it falls")

    def words(self) -> Words:
        """Return the deadline in words, for the help page."""
        raise AssertionError("a deadline says what it is")

    def rule_keys(self) -> list[str]:
        """Return the keys of rules it reads."""
        return []


@dataclass(frozen=True)
class _ByRule(DueBy):
    key: str

    def deadline(self, row: Any, entered: datetime) -> Deadline:
        found = parameter_for(self.key, row, entered)
        counted = rules.due(entered, found.duration())
        return Deadline(counted.due.astimezone(UTC), found.stored())

    def words(self) -> Words:
        found = rules.parameter(self.key, clock.today())
        length = found.duration()
        return Words(f"{length.zh}内（{found.zh}）", f"within {length.en} ({found.en})")

    def rule_keys(self) -> list[str]:
        return [self.key]


@dataclass(frozen=True)
class ByDate(DueBy):
    """The end of the day that a column of the matter names."""

    column: str

    def deadline(self, row: Any, entered: datetime) -> Deadline:
        day: Day | None = getattr(row, self.column)
        return Deadline(end_of(day) if day else None, {"field": self.column})

    def words(self) -> Words:
        return Words("按本事项确定的日期", "by the date set in the matter")


def rule(key: str) -> DueBy:
    """Return a deadline counted by a rule."""
    return _ByRule(key)


def date(column: str) -> DueBy:
    """Return a deadline at the end of the day a column names."""
    return ByDate(column)


def end_of(day: Day) -> datetime:
    """Return the last moment of a day in China, in UTC."""
    return datetime.combine(day, time.max, clock.CHINA).astimezone(UTC)


def place_of(row: Any) -> str:
    """Return the place by which rules are looked up: the county of the row, as ``CN-220102``."""
    codes = [
        part for part in str(row.path).strip("/").split("/") if part.isdigit() and len(part) in (2, 4, 6)
    ]
    return f"CN-{codes[-1]}" if codes else "CN"


def parameter_for(key: str, row: Any, at: datetime) -> rules.Parameter:
    """Return the rule in force for a row: its ``as_of`` names the date of the matter that chooses the version."""
    found = rules.parameter(key, at.astimezone(clock.CHINA).date(), place_of(row))
    chosen = getattr(row, found.as_of, None)
    if isinstance(chosen, datetime):
        chosen = chosen.astimezone(clock.CHINA).date()
    return rules.parameter(key, chosen, place_of(row)) if isinstance(chosen, Day) else found


@dataclass(frozen=True)
class Late:
    """One level of lateness: when it fires relative to the deadline, and who then watches."""

    name: str
    words: Words
    rule: str = ""
    before: bool = False
    watchers: Who | None = None

    def moment(self, row: Any, due_at: datetime, entered: datetime) -> datetime:
        """Return the instant at which the level fires."""
        if not self.rule:
            return due_at
        length = parameter_for(self.rule, row, entered).duration()
        if not self.before:
            return rules.due(due_at, length).due.astimezone(UTC)
        return due_at - (rules.due(due_at, length).due.astimezone(UTC) - due_at)


def remind(key: str) -> Late:
    """Return a reminder some time before the deadline (the rule says how long)."""
    return Late("remind", Words("临期提醒", "Reminder before the deadline"), key, before=True)


def overdue() -> Late:
    """Return the level that marks the matter as late the moment its deadline passes."""
    return Late("overdue", Words("已逾期", "Overdue"))


def escalate(key: str, to: Who) -> Late:
    """Return the level that calls those above some time after the deadline."""
    return Late("escalate", Words("逾期升级督促", "Escalated as late"), key, watchers=to)


@dataclass(frozen=True)
class DutyLine:
    """A parallel duty beside the states: opened by steps, done by a step that ``fulfils`` it, with its own clock."""

    zh: str
    en: str
    opens: Sequence[str]
    awaits: Who
    due: DueBy
    late: Sequence[Late] = ()
    serves: Serves = ""
    name: str = field(default="", init=False)

    def __set_name__(self, owner: type, name: str) -> None:
        object.__setattr__(self, "name", name)

    @property
    def words(self) -> Words:
        """Return the line in words."""
        return Words(self.zh, self.en)

"""The schedule of one enterprise as people read it: by post and cycle, when it is next due, and how the last days went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q

from anlan.domains.checks.models import CheckArrangement, CheckTask, ScheduleRefusal
from anlan.domains.checks.planning import asked_for, most_lines
from anlan.domains.checks.windows import EVERY_DAY, Pattern, Window, read_pattern, windows
from anlan.domains.checks.words import DONE, LATE, MISSED, OPEN
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.risk.models import ControlMeasure
from anlan.domains.risk.words import CYCLE_UNITS
from anlan.kernel import clock
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

DAYS_BACK, DAYS_AHEAD = 13, 7
LOOK_AHEAD = 60  # days in which the next window of a cycle is looked for (a long holiday lies between)
MOST_POSTS = 200
_EVERY_ONE = Words("每{unit}", "every {unit}")
_EVERY = Words("每 {n} {unit}", "every {n} {unit}")
_ONE = {
    "hour": Words("小时", "hour"), "shift": Words("班", "shift"), "day": Words("天", "day"), "week": Words("周", "week"),
    "month": Words("月", "month"), "quarter": Words("季度", "quarter"), "year": Words("年", "year"),
}  # fmt: skip


@dataclass(frozen=True)
class CycleLine:
    """How many measures of a post have one cycle, and the window that runs or comes next."""

    words: Words
    measures: int
    window: Window | None


@dataclass
class PostLine:
    """One post (or person) with its cycles."""

    name: str
    pk: Any
    arrangement: CheckArrangement | None
    cycles: list[CycleLine] = field(default_factory=list)


@dataclass(frozen=True)
class DayCell:
    """How the tasks due on a day went."""

    day: date
    done: int
    late: int
    missed: int
    open: int

    @property
    def tone(self) -> str:
        """Return how the day looks: late where something was missed, done where all was done."""
        if self.missed:
            return "late"
        return "open" if self.open else ("waiting" if self.late else "done" if self.done else "plain")

    @property
    def total(self) -> int:
        """Return how many tasks were due."""
        return self.done + self.late + self.missed + self.open


@dataclass(frozen=True)
class Schedule:
    """All of it."""

    posts: Sequence[PostLine]
    days: Sequence[DayCell]
    without_cycle: int
    today: int
    most: int
    refusal: ScheduleRefusal | None
    arrangements: Sequence[CheckArrangement]


def schedule_of(firm: Enterprise, actor: Actor) -> Schedule:
    """Return the schedule of an enterprise that the actor sees."""
    today = clock.today()
    arrangements = list(
        CheckArrangement.seen_by(actor)
        .filter(enterprise=firm, archived_at=None)
        .select_related("post")
        .defer("search", "post__search")
    )
    measures = ControlMeasure.seen_by(actor).filter(enterprise=firm, archived_at=None)
    refusals = ScheduleRefusal.objects.filter(enterprise_id=firm.pk, day__gte=today - timedelta(days=1))
    return Schedule(
        posts=_posts(measures, arrangements, today),
        days=_days(firm, actor, today),
        without_cycle=measures.filter(Q(check_cycle=None) | Q(check_cycle_unit=""))
        .exclude(data_source="1")
        .count(),
        today=asked_for([firm.pk], today).get(firm.pk, 0),
        most=most_lines(today),
        refusal=refusals.order_by("-day").first(),
        arrangements=arrangements,
    )


def cycle_words(unit: str, every: int) -> Words:
    """Return a cycle in words."""
    if every == 1:
        return _EVERY_ONE.filled(unit=_ONE[unit])
    return _EVERY.filled(n=every, unit=dict(CYCLE_UNITS)[unit])


def next_window(unit: str, every: int, pattern: Pattern, today: date) -> Window | None:
    """Return the window of a cycle that runs now or comes next."""
    is_working, now = clock.working_calendar().is_working, clock.now()
    for ahead in range(LOOK_AHEAD):
        found = windows(unit, every, pattern, today + timedelta(days=ahead), is_working)
        for one in found:
            if one.ends > now:
                return one
    return None


def _posts(measures: Any, arrangements: Sequence[CheckArrangement], today: date) -> list[PostLine]:
    own = {one.post_id: one for one in arrangements}
    rows = measures.filter(check_cycle__gt=0).exclude(check_cycle_unit="").exclude(data_source="1").order_by()
    named = (
        "responsible_post_id",
        "responsible_post__name",
        "responsible_person",
        "check_cycle_unit",
        "check_cycle",
    )
    found: dict[Any, PostLine] = {}
    for post, name, person, unit, every, count in rows.values_list(*named).annotate(n=Count("pk")):
        line = found.setdefault(
            post or person, PostLine(name or person, post, own.get(post) or own.get(None))
        )
        pattern = (
            read_pattern(line.arrangement.days, line.arrangement.shift_times)
            if line.arrangement
            else Pattern(EVERY_DAY)
        )
        _merge(line, CycleLine(cycle_words(unit, every), count, next_window(unit, every, pattern, today)))
    for line in found.values():
        line.cycles.sort(key=lambda one: one.window.ends.isoformat() if one.window else "~")
    return sorted(found.values(), key=lambda one: one.name)[:MOST_POSTS]


def _merge(line: PostLine, cycle: CycleLine) -> None:
    """Add a cycle to a post; one whose measures also name persons counts once."""
    for place, one in enumerate(line.cycles):
        if str(one.words) == str(cycle.words):
            line.cycles[place] = CycleLine(one.words, one.measures + cycle.measures, one.window)
            return
    line.cycles.append(cycle)


def _days(firm: Enterprise, actor: Actor, today: date) -> list[DayCell]:
    first, last = today - timedelta(days=DAYS_BACK), today + timedelta(days=DAYS_AHEAD)
    rows = CheckTask.seen_by(actor).filter(enterprise=firm, day__gte=first, day__lte=last)
    counts: dict[date, dict[str, int]] = defaultdict(dict)
    for day, state, count in rows.order_by().values_list("day", "state").annotate(n=Count("pk")):
        counts[day][state] = count
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [
        DayCell(day, *(counts[day].get(state, 0) for state in (DONE, LATE, MISSED, OPEN))) for day in days
    ]

"""The schedule engine: from the measures of posts to the check tasks of a day. Serves article 15.

A day is made in chunks of enterprises, each chunk one statement and one transaction, with a cursor that says how far it came. The
keys decide what is new: a task's id follows from its post and window, a line is one measure × one window. So a run that is
repeated, killed half way or started twice makes what is missing and nothing else. Windows that are over are never made: nobody
could have done them.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from anlan.domains.checks.models import CheckTask, ScheduleRefusal, ScheduleRun
from anlan.domains.checks.windows import WITHIN_DAY, Window, read_pattern, windows
from anlan.domains.enterprises.models import Enterprise
from anlan.kernel import clock, rules
from anlan.kernel.scope.touched import note
from anlan.kernel.words import Words

CHUNK = 250  # enterprises in one transaction
AHEAD = timedelta(hours=6)  # so long before midnight the next day is made
LOCK = 0x5343  # one run at a time in a city
MOST_LINES, REMIND = "checks.most_lines_a_day", "checks.remind_before"

Cycle = tuple[str, int, str, str]  # unit, every, days worked, times of shifts


@dataclass
class Made:
    """What a run made: tasks and lines that were not there before, and the enterprises it refused with the number asked for."""

    tasks: int = 0
    lines: int = 0
    refused: dict[uuid.UUID, int] = field(default_factory=dict)

    def add(self, other: Made) -> None:
        """Add what another part made."""
        self.tasks += other.tasks
        self.lines += other.lines
        self.refused |= other.refused


class TooMany(Exception):
    """The cycles of one enterprise would make more lines on a day than any enterprise needs."""

    def __init__(self, lines: int, most: int) -> None:
        super().__init__(lines)
        self.words = Words(
            "按现在的周期，这一天要生成 {lines} 项检查，超过上限 {most} 项，没有生成。把周期改长后再生成。",
            "These cycles would make {lines} check lines on this day, more than the limit of {most}; none were made. "
            "Lengthen the cycles and make them again.",
        ).filled(lines=lines, most=most)


def due_days(now: datetime | None = None) -> list[date]:
    """Return the days that should be made by now: today, and in the evening tomorrow."""
    now = now or clock.now()
    today = now.astimezone(clock.CHINA).date()
    evening = (now + AHEAD).astimezone(clock.CHINA).date()
    return [today] if evening == today else [today, evening]


def make_due_days() -> int:
    """Make the days that should be there and are not; returns how many lines were made. Called every hour."""
    return sum(make(day).lines for day in due_days())


def make(day: date, *, anew: bool = False, told: Callable[[Made], None] | None = None) -> Made:
    """Make the tasks of a day; goes on where a killed run stopped, and does nothing where the day is whole.

    ``anew``: go through all enterprises again (measures may have changed since); what is there already stays as it is.
    ``told`` hears of each chunk.
    """
    made, plan = Made(), _Plan(day)
    run = _begun(day, anew=anew)
    while run.finished_at is None:
        with transaction.atomic():
            _alone()
            run = ScheduleRun.objects.select_for_update().get(day=day)
            chunk = _next_enterprises(run.after)
            found = plan.make(chunk)
            run.tasks, run.lines = run.tasks + found.tasks, run.lines + found.lines
            run.after = chunk[-1] if chunk else run.after
            run.finished_at = None if len(chunk) == CHUNK else clock.now()
            run.save()
        made.add(found)
        if told:
            told(made)
    return made


def make_for(enterprise: Enterprise, day: date) -> Made:
    """Make the tasks of one enterprise at once, after its measures changed. Raises TooMany."""
    with transaction.atomic():
        _alone()
        made = _Plan(day).make([enterprise.pk])
    if made.refused:
        raise TooMany(made.refused[enterprise.pk], most_lines(day))
    return made


def most_lines(day: date) -> int:
    """Return how many lines one enterprise may have on a day."""
    return int(rules.parameter(MOST_LINES, day).value)


def asked_for(enterprises: Sequence[uuid.UUID], day: date) -> dict[uuid.UUID, int]:
    """Return how many lines the measures of some enterprises ask for on a day."""
    return _Plan(day).counted(_cycles(enterprises))


class _Plan:
    """The windows of one day for every cycle there is, worked out once for each."""

    def __init__(self, day: date) -> None:
        self.day, self.now = day, clock.now()
        self._known: dict[Cycle, list[Window]] = {}
        self._is_working = clock.working_calendar().is_working
        self._remind = timedelta(hours=int(rules.parameter(REMIND, day).value))
        self._most = most_lines(day)

    def windows(self, cycle: Cycle) -> list[Window]:
        """Return the windows of a cycle that touch the day and are not over."""
        unit, every, days, shifts = cycle
        if unit not in WITHIN_DAY:
            shifts = ""
        key = (unit, every, days, shifts)
        if key not in self._known:
            found = windows(unit, every, read_pattern(days, shifts), self.day, self._is_working)
            self._known[key] = [one for one in found if one.ends > self.now]
        return self._known[key]

    def counted(self, cycles: Mapping[uuid.UUID, Mapping[Cycle, int]]) -> dict[uuid.UUID, int]:
        """Return how many lines each enterprise would have."""
        return {
            firm: sum(count * len(self.windows(cycle)) for cycle, count in found.items())
            for firm, found in cycles.items()
        }

    def make(self, enterprises: Sequence[uuid.UUID]) -> Made:
        """Make what is missing for some enterprises; call it inside a transaction that holds the lock."""
        if not enterprises:
            return Made()
        cycles = _cycles(enterprises)
        refused = {firm: count for firm, count in self.counted(cycles).items() if count > self._most}
        _refuse(refused, self.day, self._most)
        kept = [firm for firm in cycles if firm not in refused]
        wanted = sorted({cycle for firm in kept for cycle in cycles[firm]})
        spans = [(cycle, one) for cycle in wanted for one in self.windows(cycle)]
        if not kept or not spans:
            return Made(refused=refused)
        tasks, lines, days = self._insert(kept, spans)
        _tell_the_figures(days, kept[0])
        return Made(tasks, lines, refused)

    def _insert(
        self, firms: list[uuid.UUID], spans: list[tuple[Cycle, Window]]
    ) -> tuple[int, int, list[date]]:
        columns = [
            [cycle[0] for cycle, _ in spans], [cycle[1] for cycle, _ in spans], [cycle[2] for cycle, _ in spans],
            [cycle[3] for cycle, _ in spans], [one.starts for _, one in spans], [one.last for _, one in spans],
            [one.day for _, one in spans],
        ]  # fmt: skip
        with connection.cursor() as cursor:
            # The planner takes what a chunk wants for a single row, and would compare each row with every other.
            cursor.execute("SET LOCAL enable_nestloop = off")
            cursor.execute(
                _MAKE, {
                    "units": columns[0], "everies": columns[1], "days": columns[2], "shifts": columns[3], "starts": columns[4],
                    "ends": columns[5], "dues": columns[6], "firms": firms, "now": self.now, "remind": self._remind,
                },
            )  # fmt: skip
            tasks, lines, days = cursor.fetchone() or (0, 0, None)
            cursor.execute("SET LOCAL enable_nestloop = on")
        return int(tasks), int(lines), list(days or [])


def _begun(day: date, *, anew: bool) -> ScheduleRun:
    """Return the run of a day, begun now if it is the first."""
    run, is_new = ScheduleRun.objects.get_or_create(day=day, defaults={"started_at": clock.now()})
    if anew and not is_new and run.finished_at is not None:
        run.finished_at = run.after = None
        run.save(update_fields=["finished_at", "after"])
    return run


def _alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", [LOCK])


def _next_enterprises(after: uuid.UUID | None) -> list[uuid.UUID]:
    rows = Enterprise.unscoped("the schedule makes the checks of every enterprise").filter(
        archived_at=None, operation="operating"
    )
    if after is not None:
        rows = rows.filter(pk__gt=after)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:CHUNK])


def _cycles(enterprises: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[Cycle, int]]:
    """Return how many measures of each enterprise have which cycle."""
    found: dict[uuid.UUID, dict[Cycle, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_CYCLES, [list(enterprises)])
        for firm, unit, every, days, shifts, count in cursor.fetchall():
            found[firm][unit, every, days, shifts] = count
    return found


def _refuse(refused: Mapping[uuid.UUID, int], day: date, most: int) -> None:
    for firm, lines in refused.items():
        ScheduleRefusal.objects.update_or_create(
            enterprise_id=firm, day=day, defaults={"lines": lines, "most": most}
        )


def _tell_the_figures(days: Iterable[date], firm: uuid.UUID) -> None:
    """Note one written task of each day: the roll-up counts the whole day anew whichever row it hears of."""
    rows = CheckTask.unscoped("the roll-up hears of days, one task stands for its day")
    for day in days:
        row = rows.filter(day=day).defer("search").first()
        if row is not None:
            note(row)


# The arrangement of the post goes before that of the enterprise; without any, every day round the clock.
_ARRANGED = """
    LEFT JOIN checks_checkarrangement own ON own.post_id = m.responsible_post_id AND own.enterprise_id = m.enterprise_id
         AND own.archived_at IS NULL
    LEFT JOIN checks_checkarrangement whole ON whole.enterprise_id = m.enterprise_id AND whole.post_id IS NULL
         AND whole.archived_at IS NULL
"""
_DAYS = "coalesce(own.days, whole.days, 'every')"
_SHIFTS = "coalesce(own.shift_times, whole.shift_times, '')"
# What people check: kept in force, with a cycle; what a sensor watches needs nobody's round.
_CHECKED = "m.archived_at IS NULL AND m.check_cycle > 0 AND m.check_cycle_unit <> '' AND m.data_source <> '1'"

_CYCLES = f"""
    SELECT m.enterprise_id, m.check_cycle_unit, m.check_cycle, {_DAYS}, {_SHIFTS}, count(*)
      FROM risk_controlmeasure m {_ARRANGED}
     WHERE m.enterprise_id = ANY(%s) AND {_CHECKED}
     GROUP BY 1, 2, 3, 4, 5
"""  # noqa: S608 - names of our own

# A task's id begins with its day and its enterprise: a day is written at one end of every index, in the order it is made,
# and the next day costs what the first did. Ids that lie anywhere would touch every page of all the days there are.
_MAKE = f"""
WITH span AS (
    SELECT * FROM unnest(%(units)s::text[], %(everies)s::int[], %(days)s::text[], %(shifts)s::text[],
                         %(starts)s::timestamptz[], %(ends)s::timestamptz[], %(dues)s::date[])
             AS s(unit, every, days, shifts, starts_at, ends_at, day)
), wanted AS MATERIALIZED (
    SELECT (lpad(to_hex(span.day - date '1970-01-01'), 4, '0') || left(replace(m.enterprise_id::text, '-', ''), 12)
            || left(md5(concat_ws('|', m.enterprise_id, coalesce(m.responsible_post_id::text, m.responsible_person),
                                  extract(epoch FROM span.starts_at), extract(epoch FROM span.ends_at))), 16))::uuid AS task_id,
           m.id AS measure_id, m.enterprise_id, m.responsible_post_id AS post_id, m.responsible_person AS person,
           m.risk_level, m.is_demo, span.starts_at, span.ends_at, span.day
      FROM risk_controlmeasure m {_ARRANGED}
      JOIN span ON span.unit = m.check_cycle_unit AND span.every = m.check_cycle AND span.days = {_DAYS}
           AND span.shifts = {_SHIFTS}
     WHERE m.enterprise_id = ANY(%(firms)s) AND {_CHECKED}
       AND NOT coalesce((span.starts_at AT TIME ZONE 'Asia/Shanghai')::date >= coalesce(own.stopped_from, whole.stopped_from)
                        AND span.day <= coalesce(own.stopped_to, whole.stopped_to), false)
), lines AS (
    INSERT INTO checks_checkline (day, measure_id, starts_at, task_id, enterprise_id, result, note, is_demo)
    SELECT day, measure_id, starts_at, task_id, enterprise_id, 0, '', is_demo FROM wanted ORDER BY day, measure_id
        ON CONFLICT (day, measure_id, starts_at) DO NOTHING
    RETURNING task_id
), fresh AS (
    SELECT task_id, count(*) AS lines FROM lines GROUP BY task_id
), task AS (
    SELECT task_id, min(enterprise_id::text)::uuid AS enterprise_id, min(post_id::text)::uuid AS post_id, min(person) AS person,
           max(risk_level) AS risk_level, min(starts_at) AS starts_at, min(ends_at) AS ends_at, min(day) AS day
      FROM wanted WHERE task_id IN (SELECT task_id FROM fresh) GROUP BY task_id
), tasks AS (
    INSERT INTO checks_checktask AS kept (
        id, path, sector, holder_id, sensitivity, is_demo, territory_id, address, cell, version, created_at, updated_at, search,
        archive_reason, enterprise_id, name, post_id, starts_at, ends_at, day, state, lines, in_order, failed, not_applicable,
        risk_level, done_by, climbed, next_at)
    SELECT task.task_id, e.path, e.sector, e.holder_id, e.sensitivity, e.is_demo, e.territory_id, '', '', 1, %(now)s, %(now)s,
           coalesce(p.search, e.search), '', e.id, coalesce(p.name, left(task.person, 80)), task.post_id, task.starts_at,
           task.ends_at, task.day, 'open', fresh.lines, 0, 0, 0, task.risk_level, '', 0,
           greatest(task.ends_at - %(remind)s::interval, task.starts_at + (task.ends_at - task.starts_at) / 2)
      FROM task JOIN fresh USING (task_id)
      JOIN enterprises_enterprise e ON e.id = task.enterprise_id AND e.id = ANY(%(firms)s)
      LEFT JOIN risk_workpost p ON p.id = task.post_id AND p.enterprise_id = ANY(%(firms)s)
     ORDER BY task.task_id
        ON CONFLICT (id) DO UPDATE SET lines = kept.lines + EXCLUDED.lines, version = kept.version + 1, updated_at = %(now)s,
           risk_level = greatest(kept.risk_level, EXCLUDED.risk_level), state = 'open', done_at = NULL, done_by = '',
           climbed = CASE WHEN kept.next_at IS NULL THEN 0 ELSE kept.climbed END,
           next_at = coalesce(kept.next_at, EXCLUDED.next_at)
    RETURNING xmax = 0 AS is_new, day
)
SELECT (SELECT count(*) FROM tasks WHERE is_new), (SELECT count(*) FROM lines), (SELECT array_agg(DISTINCT day) FROM tasks)
"""  # noqa: S608 - names of our own

"""Renewing duties: the projection of a matter's state and lines into who is awaited, by when. Only the engine calls it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from anlan.kernel import clock
from anlan.kernel.copying import insert_new, new_row
from anlan.kernel.gathering import write
from anlan.kernel.loops.declaration import Loop, State
from anlan.kernel.loops.due import ByDate, Deadline, DutyLine, Late, end_of
from anlan.kernel.loops.models import Duty
from anlan.kernel.scope.who import Awaited, Who, regulator, supervisor

STATE, LINE, REQUEST, WATCH = "state", "line", "request", "watch"
OF_A_STATE = (STATE, WATCH, REQUEST)


def enter(
    loop: type[Loop], row: Any, at: datetime, *, received_at: datetime, due_at: datetime | None = None,
    opened: list[Duty] | None = None,
) -> Deadline:  # fmt: skip
    """Close the duties of the former state and open those of the present one; returns the new deadline.

    Former duties are done at ``at``, the claimed instant. The new clock is another person's: it runs from
    ``received_at``, so that nobody's time is spent before the matter reached them. ``due_at`` keeps or sets a deadline
    instead of counting it anew (extension, transfer). What is opened is added to ``opened``, for those who tell people.
    """
    is_new = row._state.adding  # a matter that is just being opened has no duties yet
    deadline, found = entered(loop, row, at, received_at=received_at, due_at=due_at)
    if loop.states[row.state].final:
        close(row, at)
    elif not is_new:
        close(row, at, sorts=OF_A_STATE)
    insert_new(Duty, found)
    if opened is not None:
        opened += found
    return deadline


def entered(
    loop: type[Loop], row: Any, at: datetime, *, received_at: datetime, due_at: datetime | None = None
) -> tuple[Deadline, list[Duty]]:
    """Let a row stand in its state as ``enter`` does; returns the deadline and the duties to open, none of it written yet.

    What is to be closed is all its duties where the state is final, else those ``OF_A_STATE``.
    """
    state: State = loop.states[row.state]
    if state.final:
        row.due_at, row.closed_at = None, at
        return Deadline(None, {}), []
    row.closed_at = None
    deadline = state.due.deadline(row, received_at) if state.due and due_at is None else Deadline(due_at, {})
    row.due_at = deadline.at
    if not state.awaits:
        return deadline, []
    return deadline, _planned(
        loop, row, f"state:{state.name}", STATE, state.awaits, state.late, deadline, received_at
    )


def begin(loop: type[Loop], row: Any, at: datetime, *, received_at: datetime) -> tuple[Deadline, list[Duty]]:
    """Return the deadline of a matter that is being opened and the duties awaited from the first moment, not yet written.

    They are those ``enter`` and ``open_line`` open for it.
    """
    state: State = loop.states[row.state]
    deadline = Deadline(None, {}) if state.final or not state.due else state.due.deadline(row, received_at)
    row.due_at, row.closed_at = deadline.at, at if state.final else None
    found: list[Duty] = []
    if state.awaits and not state.final:
        found += _planned(
            loop, row, f"state:{state.name}", STATE, state.awaits, state.late, deadline, received_at
        )
    for line in loop.lines.values():
        if "opened" in line.opens and not state.final:
            found += line_duties(loop, row, line, received_at)
    return deadline, found


def open_line(loop: type[Loop], row: Any, line: DutyLine, at: datetime) -> list[Duty]:
    """Open a parallel duty, unless it is already open; returns what was opened."""
    key = f"line:{line.name}"
    if Duty.objects.filter(matter_id=row.pk, key=key, done_at=None).exists():
        return []
    duties = line_duties(loop, row, line, at)
    insert_new(Duty, duties)
    return duties


def line_duties(loop: type[Loop], row: Any, line: DutyLine, at: datetime) -> list[Duty]:
    """Return the parallel duty of a line, not yet written."""
    by_when = line.due.deadline(row, at)
    return _planned(loop, row, f"{LINE}:{line.name}", LINE, line.awaits, line.late, by_when, at)


def open_request(
    loop: type[Loop], row: Any, verb: str, by: Who, deadline: Deadline, detail: dict[str, Any], at: datetime
) -> list[Duty]:
    """Open the duty to decide a request such as an extension; ``detail`` is what was asked."""
    return _open(loop, row, f"request:{verb}", REQUEST, by, (), deadline, at, detail)


def request_of(row: Any, verb: str) -> Duty | None:
    """Return the open request of a verb."""
    return Duty.objects.filter(matter_id=row.pk, key=f"request:{verb}", done_at=None, leads=True).first()


def close(row: Any, at: datetime, *, sorts: Sequence[str] = (), key: str = "") -> None:
    """Mark duties of a matter as done: all, those of some sorts, or those of one key."""
    sql, values = _CLOSE, [at, row.pk]
    if sorts:
        sql, values = f"{sql} AND sort = ANY(%s)", [*values, list(sorts)]
    if key:
        sql, values = f"{sql} AND key = %s", [*values, key]
    write(sql, values)


# Every step asks it: put together anew each time, the statement would cost more than what it does.
_CLOSE = "UPDATE loops_duty SET done_at = %s, next_at = NULL WHERE matter_id = %s AND done_at IS NULL"


def close_many(
    at: Mapping[uuid.UUID, datetime],
    *,
    sorts: Sequence[str] = (),
    keys: Sequence[str] = (),
    everything: bool = False,
) -> None:
    """Mark duties of many matters as done, each at its instant: those of some sorts, those of some keys, or all."""
    if at and (sorts or keys or everything):
        with connection.cursor() as cursor:
            cursor.execute(_CLOSE_MANY, [list(at), list(at.values()), everything, list(sorts), list(keys)])


_CLOSE_MANY = """
    UPDATE loops_duty AS duty SET done_at = done.at, next_at = NULL
      FROM unnest(%s::uuid[], %s::timestamptz[]) AS done (matter, at)
     WHERE duty.matter_id = done.matter AND duty.done_at IS NULL
       AND (%s OR duty.sort = ANY(%s::text[]) OR duty.key = ANY(%s::text[]))
"""


def follow(row: Any) -> None:
    """Give every duty of a matter, also those done, the scope of its row again: by it lists find what lies beyond grants."""
    rows = Duty.objects.filter(matter_id=row.pk)
    rows.update(path=row.path, sector=row.sector, sensitivity=row.sensitivity)


def pause(row: Any, at: datetime) -> None:
    """Stop the clocks of a matter's state and requests; a parallel duty such as the report of a major danger runs on."""
    held = [duty.pk for duty in Duty.objects.filter(matter_id=row.pk, done_at=None) if not runs_on(duty.key)]
    Duty.objects.filter(pk__in=held).update(paused_at=at, next_at=None)


def runs_on(key: str) -> bool:
    """Say whether a duty runs on while its matter is suspended: a parallel one, and watching that it is late."""
    return key.removeprefix(f"{WATCH}:").startswith(f"{LINE}:")


def resume(loop: type[Loop], row: Any, paused_at: datetime, at: datetime) -> None:
    """Let the clocks run again, every deadline moved by the time they stood still (whole days where it counts in days)."""
    for duty in Duty.objects.filter(matter_id=row.pk, done_at=None).exclude(paused_at=None):
        duty.paused_at = None
        if duty.due_at:
            stood = _stood_still(duty.due_at, paused_at, at, duty.due_rule)
            duty.due_at += stood
            duty.moments = [[name, _moved(moment, stood)] for name, moment in duty.moments]
            duty.next_at = next_moment(duty)
        duty.save()
    if row.due_at:
        present = Duty.objects.filter(matter_id=row.pk, key=f"{STATE}:{row.state}", done_at=None).first()
        stood = _stood_still(row.due_at, paused_at, at, present.due_rule if present else {})
        row.due_at += stood
        column = loop.states[row.state].due
        if isinstance(column, ByDate):
            setattr(row, column.column, getattr(row, column.column) + stood)


def _stood_still(due_at: datetime, paused_at: datetime, at: datetime, rule: dict[str, Any]) -> timedelta:
    """Return by how much a deadline moves: one at the end of a day by calendar days, one in hours to the second.

    One counted in working days never comes to lie on a day off.
    """
    last = due_at.astimezone(clock.CHINA).date()
    if due_at != end_of(last):
        return at - paused_at
    moved = last + (at.astimezone(clock.CHINA).date() - paused_at.astimezone(clock.CHINA).date())
    if rule.get("unit") == "working_day":
        moved = clock.working_calendar().roll_forward(moved)
    return moved - last


def watching(loop: type[Loop], row: Any, level: Late, key: str, at: datetime) -> list[Duty]:
    """Return the watching duty of a level for those above a late matter, not yet written."""
    if level.watchers is None:
        return []
    return _planned(
        loop, row, watch_key(loop, key, level.name), WATCH, level.watchers, (), Deadline(None, {}), at
    )


def watching_levels(loop: type[Loop], key: str) -> list[Late]:
    """Return the levels of a duty's lateness from which somebody above watches, in the order in which they are declared."""
    sort, _, name = key.partition(":")
    source: State | DutyLine | None = loop.lines.get(name) if sort == LINE else loop.states.get(name)
    return [level for level in (source.late if source else ()) if level.watchers is not None]


def watch_key(loop: type[Loop], key: str, level: str) -> str:
    """Return the key of a watching duty; from the second level on it names the level, for those watch beside the first."""
    is_first = [one.name for one in watching_levels(loop, key)][:1] == [level]
    return f"{WATCH}:{key}" if is_first else f"{WATCH}:{key}:{level}"


def next_moment(duty: Duty) -> datetime | None:
    """Return the next instant at which a duty tells something."""
    return datetime.fromisoformat(duty.moments[duty.fired][1]) if duty.fired < len(duty.moments) else None


def _moved(at: str, by: timedelta) -> str:
    return (datetime.fromisoformat(at) + by).isoformat()


def _open(
    loop: type[Loop], row: Any, key: str, sort: str, who: Who, late: Sequence[Late], deadline: Deadline, at: datetime,
    detail: dict[str, Any] | None = None,
) -> list[Duty]:  # fmt: skip
    duties = _planned(loop, row, key, sort, who, late, deadline, at, detail)
    insert_new(Duty, duties)
    return duties


def _planned(
    loop: type[Loop], row: Any, key: str, sort: str, who: Who, late: Sequence[Late], deadline: Deadline, at: datetime,
    detail: dict[str, Any] | None = None,
) -> list[Duty]:  # fmt: skip
    moments: list[list[str]] = []
    if deadline.at is not None:
        pairs = sorted((level.moment(row, deadline.at, at).astimezone(UTC), level.name) for level in late)
        # A reminder whose time is over before the duty begins tells nothing; a deadline that is over must still be told.
        early = {level.name for level in late if level.before}
        moments = [[name, moment.isoformat()] for moment, name in pairs if moment > at or name not in early]
    duties = []
    for index, place in enumerate(places_of(who, row)):
        told = {
            "loop": loop.slug, "matter_id": row.pk, "key": key, "sort": sort, "party_id": place.party_id,
            "kinds": list(place.kinds), "post_id": place.post_id, "path": row.path, "sector": row.sector,
            "sensitivity": row.sensitivity, "is_demo": row.is_demo, "opened_at": at, "due_at": deadline.at,
            "due_rule": deadline.rule, "leads": index == 0, "detail": detail or {},
        }  # fmt: skip
        duty = new_row(Duty, told)
        if duty.leads:
            duty.moments = moments
            duty.next_at = next_moment(duty)
        duties.append(duty)
    return duties


def places_of(who: Who, row: Any) -> list[Awaited]:
    """Return the places awaited, each once; where nobody is, the regulator's officers, else those of the city."""
    places = who.awaited(row) or regulator.awaited(row) or supervisor.awaited(row) or [Awaited(None)]
    return list(dict.fromkeys(places))


def who_of(loop: type[Loop], key: str) -> Who | None:
    """Return whom the declaration awaits for a duty of this key."""
    sort, _, name = key.partition(":")
    if sort == STATE:
        return loop.states[name].awaits if name in loop.states else None
    if sort == LINE:
        return loop.lines[name].awaits if name in loop.lines else None
    if sort == REQUEST:
        return next((s.by for s in loop.steps.values() if s.name == f"{name}_grant"), None)
    watched, _, level = name.partition(":")[2].partition(":")
    levels = watching_levels(loop, f"{name.partition(':')[0]}:{watched}")
    return next((one.watchers for one in levels if not level or one.name == level), None)


def readdress(loop: type[Loop], row: Any, at: datetime) -> tuple[list[Duty], list[Duty]]:
    """Await every open duty anew from those whom the row now names; each keeps its clock. Former places see it as past.

    Returns the duties that were opened and those that were taken away.
    """
    opened: list[Duty] = []
    left: list[Duty] = []
    for leader in list(Duty.objects.filter(matter_id=row.pk, done_at=None, leads=True)):
        who = who_of(loop, leader.key)
        if who is None:
            continue
        group = Duty.objects.filter(matter_id=row.pk, key=leader.key, done_at=None)
        standing = list(group)
        former = {(duty.party_id, tuple(duty.kinds), duty.post_id) for duty in standing}
        places = places_of(who, row)
        if former == {(place.party_id, place.kinds, place.post_id) for place in places}:
            group.update(path=row.path, sector=row.sector, sensitivity=row.sensitivity)
            continue
        group.update(done_at=at, next_at=None)
        left += standing
        opened += Duty.objects.bulk_create(
            Duty(
                loop=leader.loop, matter_id=row.pk, key=leader.key, sort=leader.sort, party_id=place.party_id,
                kinds=list(place.kinds), post_id=place.post_id, path=row.path, sector=row.sector, sensitivity=row.sensitivity,
                is_demo=row.is_demo, opened_at=leader.opened_at, due_at=leader.due_at, due_rule=leader.due_rule,
                leads=index == 0, detail=leader.detail, paused_at=leader.paused_at, fired=leader.fired if index == 0 else 0,
                moments=leader.moments if index == 0 else [], next_at=leader.next_at if index == 0 else None,
            )
            for index, place in enumerate(places)
        )  # fmt: skip
    return opened, left

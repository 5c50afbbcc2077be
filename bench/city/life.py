"""The life of one matter outside the engine: its row, duties and entries, act by act, as the engine would leave them.

What a step does is read off the loop's declaration, as the engine reads it: states, deadlines, lateness, who is awaited.
Deadlines all fall at the end of a day, so that each is computed by the kernel once a day and rule and then remembered;
that is what makes a million lives a matter of minutes.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from types import SimpleNamespace
from typing import Any

import orjson

from anlan.kernel import clock
from anlan.kernel.loops import duties as kernel_duties
from anlan.kernel.loops.admitting import subject_of
from anlan.kernel.loops.columns import kept_fields
from anlan.kernel.loops.declaration import Loop, Step
from anlan.kernel.loops.due import ByDate, Deadline, DueBy, DutyLine, Late, end_of, parameter_for
from anlan.kernel.registers.fields import plain
from anlan.kernel.scope.who import Awaited, Who
from bench.city.entries import CLOCK_DESK, Chain, Desk
from bench.city.ids import id_at

COUNTRY = SimpleNamespace(path="/")  # every rule of the bench's stories holds for the whole country
NOON = time(12, tzinfo=clock.CHINA)
MINUTE = timedelta(minutes=1)
DUTY_COLUMNS = (
    "id", "loop", "matter_id", "key", "sort", "party_id", "kinds", "post_id", "path", "sector", "sensitivity", "is_demo",
    "opened_at", "due_at", "due_rule", "leads", "moments", "fired", "next_at", "paused_at", "detail", "done_at",
)  # fmt: skip


@cache
def counted(due: DueBy, day: date) -> Deadline:
    """Return the deadline counted by a rule from a day."""
    return due.deadline(COUNTRY, datetime.combine(day, NOON))


@cache
def moment_of(level: Late, due_at: datetime) -> datetime:
    """Return when a level of lateness fires for a deadline."""
    return level.moment(COUNTRY, due_at, due_at).astimezone(UTC)


@cache
def moments_of(late: tuple[Late, ...], due_at: datetime) -> tuple[tuple[str, datetime, bool], ...]:
    """Return name, moment and whether it lies before the deadline, for every level of lateness, in the order of time."""
    found = sorted((moment_of(level, due_at), level.name, level.before) for level in late)
    return tuple((name, moment, early) for moment, name, early in found)


@cache
def applied(key: str, day: date) -> dict[str, Any]:
    """Return what the ledger keeps of a rule applied on a day."""
    return parameter_for(key, COUNTRY, datetime.combine(day, NOON)).stored()


@cache
def kept_columns(model: Any) -> tuple[str, ...]:
    """Return the columns that entries keep."""
    return tuple(field.attname for field in kept_fields(model))


@cache
def columns(model: Any) -> tuple[str, ...]:
    """Return every column of a kind of matter that is written; the database fills generated ones itself."""
    return tuple(field.attname for field in model._meta.concrete_fields if not field.generated)


def china_day(at: datetime) -> date:
    """Return the day in China."""
    return at.astimezone(clock.CHINA).date()


class Life:
    """One matter. ``row`` bears the attributes of the model's columns."""

    def __init__(self, loop: type[Loop], random: Random, at: datetime, desk: Desk, **known: Any) -> None:
        self.loop, self.random = loop, random
        self.row = SimpleNamespace(**_defaults(loop.model), **known)
        self.row.id = id_at(random, at)
        self.row.opened_at = self.row.created_at = self.row.updated_at = at
        self.row.opened_by_person, self.row.opened_by_post = desk.person, desk.post
        self.chain = Chain(subject_of(loop.model), self.row.id, random)
        self.duties: list[dict[str, Any]] = []

    # --- acts ----------------------------------------------------------------------------------------------------

    def open(
        self, desk: Desk, at: datetime, said: dict[str, Any], told: frozenset[str], noted: dict[str, Any],
        rules: list[dict[str, Any]],
    ) -> None:  # fmt: skip
        """Stand in the first state; ``row`` is filled already, ``told`` are the columns that the answers tell anyway."""
        self.row.state = self.loop.opening.to.name  # type: ignore[union-attr]
        deadline = self._enter(at)
        stands = vars(self.row)
        left = {
            name: value for name in kept_columns(self.loop.model)
            if (value := stands[name]) not in (None, "", False) and name not in told
        }  # fmt: skip
        self._note("opened", desk, at, said, {**noted, "row": left}, rules, [], "", deadline)

    def take(
        self, name: str, desk: Desk, at: datetime, answers: dict[str, Any], *, noted: dict[str, Any] | None = None,
        rules: list[dict[str, Any]] | None = None, reasons: list[Any] | None = None, shown: dict[str, Any] | None = None,
        effect: Any = None, renews: bool = False,
    ) -> None:  # fmt: skip
        """Take a step. ``answers`` are values of columns, ``shown`` what they look like where that differs."""
        step: Step = self.loop.steps[name]
        row = self.row
        stood, before = dict(vars(row)), row.state
        fields = {**answers}
        for column, value in answers.items():
            if hasattr(row, column):
                setattr(row, column, value)
        if effect is not None:
            effect(self)
        elif step.effect is not None:
            # As the loop declares it: what an effect sets on the row is the same here and in the engine.
            step.effect(
                SimpleNamespace(row=row, at=at, values=answers, actor=SimpleNamespace(party_id=desk.party))
            )  # type: ignore[arg-type]
        deadline = self._move(step, at, renews=renews)
        row.version += 1
        row.updated_at = at
        told = {
            column for column in fields if hasattr(row, column) and getattr(row, column) == fields[column]
        }
        stands = vars(row)
        changed = {
            column: stands[column] for column in kept_columns(self.loop.model)
            if stands[column] is not stood[column] and stands[column] != stood[column] and column not in told
        }  # fmt: skip
        said = {self._asked(column): _said(value) for column, value in fields.items()} | (shown or {})
        self._note(
            name,
            desk,
            at,
            said,
            {**(noted or {}), "row": changed},
            rules or [],
            reasons or [],
            before,
            deadline,
        )

    def open_lines(self, act: str, at: datetime) -> None:
        """Open the parallel duties that a step opens."""
        for line in self.loop.lines.values():
            if act in line.opens:
                self.open_line(line, at)

    def open_line(self, line: DutyLine, at: datetime) -> None:
        """Open one parallel duty, unless it is open."""
        key = f"line:{line.name}"
        if not any(duty["key"] == key for duty in self.still_open()):
            self._await(key, "line", line.awaits, tuple(line.late), self._deadline(line.due, at), at)

    def ask(self, verb: str, by: Who, due: DueBy, detail: dict[str, Any], at: datetime) -> None:
        """Open the duty to decide a request."""
        self._await(f"request:{verb}", "request", by, (), self._deadline(due, at), at, detail)

    def answered(self, verb: str, at: datetime) -> None:
        """Close the duty to decide a request."""
        self._close(at, key=f"request:{verb}")

    def readdress(self, at: datetime) -> None:
        """Await every open duty anew from those whom the row now names; each keeps its clock."""
        row = self.row
        for leader in [duty for duty in self.still_open() if duty["leads"]]:
            group = [duty for duty in self.still_open() if duty["key"] == leader["key"]]
            places = kernel_places(_who(self.loop, leader["key"]), row)
            former = {(duty["party_id"], tuple(duty["kinds"]), duty["post_id"]) for duty in group}
            if former == {(place.party_id, place.kinds, place.post_id) for place in places}:
                continue
            kept = dict(leader)
            for duty in group:
                duty["done_at"], duty["next_at"] = at, None
            for index, place in enumerate(places):
                clockwork = {} if index == 0 else {"moments": [], "fired": 0, "next_at": None}
                self.duties.append({
                    **kept, "id": id_at(self.random, at), "party_id": place.party_id, "kinds": list(place.kinds),
                    "post_id": place.post_id, "sector": row.sector, "leads": index == 0, **clockwork,
                })  # fmt: skip

    def follow(self) -> None:
        """Give every duty, also those done, the sector that the row now bears."""
        for duty in self.duties:
            duty["sector"] = self.row.sector

    def pass_time(self, until: datetime) -> None:
        """Let the clock fire every lateness that comes before a moment, each within its minute."""
        while True:
            waiting = [
                duty for duty in self.still_open() if duty["next_at"] is not None and duty["next_at"] < until
            ]
            if not waiting:
                return
            self._fire(min(waiting, key=lambda duty: duty["next_at"]))

    def still_open(self) -> list[dict[str, Any]]:
        """Return the duties not done yet."""
        return [duty for duty in self.duties if duty["done_at"] is None]

    # --- as the engine does it -----------------------------------------------------------------------------------

    def _move(self, step: Step, at: datetime, *, renews: bool) -> Deadline | None:
        if step.fulfils:
            self._close(at, key=f"line:{step.fulfils}")
        if step.to is not None:
            self.row.state = step.to.name
        return self._enter(at) if step.to is not None or renews else None

    def _enter(self, at: datetime) -> Deadline:
        row, state = self.row, self.loop.states[self.row.state]
        if state.final:
            self._close(at)
            row.due_at, row.closed_at = None, at
            return Deadline(None, {})
        self._close(at, sorts=("state", "watch", "request"))
        row.closed_at = None
        deadline = self._deadline(state.due, at)  # type: ignore[arg-type]
        row.due_at = deadline.at
        if state.awaits:
            self._await(f"state:{state.name}", "state", state.awaits, tuple(state.late), deadline, at)
        return deadline

    def _deadline(self, due: DueBy, at: datetime) -> Deadline:
        if isinstance(due, ByDate):
            day = getattr(self.row, due.column)
            return Deadline(end_of(day) if day else None, {"field": due.column})
        return counted(due, china_day(at))

    def _close(self, at: datetime, *, sorts: tuple[str, ...] = (), key: str = "") -> None:
        for duty in self.still_open():
            if (not sorts or duty["sort"] in sorts) and (not key or duty["key"] == key):
                duty["done_at"], duty["next_at"] = at, None

    def _await(
        self, key: str, sort: str, who: Who, late: Any, deadline: Deadline, at: datetime, detail: Any = None
    ) -> None:  # fmt: skip
        moments: list[tuple[str, datetime]] = []
        if deadline.at is not None:
            moments = [
                (name, moment)
                for name, moment, early in moments_of(late, deadline.at)
                if moment > at or not early
            ]
        for index, place in enumerate(kernel_places(who, self.row)):
            row, leads = self.row, index == 0
            self.duties.append({
                "id": id_at(self.random, at), "loop": self.loop.slug, "matter_id": row.id, "key": key, "sort": sort,
                "party_id": place.party_id, "kinds": list(place.kinds), "post_id": place.post_id, "path": row.path,
                "sector": row.sector, "sensitivity": row.sensitivity, "is_demo": True, "opened_at": at,
                "due_at": deadline.at, "due_rule": deadline.rule, "leads": leads, "moments": moments if leads else [],
                "fired": 0, "next_at": moments[0][1] if leads and moments else None, "paused_at": None,
                "detail": detail or {}, "done_at": None,
            })  # fmt: skip

    def _fire(self, duty: dict[str, Any]) -> None:
        name, moment = duty["moments"][duty["fired"]]
        duty["fired"] += 1
        ahead = duty["moments"][duty["fired"] :]
        duty["next_at"] = ahead[0][1] if ahead else None
        seen = moment.replace(second=0, microsecond=0) + MINUTE
        state = self.row.state
        data = {"duty": duty["key"], "due_at": duty["due_at"].isoformat() if duty["due_at"] else ""}
        self.chain.add(f"late_{name}", CLOCK_DESK, moment, seen, data, from_state=state, to_state=state)
        level = _level(self.loop, duty["key"], name)
        if level is not None and level.watchers is not None:
            self._await(f"watch:{duty['key']}", "watch", level.watchers, (), Deadline(None, {}), seen)

    def _note(
        self, act: str, desk: Desk, at: datetime, said: dict[str, Any], noted: dict[str, Any],
        rules: list[dict[str, Any]], reasons: list[Any], before: str, deadline: Deadline | None,
    ) -> None:  # fmt: skip
        data = {"answers": said, **plain(noted)}
        if reasons:
            data["reasons"] = reasons
        if deadline is not None and deadline.at is not None:
            data["due_at"] = deadline.at.isoformat()
            if "key" in deadline.rule:
                rules = [*rules, deadline.rule]
        self.chain.add(act, desk, at, at, data, rules=rules, from_state=before, to_state=self.row.state)

    def _asked(self, column: str) -> str:
        return column[:-3] if column.endswith("_id") and hasattr(self.row, column) else column

    # --- as the database reads it --------------------------------------------------------------------------------

    def row_line(self, search: str) -> list[Any]:
        """Return the row for COPY; ``search`` is its vector."""
        self.row.search = search
        return [*map(vars(self.row).__getitem__, columns(self.loop.model))]

    def duty_lines(self) -> list[list[Any]]:
        """Return the duties for COPY."""
        return [
            [
                *map(duty.__getitem__, DUTY_COLUMNS[:14]), orjson.dumps(duty["due_rule"]).decode(), duty["leads"],
                _moments_text(tuple(duty["moments"])), duty["fired"], duty["next_at"], duty["paused_at"],
                orjson.dumps(duty["detail"]).decode(), duty["done_at"],
            ]
            for duty in self.duties
        ]  # fmt: skip


def kernel_places(who: Who, row: Any) -> list[Awaited]:
    """Return the places awaited as the kernel finds them; those above a place are asked once a county."""
    found = _above(who, "/".join(row.path.split("/")[:4])) if getattr(who, "levels", None) else None
    return list(found) if found else kernel_duties.places_of(who, row)


@cache
def _above(who: Who, path: str) -> tuple[Awaited, ...]:
    return tuple(who.awaited(SimpleNamespace(path=path + "/")))  # type: ignore[arg-type]


@cache
def _level(loop: type[Loop], key: str, name: str) -> Late | None:
    sort, _, part = key.partition(":")
    source: Any = loop.lines.get(part) if sort == "line" else loop.states.get(part)
    return next((level for level in (source.late if source else ()) if level.name == name), None)


@cache
def _who(loop: type[Loop], key: str) -> Who:
    who = kernel_duties.who_of(loop, key)
    if who is None:
        raise ValueError(f"{loop.slug} awaits nobody for {key}")
    return who


def _defaults(model: Any) -> dict[str, Any]:
    return dict(_first_values(model))


@cache
def _first_values(model: Any) -> tuple[tuple[str, Any], ...]:
    values = {field.attname: field.get_default() for field in model._meta.concrete_fields}
    return tuple({**values, "is_demo": True}.items())


def _said(value: Any) -> Any:
    return plain(value)


@cache
def _moments_text(moments: tuple[tuple[str, datetime], ...]) -> str:
    return orjson.dumps([[level, moment.isoformat()] for level, moment in moments]).decode()

"""A tree of risks as rows, one per measure: what templates, worksheets and spreadsheets have in common, and how rows are entered.

Names that are known are found again, so that entering the same rows twice adds nothing. Either all rows stand or none: every
fault is told with its row and its column.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.risk.loop import RiskGradingLoop
from anlan.domains.risk.models import ControlMeasure, RiskEvent, RiskGrading, RiskObject, RiskUnit, WorkPost
from anlan.domains.risk.words import INITIAL, OTHER
from anlan.kernel.loops import open_matter
from anlan.kernel.registers import create
from anlan.kernel.registers.errors import Invalid, KeepingError
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

Faults = dict[int, dict[str, list[str]]]


@dataclass(frozen=True)
class PostRow:
    """A post with what its card says."""

    name: str
    safe_operation: str = ""
    protection: str = ""
    emergency: str = ""


@dataclass(frozen=True)
class TreeRow:
    """One measure with everything above it. ``scores`` are columns of a grading; no method, no grading."""

    risk_object: str = ""
    object_kind: str = "equipment"
    unit: str = ""
    event: str = ""
    worksheet: str = OTHER
    step: str = ""
    standard: str = ""
    factor: str = ""
    factor_class: str = ""
    accident_type: str = ""
    consequence: str = ""
    method: str = ""
    scores: Mapping[str, str] = field(default_factory=dict)
    grounds: str = ""
    kind: str = ""
    measure: str = ""
    check_content: str = ""
    check_cycle: str = ""
    check_cycle_unit: str = ""
    post: str = ""
    person: str = ""
    template: str = ""
    line: int = 0


@dataclass
class Entered:
    """How many rows of each kind were added."""

    objects: int = 0
    units: int = 0
    events: int = 0
    measures: int = 0
    posts: int = 0
    gradings: int = 0

    def words(self) -> Words:
        """Return it in words."""
        words = Words(
            "新增风险点 {objects}、单元 {units}、风险事件 {events}、管控措施 {measures}、岗位 {posts}，提出评级 {gradings} 项。",
            "Added {objects} objects, {units} units, {events} events, {measures} measures, {posts} posts, {gradings} gradings.",
        )
        return words.filled(**vars(self))


class RowsRefused(Exception):
    """Some rows cannot stand; nothing was written. ``faults``: line → column → reasons."""

    def __init__(self, faults: Faults) -> None:
        super().__init__("rows refused")
        self.faults = faults


def enter(
    actor: Actor,
    firm: Enterprise,
    rows: Iterable[TreeRow],
    *,
    posts: Sequence[PostRow] = (),
    unit: RiskUnit | None = None,
) -> Entered:
    """Enter the rows of a tree of one enterprise, or below one unit. Raises RowsRefused, NotAllowed."""
    growing = Growing(actor, firm, unit)
    with transaction.atomic():
        for one in posts:
            growing.post(one)
        for row in rows:
            growing.row(row)
        if growing.faults:
            raise RowsRefused(growing.faults)
    return growing.entered


class Growing:
    """The tree while it grows: what is known by name, what was added, what is wrong."""

    def __init__(
        self, actor: Actor, firm: Enterprise, unit: RiskUnit | None = None, *, source: uuid.UUID | None = None
    ) -> None:
        """Take whose tree it is; with a ``source`` what a row begins bears a key that follows from it."""
        self.actor, self.firm, self.given, self.source = actor, firm, unit, source
        self.entered, self.faults = Entered(), Faults()
        self._known: dict[tuple[Any, ...], Any] = {}
        self._new: list[tuple[Any, ...]] = []  # what of it came with the present row
        self._made: list[uuid.UUID] = []
        self._line = 0

    def alone(self, row: TreeRow) -> tuple[list[uuid.UUID], dict[str, list[str]]]:
        """Enter one row whole or not at all; returns the ids of what it began, or what is wrong by field."""
        self._new, self._made, self._line = [], [], row.line
        try:
            with transaction.atomic():
                event = self._event(row)
                if row.measure:
                    self._measure(row, event)
        except KeepingError as refusal:
            for key in self._new:
                self._known.pop(key, None)
            return [], reasons_of(refusal)
        return self._made, {}

    def row(self, row: TreeRow) -> None:
        """Enter one row, or note what is wrong with it."""
        try:
            event = self._event(row)
            if event is not None and row.measure:
                self._measure(row, event)
        except Invalid as refusal:
            told = self.faults.setdefault(row.line, {})
            for name, reasons in refusal.errors.items():
                told.setdefault(name, []).extend(str(reason) for reason in reasons)

    def post(self, row: PostRow) -> WorkPost:
        """Find or enter a post by its name."""
        data = {
            "safe_operation": row.safe_operation,
            "protection": row.protection,
            "emergency": row.emergency,
        }
        of = {"enterprise": self.firm.pk}
        return self._one(WorkPost, "posts", {"name": row.name}, of, {**_ids(of), "name": row.name, **data})

    def _event(self, row: TreeRow) -> RiskEvent:
        unit = self.given or self._unit(row)
        known = {"name": row.event, "step": row.step}
        data = {
            name: getattr(row, name)
            for name in (
                "worksheet",
                "step",
                "standard",
                "factor",
                "factor_class",
                "accident_type",
                "consequence",
            )
        }
        of = {"unit": unit.pk}
        before = self.entered.events
        event = self._one(RiskEvent, "events", known, of, {**_ids(of), "name": row.event, **data})
        if self.entered.events > before and row.template:
            RiskEvent.unscoped("what came from a template says so").filter(pk=event.pk).update(
                template=row.template
            )
        if row.method and not event.risk_level:
            self._grade(row, event)
        return event

    def _unit(self, row: TreeRow) -> RiskUnit:
        of = {"enterprise": self.firm.pk}
        data = {**_ids(of), "name": row.risk_object, "kind": row.object_kind}
        above = self._one(RiskObject, "objects", {"name": row.risk_object}, of, data)
        within = {"risk_object": above.pk}
        name = row.unit or row.risk_object
        return self._one(RiskUnit, "units", {"name": name}, within, {**_ids(within), "name": name})

    def _measure(self, row: TreeRow, event: RiskEvent) -> None:
        post = self.post(PostRow(row.post)) if row.post else None
        of = {"event": event.pk}
        data = {
            "description": row.measure, "kind": row.kind, "check_content": row.check_content,
            "check_cycle": row.check_cycle, "check_cycle_unit": row.check_cycle_unit,
            "responsible_post": str(post.pk) if post else "", "responsible_person": row.person,
        }  # fmt: skip
        known = {"description": row.measure, "kind": row.kind}
        self._one(ControlMeasure, "measures", known, of, {**_ids(of), **data})

    def _grade(self, row: TreeRow, event: RiskEvent) -> None:
        key = ("grading", event.pk)
        if key in self._known:
            return
        self._known[key] = True
        self._new.append(key)
        under_way = RiskGrading.unscoped("one event has one open grading at a time").filter(
            event=event, closed_at=None
        )
        if under_way.exists():
            return
        asked = {
            "event": str(event.pk),
            "stage": INITIAL,
            "method": row.method,
            "grounds": row.grounds,
            **row.scores,
        }
        self._made.append(open_matter(RiskGradingLoop, self.actor, asked, key=self._key("gradings")).chain)
        self.entered.gradings += 1

    def _one(
        self, model: Any, count: str, known: dict[str, str], of: dict[str, Any], data: dict[str, Any]
    ) -> Any:
        """Find a row by its name under what it hangs on, or enter it."""
        key = (model, *known.values(), *of.values())
        if key not in self._known:
            rows = model.seen_by(self.actor).filter(archived_at=None, **known, **of).defer("search")
            found = rows.first()
            if found is None:
                found = create(model, self.actor, data, key=self._key(count))
                self._made.append(found.pk)
                setattr(self.entered, count, getattr(self.entered, count) + 1)
            self._known[key] = found
            self._new.append(key)
        return self._known[key]

    def _key(self, kind: str) -> uuid.UUID | None:
        """Return the key of what the present row begins: the same however often the row is tried."""
        return uuid.uuid5(self.source, f"{kind} {self._line}") if self.source else None


def reasons_of(refusal: KeepingError) -> dict[str, list[str]]:
    """Return the reasons of a refusal by field."""
    if isinstance(refusal, Invalid):
        return {name: [str(reason) for reason in reasons] for name, reasons in refusal.errors.items()}
    return {"": [str(refusal.words)]}


def _ids(of: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in of.items()}


def told(refusal: KeepingError) -> list[str]:
    """Return the reasons of a refusal as lines."""
    if isinstance(refusal, Invalid):
        return [str(reason) for reasons in refusal.errors.values() for reason in reasons]
    return [str(refusal.words)]

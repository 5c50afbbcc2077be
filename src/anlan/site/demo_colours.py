"""The demonstration's colours: risk trees for its enterprises, the colours of the whole year, joint prevention, one floor plan.

The year's facts are read from the ledger as they were (when a danger fell overdue, when it was graded major, when it ended), so
that the map of any past day shows what stood then. Written in sets; ends with the computation everybody's colours come from.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from django.db import transaction

from anlan.domains.colours import painting, reading
from anlan.domains.colours.facts import fact_kinds, limits_on
from anlan.domains.colours.models import EnterpriseColour
from anlan.domains.colours.rules import paint
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.risk.models import ControlMeasure, RiskEvent, RiskObject, RiskUnit
from anlan.kernel import clock
from anlan.kernel.copying import copy_new
from anlan.kernel.ids import new_id
from anlan.kernel.ledger.models import LedgerEntry
from anlan.kernel.ledger.writing import NewEntry, append_first
from anlan.kernel.registers.keeping import subject_of
from anlan.kernel.scope.actor import CLOCK
from anlan.kernel.scope.responsibility import section_of

# What may go wrong, by what stands in the enterprise: object, unit, event, level without and with controls.
TREES: dict[str, tuple[tuple[str, str, str, int, int], ...]] = {
    "": (("配电室", "低压配电", "触电", 2, 1), ("办公生产用房", "疏散通道", "火灾时不能疏散", 2, 1)),
    "handles_hazardous_chemicals": (("危化品库", "装卸与储存", "泄漏引发火灾爆炸", 4, 3),),
    "has_major_hazard": (("储罐区", "收储作业", "罐体泄漏爆炸", 4, 4),),
    "has_explosive_dust": (("打磨车间", "除尘系统", "粉尘爆炸", 4, 3),),
    "uses_ammonia": (("制冷机房", "氨制冷系统", "氨泄漏中毒", 4, 3),),
    "has_confined_space": (("污水池", "清淤作业", "中毒和窒息", 3, 2),),
    "is_crowded_place": (("营业场所", "人员疏散", "拥挤踩踏", 3, 2),),
}
MACHINES = (
    ("冲压设备", "冲压作业", "机械伤害", 3, 2),
    ("叉车", "厂内运输", "车辆伤害", 3, 2),
    ("行车", "吊装作业", "起重伤害", 3, 2),
)
MEASURES = ("岗前检查并记录", "操作规程上墙", "定期维护保养")
GRADED_SHARE = 0.92  # some have not come to it yet


@dataclass
class _Firm:
    row: Enterprise
    events: list[RiskEvent] = field(default_factory=list)
    controlled_on: datetime | None = None  # from then on the controls count
    turns: list[tuple[datetime, str, uuid.UUID, bool]] = field(default_factory=list)


def make(seed: int) -> dict[str, int]:
    """Make what is not there yet: trees, then the colours of the year; returns counts."""
    if (
        EnterpriseColour.unscoped("the demonstration makes its own risks")
        .filter(is_demo=True, former_level__isnull=False)
        .exists()
    ):
        return {}
    random = Random(f"{seed}/colours")  # noqa: S311 (a demonstration, not a secret)
    with transaction.atomic():
        firms = _firms()
        _plant(firms, random)
        _read_events(firms, random)
        _read_turns(firms)
        EnterpriseColour.unscoped("the demonstration makes its own risks").filter(is_demo=True).delete()
        rows = [row for firm in firms.values() for row in _history(firm)]
        _end_as_now(rows)
        copy_new(EnterpriseColour, rows)
    painting.recompute()
    return {"colours": len(rows)}


def _firms() -> dict[uuid.UUID, _Firm]:
    rows = (
        Enterprise.unscoped("the demonstration makes its own risks")
        .filter(is_demo=True, archived_at=None)
        .select_related("territory", "holder")
    )
    return {row.pk: _Firm(row) for row in rows.defer("search").order_by("pk")}


def _plant(firms: dict[uuid.UUID, _Firm], random: Random) -> None:
    """Give a tree to every enterprise that keeps none yet."""
    rows = RiskEvent.unscoped("the demonstration makes its own risks").filter(is_demo=True)
    planted = set(rows.values_list("enterprise", flat=True))
    made: dict[Any, list[Any]] = {RiskObject: [], RiskUnit: [], RiskEvent: [], ControlMeasure: []}
    for firm in (firm for pk, firm in firms.items() if pk not in planted):
        is_graded = random.random() < GRADED_SHARE
        began = firm.row.created_at + timedelta(days=random.randint(1, 40))
        for name, unit, event, level, residual in _kinds(firm.row, random):
            _grow(made, firm.row, began, (name, unit, event), (level, residual) if is_graded else (0, 0))
    for model, rows in made.items():
        if not rows:
            continue
        copy_new(model, rows)
        names = [name for name in model.kept.asks if name in {"name", "description"}]
        entries = [
            NewEntry(row.pk, {name: getattr(row, name) for name in names}, {}, None, row.is_demo)
            for row in rows
        ]
        with clock.travel(min(row.created_at for row in rows)):
            append_first(
                subject_of(model), "created", CLOCK, entries, at=clock.now(), received_at=clock.now()
            )


def _kinds(row: Enterprise, random: Random) -> Iterator[tuple[str, str, str, int, int]]:
    yield from TREES[""]
    for flag in Enterprise.KEY_FLAGS:
        if getattr(row, flag):
            yield from TREES[flag]
    if section_of(row.industry) in {"B", "C", "D", "E"} and random.random() < 0.6:
        yield random.choice(MACHINES)


def _grow(
    made: dict[Any, list[Any]], firm: Enterprise, at: datetime, names: Sequence[str], levels: Sequence[int]
) -> None:
    base = {"enterprise": firm, "created_at": at, "updated_at": at, "risk_level": levels[0]}
    thing = RiskObject(
        name=names[0], residual_level=levels[1], responsible_person=firm.legal_representative, **base
    )
    unit = RiskUnit(risk_object=thing, name=names[1], residual_level=levels[1], **base)
    event = RiskEvent(unit=unit, name=names[2], residual_level=levels[1], **base)
    event.graded_on = at.astimezone(clock.CHINA).date() if levels[0] else None
    measures = [
        ControlMeasure(
            event=event,
            kind="management",
            description=text,
            responsible_person=firm.legal_representative,
            **base,
        )
        for text in MEASURES
    ]
    for row in (thing, unit, event, *measures):
        row.is_demo = True
        row.stand()
        row.settle()
        made[type(row)].append(row)


def _read_events(firms: dict[uuid.UUID, _Firm], random: Random) -> None:
    rows = (
        RiskEvent.unscoped("the demonstration makes its own risks")
        .filter(enterprise__in=firms, archived_at=None)
        .exclude(risk_level=0)
        .defer("search")
    )
    for event in rows.order_by("pk"):
        firms[event.enterprise_id].events.append(event)
    for firm in firms.values():
        firm.controlled_on = firm.row.created_at + timedelta(days=random.randint(60, 320))


def _read_turns(firms: dict[uuid.UUID, _Firm]) -> None:
    """Read from the ledger when each danger became a fact and when it ceased to be one."""
    dangers = (
        HiddenDanger.unscoped("the demonstration makes its own risks")
        .filter(enterprise__in=firms)
        .defer("search")
    )
    owner = {row.pk: row for row in dangers}
    acts: dict[uuid.UUID, list[tuple[str, datetime, str, str]]] = defaultdict(list)
    entries = LedgerEntry.objects.filter(chain__in=owner).order_by("chain", "seq")
    for chain, act, at, before, after in entries.values_list("chain", "act", "at", "from_state", "to_state"):
        acts[chain].append((act, at, before, after))
    for pk, row in owner.items():
        turns, late, major = firms[row.enterprise_id].turns, False, False
        for act, at, before, after in acts[pk]:
            if act.startswith("late_") and not late:
                turns.append((at, "danger_overdue", pk, True))
                late = True
            elif late and before != after:
                turns.append((at, "danger_overdue", pk, False))
                late = False
            if row.severity == "major" and after == "planning" and not major:
                turns.append((at, "danger_major", pk, True))
                major = True
        if row.closed_at is not None:
            turns += [
                (row.closed_at, kind, pk, False)
                for kind, stood in (("danger_overdue", late), ("danger_major", major))
                if stood
            ]


def _history(firm: _Firm) -> Iterator[EnterpriseColour]:
    """Yield the colours of an enterprise over the year, each until the next."""
    began = firm.row.created_at
    graded = began + timedelta(days=20)
    day = clock.today()
    stages, limits = {kind.name: kind.stages(day) for kind in fact_kinds()}, limits_on(day)
    standing: dict[str, set[str]] = defaultdict(set)
    moments = [(began, "", uuid.UUID(int=0), True)]
    if firm.events:
        moments += [
            (graded, "", uuid.UUID(int=0), True),
            (firm.controlled_on or graded, "", uuid.UUID(int=0), True),
        ]
    moments += firm.turns
    last: EnterpriseColour | None = None
    for at, kind, pk, begins in sorted(one for one in moments if one[0] <= clock.now()):
        if kind:
            (standing[kind].add if begins else standing[kind].discard)(str(pk))
        known = firm.events if at >= graded else []
        controlled = firm.controlled_on is not None and at >= firm.controlled_on
        read = reading.Read()
        read.inherent = max((event.risk_level for event in known), default=0)
        weighed = sorted(known, key=lambda event: (-_weight(event, controlled=controlled), event.pk))
        read.effective = _weight(weighed[0], controlled=controlled) if weighed else 0
        read.events = [str(event.pk) for event in weighed[: reading.MOST_EVENTS]]
        read.facts = {
            name: (len(ids), sorted(ids)[: reading.MOST_ROWS]) for name, ids in standing.items() if ids
        }
        counts = [(name, count) for name, (count, _) in read.facts.items()]
        painted = paint(read.inherent, read.effective, counts, stages, limits)
        row = _row(firm.row, painted.level, reading.kept(read, painted), at, last)
        if last is None or last.basis != row.basis:
            if last is not None:
                last.archived_at, last.archive_reason = at, "颜色或者依据有变化"
                yield last
            last = row
    if last is not None:
        yield last


def _weight(event: RiskEvent, *, controlled: bool) -> int:
    return event.residual_level if controlled and event.residual_level else event.risk_level


def _row(
    firm: Enterprise, level: int, basis: str, at: datetime, last: EnterpriseColour | None
) -> EnterpriseColour:
    row = EnterpriseColour(
        id=new_id(), enterprise=firm, section=section_of(firm.industry), risk_level=level, basis=basis,
        former_level=last.risk_level if last else None, since=at.astimezone(UTC), created_at=at, updated_at=at, is_demo=True,
        holder=firm.holder, sector=firm.sector, address=firm.address, longitude=firm.longitude, latitude=firm.latitude,
        sensitivity=firm.sensitivity,
    )  # fmt: skip
    row.place_in(firm.territory)
    row.settle()
    return row


def _end_as_now(rows: list[EnterpriseColour]) -> None:
    """Let the last colour of each enterprise stand on what is read now, where the colour is the same."""
    ought = reading.colours_of(None, clock.now())
    for row in rows:
        now = ought.get(row.enterprise_id)
        if row.archived_at is None and now is not None and now.level == row.risk_level:
            row.basis, row.section = now.basis, now.section

"""What an enterprise keeps, as records of the six data sets. The one place that knows both sides.

Times are Shanghai's. Where the format asks for somebody and the row names nobody, the enterprise answers. Shifts and weeks, which
the format has no word for, are told in hours and days, quarters in months.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType, SimpleNamespace
from typing import Any

from django.db.models import Q

from anlan.domains.checks.models import CheckLine
from anlan.domains.checks.words import FAILED, IN_ORDER
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.exchange import dual_prevention as fmt
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.hidden_dangers.words import MAJOR
from anlan.domains.risk.models import ControlMeasure, RiskEvent, RiskUnit
from anlan.kernel import clock

# (number, unit of the format) for one of ours. A shift as eight hours is an assumption, not the guide's.
CYCLES = MappingProxyType({
    "hour": (1, "小时"), "shift": (8, "小时"), "day": (1, "天"), "week": (7, "天"), "month": (1, "月"), "quarter": (3, "月"),
    "year": (1, "年"),
})  # fmt: skip
TYPES_BY_TOPIC = MappingProxyType({
    "fire": "5", "electrical": "3", "machinery": "7", "special_equipment": "7", "traffic": "6", "chemical": "2", "gas": "2",
    "dust": "2", "confined_space": "1", "height_construction": "1", "occupational_health": "1", "management": "1", "other": "8",
})  # fmt: skip
DAILY, FAILED_MEASURE, OTHER_SOURCE = "1", "9", "10"
STATES = MappingProxyType({"in_check": "1", "in_review": "1", "closed": "9"})
LEFT_OUT = frozenset({"withdrawn"})
TEN_THOUSAND = Decimal(10_000)
# Checks come in by the thousand and are read from where the last reading ended, this much over again.
OVERLAP = timedelta(days=1)
RESULTS = MappingProxyType({IN_ORDER: "0", FAILED: "1"})
NOT_OF_THE_KIND = "3"

Record = dict[str, str]


def records_of(
    enterprise: Enterprise, company: str, since: datetime | None = None
) -> Iterator[tuple[str, uuid.UUID, Record]]:
    """Yield (data set, row, record) for all that an enterprise uploads, in the order in which it must arrive.

    ``since``: when checks were last read; None reads them all.
    """
    for name, rows in _SOURCES.items():
        for pk, row, fields in _checks(enterprise, since) if name == fmt.RECORD else rows(enterprise):
            yield name, pk, _whole(name, company, enterprise, row, fields)


def _whole(name: str, company: str, enterprise: Enterprise, row: Any, fields: Record) -> Record:
    """Return a record with its head and tail, each text cut to what the format takes; empty fields left out."""
    by = enterprise.name
    is_gone = getattr(row, "archived_at", None) is not None or getattr(row, "state", "") in LEFT_OUT
    whole = {
        "id": str(row.pk), "companyCode": company, **fields, "deleted": "1" if is_gone else "0",
        "createDate": _time(row.created_at), "createBy": by, "updateDate": _time(row.updated_at), "updateBy": by,
    }  # fmt: skip
    most = {field.name: field.most for field in fmt.BY_NAME[name].fields}
    return {key: fmt.fitted(value, most[key]) for key, value in whole.items() if value != ""}


def _units(enterprise: Enterprise) -> Iterable[tuple[uuid.UUID, Any, Record]]:
    rows = RiskUnit.unscoped("uploads send every unit").filter(enterprise=enterprise)
    for row in rows.select_related("risk_object__division", "division").defer("search").order_by("pk"):
        above = row.risk_object
        division = row.division or above.division
        yield (
            row.pk,
            row,
            {
                "hazardCode": above.hazard_code or str(above.pk),
                "hazardDep": division.name if division else enterprise.name,
                "hazardLiablePerson": row.responsible_person or above.responsible_person or enterprise.name,
                "riskUnitName": row.name,
            },
        )


def _events(enterprise: Enterprise) -> Iterable[tuple[uuid.UUID, Any, Record]]:
    for row in (
        RiskEvent.unscoped("uploads send every event")
        .filter(enterprise=enterprise)
        .defer("search")
        .order_by("pk")
    ):
        yield row.pk, row, {"riskUnitId": str(row.unit_id), "riskEventName": row.name}


def _measure_rows(enterprise: Enterprise) -> Any:
    return (
        ControlMeasure.unscoped("uploads send every measure")
        .filter(enterprise=enterprise)
        .defer("search")
        .order_by("pk")
    )


def _measures(enterprise: Enterprise) -> Iterable[tuple[uuid.UUID, Any, Record]]:
    for row in _measure_rows(enterprise):
        yield row.pk, row, {
            "riskEventId": str(row.event_id), "dataSrc": row.data_source, "riskMeasureDesc": row.description,
            "classify1": row.class_1, "classify2": row.class_2, "classify3": row.class_3,
            "troubleshootContent": row.check_content or row.description,
        }  # fmt: skip


def _tasks(enterprise: Enterprise) -> Iterable[tuple[uuid.UUID, Any, Record]]:
    """A measure with a cycle is a task of checking it; the task bears the measure's own id."""
    for row in _measure_rows(enterprise).exclude(check_cycle=None):
        times, unit = CYCLES[row.check_cycle_unit]
        yield row.pk, row, {
            "riskMeasureId": str(row.pk), "troubleshootContent": row.check_content or row.description,
            "checkCycle": str(row.check_cycle * times), "checkCycleUnit": unit,
        }  # fmt: skip


def _lines(enterprise: Enterprise) -> Any:
    return CheckLine.objects.filter(enterprise_id=enterprise.pk).exclude(checked_at=None)


def _id_of(line: CheckLine) -> uuid.UUID:
    """Return the id of a record: one measure in one due window, however often it is read."""
    return uuid.uuid5(line.measure_id, line.starts_at.isoformat())


def _checks(enterprise: Enterprise, since: datetime | None = None) -> Iterable[tuple[uuid.UUID, Any, Record]]:
    """What was answered of the checks. Who did it is named as the task names them; no telephone is sent."""
    lines = _lines(enterprise)
    if since is not None:
        lines = lines.filter(Q(received_at__gt=since - OVERLAP) | ~Q(danger=None))
    for line in lines.select_related("task").order_by("pk"):
        row = SimpleNamespace(pk=_id_of(line), created_at=line.checked_at, updated_at=line.received_at)
        yield row.pk, row, {
            "checkTaskId": str(line.measure_id), "checkTime": _time(line.checked_at),
            "checkStatus": RESULTS.get(line.result, NOT_OF_THE_KIND), "person": line.task.done_by or enterprise.name,
        }  # fmt: skip


def _dangers(enterprise: Enterprise) -> Iterable[tuple[uuid.UUID, Any, Record]]:
    found = {line.danger: line for line in _lines(enterprise).exclude(danger=None)}
    rows = (
        HiddenDanger.unscoped("uploads send every danger").filter(enterprise=enterprise).exclude(severity="")
    )
    for row in rows.select_related("responsible_post", "holder").defer("search").order_by("pk"):
        yield row.pk, row, {
            **_behind(row, found.get(row.pk)), "dangerName": row.title(), "dangerLevel": "1" if row.severity == MAJOR else "0",
            "registTime": _time(row.opened_at), "registrant": enterprise.name,
            "dangerSrc": _source(row, found),
            "dangerManageType": "0" if row.rectify_by is None else "1",
            "hazardDangerType": TYPES_BY_TOPIC.get(row.topic, "8"), "dangerDesc": row.description,
            "controlMeasures": row.measures, "cost": _funds(row.cost_yuan if row.cost_yuan is not None else row.funds_yuan),
            "liablePerson": row.responsible_post.title if row.responsible_post else "",
            "dangerManageDeadline": row.rectify_by.isoformat() if row.rectify_by else "",
            "checkAcceptTime": _time(row.closed_at) if row.state == "closed" else "",
            "dangerState": STATES.get(row.state, "0"),
        }  # fmt: skip


def _behind(row: HiddenDanger, line: CheckLine | None) -> Record:
    """Return the measure that failed and, where the enterprise's own check found it, its record."""
    if line is not None:
        return {"riskMeasureId": str(line.measure_id), "checkRecordId": str(_id_of(line))}
    return {"riskMeasureId": str(row.control_measure_id)} if row.control_measure_id else {}


def _source(row: HiddenDanger, found: dict[Any, CheckLine]) -> str:
    if row.pk in found or row.control_measure_id:
        return FAILED_MEASURE
    return DAILY if row.found_by == "self" else OTHER_SOURCE


_SOURCES: dict[str, Callable[[Enterprise], Iterable[tuple[uuid.UUID, Any, Record]]]] = {
    fmt.UNIT: _units, fmt.EVENT: _events, fmt.MEASURE: _measures, fmt.TASK: _tasks,
    fmt.RECORD: _checks, fmt.DANGER: _dangers,
}  # fmt: skip


def _time(at: datetime | None) -> str:
    return at.astimezone(clock.CHINA).strftime("%Y-%m-%d %H:%M:%S") if at is not None else ""


def _funds(yuan: Decimal | None) -> str:
    return "" if yuan is None else f"{(yuan / TEN_THOUSAND).quantize(Decimal('0.0001')):f}"

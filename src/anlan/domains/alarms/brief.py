"""What a leader looks at first: what is red now, where, who answers for it, and what is late. Serves articles 14 and 18."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q

from anlan.domains.alarms.models import Alarm
from anlan.domains.alarms.watching import RAISED, SHELVED, standing, within
from anlan.domains.alarms.words import CRITICAL
from anlan.domains.installations.models import HazardFile, HazardKeeper, Installation
from anlan.domains.installations.words import MAIN, MAJOR_GRADES
from anlan.kernel import clock
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Territory
from anlan.kernel.words import Words

RED, LATE = 12, 12


@dataclass(slots=True)
class Place:
    """One place in the table: its major hazards by grade and what stands red or late there."""

    name: str
    query: str
    grades: dict[int, int] = field(default_factory=lambda: dict.fromkeys(MAJOR_GRADES, 0))
    critical: int = 0
    unheard: int = 0
    late: int = 0
    files: int = 0

    @property
    def cells(self) -> list[tuple[int, int]]:
        """Return the grades with how many."""
        return list(self.grades.items())


def places(actor: Actor, below: Sequence[Territory]) -> list[Place]:
    """Return the places below side by side, those with most that is red first."""
    found = [
        Place(str(Words(one.name, one.name_en or one.name)), urlencode({"territory": one.code}))
        for one in below
    ]
    starts = [(prefix, row) for one, row in zip(below, found, strict=True) for prefix in one.prefixes()]

    def of(path: str) -> list[Place]:
        return [row for prefix, row in starts if path.startswith(prefix)]

    units = Installation.seen_by(actor).filter(archived_at=None, grade__in=MAJOR_GRADES).order_by()
    for path, grade, n in units.values_list("path", "grade").annotate(n=Count("pk")):
        for row in of(path):
            row.grades[grade] += n
    for path, critical, unheard, late in _alarms(actor):
        for row in of(path):
            row.critical, row.unheard, row.late = (
                row.critical + critical,
                row.unheard + unheard,
                row.late + late,
            )
    for path, n in _late_files(actor).order_by().values_list("path").annotate(n=Count("pk")):
        for row in of(path):
            row.files += n
    return sorted(found, key=lambda row: (-row.critical, -row.late - row.files, row.name))


def _alarms(actor: Actor) -> Any:
    now = clock.now()
    rows = standing(actor, None).exclude(state=SHELVED).order_by()
    return rows.values_list("path").annotate(
        critical=Count("pk", filter=Q(level=CRITICAL)), unheard=Count("pk", filter=Q(state=RAISED)),
        late=Count("pk", filter=Q(due_at__lt=now, paused_at=None)),
    )  # fmt: skip


def _late_files(actor: Actor) -> Any:
    return (
        HazardFile.seen_by(actor)
        .filter(closed_at=None, paused_at=None, due_at__lt=clock.now())
        .defer("search")
    )


def red(actor: Actor, place: Territory | None) -> list[dict[str, Any]]:
    """Return the critical alarms that stand open, those nobody heard first, each with who answers for the unit."""
    rows = standing(actor, place).filter(level=CRITICAL).exclude(state=SHELVED).defer("search")
    found = list(
        rows.select_related("enterprise", "sensor__installation", "territory", "holder").order_by(
            "state", "raised_at"
        )[:RED]
    )
    return _with_keepers(actor, sorted(found, key=lambda row: (row.state != RAISED, row.raised_at)))


def late(actor: Actor, place: Territory | None) -> list[dict[str, Any]]:
    """Return the alarms that are late, the longest first."""
    rows = (
        standing(actor, place)
        .filter(due_at__lt=clock.now(), paused_at=None)
        .exclude(state=SHELVED)
        .defer("search")
    )
    found = rows.select_related("enterprise", "sensor__installation", "territory", "holder").order_by(
        "due_at", "pk"
    )[:LATE]
    return _with_keepers(actor, list(found))


def late_files(actor: Actor, place: Territory | None) -> list[HazardFile]:
    """Return the files of major hazards that are late."""
    rows = _late_files(actor).filter(within(place)).select_related("installation__enterprise", "territory")
    return list(rows.order_by("due_at", "pk")[:LATE])


def count_of_late_files(actor: Actor, place: Territory | None) -> int:
    """Return how many files of major hazards are late."""
    count: int = _late_files(actor).filter(within(place)).count()
    return count


def _with_keepers(actor: Actor, rows: Sequence[Alarm]) -> list[dict[str, Any]]:
    units = {row.sensor.installation_id for row in rows} - {None}
    keepers: dict[Any, list[HazardKeeper]] = defaultdict(list)
    for one in (
        HazardKeeper.seen_by(actor)
        .filter(installation__in=units, layer=MAIN, archived_at=None)
        .defer("search")
    ):
        keepers[one.installation_id].append(one)
    return [
        {
            "row": row,
            "unit": row.sensor.installation,
            "keeper": next(iter(keepers[row.sensor.installation_id]), None),
        }
        for row in rows
    ]

"""Writing colours in sets: what stands, what differs, the end of the one and the beginning of the other, and who is told."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F, Q

from anlan.domains.colours.models import EnterpriseColour, SharedRisk
from anlan.domains.colours.models.colour import SLUG
from anlan.domains.colours.reading import Colour
from anlan.domains.enterprises.models import Enterprise
from anlan.kernel import clock
from anlan.kernel.ids import new_id
from anlan.kernel.loops.engine import LIVE_CHANNEL
from anlan.kernel.scope.touched import note_many

MOST_TOLD = 500  # rows named to live pages at once; of more, pages look at everything again anyway
ENDED = "颜色或者依据有变化"
# What a colour repeats of its enterprise, so that scope, map and search read the colour's row alone.
FOLLOWED = (
    "path", "sector", "holder_id", "sensitivity", "is_demo", "territory_id", "address", "longitude", "latitude", "cell",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """The colour that stands of an enterprise now."""

    id: uuid.UUID
    level: int
    section: str
    basis: str
    since: datetime


def standing(ids: Collection[uuid.UUID] | None) -> dict[uuid.UUID, Standing]:
    """Return the colours that stand, of some enterprises or of all."""
    rows = EnterpriseColour.unscoped("the colours that stand are compared with what they ought to be").filter(
        archived_at=None
    )
    if ids is not None:
        rows = rows.filter(enterprise__in=list(ids))
    names = ("enterprise_id", "id", "risk_level", "section", "basis", "since")
    return {
        row[0]: Standing(*row[1:]) for row in rows.order_by().values_list(*names).iterator(chunk_size=5000)
    }


def write(wanted: Mapping[uuid.UUID, Colour], stands: Mapping[uuid.UUID, Standing], now: datetime) -> int:
    """Write what differs; returns how many enterprises that concerns."""
    ended, begun, amended = list[uuid.UUID](), list[tuple[Any, ...]](), list[tuple[Any, ...]]()
    for firm, old in stands.items():
        if firm not in wanted:
            ended.append(old.id)
    for firm, new in wanted.items():
        found = stands.get(firm)
        if found is None:
            begun.append((new_id(), firm, new.level, None, new.section, new.basis))
        elif (found.level, found.basis) != (new.level, new.basis):
            if found.since >= now:  # within the same moment there was no other colour
                amended.append((found.id, new.level, new.section, new.basis))
            else:
                ended.append(found.id)
                begun.append((new_id(), firm, new.level, found.level, new.section, new.basis))
        elif found.section != new.section:
            amended.append((found.id, new.level, new.section, new.basis))
    _end(ended, now)
    _amend(amended)
    _begin(begun, now)
    _tell([row[0] for row in (*begun, *amended)] or ended)
    return len({*ended}) + len(amended) + len(begun) - sum(1 for row in begun if row[3] is not None)


def follow_enterprises(ids: Collection[uuid.UUID] | None) -> None:
    """Let colours stand where their enterprises stand, the past ones too: an enterprise that moved takes its past along."""
    here, firms = EnterpriseColour._meta.db_table, Enterprise._meta.db_table
    pairs = ", ".join(f'"{name}" = e."{name}"' for name in (*FOLLOWED, "search"))
    old, new = (", ".join(f'{of}."{name}"' for name in FOLLOWED) for of in ("c", "e"))
    sql = f'UPDATE "{here}" c SET {pairs} FROM "{firms}" e WHERE c."enterprise_id" = e."id" AND ({old}) IS DISTINCT FROM ({new})'  # noqa: S608 - names of our own
    with connection.cursor() as cursor:
        if ids is None:
            cursor.execute(sql + ' RETURNING c."id"')
        else:
            cursor.execute(sql + ' AND e."id" = ANY(%s::uuid[]) RETURNING c."id"', [list(ids)])
        moved = [row[0] for row in cursor.fetchall()]
    note_many(EnterpriseColour, moved, is_new=False)


def follow_shared(ids: Collection[uuid.UUID] | None) -> None:
    """Let shared risks bear the level of their objects; what is archived is shared no more."""
    rows = SharedRisk.unscoped("a shared risk follows its object").filter(archived_at=None)
    if ids is not None:
        rows = rows.filter(enterprise__in=list(ids))
    differs = ~Q(risk_level=F("risk_object__risk_level")) | ~Q(risk_object__archived_at=None)
    for row in rows.filter(differs).select_related("risk_object", "enterprise"):
        row.risk_level = row.risk_object.risk_level
        row.archived_at, row.updated_at = row.risk_object.archived_at, clock.now()
        row.archive_reason = row.risk_object.archive_reason
        row.save()


def _end(ids: list[uuid.UUID], now: datetime) -> None:
    if not ids:
        return
    note_many(EnterpriseColour, ids, is_new=False)
    rows = EnterpriseColour.unscoped("a colour that changed has ended").filter(pk__in=ids)
    rows.update(archived_at=now, archive_reason=ENDED, updated_at=now)


def _amend(rows: list[tuple[Any, ...]]) -> None:
    if not rows:
        return
    note_many(EnterpriseColour, [row[0] for row in rows], is_new=False)
    here = EnterpriseColour._meta.db_table
    sql = (
        f'UPDATE "{here}" c SET "risk_level" = u.level, "section" = u.section, "basis" = u.basis, "updated_at" = %s'  # noqa: S608 - names of our own
        ' FROM unnest(%s::uuid[], %s::int[], %s::text[], %s::text[]) AS u(id, level, section, basis) WHERE c."id" = u.id'
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [clock.now(), *(list(column) for column in zip(*rows, strict=True))])


def _begin(rows: list[tuple[Any, ...]], now: datetime) -> None:
    if not rows:
        return
    here, firms = EnterpriseColour._meta.db_table, Enterprise._meta.db_table
    names = ", ".join(f'"{name}"' for name in (*FOLLOWED, "search"))
    theirs = ", ".join(f'e."{name}"' for name in (*FOLLOWED, "search"))
    sql = (
        f'INSERT INTO "{here}" ("id", "enterprise_id", "risk_level", "former_level", "section", "basis", "since", "created_at",'  # noqa: S608 - names of our own
        f' "updated_at", "version", "archive_reason", {names}) SELECT u.id, e."id", u.level, u.former, u.section, u.basis,'
        f" %s, %s, %s, 1, '', {theirs} FROM unnest(%s::uuid[], %s::uuid[], %s::int[], %s::int[], %s::text[], %s::text[])"
        f' AS u(id, firm, level, former, section, basis) JOIN "{firms}" e ON e."id" = u.firm'
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [now, now, now, *(list(column) for column in zip(*rows, strict=True))])
    note_many(EnterpriseColour, [row[0] for row in rows], is_new=True)


def _tell(ids: list[uuid.UUID]) -> None:
    """Tell live pages, once the transaction commits, which rows of the list are new; nothing of their content."""
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_notify(%s || current_schema(), said) FROM unnest(%s::text[]) AS said",
            [LIVE_CHANNEL, [json.dumps({"loop": SLUG, "id": str(pk)}) for pk in ids[:MOST_TOLD]]],
        )

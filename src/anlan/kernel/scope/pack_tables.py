"""Writing a read pack into the tables of scope: once, or again after the files changed, or after a crash.

One transaction. Rows are matched by what lasts (segment, party key, begin of a period), so a second run
changes nothing and no row that people added is touched. What a newer file no longer holds gets an end date.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, models, transaction

from anlan.kernel.ids import new_id
from anlan.kernel.scope.pack import Pack, PackDepartment, PackName, PackTerritory
from anlan.kernel.scope.parties import Party, PartyName, PartySuccession, Remit
from anlan.kernel.scope.territory import Territory, TerritoryCode, ZoneMember
from anlan.kernel.scope.tree import renew_stamp

LOCK = 0x7061636B  # "pack": two loaders of one city wait for one another
BATCH = 1000


@dataclass(slots=True)
class Settled:
    """What a run of the loader changed, by table."""

    made: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    ended: int = 0


@dataclass(frozen=True, slots=True)
class Body:
    """A body that a pack asks for: a government or department at one territory, or a village."""

    key: str
    kind: str
    at: PackTerritory
    department: PackDepartment | None
    names: tuple[PackName, ...]


def settle(pack: Pack, today: date) -> Settled:
    """Bring the tables to what the pack says; ``today`` dates the end of territories that are gone."""
    settled = Settled()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", [LOCK])
        territories = _territories(pack, settled, today)
        _dated(TerritoryCode, _code_rows(pack, territories), ("territory_id", "code", "system"), settled)
        _dated(ZoneMember, _member_rows(pack, territories), ("zone_id", "territory_id"), settled)
        bodies = list(_bodies(pack))
        parties = _parties(bodies, territories, settled, today)
        _dated(PartyName, _name_rows(bodies, parties), ("party_id",), settled)
        _successions(pack, bodies, parties, settled)
        _dated(Remit, _remit_rows(pack, bodies, parties, territories), REMIT_KEY, settled)
        renew_stamp()
    return settled


REMIT_KEY = ("party_id", "territory_id", "role", "industry", "subject")


def _territories(pack: Pack, settled: Settled, today: date) -> dict[str, Territory]:
    """Write the tree top-down; a segment once given stays, and with it the path."""
    old = {row.segment: row for row in Territory.objects.all()}
    paths: dict[str, str] = {}
    found: dict[str, Territory] = {}
    for source in sorted(pack.territories.values(), key=lambda t: (_depth(pack, t), t.code)):
        row = old.get(source.code) or Territory(id=new_id(), segment=source.code)
        parent = found.get(source.parent)
        path = f"{parent.path if parent else '/'}{source.code}/"
        if row.path and row.path != path:
            raise MovedError(source.code, row.path, path)
        paths[source.code] = path
        found[source.code] = row
        _lay(row, settled, _territory_values(pack, source, parent, path))
    _save(Territory, found.values(), settled, "segment")
    gone = [row.pk for segment, row in old.items() if segment not in found and row.valid_to is None]
    settled.ended = Territory.objects.filter(pk__in=gone).update(valid_to=today)
    return found


def _depth(pack: Pack, territory: PackTerritory) -> int:
    """Return how many places lie above one: codes of other countries do not grow longer downwards."""
    depth = 0
    while territory.parent:
        territory, depth = pack.territories[territory.parent], depth + 1
    return depth


class MovedError(ValueError):
    """A territory changed its place in the tree, and rows lie under its old path."""

    def __init__(self, code: str, was: str, now: str) -> None:
        super().__init__(
            f"{code} 的上级变了（{was} → {now}）：旧路径下已有数据，请另给新代码并写入沿革 / "
            f"{code} moved in the tree ({was} → {now}): rows lie under its old path; give it a new code"
        )


def _territory_values(
    pack: Pack, source: PackTerritory, parent: Territory | None, path: str
) -> dict[str, object]:
    point = pack.points.get(source.code)
    return {
        "path": path,
        "code": source.code,
        "name": source.name,
        "name_en": source.name_en,
        "level": source.level,
        "kind": source.kind,
        "parent_id": parent.pk if parent else None,
        "longitude": _degrees(point.longitude) if point else None,
        "latitude": _degrees(point.latitude) if point else None,
        "point_note": f"{point.precision}: {point.basis}" if point else "",
        "valid_from": source.valid_from,
        "valid_to": source.valid_to,
        "source": source.source,
    }


def _degrees(text: str) -> Decimal:
    return Decimal(text).quantize(Decimal("0.000001"))


def _code_rows(pack: Pack, territories: dict[str, Territory]) -> Iterator[dict[str, object]]:
    for code in pack.codes:
        yield {
            "territory_id": territories[code.territory].pk,
            "code": code.code,
            "system": code.system,
            "valid_from": code.valid_from,
            "valid_to": code.valid_to,
            "source": code.source,
            "confidence": code.confidence,
        }


def _member_rows(pack: Pack, territories: dict[str, Territory]) -> Iterator[dict[str, object]]:
    for member in pack.members:
        yield {
            "zone_id": territories[member.zone].pk,
            "territory_id": territories[member.territory].pk,
            "valid_from": member.valid_from,
            "valid_to": member.valid_to,
            "confidence": member.confidence,
            "note": member.note,
        }


def _bodies(pack: Pack) -> Iterator[Body]:
    """Yield every body: governments, the departments of each level, the committees of villages."""
    for territory in pack.territories.values():
        form = pack.governments.get("zone" if territory.level == "zone" else territory.kind)
        if form:
            name = PackName(form["zh"], form.get("en", ""), None, None)
            kind = "village" if territory.level == "village" else "government"
            yield Body(f"{territory.code}:{kind}", kind, territory, None, (_named(pack, territory, name),))
        for department in pack.departments.values():
            if territory.level in department.at:
                unit = department.units.get(territory.level, {})
                names = tuple(_named(pack, territory, name, unit) for name in department.names)
                yield Body(f"{territory.code}:{department.key}", "department", territory, department, names)


def _named(
    pack: Pack, territory: PackTerritory, name: PackName, unit: dict[str, str] | None = None
) -> PackName:
    county = pack.county_of(territory)
    zh = {
        "place": territory.name,
        "county": county.name if county else "",
        "unit": (unit or {}).get("zh", ""),
    }
    en = {
        "place": territory.name_en or territory.name,
        "county": county.name_en if county else "",
        "unit": (unit or {}).get("en", ""),
    }
    return PackName(name.zh.format(**zh), name.en.format(**en), name.valid_from, name.valid_to)


def _parties(
    bodies: list[Body], territories: dict[str, Territory], settled: Settled, today: date
) -> dict[str, Party]:
    old = {row.key: row for row in Party.objects.filter(key__in=[body.key for body in bodies])}
    found: dict[str, Party] = {}
    for body in bodies:
        row = old.get(body.key) or Party(id=new_id(), key=body.key)
        found[body.key] = row
        _lay(row, settled, _party_values(body, territories[body.at.code], today))
    _save(Party, found.values(), settled, "key")
    return found


def _party_values(body: Body, territory: Territory, today: date) -> dict[str, object]:
    started = [name for name in body.names if name.valid_from is None or name.valid_from <= today]
    current = started[-1] if started else body.names[0]
    department = body.department
    return {
        "kind": body.kind,
        "name": current.zh,
        "name_en": current.en,
        "level": body.at.level,
        "sector": department.sector if department else "",
        "territory_id": territory.pk,
        "path": territory.path,
        "valid_from": department.valid_from if department else None,
        "valid_to": department.valid_to if department else None,
    }


def _name_rows(bodies: list[Body], parties: dict[str, Party]) -> Iterator[dict[str, object]]:
    """Yield the dated names of bodies that ever had more than one, or an end."""
    for body in bodies:
        department = body.department
        if department and (len(body.names) > 1 or department.valid_to):
            for name in body.names:
                yield {
                    "party_id": parties[body.key].pk,
                    "name": name.zh,
                    "valid_from": name.valid_from,
                    "valid_to": name.valid_to,
                    "source": department.source,
                    "confidence": department.confidence,
                }


def _successions(pack: Pack, bodies: list[Body], parties: dict[str, Party], settled: Settled) -> None:
    known = set(PartySuccession.objects.values_list("predecessor_id", "successor_id"))
    new = []
    for body in bodies:
        department = body.department
        if not department or not department.succeeded_by or not department.valid_to:
            continue
        successor = parties.get(f"{body.at.code}:{department.succeeded_by}")
        pair = (parties[body.key].pk, successor.pk if successor else None)
        if successor and pair not in known:
            since = department.valid_to + timedelta(days=1)
            new.append(
                PartySuccession(predecessor_id=pair[0], successor=successor, since=since, source="pack")
            )
    PartySuccession.objects.bulk_create(new, BATCH)
    settled.made["PartySuccession"] = len(new)


def _remit_rows(
    pack: Pack, bodies: list[Body], parties: dict[str, Party], territories: dict[str, Territory]
) -> Iterator[dict[str, object]]:
    by_kind: dict[tuple[str, str], list[Body]] = {}
    for body in bodies:
        key = body.department.key if body.department else body.kind
        by_kind.setdefault((key, body.at.level), []).append(body)
    for remit in pack.remits:
        for level in remit.at:
            for body in by_kind.get((remit.party, level), ()):
                for industry in remit.industry:
                    yield {
                        "party_id": parties[body.key].pk,
                        "territory_id": territories[body.at.code].pk,
                        "role": remit.role,
                        "sector": remit.sector or (body.department.sector if body.department else ""),
                        "industry": industry,
                        "subject": remit.subject,
                        "displaces": level == "zone",
                        "valid_from": remit.valid_from,
                        "valid_to": remit.valid_to,
                        "citation": remit.cite,
                        "confidence": remit.confidence,
                    }


def _dated(
    model: type[models.Model], wanted: Iterable[dict[str, Any]], key: tuple[str, ...], settled: Settled
) -> None:
    """Write dated rows, matched by their key and the day they begin; rows the pack does not name stay."""
    manager = model._default_manager
    columns = (*key, "valid_from")
    old = {tuple(getattr(row, column) for column in columns): row for row in manager.all()}
    rows = []
    for values in wanted:
        row = old.get(tuple(values[column] for column in columns)) or model()
        _lay(row, settled, values)
        rows.append(row)
    _save(model, rows, settled)


def _lay(row: models.Model, settled: Settled, values: dict[str, Any]) -> None:
    """Put values on a row and remember whether that changed it."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    row.__dict__["_laid"] = tuple(changed)


def _save(model: type[models.Model], rows: Iterable[models.Model], settled: Settled, _key: str = "") -> None:
    """Insert what is new and update what changed, in bulk."""
    manager = model._default_manager
    rows = list(rows)
    new = [row for row in rows if row._state.adding]
    changed = [row for row in rows if not row._state.adding and row.__dict__["_laid"]]
    manager.bulk_create(new, BATCH)
    if changed:
        fields = sorted(
            {model._meta.get_field(name).name for row in changed for name in row.__dict__["_laid"]}
        )
        manager.bulk_update(changed, fields, BATCH)
    settled.made[model.__name__] = len(new)
    settled.changed[model.__name__] = len(changed)

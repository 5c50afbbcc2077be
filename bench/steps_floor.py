"""The floor of the steps: the rows that the engine wrote for some matters, written again by plain SQL under new ids.

What a step writes beside its matter, its duties and its entry is written here too, as it stood after that step: the notices it
gave, the evidence it bound, the notes by which figures and colours follow. Photographs lie in the store before, as they do
when the engine takes a step. All of it is taken out again afterwards.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from bench.place import Place

JSONB, JSON = 3802, 114  # the types' numbers in PostgreSQL
MATTERS, FILES = "hidden_dangers_hiddendanger", "evidence"


def lay_plainly(matters: list[uuid.UUID]) -> tuple[list[float], list[uuid.UUID]]:
    """Write the rows of some matters again; returns milliseconds of each transaction, and the new ids of matters and files."""
    from django.db import connection

    connection.ensure_connection()
    raw: Any = connection.connection
    copies = [_Copy(raw, pk) for pk in matters]
    for copy in copies:
        _insert(raw, FILES, copy.files)
    raw.autocommit = False
    times: list[float] = []
    for copy in copies:
        for number in range(len(copy.entries)):
            started = time.perf_counter()
            copy.write(raw, number)
            raw.commit()
            times.append((time.perf_counter() - started) * 1000)
    raw.autocommit = True
    return times, [pk for copy in copies for pk in (copy.pk, *(file["id"] for file in copy.files))]


class _Copy:
    """The rows of one matter, read back, to be written again step by step."""

    def __init__(self, raw: Any, pk: uuid.UUID) -> None:
        self.pk = uuid.uuid4()
        found = sorted(_rows(raw, "ledger_entry", "chain", pk), key=lambda one: one["seq"])
        ids = {entry["id"]: uuid.uuid4() for entry in found}
        self._read_row(raw, pk, found)
        self.entries = [
            _without(entry, "position") | {"id": ids[entry["id"]], "chain": self.pk, "key": uuid.uuid4()}
            for entry in found
        ]
        self.private = [
            [
                part | {"entry_id": ids[entry["id"]]}
                for part in _rows(raw, "ledger_private", "entry_id", entry["id"])
            ]
            for entry in found
        ]
        self.duties = [
            duty | {"id": uuid.uuid4(), "matter_id": self.pk, "done_at": None, "next_at": _first_moment(duty)}
            for duty in _rows(raw, "loops_duty", "matter_id", pk)
        ]
        self.notices = [
            one | {"id": uuid.uuid4(), "matter_id": self.pk, "spread_at": None}
            for one in _rows(raw, "notices_notice", "matter_id", pk)
        ]
        self._read_notes(raw, pk)
        self._read_files(raw, pk, ids)

    def _read_row(self, raw: Any, pk: uuid.UUID, entries: Sequence[Mapping[str, Any]]) -> None:
        """Read the row, and out of its entries what stood in it when it was made and which columns each step then wrote."""
        from anlan.domains.hidden_dangers.models import HiddenDanger

        row = _rows(raw, MATTERS, "id", pk)[0]
        fields = {field.attname: field for field in HiddenDanger._meta.concrete_fields}
        told = [_told(HiddenDanger, entry) for entry in entries]
        self.changes = [
            columns
            | {"search": row["search"], "state": entry["to_state"], "version": number + 1, "updated_at": entry["received_at"]}
            for number, (entry, columns) in enumerate(zip(entries, told, strict=True))
        ]  # fmt: skip
        later = {name: fields[name].get_default() for columns in told[1:] for name in columns}
        self.row = _without(row, *(name for name, field in fields.items() if field.generated))
        self.row |= later | self.changes[0] | {"id": self.pk, "number": f"F-{self.pk.hex[:20]}"}

    def _read_notes(self, raw: Any, pk: uuid.UUID) -> None:
        """Read the notes that figures and colours follow by: those of one transaction bear its time."""
        found = sorted(_rows(raw, "scope_touched", "row_id", pk), key=lambda one: one["id"])
        self.notes = [
            [_without(note, "id", "at") | {"row_id": self.pk} for note in of_step]
            for _, of_step in groupby(found, lambda one: one["at"])
        ]
        if len(self.notes) != len(self.entries):
            raise RuntimeError("the notes of the steps were taken in meanwhile: is a worker running?")

    def _read_files(self, raw: Any, pk: uuid.UUID, ids: Mapping[uuid.UUID, uuid.UUID]) -> None:
        """Read the evidence and its links; the files are to lie there unbound, as when they were received."""
        from anlan.kernel.evidence.models import Evidence

        links = _rows(raw, "evidence_link", "chain", pk)
        bound = [_rows(raw, FILES, "id", link["evidence_id"])[0] | {"id": uuid.uuid4()} for link in links]
        self.bindings = {file["id"]: {name: file[name] for name in _BOUND} for file in bound}
        columns: Any = {field.attname: field for field in Evidence._meta.concrete_fields}
        free = {name: columns[name].get_default() for name in _BOUND}
        self.files = [file | free | {"is_demo": file["is_demo"]} for file in bound]
        self.links = [
            link
            | {
                "id": uuid.uuid4(),
                "evidence_id": file["id"],
                "chain": self.pk,
                "entry_id": ids[link["entry_id"]],
            }
            for link, file in zip(links, bound, strict=True)
        ]

    def write(self, raw: Any, number: int) -> None:
        """Write what one step wrote."""
        entry = self.entries[number]
        if number:
            raw.execute(f"SELECT 1 FROM {MATTERS} WHERE id = %s FOR UPDATE", [self.pk])
            raw.execute(
                "UPDATE loops_duty SET done_at = %s, next_at = NULL WHERE matter_id = %s AND done_at IS NULL",
                [entry["at"], self.pk],
            )
        _insert(raw, "loops_duty", [one for one in self.duties if one["key"] == f"state:{entry['to_state']}"])
        _insert(raw, "scope_touched", self.notes[number])
        if number:
            _update(raw, MATTERS, self.pk, self.changes[number])
        else:
            _insert(raw, MATTERS, [self.row])
        _insert(raw, "ledger_entry", [entry])
        _insert(raw, "ledger_private", self.private[number])
        for link in self.links:
            if link["entry_id"] == entry["id"]:
                _insert(raw, "evidence_link", [link])
                _update(raw, FILES, link["evidence_id"], self.bindings[link["evidence_id"]])
        _insert(
            raw, "notices_notice", [one for one in self.notices if one["made_at"] == entry["received_at"]]
        )
        raw.execute("SELECT pg_notify('anlan_floor', %s)", [str(self.pk)])


_BOUND = ("path", "sector", "holder_id", "sensitivity", "is_demo", "bound")


def _told(model: Any, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a row that an entry says were written, as the row holds them."""
    from anlan.kernel.loops.columns import kept_fields

    data, fields = entry["data"].obj, list(kept_fields(model))
    answers = {
        field.attname: value["id"] if isinstance(value, dict) else value
        for field in fields
        for name, value in data["answers"].items()
        if name == field.name
    }
    told = answers | data["row"]
    return {
        field.attname: told[field.attname] if field.is_relation else field.to_python(told[field.attname])
        for field in fields
        if field.attname in told
    }


def _first_moment(duty: Mapping[str, Any]) -> str | None:
    moments: list[list[str]] = duty["moments"].obj
    return moments[0][1] if duty["leads"] and moments else None


def _without(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def _rows(raw: Any, table: str, column: str, value: uuid.UUID) -> list[dict[str, Any]]:
    from psycopg.rows import dict_row
    from psycopg.types.json import Json, Jsonb

    with raw.cursor(row_factory=dict_row) as cursor:
        cursor.execute(f"SELECT * FROM {table} WHERE {column} = %s", [value])
        found: list[dict[str, Any]] = cursor.fetchall()
        kinds = {one.name: one.type_code for one in cursor.description}
    # Django lets the text of JSONB through as it is: taken for a value, it would be written as one long string.
    binary = [name for name, kind in kinds.items() if kind == JSONB]
    sealed = [name for name, kind in kinds.items() if kind == JSON]
    return [
        row
        | {name: Jsonb(json.loads(row[name])) for name in binary}
        | {name: Json(row[name]) for name in sealed}
        for row in found
    ]


def _insert(raw: Any, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write some rows in one statement."""
    if rows:
        places = ", ".join([f"({', '.join(['%s'] * len(rows[0]))})"] * len(rows))
        values = [value for row in rows for value in row.values()]
        raw.execute(f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES {places}", values)


def _update(raw: Any, table: str, pk: uuid.UUID, columns: Mapping[str, Any]) -> None:
    """Write some columns of one row."""
    places = ", ".join(f"{name} = %s" for name in columns)
    raw.execute(f"UPDATE {table} SET {places} WHERE id = %s", [*columns.values(), pk])


def take_out(place: Place, pks: list[uuid.UUID]) -> None:
    """Remove what the floor wrote: its entries hang on nothing and would be found by every later check."""
    from anlan.site.database import Cluster
    from bench.city.copying import unhindered

    with unhindered(Cluster(Path(place.folder) / "db").url(database="anlan")) as to:
        to.execute("DELETE FROM evidence_link WHERE chain = ANY(%s)", [pks])
        to.execute("DELETE FROM evidence WHERE id = ANY(%s)", [pks])
        to.execute("DELETE FROM notices_notice WHERE matter_id = ANY(%s)", [pks])
        to.execute("DELETE FROM scope_touched WHERE row_id = ANY(%s)", [pks])
        entries = "SELECT id FROM ledger_entry WHERE chain = ANY(%s)"
        to.execute(f"DELETE FROM ledger_private WHERE entry_id IN ({entries})", [pks])
        to.execute("DELETE FROM ledger_entry WHERE chain = ANY(%s)", [pks])
        to.execute("DELETE FROM loops_duty WHERE matter_id = ANY(%s)", [pks])
        to.execute("DELETE FROM hidden_dangers_hiddendanger WHERE id = ANY(%s)", [pks])

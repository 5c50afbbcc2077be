"""Undoing an import as one act: what it added is archived or withdrawn, what it changed is put back, each in the ledger.

Whatever somebody has worked on since is left as it is, and said. Nothing is deleted.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from django.db import OperationalError, transaction
from psycopg.errors import DeadlockDetected

from anlan.kernel import clock, jobs, ledger
from anlan.kernel.ledger.writing import private_of
from anlan.kernel.loops import take
from anlan.kernel.registers import edit
from anlan.kernel.registers.bulk_archiving import Archiving, Result, archive_many
from anlan.kernel.registers.errors import KeepingError, NotAllowed, NotSeen
from anlan.kernel.registers.forms import reason_of
from anlan.kernel.scope import Actor
from anlan.kernel.spreadsheets.entering import UNDONE_BY_IMPORT
from anlan.kernel.spreadsheets.importing import import_of
from anlan.kernel.spreadsheets.models import EDITED, MADE, Import, ImportedRow
from anlan.kernel.spreadsheets.tables import OwnTable, Table, table_named
from anlan.kernel.words import Words

CHUNK = 100
TRIES = 5
_UNDO = Words("撤销导入", "Undo an import")
_NOT_YET = Words(
    "导入还没有结束，或没有可撤销的内容。", "The import has not ended, or there is nothing to undo."
)
_LEFT = Words("之后已被修改，保持不变。", "It was changed since and is left as it is.")
_DONE = Words(
    "已撤销 {undone} 条，保留 {left} 条（之后有改动）", "{undone} undone, {left} left (changed since)"
)


def undo(actor: Actor, pk: uuid.UUID, reason: str) -> jobs.Task:
    """Ask for an import to be undone, with the reason; raises NotAllowed where there is nothing to undo."""
    found, why = import_of(actor, pk), reason_of(reason, longest=200)
    task = jobs.tasks_of(actor, found.task).first() if found.task else None
    if task is None or task.is_open or found.undone_at is not None or not may_undo(found):
        raise NotAllowed(_NOT_YET)
    title = Words(f"撤销导入：{found.name}", f"Undo the import: {found.name}")
    total = found.outcomes.filter(outcome__in=MADE, undone__isnull=True).count()
    with transaction.atomic():
        # Whoever asks at the same moment, with other words perhaps, is told of the one that is under way.
        held = Import.objects.select_for_update().get(pk=found.pk)
        under_way = jobs.tasks_of(actor, held.undo_task).first() if held.undo_task else None
        if under_way is not None and under_way.is_open:
            return under_way
        asked = jobs.ask(actor, "undo-import", title, {"import": str(found.pk), "reason": why}, total=total)
        found.undo_task = asked.pk
        found.save(update_fields=["undo_task"])
    return asked


def may_undo(found: Import) -> bool:
    """Say whether an import made anything that is not undone yet."""
    return bool(found.task) and found.outcomes.filter(outcome__in=MADE, undone__isnull=True).exists()


@jobs.kind("undo-import", _UNDO)
def undo_task(run: jobs.Run) -> None:
    """Undo the rows, the last first; rows left as they are say why."""
    found = Import.objects.get(pk=uuid.UUID(run.params["import"]))
    table = table_named(found.slug)
    if table is None:
        raise jobs.TaskStopped(_NOT_YET)
    reason = f"{UNDONE_BY_IMPORT}：{found.name}：{run.params['reason']}"[:300]
    counts: Counter[str] = Counter(run.checkpoint)
    while True:
        rows = list(found.outcomes.filter(outcome__in=MADE, undone__isnull=True).order_by("-number")[:CHUNK])
        if not rows:
            break
        counts = _undo_chunk(run, table, found, rows, reason, counts)
    Import.objects.filter(pk=found.pk).update(undone_at=clock.now())
    run.finish(_words(counts))


def _undo_chunk(
    run: jobs.Run, table: Table, found: Import, rows: Sequence[ImportedRow], reason: str, before: Counter[str]
) -> Counter[str]:
    """Undo some rows in one transaction; tried again where it and the followers of figures and colours waited for each other."""
    for attempt in range(1, TRIES + 1):
        counts, actor = Counter(before), run.actor()
        try:
            with transaction.atomic():
                for row, why_not in zip(rows, _undone(table, found, rows, actor, reason), strict=True):
                    row.undone = {"left": why_not} if why_not else {}
                    counts["left" if why_not else "undone"] += 1
                ImportedRow.objects.bulk_update(rows, ["undone"])
                run.save(done=sum(counts.values()), note=_words(counts), checkpoint=dict(counts))
            return counts
        except OperationalError as fault:
            if attempt == TRIES or not isinstance(fault.__cause__, DeadlockDetected):
                raise
    raise AssertionError("unreachable")


def _words(counts: Counter[str]) -> Words:
    return _DONE.filled(undone=f"{counts['undone']:,}", left=f"{counts['left']:,}")


def _undone(table: Table, found: Import, rows: Sequence[ImportedRow], actor: Actor, reason: str) -> list[str]:
    """Undo rows in their order; return for each why not, or an empty text. Rows that are only archived go in sets."""
    why_not: list[str] = []
    for is_archived_alone, run in groupby(rows, lambda row: _is_archived_alone(table, row)):
        some = list(run)
        if is_archived_alone:
            why_not += _archive(table, found, some, actor, reason)
        else:
            why_not += [_undo(table, found, row, actor, reason) for row in some]
    return why_not


def _is_archived_alone(table: Table, row: ImportedRow) -> bool:
    return not isinstance(table, OwnTable) and table.loop is None and row.outcome != EDITED


def _archive(
    table: Table, found: Import, rows: Sequence[ImportedRow], actor: Actor, reason: str
) -> list[str]:
    """Archive what rows added; what is changed since is left."""
    stands = dict(
        table.model.seen_by(actor).filter(pk__in=[row.record for row in rows]).values_list("pk", "version")
    )
    asked = {
        row.number: Archiving(row.record, row.version, _key(found, row))
        for row in rows
        if row.record is not None and row.version is not None and stands.get(row.record) == row.version
    }
    told = dict(zip(asked, archive_many(table.model, actor, list(asked.values()), reason), strict=True))
    gone = [one for one in told.values() if not isinstance(one, KeepingError)]
    table.model.let_go(gone, actor, reason)
    return [_why_not(row, stands, told.get(row.number)) for row in rows]


def _why_not(row: ImportedRow, stands: Mapping[uuid.UUID, int], result: Result | None) -> str:
    if row.record not in stands:
        return str(NotSeen().words)
    if result is None:
        return str(_LEFT)
    return str(result.words) if isinstance(result, KeepingError) else ""


def _key(found: Import, row: ImportedRow) -> uuid.UUID:
    return uuid.uuid5(found.pk, f"undo {row.number}")


def _undo(table: Table, found: Import, row: ImportedRow, actor: Actor, reason: str) -> str:
    """Undo one row that is not only archived; return why not, or an empty text."""
    key = _key(found, row)
    try:
        with transaction.atomic():
            if isinstance(table, OwnTable):
                return table.undo(found, row, actor, reason)
            if table.loop is not None:
                return _withdraw(table, row, actor, reason, key)
            record = table.model.seen_by(actor).filter(pk=row.record).first()
            if record is None:
                raise NotSeen
            if record.version != row.version:
                return str(_LEFT)
            former = _former(found, row, record)
            edit(table.model, record.pk, actor, former, reason=reason, version=row.version, key=key)
    except KeepingError as refusal:
        return str(refusal.words)
    return ""


def _withdraw(table: Table, row: ImportedRow, actor: Actor, reason: str, key: uuid.UUID) -> str:
    verb = next((step for step in table.loop.steps.values() if step.verb == "withdraw"), None)
    matter = table.model.seen_by(actor).filter(pk=row.record).first()
    if verb is None or matter is None:
        raise NotSeen
    take(verb.name, matter, actor, {"reason": reason}, key=key)
    return ""


def _former(found: Import, row: ImportedRow, record: Any) -> dict[str, Any]:
    """Return the values a row had before the import, as a form takes them, from the entry of its edit."""
    entry = ledger.find_by_key(uuid.uuid5(found.pk, f"row {row.number}"))
    if entry is None or entry.chain != record.pk:
        raise NotSeen
    changes = {**entry.data, **(private_of(entry) or {})}
    former: dict[str, Any] = {}
    for name, change in changes.items():
        if isinstance(change, list) and len(change) == 2 and name in record.kept.asks:
            former[name] = _input(change[0])
    return former


def _input(value: Any) -> Any:
    if isinstance(value, dict):
        return value.get("id", "")
    if isinstance(value, bool):
        return "true" if value else ""
    return "" if value is None else value

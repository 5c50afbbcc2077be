"""Imports: receive a file, guess and correct its mapping, run it in the background, answer with what was wrong where.

A chunk of rows, what became of them and the place to go on are one transaction: whatever kills the worker, every row is
entered exactly once. The person is looked up again at every chunk. Undoing is one act, and in the ledger like any other.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, BinaryIO

from django.db import transaction
from psycopg.types.json import Jsonb

from anlan.kernel import clock, jobs
from anlan.kernel.copying import LinesLike, column_text, copy_lines, new_row
from anlan.kernel.ids import new_id, new_ids
from anlan.kernel.jobs.results import reach_of
from anlan.kernel.registers.errors import NotAllowed, NotSeen
from anlan.kernel.scope import Actor
from anlan.kernel.scope.responsibility import remembering
from anlan.kernel.spreadsheets import planning
from anlan.kernel.spreadsheets.answering import write_answer
from anlan.kernel.spreadsheets.entering import Outcome, PreparedChunk
from anlan.kernel.spreadsheets.errors import SheetRefused
from anlan.kernel.spreadsheets.expiring import GONE
from anlan.kernel.spreadsheets.guessing import guessed, header_of
from anlan.kernel.spreadsheets.models import (
    ALIKE,
    CREATED,
    EDITED,
    RESTORED,
    SAME,
    WRONG,
    Import,
    ImportedRow,
)
from anlan.kernel.spreadsheets.models import (
    Mapping as Saved,
)
from anlan.kernel.spreadsheets.preparing import Preparing, Raw, all_rows, uncollected, why_entered
from anlan.kernel.spreadsheets.reading import EMPTY, LARGEST_FILE, MEGABYTE, MERGED, TOO_LARGE, Opened, opened
from anlan.kernel.spreadsheets.tables import Table, table_named
from anlan.kernel.spreadsheets.values import plain_text
from anlan.kernel.spreadsheets.xlsx import MEDIA_TYPE
from anlan.kernel.words import Words

SAMPLED = 16
SHOWN_CELL = 80
_IMPORT = Words("导入", "Import")
_MAY_NOT = Words("您的岗位不能录入这类记录。", "Your post may not enter records of this kind.")
_RUN_BEFORE = Words(
    "这个文件已经导入过。要再导入，重新上传。",
    "This file was imported already. Upload it again to import it again.",
)
_HIDDEN = Words("隐藏的工作表不导入：{names}。", "Hidden sheets are not imported: {names}.")
_OTHERS = Words("另有工作表未选：{names}。", "Other sheets, not chosen: {names}.")
_NO_NAME = Words("写一个名称。", "Give it a name.")
_DONE = Words(
    "新增 {created} 条，更新 {edited} 条，无变化 {same} 条，未导入 {wrong} 条，疑似重复 {alike} 条",
    "{created} added, {edited} updated, {same} unchanged, {wrong} not imported, {alike} likely duplicates",
)


def receive(
    actor: Actor, slug: str, stream: BinaryIO, name: str, *, about: uuid.UUID | None = None
) -> Import:
    """Take an uploaded file and guess its mapping; raises SheetRefused with what is wrong, NotAllowed, NotSeen.

    ``about`` is the row that the table of a domain belongs to.
    """
    table = _enterable(actor, slug)
    found = Import(
        id=new_id(), slug=slug, about=about, person=_own(actor.person_id), post=_own(actor.post_id), name=name[-200:] or "-",
        size=0, kind="", uploaded_at=clock.now(),
    )  # fmt: skip
    try:
        found.size = _copy(stream, found)
        book = opened(found.path)
        found.kind = book.kind
        found.sheets = [{"name": s.name, "hidden": s.is_hidden} for s in book.sheets]
        _look(found, table, book, book.first_sheet())
        found.save(force_insert=True)
    except BaseException:
        found.path.unlink(missing_ok=True)
        raise
    return found


def _copy(stream: BinaryIO, found: Import) -> int:
    size = 0
    with found.path.open("wb") as kept:
        while piece := stream.read(MEGABYTE):
            size += len(piece)
            if size > LARGEST_FILE:
                raise SheetRefused("too_large", TOO_LARGE.filled(n=LARGEST_FILE // MEGABYTE))
            kept.write(piece)
    return size


def _look(found: Import, table: Table, book: Opened, sheet: str, header: int | None = None) -> None:
    """Read the first rows of a sheet and guess which column is what."""
    sample: list[list[str]] = []
    filled: list[bool] = []  # of the first rows, which hold anything
    below = width = 0
    for number, cells in enumerate(book.rows(sheet)):
        width = max(width, len(cells))
        is_filled = any(cell not in (None, "") for cell in cells)
        if number < SAMPLED:
            sample.append([plain_text(cell)[:SHOWN_CELL] for cell in cells])
            filled.append(is_filled)
        else:
            below += is_filled
    if not below and not any(filled):
        raise SheetRefused("empty", EMPTY)
    if book.kind != "csv":  # a sheet is as wide as the widest of its rows; a text knows no columns
        sample = [cells + [""] * (width - len(cells)) for cells in sample]
    head = header_of(table, sample) if header is None else max(0, min(header, len(sample) - 1))
    # Only rows that hold anything are counted: those above the headings may be empty, as the notes of an export are read.
    found.sample, found.rows = sample, below + sum(filled[head + 1 :])
    found.plan = planning.new_plan(sheet, head, guessed(table, sample[head]))
    found.remarks = [words.both() for words in _remarks(book, sheet)]


def _remarks(book: Opened, sheet: str) -> Iterator[Words]:
    yield from book.remarks
    hidden = [s.name for s in book.sheets if s.is_hidden and s.name != sheet]
    others = [s.name for s in book.sheets if not s.is_hidden and s.name != sheet]
    if hidden:
        yield _HIDDEN.filled(names=_listed(hidden))
    if others:
        yield _OTHERS.filled(names=_listed(others))
    if book.has_merged(sheet):
        yield MERGED


def _listed(names: Sequence[str]) -> Words:
    return Words("、".join(names[:10]), ", ".join(names[:10]))


def choose_sheet(actor: Actor, pk: uuid.UUID, sheet: str, header: int | None = None) -> Import:
    """Read another sheet of the workbook, or take another row for the headings; the mapping is guessed anew."""
    found = _unrun(actor, pk)
    _look(found, _enterable(actor, found.slug), opened(found.path), sheet, header)
    found.save()
    return found


def headings_of(found: Import) -> list[str]:
    """Return the headings of the file."""
    head = found.plan["header"]
    return list(found.sample[head]) if head < len(found.sample) else []


def replan(actor: Actor, pk: uuid.UUID, changes: Mapping[str, Any]) -> Import:
    """Correct the mapping of a file that was not run; raises Invalid naming the fields at fault."""
    found = _unrun(actor, pk)
    table = _enterable(actor, found.slug)
    found.plan = planning.checked(table, {**found.plan, **changes}, headings_of(found))
    found.save(update_fields=["plan"])
    return found


def run(actor: Actor, pk: uuid.UUID) -> jobs.Task:
    """Ask for the import to be run as its plan says; raises Invalid where the plan does not do."""
    found = _unrun(actor, pk)
    table = _enterable(actor, found.slug)
    planning.checked(table, found.plan, headings_of(found))
    title = Words(f"导入{table.words.zh}：{found.name}", f"Import of {table.words.en.lower()}: {found.name}")
    with transaction.atomic():
        task = jobs.ask(actor, "import", title, {"import": str(found.pk)}, total=found.rows)
        found.task = task.pk
        found.save(update_fields=["task"])
    return task


def imports_of(actor: Actor) -> Any:
    """Return the person's imports in their present post, the newest first."""
    return Import.objects.filter(person=_own(actor.person_id), post=_own(actor.post_id)).order_by(
        "-uploaded_at"
    )


def import_of(actor: Actor, pk: uuid.UUID) -> Import:
    """Return one import of the person; raises NotSeen."""
    found: Import | None = imports_of(actor).filter(pk=pk).first()
    if found is None:
        raise NotSeen
    return found


def _unrun(actor: Actor, pk: uuid.UUID) -> Import:
    found = import_of(actor, pk)
    if found.was_run:
        raise NotAllowed(_RUN_BEFORE)
    if found.file_gone_at is not None:
        raise NotAllowed(GONE)
    return found


def _enterable(actor: Actor, slug: str) -> Table:
    table = table_named(slug)
    if table is None or not table.asks:
        raise NotSeen
    if not table.may_enter(actor):
        raise NotAllowed(_MAY_NOT)
    return table


def table_of(actor: Actor, found: Import) -> Table:
    """Return the table an import goes into; raises NotSeen, or NotAllowed to whoever may not enter its rows now."""
    return _enterable(actor, found.slug)


def _own(pk: uuid.UUID | None) -> uuid.UUID:
    """Return the id of the person, post or party; whoever has none enters nothing."""
    if pk is None:
        raise NotAllowed(_MAY_NOT)
    return pk


# --- mappings by name


def save_mapping(actor: Actor, found: Import, name: str) -> Saved:
    """Save the mapping of a file by name, for everybody of the same party."""
    name = name.strip().replace("\x00", "")[:80]
    if not name:
        raise SheetRefused("no_name", _NO_NAME)
    plan = planning.by_heading(found.plan, headings_of(found))
    saved, _ = Saved.objects.update_or_create(
        slug=found.slug, party=_own(actor.party_id), name=name,
        defaults={"plan": plan, "saved_at": clock.now(), "saved_by": _own(actor.person_id)},
    )  # fmt: skip
    return saved


def mappings_of(actor: Actor, slug: str) -> Any:
    """Return the mappings saved in the person's party for a table."""
    return Saved.objects.filter(slug=slug, party=_own(actor.party_id)).order_by("name")


def apply_mapping(actor: Actor, pk: uuid.UUID, mapping: uuid.UUID) -> Import:
    """Apply a saved mapping to a file; columns are found again by their headings."""
    found = _unrun(actor, pk)
    saved = mappings_of(actor, found.slug).filter(pk=mapping).first()
    if saved is None:
        raise NotSeen
    found.plan = planning.applied(saved.plan, found.plan, headings_of(found))
    found.save(update_fields=["plan"])
    return found


# --- running


@jobs.kind("import", _IMPORT)
def import_task(run: jobs.Run) -> None:
    """Enter the rows of a file, chunk by chunk; then answer with the file of what was wrong."""
    found = Import.objects.get(pk=uuid.UUID(run.params["import"]))
    table = table_named(found.slug)
    if table is None:
        raise jobs.TaskStopped(_MAY_NOT)
    if not found.path.exists():
        raise jobs.TaskStopped(GONE)
    counts: Counter[str] = Counter(run.checkpoint.get("counts", {}))
    actor = run.actor()
    preparing = Preparing(found, why_entered(found), after=run.checkpoint.get("row", 0))
    with closing(preparing), remembering() as memory:
        while (chunk := _next(preparing, actor)) is not None:
            if not table.may_enter(actor):
                raise jobs.TaskStopped(_MAY_NOT)
            with uncollected(), transaction.atomic():
                memory.renew()
                outcomes = preparing.enter(chunk)
                _note_all(found, outcomes)
                counts.update(o.outcome for o in outcomes)
                found.counts = dict(counts)
                found.save(update_fields=["counts"])
                checkpoint = {"row": chunk.last, "counts": dict(counts)}
                run.save(done=sum(counts.values()), note=said(counts), checkpoint=checkpoint)
            actor = run.actor()
    _finish(run, found, table, actor, counts)


def _next(preparing: Preparing, actor: Actor) -> PreparedChunk | Raw | None:
    with uncollected():
        return preparing.next(actor)


def _note_all(found: Import, outcomes: Sequence[Outcome]) -> None:
    """Write down what became of each row."""
    row = new_row(ImportedRow, {"source_id": found.pk, "number": 0, "outcome": ""})
    texts: dict[str, Sequence[str]] = {
        "id": new_ids(len(outcomes)),
        **{
            name: [column_text(getattr(one, name)) for one in outcomes]
            for name in ("number", "outcome", "record", "version")
        },
        "reasons": [column_text(Jsonb(one.reasons)) if one.reasons else "{}" for one in outcomes],
    }
    copy_lines(ImportedRow, [LinesLike(row, [*texts]).lines(texts)])


def _finish(run: jobs.Run, found: Import, table: Table, actor: Actor, counts: Counter[str]) -> None:
    Import.objects.filter(pk=found.pk).update(finished_at=clock.now(), counts=dict(counts))
    if not counts[WRONG] and not counts[ALIKE]:
        run.finish(said(counts))
        return
    write_answer(found, table, all_rows(found), run.draft())
    stem = found.name.rsplit(".", 1)[0][:120]
    name = f"{stem}-{Words('未导入的行', 'rows not imported')}.xlsx"
    run.deliver(name, MEDIA_TYPE, reach=reach_of(actor), note=said(counts))


def said(counts: Mapping[str, int]) -> Words:
    """Return what came of an import, in words."""
    return _DONE.filled(
        created=f"{counts.get(CREATED, 0) + counts.get(RESTORED, 0):,}", edited=f"{counts.get(EDITED, 0):,}",
        same=f"{counts.get(SAME, 0):,}", wrong=f"{counts.get(WRONG, 0):,}", alike=f"{counts.get(ALIKE, 0):,}",
    )  # fmt: skip

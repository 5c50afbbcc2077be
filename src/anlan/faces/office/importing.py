"""Importing a table: the template, the upload, the preview with its mapping, progress, what was wrong, undoing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from anlan.faces.office.access import signed_in
from anlan.faces.office.shell import page
from anlan.faces.office.subjects import subject_named
from anlan.faces.office.tasks import line_of
from anlan.kernel import jobs
from anlan.kernel.jobs.results import folder
from anlan.kernel.registers.errors import Invalid, KeepingError, NotAllowed, NotSeen
from anlan.kernel.scope import Actor
from anlan.kernel.spreadsheets import importing, undoing
from anlan.kernel.spreadsheets.answering import said
from anlan.kernel.spreadsheets.models import ALIKE, WRONG, Import
from anlan.kernel.spreadsheets.planning import COORDINATES
from anlan.kernel.spreadsheets.tables import OwnTable, Table, table_named
from anlan.kernel.spreadsheets.templates import write_template
from anlan.kernel.spreadsheets.trying import tried
from anlan.kernel.spreadsheets.xlsx import MEDIA_TYPE, letters
from anlan.kernel.words import Words

RECENT = 10
SHOWN_ROWS, SHOWN_FAULTS, SHOWN_TRIED = 8, 20, 5
_NO_FILE = Words("先选择文件。", "Choose a file first.")
_MAY_NOT = Words("您的岗位不能录入这类记录。", "Your post may not enter records of this kind.")


def _table(actor: Actor, slug: str) -> Table:
    table = table_named(subject_named(slug).slug)
    if table is None or not table.asks:
        raise NotSeen
    if not table.may_enter(actor):
        raise NotAllowed(_MAY_NOT)
    return table


@signed_in
def template(request: HttpRequest, actor: Actor, slug: str) -> HttpResponseBase:
    """Give the template workbook of a table."""
    table = _table(actor, slug)
    draft = folder() / f"{uuid.uuid4().hex}.part"
    try:
        write_template(table, actor, draft)
        held = draft.open("rb")
    finally:
        draft.unlink(missing_ok=True)
    name = _("%(table)s-导入模板.xlsx") % {"table": table.words}
    answer = FileResponse(held, as_attachment=True, filename=name, content_type=MEDIA_TYPE)
    answer["Cache-Control"] = "private, no-store"
    return answer


@signed_in
def upload(request: HttpRequest, actor: Actor, slug: str) -> HttpResponseBase:
    """Show where a table is uploaded, or take it and go on to its preview."""
    table, fault = _table(actor, slug), ""
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            if file is None:
                raise Invalid({"file": [_NO_FILE]})
            found = importing.receive(actor, slug, file, file.name or "")  # type: ignore[arg-type]
            return redirect("office:import", found.pk)
        except Invalid as refusal:
            fault = " ".join(str(reason) for reasons in refusal.errors.values() for reason in reasons)
        except NotAllowed:
            raise
        except KeepingError as refusal:
            fault = str(refusal.words)
    recent = [(one, _task_of(actor, one)) for one in importing.imports_of(actor).filter(slug=slug)[:RECENT]]
    context = {"table": table, "fault": fault, "recent": recent}
    return page(request, "office/import_upload.html", context, here=slug, status=422 if fault else 200)


def _place_of(found: Import, table: Table) -> tuple[Any, str, str]:
    """Return where tables of this kind are uploaded, and what that page is below: words, address above, address."""
    if isinstance(table, OwnTable):
        slug, *verbs = table.page
        upload, seen = (reverse(f"office:{slug}-{verb}", args=[found.about]) for verb in verbs)
        return table.words, seen, upload
    return (
        table.words,
        reverse("office:list", args=[table.slug]),
        reverse("office:import-upload", args=[table.slug]),
    )


@signed_in
def show(request: HttpRequest, actor: Actor, pk: uuid.UUID) -> HttpResponseBase:
    """Show an import: its preview and mapping before it runs, its progress and outcome afterwards."""
    found = importing.import_of(actor, pk)
    faults: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            return _act(request, actor, found)
        except Invalid as refusal:
            faults = {name: [str(reason) for reason in reasons] for name, reasons in refusal.errors.items()}
            found = importing.import_of(actor, pk)
    if found.was_run or found.file_gone_at is not None:
        return _progress(request, actor, found, faults)
    return _preview(request, actor, found, faults)


def _act(request: HttpRequest, actor: Actor, found: Import) -> HttpResponseBase:
    """Do what the pressed button says."""
    act = request.POST.get("act", "")
    if act == "sheet":
        header = request.POST.get("header", "")
        number = int(header) - 1 if header.isascii() and header.isdigit() and len(header) < 4 else None
        sheet = request.POST.get("sheet", "")
        importing.choose_sheet(actor, found.pk, sheet, number if sheet == found.plan["sheet"] else None)
    elif act == "apply":
        importing.apply_mapping(actor, found.pk, _uuid(request.POST.get("mapping", "")))
    elif act == "undo":
        undoing.undo(actor, found.pk, request.POST.get("reason", ""))
        messages.success(request, _("正在撤销，进度在本页显示。"))
    elif act in {"run", "plan", "save"}:
        found = importing.replan(actor, found.pk, _plan_of(request.POST, found))
        if act == "save":
            importing.save_mapping(actor, found, request.POST.get("name", ""))
            messages.success(request, _("对应关系已保存，下次可直接套用。"))
        if act == "run":
            importing.run(actor, found.pk)
    return redirect("office:import", found.pk)


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotSeen from None


def _plan_of(given: Mapping[str, str], found: Import) -> dict[str, Any]:
    """Return the mapping as it was filled in."""
    table = table_named(found.slug)
    plan: dict[str, Any] = {"fields": {}, "constants": {}, "units": {}, "values": {}}
    for name in table.asks if table is not None else ():
        column = given.get(f"column_{name}", "")
        if column.isascii() and column.isdigit() and len(column) < 5:
            plan["fields"][name] = int(column)
        for part, prefix in (("constants", "constant"), ("units", "unit")):
            text = given.get(f"{prefix}_{name}", "").replace("\x00", "").strip()[:200]
            if text:
                plan[part][name] = text
        lines = given.get(f"values_{name}", "").replace("\x00", "")[:20_000].splitlines()
        pairs = dict(
            line.replace("＝", "=").split("=", 1) for line in lines if "=" in line.replace("＝", "=")
        )
        if pairs:
            plan["values"][name] = {key.strip(): value.strip() for key, value in pairs.items()}
    plan["coordinates"] = given.get("coordinates", "")
    plan["update"], plan["anyway"] = "update" in given, "anyway" in given
    return plan


def _preview(
    request: HttpRequest, actor: Actor, found: Import, faults: dict[str, list[str]]
) -> HttpResponseBase:
    table = table_named(found.slug)
    if not isinstance(table, OwnTable):
        table = _table(actor, found.slug)
    plan = {**found.plan, **_plan_of(request.POST, found)} if faults else found.plan
    head, sample = plan["header"], found.sample
    headings = importing.headings_of(found)
    names = letters(max(len(headings), 1))
    columns = [(n, f"{names[n]} {text}".strip()) for n, text in enumerate(headings)]
    rows = [row for row in sample[head + 1 :] if any(row)][:SHOWN_ROWS]
    fields = [_field(table, plan, name, rows, faults) for name in table.asks]
    used = {column: field["spec"].label for field in fields if (column := field["column"]) is not None}
    context = {
        "found": found, "table": table, "columns": columns, "fields": fields, "plan": plan, "faults": faults,
        "rows": [[(cell, n in used) for n, cell in enumerate(row[: len(headings)])] for row in rows],
        "heads": [(names[n], text, used.get(n)) for n, text in enumerate(headings)],
        "header_number": head + 1, "coordinates": COORDINATES.items(),
        "has_point": {"longitude", "latitude"} <= set(table.asks),
        "mappings": list(importing.mappings_of(actor, found.slug)), "unused": len(headings) - len(used),
        "is_register": table.loop is None and not isinstance(table, OwnTable), "remarks": _remarks(found),
        "place": _place_of(found, table), "tried": None if faults else _tried(actor, found, table),
    }  # fmt: skip
    return page(
        request, "office/import_preview.html", context, here=found.slug, status=422 if faults else 200
    )


def _tried(actor: Actor, found: Import, table: Table) -> dict[str, Any] | None:
    """Return how many of the first rows would be refused, and why the first of them, as the preview says it."""
    answer = tried(actor, found)
    if answer is None:
        return None
    labels = {name: str(table.spec(name).label) for name in table.asks}
    shown = answer.refused[:SHOWN_TRIED]
    lines = [(one.number, said(one.reasons, labels), one.outcome == ALIKE) for one in shown]
    return {"rows": answer.rows, "refused": len(answer.refused), "lines": lines}


def _remarks(found: Import) -> list[Words]:
    return [Words(words["zh"], words["en"]) for words in found.remarks]


def _field(
    table: Table, plan: Mapping[str, Any], name: str, rows: list[list[str]], faults: Mapping[str, Any]
) -> dict[str, Any]:
    spec, column = table.spec(name), plan["fields"].get(name)
    cells = [row[column] for row in rows if column is not None and column < len(row) and row[column]]
    pairs = plan["values"].get(name, {})
    return {
        "spec": spec, "column": column, "needed": table.required(name), "constant": plan["constants"].get(name, ""),
        "unit": plan["units"].get(name, ""), "values": "\n".join(f"{key}={value}" for key, value in pairs.items()),
        "sample": _("、").join(dict.fromkeys(cells[:3])), "faults": faults.get(name, []), "is_number": "number" in spec.kind,
        "is_named": bool(spec.choices) or spec.kind in {"territory", "flag"} or bool(spec.suggestions),
        "choices": [str(words) for _key, words in spec.choices][:12],
    }  # fmt: skip


def _task_of(actor: Actor, found: Import) -> Any:
    return jobs.tasks_of(actor, found.task).first() if found.task else None


def _progress(
    request: HttpRequest, actor: Actor, found: Import, faults: dict[str, list[str]]
) -> HttpResponseBase:
    table = table_named(found.slug)
    if table is None:
        raise NotSeen
    task = _task_of(actor, found)
    undo = jobs.tasks_of(actor, found.undo_task).first() if found.undo_task else None
    labels = {name: str(table.spec(name).label) for name in table.asks}
    wrong = found.outcomes.filter(outcome__in=[WRONG, ALIKE]).order_by("number")[:SHOWN_FAULTS]
    is_open = bool((task and task.is_open) or (undo and undo.is_open))
    context = {
        "found": found, "table": table, "line": line_of(task) if task else None, "undo_line": line_of(undo) if undo else None,
        "is_open": is_open, "wrong": [(row.number, said(row.reasons, labels), row.outcome == ALIKE) for row in wrong],
        "wrong_count": found.counts.get(WRONG, 0) + found.counts.get(ALIKE, 0), "counts": found.counts,
        "may_undo": not is_open and found.undone_at is None and undoing.may_undo(found), "faults": faults,
        "left": found.outcomes.filter(undone__has_key="left").order_by("number")[:SHOWN_FAULTS],
        "place": _place_of(found, table),
    }  # fmt: skip
    name = "import_part" if request.headers.get("HX-Request") == "true" else "import_progress"
    return page(request, f"office/{name}.html", context, here=found.slug, status=422 if faults else 200)

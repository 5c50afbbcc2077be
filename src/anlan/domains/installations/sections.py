"""Parts of pages that the generic ones cannot give: the grading with its steps, persons and duties, the open announcement."""

from __future__ import annotations

from typing import Any

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.installations.duties import duties_of
from anlan.domains.installations.grading import graded
from anlan.domains.installations.loop import HazardFileLoop
from anlan.domains.installations.models import (
    DutyRecord,
    HazardFile,
    HazardKeeper,
    Installation,
    Inventory,
    SafetyCommitment,
)
from anlan.domains.installations.words import LAYERS
from anlan.kernel import clock, rules
from anlan.kernel.registers.declaration import Section, adds_sections
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

MOST = 100
LAST_RECORDS = 10
LAST_DAYS = 5


def add_to_enterprises() -> None:
    """Show the installations on every enterprise's page."""
    adds_sections(Enterprise, of_enterprise)


def of_enterprise(row: Enterprise, actor: Actor) -> list[Section]:
    """Return the installations of an enterprise and its last commitments; nothing where it has none and may enter none."""
    units = list(_live(Installation, actor).filter(enterprise=row).order_by("grade", "name")[:MOST])
    may_add = not row.is_archived and Installation.kept.writers.allows(
        actor, row, Installation._meta.app_label
    )
    if not units and not (may_add and row.handles_hazardous_chemicals):
        return []
    days = _live(SafetyCommitment, actor).filter(enterprise=row).order_by("-day")[:LAST_DAYS]
    context = {"enterprise": row, "units": units, "days": list(days), "may_add": may_add}
    return [
        Section(
            Words("重大危险源", "Major hazard installations"), "installations/of_enterprise.html", context
        )
    ]


def of_installation(row: Installation, actor: Actor) -> list[Section]:
    """Return what a unit holds and what follows from it, who answers for it, and its file with the county."""
    may_write = not row.is_archived and row.kept.writers.allows(actor, row, row._meta.app_label)
    rows = _live(Inventory, actor).filter(installation=row)
    held = list(rows.order_by("-design_max_t", "name")[:MOST])
    more = rows.count() - MOST if len(held) == MOST else 0
    files = list(
        HazardFile.seen_by(actor).filter(installation=row).defer("search").order_by("-opened_at")[:MOST]
    )
    keepers = {one.layer: one for one in _live(HazardKeeper, actor).filter(installation=row)}
    opening = HazardFileLoop.opening
    may_open = opening is not None and opening.by.allows(actor, row, row._meta.app_label)
    return [
        Section(
            Words("危险化学品和辨识分级", "Chemicals and grading"), "installations/grading.html",
            {"row": row, "held": held, "more": more, "may_write": may_write, **_present(row)},
        ),
        Section(
            Words("包保责任人", "Persons in charge"), "installations/keepers.html",
            {"row": row, "layers": [(key, words, keepers.get(key)) for key, words in LAYERS], "may_write": may_write},
        ),
        Section(
            Words("备案", "The file with the county"), "installations/files.html",
            {"row": row, "files": files, "may_open": may_open and not any(one.is_open for one in files) and bool(held)},
        ),
    ]  # fmt: skip


def _present(row: Installation) -> dict[str, Any]:
    """Return what the quantities of now give, with its steps; or why the standard cannot be read with them."""
    try:
        finding = graded(row)
    except rules.InputErrors as error:
        faults = [Words(fault.message_zh, fault.message_en) for fault in error.faults]
        return {"steps": [], "faults": faults, "confidence": "", "finding": None}
    if finding is None:
        return {"steps": [], "faults": [], "confidence": "", "finding": None}
    steps = [Words(step.text_zh, step.text_en) for step in finding.steps]
    return {"steps": steps, "faults": [], "confidence": finding.confidence, "finding": finding.as_json()}


def of_keeper(row: HazardKeeper, actor: Actor) -> list[Section]:
    """Return what a person in charge must do and how often, each with the last record of it."""
    records = list(_live(DutyRecord, actor).filter(keeper=row).order_by("-done_on", "-created_at")[:MOST])
    last: dict[str, DutyRecord] = {}
    for record in records:
        last.setdefault(record.duty, record)
    duties = [(one, last.get(one.code)) for one in duties_of(row.layer, clock.today())]
    may_note = not row.is_archived and DutyRecord.kept.writers.allows(actor, row, row._meta.app_label)
    today = clock.today()
    return [
        Section(
            Words("职责和频次", "Duties, and how often"), "installations/duties.html",
            {"row": row, "duties": duties, "may_note": may_note, "late": bool(row.duty_due_on and row.duty_due_on < today)},
        ),
        Section(Words("履职记录", "Records"), "installations/records.html", {"records": records[:LAST_RECORDS]}),
    ]  # fmt: skip


def of_commitment(row: SafetyCommitment, actor: Actor) -> list[Section]:
    """Return the announcement in words, with the address under which anyone may read it."""
    from anlan.domains.installations.pages.announcing import address_of, line_of

    context = {"line": line_of(row), "address": address_of(row.enterprise)}
    return [Section(Words("公告内容", "As announced"), "installations/announcement.html", context)]


def _live(model: Any, actor: Actor) -> Any:
    return model.seen_by(actor).filter(archived_at=None).defer("search")

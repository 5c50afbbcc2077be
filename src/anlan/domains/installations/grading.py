"""What the quantities of a unit give by the standard, and what the legal loop changes of it. Serves article 14.

The grade in force changes by the loop alone, with an entry in the unit's own history; what the quantities of now would give is
computed beside it on every write.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from anlan.domains.chemicals.catalogue import named
from anlan.domains.chemicals.rules import shown
from anlan.domains.installations.factors import Factors, factors_of
from anlan.domains.installations.models.installation import Installation, Inventory
from anlan.domains.installations.rules import SUBSTANCE_FIELDS
from anlan.domains.installations.words import GRADE_BY_ZH, NOT_MAJOR, UNGRADED
from anlan.kernel import clock, ledger, rules
from anlan.kernel.loops.due import place_of
from anlan.kernel.registers import archive
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.registers.keeping import subject_of
from anlan.kernel.rules.inputs import read_fields
from anlan.kernel.rules.reading import plain
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

CALCULATOR = "major-hazard"
# Where a fault of the calculator stands in the form of an inventory.
COLUMNS = {
    "name": "name",
    "cas": "name",
    "categories": "categories",
    "quantity_t": "design_max_t",
    "mixture": "is_mixture",
}


def substance_input(row: Inventory) -> dict[str, Any]:
    """Return one substance as the calculator takes it."""
    asked: dict[str, Any] = {"name": row.name, "quantity_t": plain(row.design_max_t)}
    if row.categories.strip():
        asked["categories"] = row.categories
    if row.is_mixture:
        asked["mixture"] = True
    return asked


def inventories_of(installation: uuid.UUID) -> list[Inventory]:
    """Return what a unit holds, the largest first."""
    rows = Inventory.unscoped("a grade is computed from everything a unit holds")
    live = rows.filter(installation=installation, archived_at=None).defer("search")
    return list(live.order_by("-design_max_t", "name", "vessel"))


def graded(row: Installation, on: date | None = None) -> rules.Finding | None:
    """Return the finding of a unit as its quantities stand, by the rules of a day; None while it holds nothing.

    Raises ``InputErrors`` where the standard cannot be read with what is entered.
    """
    held = inventories_of(row.pk)
    if not held:
        return None
    asked = {
        "unit": row.kind,
        "exposed_people": row.exposed_people,
        "substances": summed(held),
        "date": (on or clock.today()).isoformat(),
        "where": place_of(row),
    }
    return rules.compute(CALCULATOR, asked)


def summed(held: Iterable[Inventory]) -> list[dict[str, Any]]:
    """Return the substances as the calculator takes them, what is the same in several vessels added up; S and R stay."""
    found: dict[tuple[str, str, bool], dict[str, Any]] = {}
    for row in held:
        known = found.setdefault((row.name, row.categories.strip(), row.is_mixture), substance_input(row))
        total = known.get("total", Decimal(0)) + row.design_max_t
        known |= {"total": total, "quantity_t": plain(total)}
    return [{name: value for name, value in one.items() if name != "total"} for one in found.values()]


def grade_of(finding: rules.Finding) -> int:
    """Return the grade of a finding as a column bears it."""
    grade = finding.value["grade_zh"]
    return GRADE_BY_ZH[grade] if grade else NOT_MAJOR


def faults_of(row: Inventory) -> dict[str, list[Words]]:
    """Return why the standard cannot be read with an entry, by the field it stands at."""
    if not row.name or row.design_max_t is None:
        return {}
    try:
        _factors(row)
    except rules.InputErrors as error:
        found: dict[str, list[Words]] = {}
        for fault in error.faults:
            column = COLUMNS.get(re.sub(r".*\.", "", fault.field), "name")
            found.setdefault(column, []).append(Words(fault.message_zh, fault.message_en))
        return found
    return {}


def _factors(row: Inventory) -> Factors:
    consulted = rules.Consulted(clock.today(), place_of(row) if row.path else "CN")
    return factors_of(read_fields(SUBSTANCE_FIELDS, substance_input(row)), consulted, "")


def set_factors(row: Inventory) -> None:
    """Set CAS number, Q, β and share of an entry from the rule."""
    known = _factors(row)
    found = named(row.name)
    row.cas = " ".join(found[0].cas)[:20] if len(found) == 1 else ""
    row.critical_t, row.beta = known.critical.text, known.beta_text or ""
    row.ratio = shown(Fraction(row.design_max_t) / known.critical.number)


def set_present(row: Installation) -> None:
    """Set what the residents and quantities of now would give; nothing where they cannot be read."""
    try:
        finding = graded(row)
    except rules.InputErrors:
        finding = None
    if finding is None:
        row.present_grade, row.present_s, row.present_r = UNGRADED, "", ""
        return
    said = finding.as_json()
    row.present_grade, row.present_s, row.present_r = grade_of(finding), said["S"], said["R"] or ""


def follow(pk: uuid.UUID) -> None:
    """Bring a unit in step with what it holds. Call it inside the transaction of the write."""
    rows = Installation.unscoped("what a unit would be graded follows from what it holds").select_for_update(
        of=("self",)
    )
    row = rows.select_related("territory", "holder", "enterprise").get(pk=pk)
    set_present(row)
    row.save(update_fields=["present_grade", "present_s", "present_r"])


def put_in_force(
    pk: uuid.UUID, fresh: Mapping[str, Any], act: str, *, number: str, actor: Actor, at: datetime
) -> None:
    """Let a unit bear what the loop decided, with an entry in its own history. Call it inside the transaction of the step."""
    rows = Installation.unscoped("a decided step is carried to its unit").select_for_update(of=("self",))
    row = rows.select_related("territory", "holder", "enterprise").get(pk=pk)
    changes = {
        name: [_plain(getattr(row, name)), _plain(new)]
        for name, new in fresh.items()
        if getattr(row, name) != new
    }
    if not changes:
        return
    for name, new in fresh.items():
        setattr(row, name, new)
    row.version, row.updated_at = row.version + 1, clock.now()
    row.save(force_update=True)
    ledger.append(
        row.pk,
        subject_of(Installation),
        act,
        actor,
        at=at,
        received_at=clock.now(),
        data={"file": number, **changes},
    )


def prune(row: Installation, actor: Actor) -> None:
    """Archive what hangs on an archived unit, with the same reason; restoring brings back the unit alone.

    Raises Invalid while the unit has an open file: a major hazard leaves the list by its delisting alone.
    """
    if not row.is_archived:
        return
    from anlan.domains.installations.models import HazardFile, HazardKeeper

    files = HazardFile.unscoped("one installation has one open file")
    if files.filter(installation=row, closed_at=None).exists():
        raise Invalid(
            {
                "": [
                    Words(
                        "先办结备案（核销或者确认不构成），再归档。",
                        "End its file first: delist it or conclude that it is none.",
                    )
                ]
            }
        )
    for model in (Inventory, HazardKeeper):
        live = model.unscoped("what hangs on an archived row goes with it").filter(
            installation=row, archived_at=None
        )
        for pk in list(live.values_list("pk", flat=True)):
            archive(model, pk, actor, row.archive_reason)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value

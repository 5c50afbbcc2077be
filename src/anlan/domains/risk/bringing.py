"""A whole tree of risks from a spreadsheet, in the background: one measure a row, wrong rows come back, undone as one act.

Upload, mapping, progress, cancelling and the answer are those of every import (``kernel.spreadsheets``); what is its own is that
one row may begin an object, a unit, an event, a post, a measure and a grading. Each of them is entered with a key that follows
from the import and the row, by which undoing finds it again. Serves article 15.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.enterprises.within import KEEPERS
from anlan.domains.risk.models import ControlMeasure, RiskEvent, RiskGrading, RiskObject, RiskUnit, WorkPost
from anlan.domains.risk.rows import Growing
from anlan.domains.risk.sheets import ALSO, FIELD_COLUMNS, TREE_COLUMNS, repeating, row_of, text_of
from anlan.kernel import clock, jobs, ledger
from anlan.kernel.loops import take
from anlan.kernel.registers import archive
from anlan.kernel.registers.fields import FieldSpec
from anlan.kernel.scope.actor import Actor
from anlan.kernel.spreadsheets.entering import Outcome
from anlan.kernel.spreadsheets.guessing import bare
from anlan.kernel.spreadsheets.models import CREATED, SAME, WRONG, Import, ImportedRow
from anlan.kernel.spreadsheets.preparing import data_rows
from anlan.kernel.spreadsheets.tables import OwnTable
from anlan.kernel.words import Words

SLUG = "risk-tree"
NEEDED = ("risk_object", "event", "measure")
PROPOSED = "proposed"
_NOT_KEPT = Words("您不再维护这家企业的风险台账。", "You keep the risks of this enterprise no more.")
_LEFT = Words("之后有改动或新增的内容，保持不变。", "It was changed or added to since and is left as it is.")
# What one row may begin, from the last to the first; what hangs below each and keeps it from being undone.
_MADE: tuple[tuple[str, Any], ...] = (
    ("measures", ControlMeasure), ("events", RiskEvent), ("units", RiskUnit), ("objects", RiskObject), ("posts", WorkPost),
)  # fmt: skip
_BELOW: dict[Any, tuple[Any, str]] = {
    RiskEvent: (ControlMeasure, "event"), RiskUnit: (RiskEvent, "unit"), RiskObject: (RiskUnit, "risk_object"),
    WorkPost: (ControlMeasure, "responsible_post"),
}  # fmt: skip


class TreeEnterer:
    """Enters chunks of one import into the tree of its enterprise."""

    def __init__(self, found: Import) -> None:
        """Take the import; what merged cells leave out is remembered from row to row."""
        self.found, self.plan = found, found.plan
        self._above: dict[str, str] = {}
        self._is_begun = False

    def enter(self, actor: Actor, chunk: Sequence[tuple[int, Sequence[Any]]]) -> list[Outcome]:
        """Enter (number, cells) and return what became of each, in one transaction of the caller's."""
        rows = Enterprise.seen_by(actor).filter(pk=self.found.about, archived_at=None).defer("search")
        firm = rows.select_related("territory", "holder").first()
        if firm is None or not KEEPERS.allows(actor, firm, "risk"):
            raise jobs.TaskStopped(_NOT_KEPT)
        self._catch_up(chunk[0][0])
        growing = Growing(actor, firm, source=self.found.pk)
        return [self._entered(growing, number, self._said(cells)) for number, cells in chunk]

    def _entered(self, growing: Growing, number: int, said: dict[str, str]) -> Outcome:
        row, wrong = row_of(said, clock.today(), line=number)
        if wrong:
            return Outcome(number, WRONG, reasons=wrong)
        made, faults = growing.alone(row)
        if faults:
            reasons: dict[str, list[str]] = {}
            for name, texts in faults.items():
                reasons.setdefault(FIELD_COLUMNS.get(name, name), []).extend(texts)
            return Outcome(number, WRONG, reasons=reasons)
        return Outcome(number, CREATED if made else SAME, made[-1] if made else None, 1 if made else None)

    def _said(self, cells: Sequence[Any]) -> dict[str, str]:
        """Return what a row says by column, with what the rows above it say for it."""
        said: dict[str, str] = {}
        for key in TREE_COLUMNS:
            place = self.plan["fields"].get(key)
            text = text_of(cells[place]) if place is not None and place < len(cells) else ""
            said[key] = self.plan["values"].get(key, {}).get(bare(text), text)
        said = repeating(said, self._above)
        for key, text in self.plan["constants"].items():
            said[key] = said.get(key) or text
        self._above = said
        return said

    def _catch_up(self, number: int) -> None:
        """Remember, when an import goes on after an interruption, what the rows before say for those after them."""
        if not self._is_begun:
            for _, cells in takewhile(lambda row: row[0] < number, data_rows(self.found)):
                self._said(cells)
            self._is_begun = True


def undo(found: Import, row: ImportedRow, actor: Actor, reason: str) -> str:
    """Undo what one row began, the last first; return why something is left, or an empty text."""
    is_left = not _withdrawn(found, row, actor, reason)
    for kind, model in _MADE:
        record = _made_by(found, row, kind, model, actor)
        if record is None or record.is_archived:
            continue
        if record.version != 1 or _is_leant_on(record):
            is_left = True
            continue
        key = uuid.uuid5(found.pk, f"undo {kind} {row.number}")
        archive(model, record.pk, actor, reason, version=1, key=key)
    return str(_LEFT) if is_left else ""


def _withdrawn(found: Import, row: ImportedRow, actor: Actor, reason: str) -> bool:
    """Withdraw the grading a row proposed; say whether nothing of it is left."""
    grading = _made_by(found, row, "gradings", RiskGrading, actor)
    if grading is None:
        return True
    if grading.state != PROPOSED:
        return not grading.is_open and grading.state != "approved"
    key = uuid.uuid5(found.pk, f"undo gradings {row.number}")
    take("withdraw", grading, actor, {"reason": reason}, key=key)
    return True


def _made_by(found: Import, row: ImportedRow, kind: str, model: Any, actor: Actor) -> Any:
    entry = ledger.find_by_key(uuid.uuid5(found.pk, f"{kind} {row.number}"))
    return model.seen_by(actor).filter(pk=entry.chain).first() if entry is not None else None


def _is_leant_on(record: Any) -> bool:
    """Say whether something in use hangs on a record: it stays then, whoever entered what hangs there."""
    model = type(record)
    if (
        model is RiskEvent
        and RiskGrading.unscoped("what is graded is not undone").filter(event=record, closed_at=None).exists()
    ):
        return True
    if model not in _BELOW:
        return False
    below, column = _BELOW[model]
    rows = below.unscoped("what something hangs on is not undone").filter(**{column: record})
    return bool(rows.filter(archived_at=None).exists())


TREE = OwnTable(
    slug=SLUG, words=Words("风险台账", "Risk register"), model=None, loop=None, columns=(), asks=tuple(TREE_COLUMNS), facets=(),
    sorts=(), order="", enterer=TreeEnterer, undo=undo, also=ALSO, writers=KEEPERS.kinds(),
    page=("enterprises", "risk-import", "risks"),
    fields={key: FieldSpec(key, words, "text", key in NEEDED) for key, words in TREE_COLUMNS.items()},
)  # fmt: skip

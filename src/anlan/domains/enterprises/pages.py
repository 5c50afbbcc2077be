"""Pages of the enterprise register that cannot be derived: merging two entries of one enterprise, and undoing it."""

from __future__ import annotations

from typing import Any

from anlan.domains.enterprises import actions
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.enterprises.queries import likely_duplicates
from anlan.kernel.registers.errors import Changed, Invalid, NotAllowed, NotSeen
from anlan.kernel.registers.fields import spec_of
from anlan.kernel.registers.pages import Asked, DomainPage, Done, Drawn
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

MOST_FOUND = 10
COMPARED = (
    "name", "credit_code", "foreign_id", "foreign_issuer", "territory", "address", "industry", "scale", "operation",
    "employees", "legal_representative", "updated_at",
)  # fmt: skip


def merge(asked: Asked) -> Drawn | Done:
    """Choose the other entry, compare both side by side, give the reason, merge it into this one."""
    kept = _row(asked)
    if not actions.may_merge(kept, asked.actor) or kept.is_archived:
        raise NotAllowed(
            Words(
                "只有监管部门干部可以合并在用的记录。", "Only the regulator's officers merge records in use."
            )
        )
    chosen = asked.id_of("other")
    other = _seen(asked.actor).filter(pk=chosen).first() if chosen else None
    faults: dict[str, list[str]] = {}
    status = 200
    if asked.is_sent:
        try:
            reason = asked.values.get("reason", "")
            version = _number(asked.values.get("version", ""))
            if chosen is None:
                raise Invalid({"other": [Words("选择要并入的记录。", "Choose the record to merge.")]})
            row = actions.merge(kept.pk, chosen, asked.actor, reason, key=asked.key, version=version)
            return Done(row, Words("已合并，随时可以撤销。", "Merged; it can be undone at any time."))
        except (Invalid, Changed) as refusal:
            faults, status = _faults(refusal), refusal.status
    context = {
        "enterprise": kept,
        "other": other,
        "compared": _compared(kept, other) if other else [],
        "likely": _likely(kept, asked.actor),
        "found": _found(kept, asked),
        "query": asked.values.get("q", ""),
        "reason": asked.values.get("reason", ""),
        "faults": faults,
    }
    return Drawn("enterprises/merge.html", context, status)


def unmerge(asked: Asked) -> Drawn | Done:
    """Undo a merge: show what becomes of both, ask the reason."""
    gone = _row(asked)
    if gone.merged_into is None:
        raise NotSeen
    if not actions.may_merge(gone, asked.actor):
        raise NotAllowed(
            Words("只有监管部门干部可以撤销合并。", "Only the regulator's officers undo a merge.")
        )
    faults: dict[str, list[str]] = {}
    status = 200
    if asked.is_sent:
        try:
            row = actions.unmerge(gone.pk, asked.actor, asked.values.get("reason", ""), key=asked.key)
            return Done(
                row, Words("已撤销合并，两家企业各归各位。", "The merge is undone; both stand as before.")
            )
        except (Invalid, Changed) as refusal:
            faults, status = _faults(refusal), refusal.status
    reason = asked.values.get("reason", "")
    context = {"enterprise": gone, "kept": gone.merged_into, "faults": faults, "reason": reason}
    return Drawn("enterprises/unmerge.html", context, status)


def _seen(actor: Actor) -> Any:
    return Enterprise.seen_by(actor).select_related("territory", "holder", "merged_into").defer("search")


def _row(asked: Asked) -> Enterprise:
    row: Enterprise | None = _seen(asked.actor).filter(pk=asked.pk).first()
    if row is None:
        raise NotSeen
    return row


def _likely(kept: Enterprise, actor: Actor) -> list[Any]:
    names = ("name", "credit_code", "foreign_id", "foreign_issuer", "territory", "longitude", "latitude")
    values = {name: getattr(kept, name) for name in names}
    return [one for one in likely_duplicates(actor, values, other_than=kept.pk) if one.row is not None]


def _found(kept: Enterprise, asked: Asked) -> list[Enterprise]:
    words = asked.values.get("q", "").strip()[:100].replace("\x00", "")
    if not words:
        return []
    rows = _seen(asked.actor).filter(archived_at=None, search__finds=words).exclude(pk=kept.pk)
    return list(rows.order_by("name")[:MOST_FOUND])


def _compared(kept: Enterprise, other: Enterprise) -> list[dict[str, Any]]:
    """Return the fields side by side, those that differ marked."""
    rows = []
    for name in COMPARED:
        spec = spec_of(Enterprise, name)
        ours, theirs = spec.shown(kept), spec.shown(other)
        rows.append({"label": spec.label, "kept": ours, "other": theirs, "differs": str(ours) != str(theirs)})
    return rows


def _faults(refusal: Invalid | Changed) -> dict[str, list[str]]:
    if isinstance(refusal, Changed):
        return {"": [str(refusal.words)]}
    return {name: [str(reason) for reason in reasons] for name, reasons in refusal.errors.items()}


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


pages = (
    DomainPage("enterprises", "merge", merge),
    DomainPage("enterprises", "unmerge", unmerge),
)

"""The writes of floor plans that are not one edit: hanging a picture, drawing the units on it. Serves article 15."""

from __future__ import annotations

import json
import math
import uuid
from typing import Any

from django.db import transaction

from anlan.domains.colours.models import FloorPlan
from anlan.domains.risk.models import RiskUnit
from anlan.kernel import clock, evidence, ledger
from anlan.kernel.registers.errors import Changed, Invalid, NotAllowed, NotSeen
from anlan.kernel.registers.keeping import subject_of
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

PURPOSE = "plan"
MOST_OUTLINES, MOST_CORNERS, LEAST_CORNERS = 300, 60, 3
DIGITS = 4
NOT_A_PICTURE = Words(
    "平面图须是图片（JPEG、PNG、WebP），PDF 先转成图片。",
    "A plan is a picture (JPEG, PNG, WebP); turn a PDF into one.",
)
CHOOSE = Words("先选取一张图片。", "Choose a picture first.")
NOT_YOURS = Words("这张平面图由企业自己维护。", "The enterprise keeps this plan itself.")
UNREADABLE = Words(
    "图上的轮廓没有读懂，原来的还在；刷新后再画。",
    "The outlines could not be read; the former stand. Reload and draw again.",
)
DRAWN_MEANWHILE = Words(
    "您画的时候别人保存过这张图。您画的还在下面；先另开一页核对，再保存就以您的为准。",
    "Somebody saved this plan while you drew. Yours is still below; compare it in another page. Saved again, yours stands.",
)
TOO_MANY = Words("一张图最多画 {n} 个单元。", "A plan holds {n} units at most.")
CORNERS = Words("每个轮廓须有 {least} 到 {most} 个角。", "Each outline has {least} to {most} corners.")
OTHER_UNIT = Words(
    "有的单元不属于这家企业或者已归档。", "Some units belong to another enterprise or are archived."
)


def plan_for(pk: uuid.UUID | None, actor: Actor, *, act: bool, lock: bool = False) -> FloorPlan:
    """Return a plan the actor sees, and with ``act`` keeps; raises NotSeen, NotAllowed. ``lock`` holds it to the end."""
    rows = FloorPlan.seen_by(actor).filter(pk=pk).defer("search")
    if lock:
        rows = rows.select_for_update(of=("self",))
    row = rows.select_related("enterprise", "territory", "holder", "picture").first()
    if row is None:
        raise NotSeen
    if act and (row.is_archived or not row.kept.writers.allows(actor, row, row._meta.app_label)):
        raise NotAllowed(NOT_YOURS)
    return row


def hang(
    pk: uuid.UUID | None, actor: Actor, picture: uuid.UUID | None, *, key: uuid.UUID | None = None
) -> FloorPlan:
    """Let a plan show a picture the actor has uploaded; what was drawn stays. Raises Invalid, NotSeen, NotAllowed."""
    if picture is None:
        raise Invalid({"picture": [CHOOSE]})
    with transaction.atomic():
        row = plan_for(pk, actor, act=True, lock=True)
        try:
            piece = evidence.offered([picture], actor)[0]
        except evidence.EvidenceRefused as refusal:
            raise Invalid({"picture": [refusal.words]}) from refusal
        if not piece.is_photo or not piece.width or not piece.height:
            raise Invalid({"picture": [NOT_A_PICTURE]})
        entry = _entered(row, actor, "plan_hung", {"picture": piece.name}, key, [piece.sha256])
        evidence.bind([piece], row.pk, PURPOSE, entry, row)
        row.picture = piece
        _written(row)
    return row


def draw(
    pk: uuid.UUID | None, actor: Actor, text: str, *, key: uuid.UUID | None = None, version: int | None = None
) -> FloorPlan:
    """Keep the outlines as they were drawn. Raises Invalid with what is wrong; then the former ones stand.

    ``version`` is the one that was drawn upon: if somebody saved meanwhile, Changed says so.
    """
    with transaction.atomic():
        row = plan_for(pk, actor, act=True, lock=True)
        if version is not None and row.version != version:
            raise Changed(DRAWN_MEANWHILE, [])
        outlines = read_outlines(text)
        wanted = {one["unit"] for one in outlines}
        units = RiskUnit.seen_by(actor).filter(pk__in=wanted, enterprise=row.enterprise, archived_at=None)
        if {str(one) for one in units.values_list("pk", flat=True)} != wanted:
            raise Invalid({"outlines": [OTHER_UNIT]})
        fresh = json.dumps(outlines, separators=(",", ":"))
        if fresh != row.outlines:
            _entered(row, actor, "plan_drawn", {"units": len(outlines)}, key, [])
            row.outlines = fresh
            _written(row)
    return row


def read_outlines(text: str) -> list[dict[str, Any]]:
    """Read outlines as the page sends them; raises Invalid for anything else."""
    try:
        said = json.loads(text)
        if not isinstance(said, list):
            raise TypeError("outlines are a list")
        found = [_outline(one) for one in said]
    except (ValueError, TypeError, KeyError, RecursionError) as fault:
        raise Invalid({"outlines": [UNREADABLE]}) from fault
    if len(found) > MOST_OUTLINES:
        raise Invalid({"outlines": [TOO_MANY.filled(n=MOST_OUTLINES)]})
    if any(not LEAST_CORNERS <= len(one["ring"]) <= MOST_CORNERS for one in found):
        raise Invalid({"outlines": [CORNERS.filled(least=LEAST_CORNERS, most=MOST_CORNERS)]})
    return found


def _outline(said: Any) -> dict[str, Any]:
    ring = [[_share(x), _share(y)] for x, y in said["ring"]]
    return {"unit": str(uuid.UUID(str(said["unit"]))), "ring": ring}


def _share(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number) or not 0 <= number <= 1:
        raise ValueError(value)
    return round(number, DIGITS)


def _entered(
    row: FloorPlan, actor: Actor, act: str, data: dict[str, Any], key: uuid.UUID | None, hashes: list[str]
) -> Any:
    now = clock.now()
    return ledger.append(
        row.pk, subject_of(FloorPlan), act, actor, at=now, received_at=now, is_demo=row.is_demo, key=key, data=data,
        evidence=hashes,
    )  # fmt: skip


def _written(row: FloorPlan) -> None:
    row.version, row.updated_at = row.version + 1, clock.now()
    row.save(update_fields=["picture", "outlines", "version", "updated_at"])

"""Photos that come after the text: each goes to what its record says it shows, once, however often it is sent."""

from __future__ import annotations

import uuid

from django.db import transaction

from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.inspections.items import items_named
from anlan.domains.inspections.models import SiteVisit
from anlan.domains.inspections.queries import dangers_of
from anlan.domains.inspections.sheets import AFTER, LAPSED, PROOF, Photo, read_sheet
from anlan.kernel import evidence, ledger
from anlan.kernel.evidence.binding import holds_any
from anlan.kernel.ledger.device import DeviceSeal
from anlan.kernel.loops import take
from anlan.kernel.registers.errors import Changed, Invalid, NotAllowed, NotSeen
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

DONE = Words("检查人员在场时当场整改：{fix}", "Put right while the inspector was there: {fix}")
GIVEN_UP = Words(
    "照片（摘要 {digest}…）没有上传，已从手机中删除：{why}",
    "A photo (digest {digest}…) was not uploaded and was deleted from the phone: {why}",
)
SHOWN_OF_DIGEST = 12
UNNAMED = Words("这次检查的采集记录里没有这张照片。", "No record of this visit names this photo.")


def photos_of(visit: SiteVisit) -> list[Photo]:
    """Return the pictures that the sealed records of a visit name."""
    entry = ledger.history(visit.pk)[0]
    device = entry.data.get("device") or {}
    return read_sheet({"series": device.get("series"), "records": device.get("records")}).photos


def bring_photo(actor: Actor, series: uuid.UUID, evidence_id: uuid.UUID) -> None:
    """Hang an uploaded photo on the visit or the danger it belongs to. Raises NotSeen, Invalid, EvidenceRefused."""
    visit = _visit_of(actor, series)
    (piece,) = evidence.offered([evidence_id], actor)
    named = next((one for one in photos_of(visit) if one.sha256 == piece.sha256), None)
    if named is None:
        raise Invalid({"evidence": [UNNAMED]})
    danger = dangers_of(visit).get(named.item)
    target: SiteVisit | HiddenDanger = danger if danger is not None else visit
    if holds_any(target.pk, [piece]):
        return
    key = uuid.uuid5(series, f"photo:{named.item}:{piece.sha256}")
    if (
        danger is not None
        and named.purpose == AFTER
        and _settle(actor, visit, danger, named, piece.pk, series, key)
    ):
        return
    # A signature that counts no more is kept, and is no signature.
    is_loose = danger is not None or named.purpose == LAPSED
    step, purpose = ("attach", "attachment") if is_loose else ("bring", named.purpose)
    if purpose == AFTER:
        purpose = PROOF  # its finding was taken back on site; the picture still shows the place
    take(step, target, actor, key=key, evidence={purpose: [piece.pk]})


def give_up_photo(actor: Actor, series: uuid.UUID, sha256: str, reason: str) -> None:
    """Write on the visit that a photo its records name will never come, and why; once. Raises NotSeen, Invalid."""
    visit = _visit_of(actor, series)
    if sha256 not in {one.sha256 for one in photos_of(visit)}:
        raise Invalid({"sha256": [UNNAMED]})
    said = GIVEN_UP.filled(digest=sha256[:SHOWN_OF_DIGEST], why=reason)
    take("comment", visit, actor, {"text": said.zh}, key=uuid.uuid5(series, f"given up:{sha256}"))


def _visit_of(actor: Actor, series: uuid.UUID) -> SiteVisit:
    """Return the visit of a series that the actor sent; raises NotSeen."""
    entry = ledger.find_by_key(series)
    visit = SiteVisit.seen_by(actor).filter(pk=entry.chain).first() if entry is not None else None
    if visit is None or entry is None or entry.actor_person != actor.person_id:
        raise NotSeen
    return visit


def _settle(
    actor: Actor, visit: SiteVisit, danger: HiddenDanger, named: Photo, piece: uuid.UUID, series: uuid.UUID, key: uuid.UUID
) -> bool:  # fmt: skip
    """Take the step "rectified on the spot" with its photo; say whether it stands.

    It leads to re-inspection by somebody else of the regulator: whoever saw it put right does not close it. Where the loop has
    gone on meanwhile, or the danger may be major, the photo is attached like any other and nothing is skipped.
    """
    answer = next((one for one in visit.answers if one["item"] == named.item and one.get("fixed")), None)
    item = items_named([named.item], visit.enterprise_id).get(named.item)
    if answer is None or item is None or item.criterion or answer.get("opens") is None:
        return False
    seal = DeviceSeal(str(series), visit.device_head, (), {}, {})
    try:
        with transaction.atomic():
            data = {"what_was_done": DONE.filled(fix=item.fix).zh}
            take(
                "fix_at_once", danger, actor, data, at=danger.opened_at, key=key,
                evidence={AFTER: [piece]}, device=seal,
            )  # fmt: skip
    except (Changed, Invalid, NotAllowed):
        return False
    return True

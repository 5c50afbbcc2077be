"""Photos that come after the text: each goes to what its record says it shows, once, however often it is sent."""

from __future__ import annotations

import uuid

from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.inspections.models import SiteVisit
from anlan.domains.inspections.queries import dangers_of
from anlan.domains.inspections.sheets import Photo, read_sheet
from anlan.kernel import evidence, ledger
from anlan.kernel.evidence.binding import holds_any
from anlan.kernel.loops import take
from anlan.kernel.registers.errors import Invalid, NotSeen
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

UNNAMED = Words("这次检查的采集记录里没有这张照片。", "No record of this visit names this photo.")


def photos_of(visit: SiteVisit) -> list[Photo]:
    """Return the pictures that the sealed records of a visit name."""
    entry = ledger.history(visit.pk)[0]
    device = entry.data.get("device") or {}
    return read_sheet({"series": device.get("series"), "records": device.get("records")}).photos


def bring_photo(actor: Actor, series: uuid.UUID, evidence_id: uuid.UUID) -> None:
    """Hang an uploaded photo on the visit or the danger it belongs to. Raises NotSeen, Invalid, EvidenceRefused."""
    entry = ledger.find_by_key(series)
    visit = SiteVisit.seen_by(actor).filter(pk=entry.chain).first() if entry is not None else None
    if visit is None or entry is None or entry.actor_person != actor.person_id:
        raise NotSeen
    (piece,) = evidence.offered([evidence_id], actor)
    named = next((one for one in photos_of(visit) if one.sha256 == piece.sha256), None)
    if named is None:
        raise Invalid({"evidence": [UNNAMED]})
    danger = dangers_of(visit).get(named.item)
    target: SiteVisit | HiddenDanger = danger if danger is not None else visit
    if holds_any(target.pk, [piece]):
        return
    step, purpose = ("attach", "attachment") if danger is not None else ("bring", named.purpose)
    key = uuid.uuid5(series, f"photo:{named.item}:{piece.sha256}")
    take(step, target, actor, key=key, evidence={purpose: [piece.pk]})

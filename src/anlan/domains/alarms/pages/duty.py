"""The telephone page of whoever is on duty at an enterprise: open alarms large, one tap to acknowledge, few words to end.

Every tap is a step of the engine under the key of its form, so a second tap of the same changes nothing. Serves article 14.
"""

from __future__ import annotations

from typing import Any

from anlan.domains.alarms.models import Alarm
from anlan.domains.alarms.watching import rank, unheard
from anlan.domains.alarms.words import CAUSES
from anlan.kernel.ids import new_id
from anlan.kernel.loops import take
from anlan.kernel.loops.offering import offers
from anlan.kernel.registers.errors import Invalid, NotSeen
from anlan.kernel.registers.pages import Asked, Done, Drawn
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

MOST = 40
ACKNOWLEDGE, HANDLE = "acknowledge", "handle"
SAID = {
    ACKNOWLEDGE: Words("已确认，着手处置。", "Acknowledged; see to it."),
    HANDLE: Words("已处置办结。", "Handled."),
}
# What most dispositions say; more may be written.
USUAL = (
    Words("已降负荷，恢复正常", "Load reduced, back to normal"),
    Words("已切断进料，恢复正常", "Feed cut off, back to normal"),
    Words("现场检查无泄漏", "Checked on the spot, no leak"),
    Words("仪表故障，已报修", "Instrument fault, repair asked for"),
)


def duty(asked: Asked) -> Drawn | Done:
    """Draw the open alarms of one's own enterprise; take the step that was tapped."""
    faults: dict[str, Any] = {}
    if asked.is_sent:
        try:
            return _taken(asked)
        except Invalid as refusal:
            faults = {
                "of": asked.values.get("alarm", ""),
                "words": [str(words) for reasons in refusal.errors.values() for words in reasons],
            }
    return Drawn("alarms/duty.html", _shown(asked.actor, asked, faults), 422 if faults else 200)


def _taken(asked: Asked) -> Done:
    step = asked.values.get("step", "")
    alarm = _mine(asked.actor).filter(pk=asked.id_of("alarm")).first()
    if alarm is None or step not in SAID:
        raise NotSeen
    data: dict[str, Any] = {}
    if step == HANDLE:
        usual, own = asked.values.get("usual", "").strip(), asked.values.get("what_was_done", "").strip()
        said = "；".join(part for part in (usual, own) if part)
        data = {"cause": asked.values.get("cause", ""), "what_was_done": said}
    take(step, alarm, asked.actor, data, key=asked.key)
    return Done(alarm, SAID[step], stays=True)


def _mine(actor: Actor) -> Any:
    return Alarm.seen_by(actor).filter(closed_at=None, holder__in=actor.party_ids)


def _shown(actor: Actor, asked: Asked, faults: dict[str, Any]) -> dict[str, Any]:
    rows = _mine(actor).defer("search").select_related("sensor", "territory", "holder")
    # What nobody has acknowledged stands first, whatever its level: it is what this page is opened for.
    ordered = rows.annotate(unheard=unheard(), rank=rank()).order_by("-unheard", "-rank", "-raised_at", "pk")
    found = list(ordered[: MOST + 1])
    cards = []
    for row in found[:MOST]:
        may = {offer.step.name for offer in offers(row, actor)}
        cards.append({
            "row": row, "sensor": row.sensor, "acknowledge": ACKNOWLEDGE in may and row.state == "raised",
            "handle": HANDLE in may, "key": str(new_id()), "key_of_handling": str(new_id()),
            "faults": faults.get("words", ()) if faults.get("of") == str(row.pk) else (),
        })  # fmt: skip
    return {
        "cards": cards, "more": len(found) > MOST, "causes": CAUSES, "usual": USUAL, "said": asked.values,
        "unheard": sum(card["row"].state == "raised" for card in cards),
    }  # fmt: skip


def is_on_duty(actor: Actor) -> bool:
    """Say whether the page is for this person: somebody of an enterprise."""
    return bool(actor.party_ids) and actor.post_kind in {"main_person", "safety_officer", "worker"}
